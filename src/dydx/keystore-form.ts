/**
 * The form of a keystore: what of it is public, and how the passphrase is to be worked on. Reading
 * it needs no passphrase and opens nothing.
 */
import Type, { type Static } from 'typebox';
import { Compile } from 'typebox/compile';
import { fail, ok, type Result } from '../model/result.js';

const base64 = Type.String({ pattern: '^[A-Za-z0-9+/]+={0,2}$', maxLength: 256 });
const keystoreSchema = Type.Object(
  {
    format: Type.Literal('perpetua-keystore'),
    version: Type.Literal(1),
    address: Type.String({ pattern: '^dydx1[0-9a-z]{38}$' }),
    publicKey: Type.String({ pattern: '^0[23][0-9a-f]{64}$' }),
    kdf: Type.Object(
      {
        name: Type.Literal('argon2id'),
        /** Bounds: a file must not be able to occupy the machine. */
        opsLimit: Type.Integer({ minimum: 1, maximum: 16 }),
        memLimitKib: Type.Integer({ minimum: 8, maximum: 1_048_576 }),
        salt: base64,
      },
      { additionalProperties: false },
    ),
    cipher: Type.Object(
      { name: Type.Literal('xchacha20poly1305-ietf'), nonce: base64, sealed: base64 },
      { additionalProperties: false },
    ),
  },
  { additionalProperties: false },
);
const keystoreCheck = Compile(keystoreSchema);

export type Keystore = Static<typeof keystoreSchema>;

/** Whether a file claims to be a keystore, readable or not. */
export const isKeystore = (text: string): boolean => text.trimStart().startsWith('{');

export function readKeystore(text: string): Result<Keystore> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return fail('keystore.syntax', 'expected JSON, was something else');
  }
  if (keystoreCheck.Check(value)) return ok(value);
  const [error] = keystoreCheck.Errors(value);
  const where = error?.instancePath === '' ? '' : ` at ${error?.instancePath ?? ''}`;
  return fail('keystore.form', `not a keystore of version 1${where}: ${error?.message ?? ''}`);
}
