/**
 * Signed Cosmos transactions: bytes to messages, and the proof that the signer's key signed exactly
 * these bytes for this chain and this account (SIGN_MODE_DIRECT, secp256k1, low S only).
 */
import { createHash, createPublicKey, ECDH, verify, type KeyObject } from 'node:crypto';
import { fromBech32, toBech32 } from '@cosmjs/encoding';
import { PubKey } from 'cosmjs-types/cosmos/crypto/secp256k1/keys.js';
import { SignMode } from 'cosmjs-types/cosmos/tx/signing/v1beta1/signing.js';
import { AuthInfo, SignDoc, TxBody, TxRaw } from 'cosmjs-types/cosmos/tx/v1beta1/tx.js';
import { fail, ok, type Result } from '../../model/result.js';
import { readClobMessage, type ClobMessage } from './clob-messages.codec.js';

const PREFIX = 'dydx';
const PUBLIC_KEY_TYPE = '/cosmos.crypto.secp256k1.PubKey';
/** Half of the curve's order: a signature with a greater S could be a mirrored copy. */
const GREATEST_S = BigInt('0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0');
/** Parsed keys that are kept; the oldest goes first. */
const KEYS_MAX = 200;

export interface Transaction {
  readonly messages: readonly ClobMessage[];
  /** bech32 address of the key that signed. */
  readonly signer: string;
  readonly sequence: bigint;
  readonly publicKey: Uint8Array;
  readonly signature: Uint8Array;
  readonly bodyBytes: Uint8Array;
  readonly authInfoBytes: Uint8Array;
}

export interface SigningDomain {
  readonly chainId: string;
  readonly accountNumber: number;
}

/** Reads a transaction with one signer, or says why it is none (`transaction.unreadable`). */
export function decodeTransaction(bytes: Uint8Array): Result<Transaction> {
  try {
    const raw = TxRaw.decode(bytes);
    const isCanonical = Buffer.from(TxRaw.encode(raw).finish()).equals(bytes);
    if (!isCanonical) return unreadable('not encoded canonically');
    const { bodyBytes, authInfoBytes, signatures } = raw;
    const { messages } = TxBody.decode(bodyBytes);
    const { signerInfos } = AuthInfo.decode(authInfoBytes);
    const [signer] = signerInfos;
    const [signature] = signatures;
    if (messages.length === 0) return unreadable('must contain at least one message');
    if (signer?.publicKey?.typeUrl !== PUBLIC_KEY_TYPE) return unreadable('no secp256k1 signer');
    if (signer.modeInfo?.single?.mode !== SignMode.SIGN_MODE_DIRECT)
      return unreadable('not signed directly');
    if (signature === undefined || signatures.length > 1 || signerInfos.length > 1) {
      return unreadable(`expected one signature, was ${signatures.length}`);
    }
    const publicKey = PubKey.decode(signer.publicKey.value).key;
    return ok({
      messages: messages.map(({ typeUrl, value }) => readClobMessage(typeUrl, value)),
      signer: addressOf(publicKey),
      sequence: signer.sequence,
      publicKey,
      signature,
      bodyBytes,
      authInfoBytes,
    });
  } catch (error) {
    return unreadable(error instanceof Error ? error.message : String(error));
  }
}

const unreadable = (reason: string) => fail('transaction.unreadable', reason);

/** True only if the signature covers these bytes, this chain id and this account number. */
export function isSignedFor(transaction: Transaction, domain: SigningDomain): boolean {
  const { signature, publicKey, bodyBytes, authInfoBytes } = transaction;
  if (signature.length !== 64) return false;
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

/** A key as transactions and accounts carry it. */
export const publicKeyMessage = (key: Uint8Array) => ({
  typeUrl: PUBLIC_KEY_TYPE,
  value: PubKey.encode({ key }).finish(),
});

/** bech32 of RIPEMD-160 of SHA-256 of the compressed key. */
export function addressOf(publicKey: Uint8Array): string {
  const digest = createHash('sha256').update(publicKey).digest();
  return toBech32(PREFIX, createHash('ripemd160').update(digest).digest());
}

export function isAddress(text: string): boolean {
  try {
    const { prefix, data } = fromBech32(text);
    return prefix === PREFIX && data.length === 20;
  } catch {
    return false;
  }
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
