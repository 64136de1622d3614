/**
 * What a node checks before it looks at a short-term order or cancel, in the chain's order and with
 * its codes. Each rule answers a refusal or nothing; the first refusal counts.
 */
import { absolute } from '../../model/quantities.js';
import { subaccountKey } from './clearing-account.js';
import type { CheckResult, PerpetualMarket } from '../exchange-types.js';
import {
  ORDER_FLAGS,
  type BatchCancel,
  type CancelOrder,
  type PlaceOrder,
  type SubaccountId,
  type VenueOrderId,
} from '../order-terms.js';
import { remaining, type LiveOrder } from './memclob.js';

/** A goodTilBlock may lie this many blocks beyond the next one. */
export const SHORT_BLOCK_WINDOW = 40;
/** Client ids in one batch cancel. */
const BATCH_CANCEL_MAX = 100;

export const ACCEPTED: CheckResult = { code: 0, codespace: '', log: '' };

/** What the rules may know. */
export interface CheckContext {
  readonly nextHeight: number;
  market(clobPairId: number): PerpetualMarket | undefined;
  oracleSubticks(clobPairId: number): bigint;
  hasAccount(owner: string): boolean;
  /** The goodTilBlock of a cancel that bars this order. */
  canceledUntil(key: string): number | undefined;
  resting(key: string): LiveOrder | undefined;
  filled(key: string): bigint;
  position(subaccount: SubaccountId, clobPairId: number): bigint;
}

type Rule<T> = (message: T, context: CheckContext) => CheckResult | undefined;

/** The same clientId in another market or with another flag is another order. */
export const orderKey = (id: VenueOrderId): string =>
  `${subaccountKey(id.subaccount)}/${id.clientId}/${id.orderFlags}/${id.clobPairId}`;

export const refuse = (code: number, log: string): CheckResult => ({
  code,
  codespace: 'clob',
  log,
});

const unknownOwner = (owner: string): CheckResult => ({
  code: 9,
  codespace: 'sdk',
  log: `account ${owner} does not exist: unknown address`,
});

const basics: Rule<PlaceOrder> = (order) => {
  if (!Object.values<number>(ORDER_FLAGS).includes(order.id.orderFlags)) {
    return refuse(3000, `orderFlags: expected 0, 32, 64 or 128, was ${order.id.orderFlags}`);
  }
  if (order.side !== 'BUY' && order.side !== 'SELL') return refuse(3, 'side: expected BUY or SELL');
  if (order.quantums <= 0n) return refuse(4, `quantums: expected > 0, was ${order.quantums}`);
  if (order.id.orderFlags === ORDER_FLAGS.shortTerm && order.goodTilBlock === 0) {
    return refuse(5, 'goodTilBlock: expected > 0, was 0');
  }
  if (order.timeInForce === 'FOK') return refuse(48, 'FILL_OR_KILL is a deprecated time in force');
  if (order.subticks <= 0n) return refuse(6, `subticks: expected > 0, was ${order.subticks}`);
  if (order.reduceOnly && order.timeInForce !== 'IOC') {
    return refuse(9003, `reduce-only: expected time in force IOC, was ${order.timeInForce}`);
  }
  return undefined;
};

const owner: Rule<{ readonly id: VenueOrderId }> = ({ id }, context) =>
  context.hasAccount(id.subaccount.owner) ? undefined : unknownOwner(id.subaccount.owner);

const clobPair: Rule<{ readonly id: VenueOrderId }> = ({ id }, context) =>
  context.market(id.clobPairId) === undefined
    ? refuse(8, `clobPairId: no clob pair ${id.clobPairId}`)
    : undefined;

const multiples: Rule<PlaceOrder> = (order, context) => {
  const market = context.market(order.id.clobPairId);
  if (market === undefined) return undefined;
  if (order.subticks % market.subticksPerTick !== 0n) {
    return refuse(
      12,
      `subticks: expected a multiple of ${market.subticksPerTick}, was ${order.subticks}`,
    );
  }
  return order.quantums % market.stepBaseQuantums === 0n
    ? undefined
    : refuse(
        12,
        `quantums: expected a multiple of ${market.stepBaseQuantums}, was ${order.quantums}`,
      );
};

/** An initializing market takes only post-only orders that are not better than the oracle price. */
const marketStatus: Rule<PlaceOrder> = (order, context) => {
  const status = context.market(order.id.clobPairId)?.status;
  if (status === 'ACTIVE') return undefined;
  const oracle = context.oracleSubticks(order.id.clobPairId);
  const isPassive = order.side === 'BUY' ? order.subticks <= oracle : order.subticks >= oracle;
  const isAllowed = status === 'INITIALIZING' && order.timeInForce === 'POST_ONLY' && isPassive;
  return isAllowed ? undefined : refuse(34, `order conflicts with market status ${status}`);
};

const implemented: Rule<PlaceOrder> = (order) =>
  order.id.orderFlags === ORDER_FLAGS.shortTerm
    ? undefined
    : refuse(9000, 'stateful orders are not supported by this exchange');

const window: Rule<{ readonly goodTilBlock: number }> = ({ goodTilBlock }, { nextHeight }) => {
  if (goodTilBlock < nextHeight) {
    return refuse(10, `goodTilBlock: expected ≥ ${nextHeight}, was ${goodTilBlock}`);
  }
  const last = nextHeight + SHORT_BLOCK_WINDOW;
  return goodTilBlock > last
    ? refuse(11, `goodTilBlock: expected ≤ ${last}, was ${goodTilBlock}`)
    : undefined;
};

const notCanceled: Rule<PlaceOrder> = (order, context) => {
  const until = context.canceledUntil(orderKey(order.id));
  return until !== undefined && order.goodTilBlock <= until
    ? refuse(7, `order was already canceled until block ${until}`)
    : undefined;
};

const replacement: Rule<PlaceOrder> = (order, context) => {
  const old = context.resting(orderKey(order.id))?.placed;
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

const notFilled: Rule<PlaceOrder> = (order, context) => {
  const filled = context.filled(orderKey(order.id));
  return filled >= order.quantums
    ? refuse(24, `order is fully filled: ${filled} of ${order.quantums}`)
    : undefined;
};

const reduces: Rule<PlaceOrder> = (order, context) => {
  if (!order.reduceOnly) return undefined;
  const position = context.position(order.id.subaccount, order.id.clobPairId);
  const isOpposite = order.side === 'BUY' ? position < 0n : position > 0n;
  return isOpposite
    ? undefined
    : refuse(2001, `reduce-only ${order.side} would increase position ${position}`);
};

const immediateOnce: Rule<PlaceOrder> = (order, context) =>
  order.timeInForce === 'IOC' && context.filled(orderKey(order.id)) > 0n
    ? refuse(2004, 'an IOC order of this id was already partly filled')
    : undefined;

const PLACE_RULES: readonly Rule<PlaceOrder>[] = [
  basics,
  owner,
  clobPair,
  multiples,
  marketStatus,
  implemented,
  window,
  notCanceled,
  replacement,
  notFilled,
  reduces,
  immediateOnce,
];

const notCanceledYet: Rule<CancelOrder> = (cancel, context) => {
  const until = context.canceledUntil(orderKey(cancel.id));
  return until !== undefined && until >= cancel.goodTilBlock
    ? refuse(9, `a cancel until block ${until} is already known`)
    : undefined;
};

const cancelImplemented: Rule<CancelOrder> = ({ id }) =>
  id.orderFlags === ORDER_FLAGS.shortTerm
    ? undefined
    : refuse(9001, 'cancels of stateful orders are not supported by this exchange');

const CANCEL_RULES: readonly Rule<CancelOrder>[] = [
  owner,
  cancelImplemented,
  clobPair,
  window,
  notCanceledYet,
];

function first<T>(
  rules: readonly Rule<T>[],
  message: T,
  context: CheckContext,
): CheckResult | undefined {
  for (const rule of rules) {
    const refusal = rule(message, context);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

export const checkPlace: Rule<PlaceOrder> = (order, context) => first(PLACE_RULES, order, context);
export const checkCancel: Rule<CancelOrder> = (cancel, context) =>
  first(CANCEL_RULES, cancel, context);

/** Only the shape: whether a single cancel of the batch failed is never told. */
export function checkBatch({ subaccount, batches }: BatchCancel, context: CheckContext) {
  const pairs = batches.map(({ clobPairId }) => clobPairId);
  const count = batches.reduce((sum, { clientIds }) => sum + clientIds.length, 0);
  const isUnique =
    new Set(pairs).size === pairs.length &&
    batches.every(({ clientIds }) => new Set(clientIds).size === clientIds.length);
  if (count === 0 || count > BATCH_CANCEL_MAX || !isUnique) {
    return refuse(
      45,
      `batch cancel: expected 1 to ${BATCH_CANCEL_MAX} different ids, was ${count}`,
    );
  }
  return context.hasAccount(subaccount.owner) ? undefined : unknownOwner(subaccount.owner);
}

/** The size a taker may still match: a reduce-only order never more than the position. */
export function matchable(order: LiveOrder): bigint {
  const left = remaining(order);
  if (!order.placed.reduceOnly) return left;
  const position = order.account.positions.get(order.placed.id.clobPairId) ?? 0n;
  const isOpposite = order.placed.side === 'BUY' ? position < 0n : position > 0n;
  if (!isOpposite) return 0n;
  return absolute(position) < left ? absolute(position) : left;
}
