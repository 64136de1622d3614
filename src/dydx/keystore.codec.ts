/**
 * A private key sealed with a passphrase: Argon2id makes the passphrase a key, XChaCha20-Poly1305
 * seals with it, both by libsodium as @cosmjs/crypto ships it. What stands in the clear is public:
 * address, public key, and how the passphrase is to be worked on. No fault repeats a secret.
 */
import { Argon2id, Xchacha20poly1305Ietf, xchacha20NonceLength } from '@cosmjs/crypto';
import { fail, ok, type Result } from '../model/result.js';
import { addressOf, publicKeyOf } from './keys.codec.js';
import type { Keystore } from './keystore-form.js';

/** How hard the passphrase is worked on: passes over so much memory. */
export interface KeyDerivation {
  readonly opsLimit: number;
  readonly memLimitKib: number;
}

/** About a quarter of a second, and 64 MiB. */
export const KEY_DERIVATION: KeyDerivation = { opsLimit: 3, memLimitKib: 65_536 };

const SALT_BYTES = 16;
const SEALING_KEY_BYTES = 32;

export interface SealOptions {
  readonly privateKey: Uint8Array;
  readonly passphrase: string;
  /** Bytes that nobody can foresee. */
  readonly chance: (length: number) => Uint8Array;
  readonly derivation?: KeyDerivation;
}

export async function sealKeystore(options: SealOptions): Promise<Keystore> {
  const { privateKey, passphrase, chance, derivation = KEY_DERIVATION } = options;
  const salt = chance(SALT_BYTES);
  const nonce = chance(xchacha20NonceLength);
  const sealingKey = await sealingKeyOf(passphrase, salt, derivation);
  const sealed = await Xchacha20poly1305Ietf.encrypt(privateKey, sealingKey, nonce);
  sealingKey.fill(0);
  const publicKey = publicKeyOf(privateKey);
  return {
    format: 'perpetua-keystore',
    version: 1,
    address: addressOf(publicKey),
    publicKey: Buffer.from(publicKey).toString('hex'),
    kdf: { name: 'argon2id', ...derivation, salt: textOf(salt) },
    cipher: { name: 'xchacha20poly1305-ietf', nonce: textOf(nonce), sealed: textOf(sealed) },
  };
}

/** The 32 bytes of the key. A key that is not the public one's is refused as if tampered with. */
export async function openKeystore(
  keystore: Keystore,
  passphrase: string,
): Promise<Result<Uint8Array>> {
  const { kdf, cipher } = keystore;
  const salt = bytesOf(kdf.salt);
  const nonce = bytesOf(cipher.nonce);
  if (salt.length !== SALT_BYTES || nonce.length !== xchacha20NonceLength) {
    return fail('keystore.form', 'salt or nonce has the wrong length');
  }
  const sealingKey = await sealingKeyOf(passphrase, salt, kdf);
  try {
    const key = await Xchacha20poly1305Ietf.decrypt(bytesOf(cipher.sealed), sealingKey, nonce);
    const publicKey = key.length === 32 ? publicKeyOf(key) : undefined;
    const isOwn =
      publicKey !== undefined &&
      Buffer.from(publicKey).toString('hex') === keystore.publicKey &&
      addressOf(publicKey) === keystore.address;
    if (isOwn) return ok(Uint8Array.from(key));
    return fail('keystore.mismatch', 'its public key or address is not that of the sealed key');
  } catch {
    return fail('keystore.locked', 'the passphrase is wrong, or the file has been changed');
  } finally {
    sealingKey.fill(0);
  }
}

const sealingKeyOf = (
  passphrase: string,
  salt: Uint8Array,
  { opsLimit, memLimitKib }: KeyDerivation,
): Promise<Uint8Array> =>
  Argon2id.execute(passphrase.normalize('NFKC'), salt, {
    outputLength: SEALING_KEY_BYTES,
    opsLimit,
    memLimitKib,
  });

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
const bytesOf = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'base64'));
