/** Signed dYdX transactions made by hand from a seed: what honest and other clients could send. */
import { createHash, createPrivateKey, ECDH, createECDH, sign } from 'node:crypto';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { MsgSend } from 'cosmjs-types/cosmos/bank/v1beta1/tx.js';
import { PubKey } from 'cosmjs-types/cosmos/crypto/secp256k1/keys.js';
import { AuthInfo, SignDoc, TxBody, TxRaw } from 'cosmjs-types/cosmos/tx/v1beta1/tx.js';
import type { BatchCancel, CancelOrder, PlaceOrder } from '../../src/simulator/order-terms.js';
import { addressOf } from '../../src/simulator/validator/addresses.codec.js';
import { USDC_DENOM } from '../../src/simulator/validator/coins.js';

interface Encoder {
  fromPartial(value: object): object;
  encode(value: object): { finish(): Uint8Array };
}

const require = createRequire(import.meta.url);
const folder = join(
  dirname(require.resolve('@dydxprotocol/v4-client-js/package.json')),
  'build/cjs/node_modules/@dydxprotocol/v4-proto/src/codegen/dydxprotocol',
);
const codec = (file: string, name: string): Encoder =>
  (require(join(folder, `${file}.js`)) as Record<string, Encoder | undefined>)[name] ?? MsgSend;
const Long = require('long') as { fromString(text: string, unsigned: boolean): object };

/** The file that has a message's codec, by its package. */
const FILES: Readonly<Record<string, string>> = {
  MsgDepositToSubaccount: 'sending/transfer',
  MsgWithdrawFromSubaccount: 'sending/transfer',
  MsgCreateTransfer: 'sending/tx',
  MsgAddAuthenticator: 'accountplus/tx',
  MsgRemoveAuthenticator: 'accountplus/tx',
  TxExtension: 'accountplus/tx',
};
const PACKAGES: Readonly<Record<string, string>> = {
  'sending/transfer': 'dydxprotocol.sending',
  'sending/tx': 'dydxprotocol.sending',
  'accountplus/tx': 'dydxprotocol.accountplus',
  'clob/tx': 'dydxprotocol.clob',
};

export const CURVE_ORDER = BigInt(
  '0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141',
);

export interface Message {
  readonly typeUrl: string;
  readonly value: Uint8Array;
}

/** Any of dYdX's messages by its bare name. */
export function message(name: string, value: object): Message {
  const file = FILES[name] ?? 'clob/tx';
  const encoder = codec(file, name);
  const typeUrl = `/${PACKAGES[file] ?? ''}.${name}`;
  return { typeUrl, value: encoder.encode(encoder.fromPartial(value)).finish() };
}

export const sendMessage = (
  fromAddress: string,
  toAddress: string,
  ...amount: object[]
): Message => ({
  typeUrl: '/cosmos.bank.v1beta1.MsgSend',
  value: MsgSend.encode(MsgSend.fromPartial({ fromAddress, toAddress, amount })).finish(),
});

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
      ...stopTerms(order, unsigned),
      orderRouterAddress: order.orderRouterAddress,
    },
  });
}

/** The terms of a cancel are its order's id and one of its two ends. */
export function cancelMessage({ id, goodTilBlock, goodTilBlockTime }: CancelOrder): Message {
  const end = id.orderFlags === 0 ? { goodTilBlock } : { goodTilBlockTime };
  return message('MsgCancelOrder', { orderId: wireId(id), ...end });
}

export const batchCancelMessage = ({ subaccount, batches, goodTilBlock }: BatchCancel): Message =>
  message('MsgBatchCancel', { subaccountId: subaccount, shortTermCancels: batches, goodTilBlock });

const CONDITIONS = { STOP_LOSS: 1, TAKE_PROFIT: 2 };

const stopTerms = (
  { condition, twap, builder }: PlaceOrder,
  unsigned: (value: bigint) => object,
): object => ({
  ...(condition === undefined
    ? {}
    : {
        conditionType: CONDITIONS[condition.type],
        conditionalOrderTriggerSubticks: unsigned(condition.triggerSubticks),
      }),
  ...(twap === undefined
    ? {}
    : {
        twapParameters: {
          duration: twap.durationSeconds,
          interval: twap.intervalSeconds,
          priceTolerance: twap.priceTolerancePpm,
        },
      }),
  ...(builder === undefined
    ? {}
    : { builderCodeParameters: { builderAddress: builder.address, feePpm: builder.feePpm } }),
});

export interface Signing {
  readonly chainId: string;
  readonly accountNumber: number;
  readonly sequence?: bigint;
  readonly mode?: number;
  readonly memo?: string;
  readonly timeoutHeight?: bigint;
  /** USDC in 1e-6 unless it says otherwise. */
  readonly fee?: { readonly amount: bigint; readonly gas: bigint; readonly denom?: string };
  readonly authenticators?: readonly number[];
}

/** Pays for a transaction of 200 000 gas. */
export const FEE = { amount: 5_000n, gas: 200_000n };

export class Wallet {
  readonly publicKey: Uint8Array;
  readonly address: string;
  readonly #key: ReturnType<typeof createPrivateKey>;

  /** From a seed, or a secret of 32 bytes. */
  constructor(seed: string | Uint8Array) {
    const secret =
      typeof seed === 'string' ? createHash('sha256').update(seed).digest() : Buffer.from(seed);
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
    const { chainId, accountNumber, sequence = 0n, mode = 1 } = signing;
    const { memo = '', timeoutHeight = 0n, fee, authenticators } = signing;
    const extension = message('TxExtension', { selectedAuthenticators: authenticators ?? [] });
    const nonCriticalExtensionOptions = authenticators === undefined ? [] : [extension];
    const body = { messages: [...messages], memo, timeoutHeight, nonCriticalExtensionOptions };
    const bodyBytes = TxBody.encode(TxBody.fromPartial(body)).finish();
    const publicKey = {
      typeUrl: '/cosmos.crypto.secp256k1.PubKey',
      value: PubKey.encode({ key: this.publicKey }).finish(),
    };
    const signerInfos = [{ publicKey, modeInfo: { single: { mode } }, sequence }];
    const { amount, gas: gasLimit, denom = USDC_DENOM } = fee ?? { amount: 0n, gas: 1_000_000n };
    const coins = amount === 0n ? [] : [{ denom, amount: String(amount) }];
    const info = { signerInfos, fee: { amount: coins, gasLimit } };
    const authInfoBytes = AuthInfo.encode(AuthInfo.fromPartial(info)).finish();
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
