/**
 * Orders and fills as the indexer writes them. Three writers disagree about an order: REST, the
 * off-chain publisher (no fills, no nulls) and the on-chain one (all columns, nulls included).
 */
import type { ExchangeFill, ExchangeOrder, OrderStatus } from '../exchange-types.js';
import { ORDER_FLAGS } from '../order-terms.js';
import type { IndexerState } from './indexer-state.codec.js';
import { fillUuid, orderUuid, sha256Hex, subaccountUuid } from './venue-ids.codec.js';
import { averagePriceText, isoText, priceText, sizeText, usdText } from './wire-units.js';

/** All that a client may ask for; the chain's own types are five of them. */
export const ORDER_TYPES: readonly string[] = [
  'LIMIT',
  'MARKET',
  'STOP_LIMIT',
  'STOP_MARKET',
  'TRAILING_STOP',
  'TAKE_PROFIT',
  'TAKE_PROFIT_MARKET',
  'TWAP',
  'TWAP_SUBORDER',
];

/** "Market" orders are told apart by their client metadata (1) alone. */
export function orderType({ id, condition }: ExchangeOrder): string {
  if (id.orderFlags === ORDER_FLAGS.twap) return 'TWAP';
  if (id.orderFlags === ORDER_FLAGS.twapSuborder) return 'TWAP_SUBORDER';
  if (condition === undefined) return 'LIMIT';
  return condition.type === 'STOP_LOSS' ? 'STOP_LIMIT' : 'TAKE_PROFIT';
}

/** REST believes the chain's row: with a fill, a resting order is open, not just seen. */
export const restStatus = ({ status, totalFilled }: ExchangeOrder): OrderStatus =>
  status === 'BEST_EFFORT_OPENED' && totalFilled > 0n ? 'OPEN' : status;

const orderIdentity = (state: IndexerState, order: ExchangeOrder) => ({
  id: orderUuid(order.id),
  subaccountId: subaccountUuid(order.id.subaccount),
  clientId: String(order.id.clientId),
  clobPairId: String(order.id.clobPairId),
  status: order.status,
  orderFlags: String(order.id.orderFlags),
  ticker: state.market(order.id.clobPairId).ticker,
});

function orderTerms(state: IndexerState, order: ExchangeOrder) {
  const market = state.market(order.id.clobPairId);
  return {
    side: order.side,
    size: sizeText(market, order.quantums),
    price: priceOf(state, order),
    type: orderType(order),
    timeInForce: order.timeInForce === 'POST_ONLY' ? 'GTT' : order.timeInForce,
    postOnly: order.timeInForce === 'POST_ONLY',
    reduceOnly: order.reduceOnly,
    clientMetadata: String(order.clientMetadata),
  };
}

/** A TWAP order's price is its limit until it has fills, and then their average. */
function priceOf(state: IndexerState, order: ExchangeOrder): string {
  const market = state.market(order.id.clobPairId);
  if (order.id.orderFlags !== ORDER_FLAGS.twap || order.totalFilled === 0n) {
    return priceText(market, order.subticks);
  }
  const uuid = orderUuid(order.id);
  const fills = state.exchange
    .fills(order.id.subaccount)
    .filter(({ orderId }) => orderId !== undefined && orderUuid(orderId) === uuid);
  return averagePriceText(market, {
    quantums: fills.reduce((sum, fill) => sum + fill.quantums, 0n),
    quoteQuantums: fills.reduce((sum, fill) => sum + fill.quoteQuantums, 0n),
  });
}

const triggerText = (state: IndexerState, { id, condition }: ExchangeOrder): string | undefined =>
  condition && priceText(state.market(id.clobPairId), condition.triggerSubticks);

/** What only conditional, TWAP and builder orders have. */
const extraTerms = (state: IndexerState, order: ExchangeOrder) => ({
  triggerPrice: triggerText(state, order),
  builderAddress: order.builder?.address,
  feePpm: textOf(order.builder?.feePpm),
  duration: textOf(order.twap?.durationSeconds),
  interval: textOf(order.twap?.intervalSeconds),
  priceTolerance: textOf(order.twap?.priceTolerancePpm),
});

const textOf = (value: number | undefined): string | undefined =>
  value === undefined ? undefined : String(value);

const expiry = (order: ExchangeOrder) =>
  order.id.orderFlags === 0
    ? { goodTilBlock: String(order.goodTilBlock) }
    : { goodTilBlockTime: isoText(order.goodTilBlockTime * 1000) };

function orderTimes(state: IndexerState, order: ExchangeOrder) {
  const updatedAtMs = order.updatedAtMs;
  return {
    ...(order.createdAtHeight === undefined
      ? {}
      : {
          createdAtHeight: String(order.createdAtHeight),
          createdAt: isoText(state.timeOf(order.createdAtHeight) ?? updatedAtMs ?? 0),
        }),
    ...(order.updatedAtHeight === undefined || updatedAtMs === undefined
      ? {}
      : { updatedAt: isoText(updatedAtMs), updatedAtHeight: String(order.updatedAtHeight) }),
  };
}

const filledText = (state: IndexerState, order: ExchangeOrder): string =>
  sizeText(state.market(order.id.clobPairId), order.totalFilled);

/** Memory only until the first fill or the chain: then it has no times. */
export const restOrder = (state: IndexerState, order: ExchangeOrder) => ({
  ...orderIdentity(state, order),
  status: restStatus(order),
  ...orderTerms(state, order),
  totalFilled: filledText(state, order),
  ...expiry(order),
  ...(restStatus(order) === 'BEST_EFFORT_OPENED' ? {} : orderTimes(state, order)),
  ...extraTerms(state, order),
  orderRouterAddress: order.orderRouterAddress ?? '',
  subaccountNumber: order.id.subaccount.number,
});

/**
 * The off-chain publisher's order: no `totalFilled`; with a removal reason also what was filled
 * optimistically. A cancel of an order that was never seen (size 0) says little more than its id.
 */
export function offChainOrder(state: IndexerState, order: ExchangeOrder) {
  const removal = order.removalReason === undefined ? {} : { removalReason: order.removalReason };
  if (order.quantums === 0n) return { ...orderIdentity(state, order), ...removal };
  return {
    ...orderIdentity(state, order),
    ...orderTerms(state, order),
    ...expiry(order),
    ...(order.condition === undefined ? {} : { triggerPrice: triggerText(state, order) }),
    ...(order.removalReason === undefined
      ? {}
      : {
          ...removal,
          totalOptimisticFilled: order.timeInForce === 'IOC' ? '0' : filledText(state, order),
        }),
    ...(order.id.orderFlags === 0 ? {} : orderTimes(state, order)),
  };
}

/** The on-chain publisher's order: the whole row, nulls included. */
export function onChainOrder(state: IndexerState, order: ExchangeOrder) {
  const extra = extraTerms(state, order);
  return {
    ...orderIdentity(state, order),
    ...orderTerms(state, order),
    totalFilled: filledText(state, order),
    goodTilBlock: null,
    goodTilBlockTime: null,
    ...expiry(order),
    ...orderTimes(state, order),
    triggerPrice: extra.triggerPrice ?? null,
    builderAddress: extra.builderAddress ?? null,
    feePpm: extra.feePpm ?? null,
    orderRouterAddress: order.orderRouterAddress ?? '',
    duration: extra.duration ?? null,
    interval: extra.interval ?? null,
    priceTolerance: extra.priceTolerance ?? null,
  };
}

function fillFields(state: IndexerState, fill: ExchangeFill) {
  const market = state.market(fill.clobPairId);
  return {
    id: fillUuid(fill.eventId, fill.liquidity),
    side: fill.side,
    liquidity: fill.liquidity,
    type: fill.type,
    price: priceText(market, fill.subticks),
    size: sizeText(market, fill.quantums),
    fee: usdText(fill.fee),
    affiliateRevShare: '0',
    createdAt: isoText(fill.timeMs),
    createdAtHeight: String(fill.height),
    ...(fill.orderId === undefined
      ? {}
      : { orderId: orderUuid(fill.orderId), clientMetadata: String(fill.clientMetadata) }),
  };
}

export function restFill(state: IndexerState, fill: ExchangeFill) {
  const { id, side, liquidity, type, ...rest } = fillFields(state, fill);
  return {
    id,
    side,
    liquidity,
    type,
    market: state.market(fill.clobPairId).ticker,
    marketType: 'PERPETUAL',
    ...rest,
    subaccountNumber: fill.subaccount.number,
    ...builderFields(state, fill),
  };
}

/** What the order's builder got; who that is only as long as the order is remembered. */
function builderFields(state: IndexerState, { orderId, builderFee = 0n }: ExchangeFill) {
  const builder = orderId && state.exchange.order(orderId)?.builder;
  if (builder === undefined && builderFee === 0n) return {};
  const address = builder === undefined ? {} : { builderAddress: builder.address };
  return { builderFee: usdText(builderFee), ...address };
}

/** Hash of the transaction with which the proposer of that block carried all short-term matches. */
export const operationsHash = (height: number): string => sha256Hex(`operations/${height}`);

/** All fills of one order in one block; `after` is the signed position when all were booked. */
export function socketFills(state: IndexerState, fills: readonly ExchangeFill[], after: bigint) {
  const signed = (fill: ExchangeFill): bigint =>
    fill.side === 'BUY' ? fill.quantums : -fill.quantums;
  let before = after - fills.reduce((sum, fill) => sum + signed(fill), 0n);
  return fills.map((fill) => {
    const market = state.market(fill.clobPairId);
    const written = {
      ...fillFields(state, fill),
      subaccountId: subaccountUuid(fill.subaccount),
      clobPairId: String(fill.clobPairId),
      quoteAmount: usdText(fill.quoteQuantums),
      eventId: fill.eventId,
      transactionHash: operationsHash(fill.height),
      builderFee: null,
      builderAddress: null,
      ...builderFields(state, fill),
      orderRouterAddress: null,
      orderRouterFee: null,
      positionSizeBefore: sizeText(market, before),
      entryPriceBefore: null,
      positionSideBefore: before === 0n ? null : before > 0n ? 'LONG' : 'SHORT',
      ticker: market.ticker,
    };
    before += signed(fill);
    return written;
  });
}
