/**
 * Signatures by OpenSSL instead of JavaScript: a tenth of the time, low-S as the chain demands, and
 * random, so that the same message sent twice is never mistaken for a copy in a node's cache.
 */
import { createECDH, createPrivateKey, sign, type KeyObject } from 'node:crypto';
import { SignDoc } from 'cosmjs-types/cosmos/tx/v1beta1/tx.js';
import { addressOf, publicKeyOf } from './keys.codec.js';

const ORDER = BigInt('0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141');

/** The shape that wallets of the client library accept. */
export interface OfflineSigner {
  getAccounts(): Promise<
    readonly { readonly address: string; readonly algo: 'secp256k1'; readonly pubkey: Uint8Array }[]
  >;
  signDirect(
    address: string,
    document: SignDoc,
  ): Promise<{
    readonly signed: SignDoc;
    readonly signature: {
      readonly pub_key: { readonly type: string; readonly value: string };
      readonly signature: string;
    };
  }>;
}

/** Keeps a key object of OpenSSL; the bytes may be wiped afterwards. */
export function offlineSigner(privateKey: Uint8Array): OfflineSigner {
  const pubkey = publicKeyOf(privateKey);
  const key = keyObject(privateKey);
  const pub_key = {
    type: 'tendermint/PubKeySecp256k1',
    value: Buffer.from(pubkey).toString('base64'),
  };
  return {
    getAccounts: async () => [{ address: addressOf(pubkey), algo: 'secp256k1', pubkey }],
    signDirect: async (_address, document) => {
      const bytes = SignDoc.encode(document).finish();
      const signature = sign('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' });
      return {
        signed: document,
        signature: { pub_key, signature: withLowS(signature).toString('base64') },
      };
    },
  };
}

function keyObject(privateKey: Uint8Array): KeyObject {
  const ecdh = createECDH('secp256k1');
  ecdh.setPrivateKey(privateKey);
  const point = ecdh.getPublicKey();
  const part = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
  return createPrivateKey({
    format: 'jwk',
    key: {
      kty: 'EC',
      crv: 'secp256k1',
      d: part(privateKey),
      x: part(point.subarray(1, 33)),
      y: part(point.subarray(33)),
    },
  });
}

/** r ‖ s with s in the lower half: of the two valid signatures the chain takes one. */
export function withLowS(signature: Buffer): Buffer {
  const s = BigInt(`0x${signature.toString('hex', 32)}`);
  if (s <= ORDER >> 1n) return signature;
  const low = (ORDER - s).toString(16).padStart(64, '0');
  return Buffer.concat([signature.subarray(0, 32), Buffer.from(low, 'hex')]);
}
