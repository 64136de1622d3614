/** Keys, addresses and signatures: right, low, and never repeated in words. */
import { createHash, createPublicKey, ECDH, verify } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SignDoc } from 'cosmjs-types/cosmos/tx/v1beta1/tx.js';
import { addressOfKey, keyFromSeed, readPrivateKey } from '../../src/dydx/keys.codec.js';
import { offlineSigner, withLowS } from '../../src/dydx/offline-signer.codec.js';
import { unwrap } from '../../src/model/result.js';

const HALF_ORDER = BigInt('0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0');
const ORDER = 'fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141';

describe('a private key', () => {
  it('has the address that every wallet derives from it', () => {
    const one = unwrap(readPrivateKey(`0x${'0'.repeat(63)}1`));
    expect(addressOfKey(one)).toBe('dydx1w508d6qejxtdg4y5r3zarvary0c5xw7knye700');
  });

  it('from a seed is the same for the same seed and another for another', () => {
    expect(keyFromSeed(7)).toBe(keyFromSeed('7'));
    expect(keyFromSeed(7)).not.toBe(keyFromSeed(8));
  });

  it('from any seed lies on the curve', () => {
    fc.assert(fc.property(fc.string(), (seed) => readPrivateKey(keyFromSeed(seed)).ok));
  });

  it.each(['', 'abc', 'g'.repeat(64), '1'.repeat(63), '0'.repeat(64), ORDER, 'f'.repeat(64)])(
    '%j is refused without repeating it',
    (hex) => {
      const result = readPrivateKey(hex);
      expect(result.ok).toBe(false);
      if (hex.length > 3) expect(JSON.stringify(result)).not.toContain(hex.slice(0, 8));
    },
  );
});

describe('a signature', () => {
  const key = unwrap(readPrivateKey(keyFromSeed(1)));
  const signer = offlineSigner(key.slice());
  const document = SignDoc.fromPartial({
    bodyBytes: Uint8Array.of(1, 2),
    authInfoBytes: Uint8Array.of(3),
    chainId: 'localdydxprotocol',
    accountNumber: 9n,
  });

  it('is valid for the document and has the lower of the two S', async () => {
    const [account] = await signer.getAccounts();
    expect(account?.address).toBe(addressOfKey(key));
    const point = ECDH.convertKey(account?.pubkey ?? '', 'secp256k1', undefined, 'hex');
    const part = (from: number) =>
      Buffer.from(String(point).slice(from, from + 64), 'hex').toString('base64url');
    const jwk = { kty: 'EC', crv: 'secp256k1', x: part(2), y: part(66) };
    const publicKey = createPublicKey({ format: 'jwk', key: jwk });
    for (let round = 0; round < 20; round += 1) {
      const { signature } = await signer.signDirect('', document);
      const raw = Buffer.from(signature.signature, 'base64');
      const isValid = verify(
        'sha256',
        SignDoc.encode(document).finish(),
        { key: publicKey, dsaEncoding: 'ieee-p1363' },
        raw,
      );
      expect(isValid).toBe(true);
      expect(BigInt(`0x${raw.toString('hex', 32)}`) <= HALF_ORDER).toBe(true);
    }
  });

  it('of the same document differs each time, so that no node takes it for a copy', async () => {
    const first = await signer.signDirect('', document);
    const second = await signer.signDirect('', document);
    expect(first.signature.signature).not.toBe(second.signature.signature);
  });

  it('with a high S is mirrored and with a low S left alone', () => {
    const r = createHash('sha256').update('r').digest();
    const high = Buffer.concat([r, Buffer.from((BigInt(`0x${ORDER}`) - 5n).toString(16), 'hex')]);
    const low = Buffer.concat([r, Buffer.from('5'.padStart(64, '0'), 'hex')]);
    expect(withLowS(high).equals(low)).toBe(true);
    expect(withLowS(low)).toBe(low);
  });
});
