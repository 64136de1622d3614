/** Trading keys: secp256k1 private keys in hex, their public keys and their bech32 addresses. */
import { createECDH, createHash } from 'node:crypto';
import { toBech32 } from '@cosmjs/encoding';
import { fail, ok, type Result } from '../model/result.js';

const PREFIX = 'dydx';
const CURVE = 'secp256k1';
const ORDER = BigInt('0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141');

const sha256 = (data: Uint8Array | string): Buffer => createHash('sha256').update(data).digest();

/** The 32 bytes of a key in hex, with or without `0x`. A fault never repeats what was given. */
export function readPrivateKey(hex: string): Result<Uint8Array> {
  const digits = hex.trim().replace(/^0x/, '');
  if (!/^[0-9a-fA-F]{64}$/.test(digits)) {
    return fail('key.syntax', `expected 64 hex digits, was text of ${digits.length} characters`);
  }
  const number = BigInt(`0x${digits}`);
  if (number === 0n || number >= ORDER) {
    return fail('key.range', 'expected a number below the order of the curve, was outside');
  }
  return ok(Uint8Array.from(Buffer.from(digits, 'hex')));
}

/** The same key for the same seed: for exchanges of our own, where nothing is worth a secret. */
export function keyFromSeed(seed: number | string): string {
  const digest = sha256(`perpetua key ${seed}`).toString('hex');
  const number = (BigInt(`0x${digest}`) % (ORDER - 1n)) + 1n;
  return number.toString(16).padStart(64, '0');
}

/** Compressed form, 33 bytes. */
export function publicKeyOf(privateKey: Uint8Array): Uint8Array {
  const ecdh = createECDH(CURVE);
  ecdh.setPrivateKey(privateKey);
  return Uint8Array.from(ecdh.getPublicKey(null, 'compressed'));
}

/** `dydx1…`: RIPEMD-160 of SHA-256 of the compressed public key. */
export function addressOf(publicKey: Uint8Array): string {
  const digest = createHash('ripemd160').update(sha256(publicKey)).digest();
  return toBech32(PREFIX, digest);
}

export const addressOfKey = (privateKey: Uint8Array): string => addressOf(publicKeyOf(privateKey));
