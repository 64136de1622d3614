/**
 * What a node checks before it looks at a short-term order or cancel that is well formed, in the
 * chain's order and with its codes.
 */
import { subaccountKey } from './clearing-account.js';
import type { CheckResult, PerpetualMarket } from '../exchange-types.js';
import type { CancelOrder, PlaceOrder, SubaccountId, VenueOrderId } from '../order-terms.js';
import type { LiveOrder } from './memclob.js';
import { firstRefusal, refuse } from './validate-basic.js';

/** A goodTilBlock may lie this many blocks beyond the next one. */
export const SHORT_BLOCK_WINDOW = 40;

/** What the rules about markets may know. */
export interface MarketContext {
  market(clobPairId: number): PerpetualMarket | undefined;
  oracleSubticks(clobPairId: number): bigint;
}

/** What the rules about short-term orders may know. */
export interface CheckContext extends MarketContext {
  readonly nextHeight: number;
  /** The goodTilBlock of a cancel that bars this order. */
  canceledUntil(key: string): number | undefined;
  resting(key: string): LiveOrder | undefined;
  /** The order of this id that was matched last since the last block. */
  matched(key: string): PlaceOrder | undefined;
  filled(key: string): bigint;
  position(subaccount: SubaccountId, clobPairId: number): bigint;
}

type Rule<T, C> = (message: T, context: C) => CheckResult | undefined;

/** The same clientId in another market or with another flag is another order. */
export const orderKey = (id: VenueOrderId): string =>
  `${subaccountKey(id.subaccount)}/${id.clientId}/${id.orderFlags}/${id.clobPairId}`;

const clobPair: Rule<{ readonly id: VenueOrderId }, MarketContext> = ({ id }, context) =>
  context.market(id.clobPairId) === undefined
    ? refuse(8, `clobPairId: no clob pair ${id.clobPairId}`)
    : undefined;

const multiples: Rule<PlaceOrder, MarketContext> = ({ id, subticks, quantums }, context) => {
  const market = context.market(id.clobPairId);
  if (market === undefined) return undefined;
  const { subticksPerTick, stepBaseQuantums } = market;
  if (subticks % subticksPerTick !== 0n) {
    return refuse(12, `subticks: expected a multiple of ${subticksPerTick}, was ${subticks}`);
  }
  return quantums % stepBaseQuantums === 0n
    ? undefined
    : refuse(12, `quantums: expected a multiple of ${stepBaseQuantums}, was ${quantums}`);
};

/** An initializing market takes only short-term post-only orders not better than the oracle. */
const marketStatus: Rule<PlaceOrder, MarketContext> = (order, context) => {
  const status = context.market(order.id.clobPairId)?.status;
  if (status === 'ACTIVE') return undefined;
  const oracle = context.oracleSubticks(order.id.clobPairId);
  const isPassive = order.side === 'BUY' ? order.subticks <= oracle : order.subticks >= oracle;
  const isAllowed =
    status === 'INITIALIZING' &&
    order.id.orderFlags === 0 &&
    order.timeInForce === 'POST_ONLY' &&
    isPassive;
  return isAllowed ? undefined : refuse(34, `order conflicts with market status ${status}`);
};

/** The first rules of every order, short-term or not. */
export const MARKET_RULES = [clobPair, multiples, marketStatus];

const window: Rule<{ readonly goodTilBlock: number }, CheckContext> = (
  { goodTilBlock },
  { nextHeight },
) => {
  if (goodTilBlock < nextHeight) {
    return refuse(10, `goodTilBlock: expected ≥ ${nextHeight}, was ${goodTilBlock}`);
  }
  const last = nextHeight + SHORT_BLOCK_WINDOW;
  return goodTilBlock > last
    ? refuse(11, `goodTilBlock: expected ≤ ${last}, was ${goodTilBlock}`)
    : undefined;
};

const notCanceled: Rule<PlaceOrder, CheckContext> = (order, context) => {
  const until = context.canceledUntil(orderKey(order.id));
  return until !== undefined && order.goodTilBlock <= until
    ? refuse(7, `order was already canceled until block ${until}`)
    : undefined;
};

/** What rests, and what was matched for the next block, can be replaced but not turned. */
const replacement: Rule<PlaceOrder, CheckContext> = (order, context) => {
  const key = orderKey(order.id);
  const old = context.resting(key)?.placed ?? context.matched(key);
  if (old === undefined) return undefined;
  if (order.goodTilBlock <= old.goodTilBlock) {
    return refuse(
      20,
      `replacement: expected goodTilBlock > ${old.goodTilBlock}, was ${order.goodTilBlock}`,
    );
  }
  const isSameKind =
    order.side === old.side &&
    order.timeInForce === old.timeInForce &&
    order.reduceOnly === old.reduceOnly;
  return isSameKind
    ? undefined
    : refuse(20, 'replacement: side, time in force and reduce-only must stay');
};

const notFilled: Rule<PlaceOrder, CheckContext> = (order, context) => {
  const filled = context.filled(orderKey(order.id));
  return filled >= order.quantums
    ? refuse(24, `order is fully filled: ${filled} of ${order.quantums}`)
    : undefined;
};

const reduces: Rule<PlaceOrder, CheckContext> = (order, context) => {
  if (!order.reduceOnly) return undefined;
  const position = context.position(order.id.subaccount, order.id.clobPairId);
  const isOpposite = order.side === 'BUY' ? position < 0n : position > 0n;
  return isOpposite
    ? undefined
    : refuse(2001, `reduce-only ${order.side} would increase position ${position}`);
};

const immediateOnce: Rule<PlaceOrder, CheckContext> = (order, context) =>
  order.timeInForce === 'IOC' && context.filled(orderKey(order.id)) > 0n
    ? refuse(2004, 'an IOC order of this id was already partly filled')
    : undefined;

const PLACE_RULES: readonly Rule<PlaceOrder, CheckContext>[] = [
  ...MARKET_RULES,
  window,
  notCanceled,
  replacement,
  notFilled,
  reduces,
  immediateOnce,
];

const notCanceledYet: Rule<CancelOrder, CheckContext> = (cancel, context) => {
  const until = context.canceledUntil(orderKey(cancel.id));
  return until !== undefined && until >= cancel.goodTilBlock
    ? refuse(9, `a cancel until block ${until} is already known`)
    : undefined;
};

const CANCEL_RULES: readonly Rule<CancelOrder, CheckContext>[] = [clobPair, window, notCanceledYet];

export const checkPlace: Rule<PlaceOrder, CheckContext> = (order, context) =>
  firstRefusal(PLACE_RULES, order, context);
export const checkCancel: Rule<CancelOrder, CheckContext> = (cancel, context) =>
  firstRefusal(CANCEL_RULES, cancel, context);
