/** Addresses of this chain: bech32 over the hash of a secp256k1 key. */
import { createHash } from 'node:crypto';
import { fromBech32, toBech32 } from '@cosmjs/encoding';

const PREFIX = 'dydx';
/** Keys have addresses of 20 bytes, modules may have 32. */
const ADDRESS_LENGTHS: ReadonlySet<number> = new Set([20, 32]);

/** bech32 of RIPEMD-160 of SHA-256 of the compressed key. */
export function addressOf(publicKey: Uint8Array): string {
  const digest = createHash('sha256').update(publicKey).digest();
  return toBech32(PREFIX, createHash('ripemd160').update(digest).digest());
}

export function isAddress(text: string): boolean {
  try {
    const { prefix, data } = fromBech32(text);
    return prefix === PREFIX && ADDRESS_LENGTHS.has(data.length);
  } catch {
    return false;
  }
}
