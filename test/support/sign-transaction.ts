/** Signed dYdX transactions made by hand from a seed: what honest and other clients could send. */
import { createHash, createPrivateKey, ECDH, createECDH, sign } from 'node:crypto';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { PubKey } from 'cosmjs-types/cosmos/crypto/secp256k1/keys.js';
import { AuthInfo, SignDoc, TxBody, TxRaw } from 'cosmjs-types/cosmos/tx/v1beta1/tx.js';
import type { PlaceOrder } from '../../src/simulator/order-terms.js';
import { addressOf } from '../../src/simulator/validator/transaction.codec.js';

interface Encoder {
  fromPartial(value: object): object;
  encode(value: object): { finish(): Uint8Array };
}

const require = createRequire(import.meta.url);
const clob = require(
  join(
    dirname(require.resolve('@dydxprotocol/v4-client-js/package.json')),
    'build/cjs/node_modules/@dydxprotocol/v4-proto/src/codegen/dydxprotocol/clob/tx.js',
  ),
) as Record<'MsgPlaceOrder' | 'MsgCancelOrder' | 'MsgBatchCancel', Encoder>;
const Long = require('long') as { fromString(text: string, unsigned: boolean): object };

export const CURVE_ORDER = BigInt(
  '0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141',
);

export interface Message {
  readonly typeUrl: string;
  readonly value: Uint8Array;
}

export function message(name: keyof typeof clob, value: object): Message {
  const codec = clob[name];
  const typeUrl = `/dydxprotocol.clob.${name}`;
  return { typeUrl, value: codec.encode(codec.fromPartial(value)).finish() };
}

const SIDES = { BUY: 1, SELL: 2 };
const TIMES_IN_FORCE = { GTT: 0, IOC: 1, POST_ONLY: 2, FOK: 3 };

const wireId = ({ subaccount, ...id }: PlaceOrder['id']) => ({ subaccountId: subaccount, ...id });

export function placeMessage(order: PlaceOrder): Message {
  const unsigned = (value: bigint) => Long.fromString(value.toString(), true);
  return message('MsgPlaceOrder', {
    order: {
      orderId: wireId(order.id),
      side: SIDES[order.side],
      quantums: unsigned(order.quantums),
      subticks: unsigned(order.subticks),
      ...(order.id.orderFlags === 0
        ? { goodTilBlock: order.goodTilBlock }
        : { goodTilBlockTime: order.goodTilBlockTime }),
      timeInForce: TIMES_IN_FORCE[order.timeInForce],
      reduceOnly: order.reduceOnly,
      clientMetadata: order.clientMetadata,
    },
  });
}

export interface Signing {
  readonly chainId: string;
  readonly accountNumber: number;
  readonly sequence?: bigint;
  readonly mode?: number;
}

export class Wallet {
  readonly publicKey: Uint8Array;
  readonly address: string;
  readonly #key: ReturnType<typeof createPrivateKey>;

  constructor(seed: string) {
    const secret = createHash('sha256').update(seed).digest();
    const curve = createECDH('secp256k1');
    curve.setPrivateKey(secret);
    const point = curve.getPublicKey();
    const part = (bytes: Buffer) => bytes.toString('base64url');
    const [x, y] = [part(point.subarray(1, 33)), part(point.subarray(33))];
    const key = { kty: 'EC', crv: 'secp256k1', d: part(secret), x, y };
    this.#key = createPrivateKey({ format: 'jwk', key });
    this.publicKey = ECDH.convertKey(
      point,
      'secp256k1',
      undefined,
      undefined,
      'compressed',
    ) as Buffer;
    this.address = addressOf(this.publicKey);
  }

  /** Signed bytes; `tamper` may change the parts after the signature was made. */
  sign(messages: readonly Message[], signing: Signing, tamper = (raw: TxRaw): TxRaw => raw) {
    const bodyBytes = TxBody.encode(TxBody.fromPartial({ messages: [...messages] })).finish();
    const publicKey = {
      typeUrl: '/cosmos.crypto.secp256k1.PubKey',
      value: PubKey.encode({ key: this.publicKey }).finish(),
    };
    const { chainId, accountNumber, sequence = 0n, mode = 1 } = signing;
    const signerInfos = [{ publicKey, modeInfo: { single: { mode } }, sequence }];
    const authInfoBytes = AuthInfo.encode(AuthInfo.fromPartial({ signerInfos })).finish();
    const document = { bodyBytes, authInfoBytes, chainId, accountNumber: BigInt(accountNumber) };
    const digestible = SignDoc.encode(document).finish();
    const signature = sign('sha256', digestible, { key: this.#key, dsaEncoding: 'ieee-p1363' });
    const raw = TxRaw.fromPartial({ bodyBytes, authInfoBytes, signatures: [lowS(signature)] });
    return Buffer.from(TxRaw.encode(tamper(raw)).finish());
  }
}

/** The other of the two equivalent signatures. */
export function mirrored(signature: Uint8Array): Uint8Array {
  const s = BigInt(`0x${Buffer.from(signature.subarray(32)).toString('hex')}`);
  const other = (CURVE_ORDER - s).toString(16).padStart(64, '0');
  return Buffer.concat([signature.subarray(0, 32), Buffer.from(other, 'hex')]);
}

function lowS(signature: Uint8Array): Uint8Array {
  const s = BigInt(`0x${Buffer.from(signature.subarray(32)).toString('hex')}`);
  return s > CURVE_ORDER / 2n ? mirrored(signature) : signature;
}
