/**
 * What the chain checks of a stateful order or cancel that is well formed, in its order and with
 * its codes: once against the check state, once when the block executes it.
 */
import { MARKET_RULES, orderKey, type MarketContext } from './check-tx.js';
import type { Unfit } from './clearing.js';
import type { EquityTier } from '../chain-messages.js';
import type { CheckResult } from '../exchange-types.js';
import type { CancelOrder, PlaceOrder, SubaccountId } from '../order-terms.js';
import { isDivisible } from './twap-schedule.js';
import { firstRefusal, refuse } from './validate-basic.js';

/** 95 days. */
const WINDOW_SECONDS = 95 * 86_400;

export interface StatefulContext extends MarketContext {
  /** Time of the last block, unix seconds. */
  readonly previousSeconds: number;
  /** The order of this id that is known, committed or not. */
  known(key: string): PlaceOrder | undefined;
  /** By a cancel that waits for its block. */
  isCanceled(key: string): boolean;
  /** Removed by this very block's operations. */
  isRemoved(key: string): boolean;
  readonly equityTiers: readonly EquityTier[];
  equity(subaccount: SubaccountId): bigint;
  openOrders(subaccount: SubaccountId): number;
  /** Why a fill of the whole order at its price would not be permitted. */
  unfitFor(order: PlaceOrder): Unfit | undefined;
}

type Rule<T> = (message: T, context: StatefulContext) => CheckResult | undefined;

const lifetime: Rule<{ readonly goodTilBlockTime: number }> = (
  { goodTilBlockTime },
  { previousSeconds },
) => {
  if (goodTilBlockTime <= previousSeconds) {
    return refuse(3003, `goodTilBlockTime: expected > ${previousSeconds}, was ${goodTilBlockTime}`);
  }
  const last = previousSeconds + WINDOW_SECONDS;
  return goodTilBlockTime > last
    ? refuse(3004, `goodTilBlockTime: expected ≤ ${last}, was ${goodTilBlockTime}`)
    : undefined;
};

const notCanceled: Rule<PlaceOrder> = ({ id }, context) =>
  context.isCanceled(orderKey(id))
    ? refuse(3008, `order ${orderKey(id)} was canceled before`)
    : undefined;

const isNew: Rule<PlaceOrder> = ({ id }, context) =>
  context.known(orderKey(id)) === undefined
    ? undefined
    : refuse(3005, `order ${orderKey(id)} exists, and stateful orders cannot be replaced`);

const triggerTick: Rule<PlaceOrder> = ({ id, condition }, context) => {
  const tick = context.market(id.clobPairId)?.subticksPerTick ?? 1n;
  return condition === undefined || condition.triggerSubticks % tick === 0n
    ? undefined
    : refuse(
        12,
        `trigger subticks: expected a multiple of ${tick}, was ${condition.triggerSubticks}`,
      );
};

const twapLegs: Rule<PlaceOrder> = ({ id, twap, quantums }, context) => {
  const step = context.market(id.clobPairId)?.stepBaseQuantums ?? 1n;
  return twap === undefined || isDivisible(twap, quantums, step)
    ? undefined
    : refuse(49, `TWAP: expected suborders of at least ${step} quantums`);
};

const equityTier: Rule<PlaceOrder> = ({ id: { subaccount } }, context) => {
  if (context.equityTiers.length === 0) return undefined;
  const equity = context.equity(subaccount);
  const limit =
    context.equityTiers.findLast((tier) => equity >= tier.collateralRequired)?.limit ?? 0;
  const open = context.openOrders(subaccount);
  return open < limit
    ? undefined
    : refuse(10_001, `equity tier limit: expected < ${limit} open orders, was ${open}`);
};

/** Registered by governance: the one that ccxt puts into each of its orders. It gets no share. */
const ROUTERS: ReadonlySet<string> = new Set(['dydx165sfn2k3vucvq7gklauy2r3agyjw4c3m60ascn']);

const router: Rule<PlaceOrder> = ({ orderRouterAddress = '' }) =>
  orderRouterAddress === '' || ROUTERS.has(orderRouterAddress)
    ? undefined
    : refuse(11_000, `order router ${orderRouterAddress} is not registered`);

const collateral: Rule<PlaceOrder> = (order, context) => {
  switch (context.unfitFor(order)) {
    case 'UNDERCOLLATERALIZED':
      return refuse(3007, `collateral check failed for ${order.quantums} at ${order.subticks}`);
    case 'VIOLATES_ISOLATED_SUBACCOUNT_CONSTRAINTS':
      return refuse(2005, 'order would violate isolated subaccount constraints');
    case undefined:
      return undefined;
  }
};

const PLACE_RULES: readonly Rule<PlaceOrder>[] = [
  ...MARKET_RULES,
  lifetime,
  notCanceled,
  isNew,
  triggerTick,
  twapLegs,
  equityTier,
  router,
  collateral,
];

const oneCancel: Rule<CancelOrder> = ({ id }, context) =>
  context.isCanceled(orderKey(id))
    ? refuse(32, `a cancel of order ${orderKey(id)} is already on its way`)
    : undefined;

const exists: Rule<CancelOrder> = ({ id }, context) => {
  const key = orderKey(id);
  if (context.isRemoved(key)) return refuse(3010, `order ${key} was removed by this block`);
  return context.known(key) === undefined ? refuse(3006, `order ${key} does not exist`) : undefined;
};

const outlives: Rule<CancelOrder> = ({ id, goodTilBlockTime }, context) => {
  const order = context.known(orderKey(id));
  return order === undefined || goodTilBlockTime >= order.goodTilBlockTime
    ? undefined
    : refuse(29, `cancel: expected time ≥ ${order.goodTilBlockTime}, was ${goodTilBlockTime}`);
};

const CANCEL_RULES: readonly Rule<CancelOrder>[] = [lifetime, oneCancel, exists, outlives];

export const checkStatefulPlace: Rule<PlaceOrder> = (order, context) =>
  firstRefusal(PLACE_RULES, order, context);
export const checkStatefulCancel: Rule<CancelOrder> = (cancel, context) =>
  firstRefusal(CANCEL_RULES, cancel, context);
