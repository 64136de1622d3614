/** The order book's messages, protobuf to the exchange's vocabulary. */
import type {
  OrderCondition,
  OrderSide,
  PlaceOrder,
  SubaccountId,
  TimeInForce,
  VenueOrderId,
} from '../order-terms.js';
import { checkBatchCancel, checkCancel, checkLeverage, checkOrder } from './message-rules.codec.js';
import {
  clob,
  wireInteger,
  type WireExpiry,
  type WireOrder,
  type WireOrderId,
  type WireSubaccount,
} from './proto-codecs.codec.js';
import type { TransactionMessage } from './transaction-messages.js';

type Read = Omit<TransactionMessage, 'typeUrl'>;

const SIDES: readonly OrderSide[] = ['BUY', 'SELL'];
export const TIMES_IN_FORCE: readonly TimeInForce[] = ['GTT', 'IOC', 'POST_ONLY', 'FOK'];
export const CONDITION_TYPES: readonly OrderCondition['type'][] = ['STOP_LOSS', 'TAKE_PROFIT'];

export function readPlaceOrder(bytes: Uint8Array): Read {
  const { order } = clob.MsgPlaceOrder.decode(bytes);
  if (order === undefined) throw new TypeError('expected an order');
  const signer = signerOf(order.orderId);
  const refusal = checkOrder(order, order.orderId ?? NO_ORDER);
  if (refusal !== undefined) return { signer, refusal, contents: [] };
  return { signer, contents: [{ type: 'place', order: orderOf(order) }] };
}

export function readCancelOrder(bytes: Uint8Array): Read {
  const { orderId = NO_ORDER, ...expiry } = clob.MsgCancelOrder.decode(bytes);
  const signer = signerOf(orderId);
  const refusal = checkCancel(expiry, orderId);
  if (refusal !== undefined) return { signer, refusal, contents: [] };
  const cancel = { id: readOrderId(orderId), ...readExpiry(expiry) };
  return { signer, contents: [{ type: 'cancel', cancel }] };
}

export function readBatchCancel(bytes: Uint8Array): Read {
  const { subaccountId, shortTermCancels, goodTilBlock } = clob.MsgBatchCancel.decode(bytes);
  const subaccount = readSubaccount(subaccountId);
  const refusal = checkBatchCancel({ subaccount, batches: shortTermCancels });
  if (refusal !== undefined) return { signer: subaccount.owner, refusal, contents: [] };
  const batch = { subaccount, batches: shortTermCancels, goodTilBlock };
  return { signer: subaccount.owner, contents: [{ type: 'batchCancel', batch }] };
}

export function readUpdateLeverage(bytes: Uint8Array): Read {
  const { subaccountId, clobPairLeverage } = clob.MsgUpdateLeverage.decode(bytes);
  const subaccount = readSubaccount(subaccountId);
  const refusal = checkLeverage(subaccountId, clobPairLeverage);
  if (refusal !== undefined) return { signer: subaccount.owner, refusal, contents: [] };
  return {
    signer: subaccount.owner,
    contents: [{ type: 'updateLeverage', subaccount, entries: clobPairLeverage }],
  };
}

/** Of an order whose enumerations were checked. */
function orderOf(order: WireOrder): PlaceOrder {
  const { builderCodeParameters: builder, twapParameters: twap } = order;
  return {
    id: readOrderId(order.orderId ?? NO_ORDER),
    side: SIDES[order.side - 1] ?? 'BUY',
    quantums: wireInteger(order.quantums),
    subticks: wireInteger(order.subticks),
    ...readExpiry(order),
    timeInForce: TIMES_IN_FORCE[order.timeInForce] ?? 'GTT',
    reduceOnly: order.reduceOnly,
    clientMetadata: order.clientMetadata,
    ...conditionOf(order),
    ...(twap === undefined
      ? {}
      : {
          twap: {
            durationSeconds: twap.duration,
            intervalSeconds: twap.interval,
            priceTolerancePpm: twap.priceTolerance,
          },
        }),
    ...(builder === undefined
      ? {}
      : { builder: { address: builder.builderAddress, feePpm: builder.feePpm } }),
    ...(order.orderRouterAddress === '' ? {} : { orderRouterAddress: order.orderRouterAddress }),
  };
}

function conditionOf(order: WireOrder): { readonly condition?: OrderCondition } {
  const type = CONDITION_TYPES[order.conditionType - 1];
  if (type === undefined) return {};
  return {
    condition: { type, triggerSubticks: wireInteger(order.conditionalOrderTriggerSubticks) },
  };
}

const NO_ORDER: WireOrderId = {
  subaccountId: undefined,
  clientId: 0,
  orderFlags: 0,
  clobPairId: 0,
};

const signerOf = (id: WireOrderId | undefined): string => id?.subaccountId?.owner ?? '';

/** Protobuf omits zeros: what is missing is empty. */
export const readSubaccount = (id: WireSubaccount | undefined): SubaccountId => ({
  owner: id?.owner ?? '',
  number: id?.number ?? 0,
});

export const readOrderId = (id: WireOrderId): VenueOrderId => ({
  subaccount: readSubaccount(id.subaccountId),
  clientId: id.clientId,
  orderFlags: id.orderFlags,
  clobPairId: id.clobPairId,
});

const readExpiry = (expiry: WireExpiry) => ({
  goodTilBlock: expiry.goodTilBlock ?? 0,
  goodTilBlockTime: expiry.goodTilBlockTime ?? 0,
});
