/**
 * dYdX's order messages, protobuf to the exchange's vocabulary. The codecs are those that ship
 * compiled inside v4-client-js; they are loaded by path, without the client around them.
 */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { CheckResult } from '../exchange-types.js';
import type {
  BatchCancel,
  CancelOrder,
  OrderSide,
  PlaceOrder,
  SubaccountId,
  TimeInForce,
  VenueOrderId,
} from '../order-terms.js';

/** A message that the exchange can take as an input. */
export type OrderMessage =
  | { readonly type: 'place'; readonly order: PlaceOrder }
  | { readonly type: 'cancel'; readonly cancel: CancelOrder }
  | { readonly type: 'batchCancel'; readonly batch: BatchCancel };

export type ClobMessage =
  | OrderMessage
  /** Readable, but refused whatever the state is. */
  | { readonly type: 'refused'; readonly refusal: CheckResult };

interface WireSubaccount {
  readonly owner: string;
  readonly number: number;
}

interface WireOrderId {
  readonly subaccountId: WireSubaccount | undefined;
  readonly clientId: number;
  readonly orderFlags: number;
  readonly clobPairId: number;
}

interface WireExpiry {
  readonly goodTilBlock: number | undefined;
  readonly goodTilBlockTime: number | undefined;
}

interface WireOrder extends WireExpiry {
  readonly orderId: WireOrderId | undefined;
  readonly side: number;
  readonly quantums: { toString(): string };
  readonly subticks: { toString(): string };
  readonly timeInForce: number;
  readonly reduceOnly: boolean;
  readonly clientMetadata: number;
}

interface Codec<T> {
  decode(bytes: Uint8Array): T;
}

interface ClobCodecs {
  readonly MsgPlaceOrder: Codec<{ readonly order: WireOrder | undefined }>;
  readonly MsgCancelOrder: Codec<{ readonly orderId: WireOrderId | undefined } & WireExpiry>;
  readonly MsgBatchCancel: Codec<{
    readonly subaccountId: WireSubaccount | undefined;
    readonly shortTermCancels: readonly {
      readonly clobPairId: number;
      readonly clientIds: readonly number[];
    }[];
    readonly goodTilBlock: number;
  }>;
}

const require = createRequire(import.meta.url);
const codecs = require(
  join(
    dirname(require.resolve('@dydxprotocol/v4-client-js/package.json')),
    'build/cjs/node_modules/@dydxprotocol/v4-proto/src/codegen/dydxprotocol/clob/tx.js',
  ),
) as ClobCodecs;

const SIDES: readonly (OrderSide | undefined)[] = [undefined, 'BUY', 'SELL'];
const TIMES_IN_FORCE: readonly (TimeInForce | undefined)[] = ['GTT', 'IOC', 'POST_ONLY', 'FOK'];

/** Reads one message of a transaction body; throws on bytes that are not protobuf. */
export function readClobMessage(typeUrl: string, value: Uint8Array): ClobMessage {
  switch (typeUrl) {
    case '/dydxprotocol.clob.MsgPlaceOrder':
      return readPlace(codecs.MsgPlaceOrder.decode(value).order);
    case '/dydxprotocol.clob.MsgCancelOrder': {
      const { orderId, ...expiry } = codecs.MsgCancelOrder.decode(value);
      return { type: 'cancel', cancel: { id: readOrderId(orderId), ...readExpiry(expiry) } };
    }
    case '/dydxprotocol.clob.MsgBatchCancel': {
      const message = codecs.MsgBatchCancel.decode(value);
      const { goodTilBlock, shortTermCancels } = message;
      const subaccount = readSubaccount(message.subaccountId);
      return {
        type: 'batchCancel',
        batch: { subaccount, batches: shortTermCancels, goodTilBlock },
      };
    }
    default:
      return refused(2, `unable to resolve type URL ${typeUrl}: tx parse error`, 'sdk');
  }
}

/** The subaccount that a message acts for. */
function subaccountOf(message: OrderMessage): SubaccountId {
  if (message.type === 'batchCancel') return message.batch.subaccount;
  return message.type === 'place' ? message.order.id.subaccount : message.cancel.id.subaccount;
}

export const ownerOf = (message: OrderMessage): string => subaccountOf(message).owner;

/** Lives in memory only and is protected against replay by its block window, not by a sequence. */
export function isShortTerm(message: OrderMessage): boolean {
  if (message.type === 'batchCancel') return true;
  const { id } = message.type === 'place' ? message.order : message.cancel;
  return id.orderFlags === 0;
}

function readPlace(order: WireOrder | undefined): ClobMessage {
  const side = SIDES[order?.side ?? 0];
  if (order === undefined || side === undefined) {
    return refused(3, `Invalid order side (${order?.side})`);
  }
  const timeInForce = TIMES_IN_FORCE[order.timeInForce];
  if (timeInForce === undefined) return refused(44, `Invalid time in force (${order.timeInForce})`);
  return {
    type: 'place',
    order: {
      id: readOrderId(order.orderId),
      side,
      quantums: BigInt(order.quantums.toString()),
      subticks: BigInt(order.subticks.toString()),
      ...readExpiry(order),
      timeInForce,
      reduceOnly: order.reduceOnly,
      clientMetadata: order.clientMetadata,
    },
  };
}

const refused = (code: number, log: string, codespace = 'clob'): ClobMessage => ({
  type: 'refused',
  refusal: { code, codespace, log },
});

/** Protobuf omits zeros: what is missing is empty. */
const readSubaccount = (id: WireSubaccount | undefined): WireSubaccount => ({
  owner: id?.owner ?? '',
  number: id?.number ?? 0,
});

const readOrderId = (id: WireOrderId | undefined): VenueOrderId => ({
  subaccount: readSubaccount(id?.subaccountId),
  clientId: id?.clientId ?? 0,
  orderFlags: id?.orderFlags ?? 0,
  clobPairId: id?.clobPairId ?? 0,
});

const readExpiry = (expiry: WireExpiry) => ({
  goodTilBlock: expiry.goodTilBlock ?? 0,
  goodTilBlockTime: expiry.goodTilBlockTime ?? 0,
});
