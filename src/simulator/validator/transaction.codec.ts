/**
 * Signed Cosmos transactions: bytes to messages, strictly as the chain decodes them, and the proof
 * that a key signed exactly these bytes for this chain and account (direct mode, low S only).
 */
import { createPublicKey, ECDH, verify, type KeyObject } from 'node:crypto';
import { PubKey } from 'cosmjs-types/cosmos/crypto/secp256k1/keys.js';
import { SignMode } from 'cosmjs-types/cosmos/tx/signing/v1beta1/signing.js';
import { AuthInfo, SignDoc, TxBody, TxRaw } from 'cosmjs-types/cosmos/tx/v1beta1/tx.js';
import type { Any } from 'cosmjs-types/google/protobuf/any.js';
import { fail, ok, type Result } from '../../model/result.js';
import type { Fee } from './coins.js';
import { readMessage } from './message-reader.codec.js';
import { accountplus, wireInteger } from './proto-codecs.codec.js';
import { AUTH_INFO, SHAPES, strangeField, TX_BODY } from './proto-fields.codec.js';
import type { TransactionMessage } from './transaction-messages.js';

const PUBLIC_KEY_TYPE = '/cosmos.crypto.secp256k1.PubKey';
const TX_EXTENSION_TYPE = '/dydxprotocol.accountplus.TxExtension';
/** Half of the curve's order: a signature with a greater S could be a mirrored copy. */
const GREATEST_S = BigInt('0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0');
/** Parsed keys that are kept; the oldest goes first. */
const KEYS_MAX = 200;

export interface TransactionSigner {
  /** Undefined: the key that the chain knows of the account. */
  readonly publicKey: Uint8Array | undefined;
  readonly sequence: bigint;
  readonly isDirect: boolean;
}

export interface Transaction {
  readonly messages: readonly TransactionMessage[];
  readonly memo: string;
  /** 0: never too late. */
  readonly timeoutHeight: bigint;
  /** One authenticator per message if a permissioned key has signed; else empty. */
  readonly selectedAuthenticators: readonly bigint[];
  readonly hasCriticalExtensions: boolean;
  readonly fee: Fee;
  readonly signers: readonly TransactionSigner[];
  readonly signatures: readonly Uint8Array[];
  readonly bodyBytes: Uint8Array;
  readonly authInfoBytes: Uint8Array;
  /** Of the whole transaction, in bytes. */
  readonly size: number;
}

export interface SigningDomain {
  readonly chainId: string;
  readonly accountNumber: number;
}

/** Reads a transaction, or says why it is none (`transaction.unreadable`). */
export function decodeTransaction(bytes: Uint8Array): Result<Transaction> {
  try {
    const raw = TxRaw.decode(bytes);
    const isCanonical = Buffer.from(TxRaw.encode(raw).finish()).equals(bytes);
    if (!isCanonical) return unreadable('not encoded canonically');
    return readParts(raw, bytes.length);
  } catch (error) {
    return unreadable(error instanceof Error ? error.message : String(error));
  }
}

function readParts({ bodyBytes, authInfoBytes, signatures }: TxRaw, size: number) {
  const body = TxBody.decode(bodyBytes);
  const extensions = body.nonCriticalExtensionOptions;
  const strange = strangeParts({ bodyBytes, authInfoBytes }, [...body.messages, ...extensions]);
  if (strange !== undefined) return unreadable(strange);
  const { signerInfos, fee } = AuthInfo.decode(authInfoBytes);
  return ok({
    messages: body.messages.map(({ typeUrl, value }) => readMessage(typeUrl, value)),
    memo: body.memo,
    timeoutHeight: body.timeoutHeight,
    selectedAuthenticators: extensions.flatMap(readExtension),
    hasCriticalExtensions: body.extensionOptions.length > 0,
    fee: { coins: fee?.amount ?? [], gasLimit: fee?.gasLimit ?? 0n, payer: fee?.payer ?? '' },
    signers: signerInfos.map(({ publicKey, sequence, modeInfo }) => ({
      publicKey: publicKey === undefined ? undefined : readPublicKey(publicKey),
      sequence,
      isDirect: modeInfo?.single?.mode === SignMode.SIGN_MODE_DIRECT,
    })),
    signatures,
    bodyBytes,
    authInfoBytes,
    size,
  });
}

const unreadable = (reason: string) => fail('transaction.unreadable', reason);

/** Fields that the chain does not know, in the body, in the signer's part or in what they hold. */
function strangeParts(
  { bodyBytes, authInfoBytes }: Pick<TxRaw, 'bodyBytes' | 'authInfoBytes'>,
  contents: readonly Any[],
): string | undefined {
  const body = { typeUrl: '/cosmos.tx.v1beta1.TxBody', shape: TX_BODY, allowsNonCritical: true };
  const info = {
    typeUrl: '/cosmos.tx.v1beta1.AuthInfo',
    shape: AUTH_INFO,
    allowsNonCritical: false,
  };
  const strange = strangeField(bodyBytes, body) ?? strangeField(authInfoBytes, info);
  if (strange !== undefined) return strange;
  for (const { typeUrl, value } of contents) {
    const shape = SHAPES.get(typeUrl);
    const inside =
      shape === undefined
        ? undefined
        : strangeField(value, { typeUrl, shape, allowsNonCritical: true });
    if (inside !== undefined) return inside;
  }
  return undefined;
}

function readExtension({ typeUrl, value }: Any): readonly bigint[] {
  if (typeUrl !== TX_EXTENSION_TYPE) throw new TypeError(`unable to resolve type URL ${typeUrl}`);
  return accountplus.TxExtension.decode(value).selectedAuthenticators.map(wireInteger);
}

function readPublicKey({ typeUrl, value }: Any): Uint8Array {
  if (typeUrl !== PUBLIC_KEY_TYPE) throw new TypeError(`unable to resolve type URL ${typeUrl}`);
  return PubKey.decode(value).key;
}

/** A key as transactions and accounts carry it. */
export const publicKeyMessage = (key: Uint8Array) => ({
  typeUrl: PUBLIC_KEY_TYPE,
  value: PubKey.encode({ key }).finish(),
});

/** True only if the signature covers these bytes, this chain id and this account number. */
export function isSignedFor(
  transaction: Transaction,
  publicKey: Uint8Array,
  domain: SigningDomain,
): boolean {
  const { signatures, bodyBytes, authInfoBytes } = transaction;
  const [signature] = signatures;
  if (signature?.length !== 64) return false;
  if (BigInt(`0x${Buffer.from(signature.subarray(32)).toString('hex')}`) > GREATEST_S) return false;
  const key = keys.of(publicKey);
  if (key === undefined) return false;
  const document = SignDoc.encode({
    bodyBytes,
    authInfoBytes,
    chainId: domain.chainId,
    accountNumber: BigInt(domain.accountNumber),
  }).finish();
  return verify('sha256', document, { key, dsaEncoding: 'ieee-p1363' }, signature);
}

/** Decompressing a point costs more than verifying with it, and few keys trade. */
class KeyCache {
  readonly #keys = new Map<string, KeyObject>();

  /** Undefined for bytes that are no point of the curve. */
  of(publicKey: Uint8Array): KeyObject | undefined {
    const name = Buffer.from(publicKey).toString('hex');
    const known = this.#keys.get(name);
    if (known !== undefined) return known;
    const key = parseKey(publicKey);
    if (key === undefined) return undefined;
    this.#keys.set(name, key);
    const oldest = this.#keys.keys().next();
    if (this.#keys.size > KEYS_MAX && oldest.done !== true) this.#keys.delete(oldest.value);
    return key;
  }
}

const keys = new KeyCache();

function parseKey(publicKey: Uint8Array): KeyObject | undefined {
  try {
    const point = ECDH.convertKey(publicKey, 'secp256k1', undefined, undefined, 'uncompressed');
    const bytes = point as Buffer;
    const x = bytes.subarray(1, 33).toString('base64url');
    const y = bytes.subarray(33).toString('base64url');
    return createPublicKey({ format: 'jwk', key: { kty: 'EC', crv: 'secp256k1', x, y } });
  } catch {
    return undefined;
  }
}
