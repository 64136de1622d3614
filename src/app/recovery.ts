/**
 * Coming back: the journal read into books and orders, then both compared with the venue.
 *
 * A journal without a sweep is a first run: what the account holds already is adopted as an opening
 * position, and its older fills are history that was never ours.
 */
import type { Fill, OrderRequest, VenueOrder } from '../model/order.js';
import {
  size,
  usd,
  type BlockHeight,
  type ClientId,
  type MarketId,
  type SignedSize,
  type Usd,
} from '../model/quantities.js';
import { epochOf } from '../execution/client-ids.js';
import { reconcile, type ReconcilePlan } from '../execution/reconcile.js';
import { isLive, recoverState, type RecoveredState } from '../journal/journal-state.js';
import type { JournalEntry, JournalRow } from '../ports/journal.js';
import type { Sweep } from './sweeper.js';
import type { TradingCore } from './trading-core.js';

export interface Restored {
  readonly state: RecoveredState;
  readonly isFirstRun: boolean;
  /** Fills below this height are in what the first run adopted, or are known. */
  readonly openedAt: BlockHeight;
  /** By which the earlier runs were heard of. */
  readonly claims: readonly ClientId[];
}

/** Orders of earlier runs, into the table: from now on they count. And the checkpoint's books. */
export function restore(history: readonly JournalRow[], core: TradingCore): Restored {
  const state = recoverState(history);
  core.books.load(state);
  for (const order of state.orders) {
    core.limits.carry(order.request);
    if (isLive(order)) core.orders.register(order.request, size(order.filled));
    else if (order.end !== undefined) {
      core.orders.remember(order.request, order.end, size(order.filled));
    }
  }
  core.money.lossMark = state.lossMark;
  const { completeTo, openedAt, claims } = state;
  return { state, isFirstRun: completeTo === 0, openedAt, claims };
}

/** Fills and openings of earlier runs, into the books: when the markets' parameters are known. */
export function restoreBooks({ state, openedAt }: Restored, core: TradingCore): void {
  for (const entry of state.bookEntries) {
    if (entry.type === 'fill') core.books.restore(entry.fill, entry.strategy);
    else core.books.adopt(entry.market, entry.size, entry.cost ?? usd(0n));
  }
  core.books.openAt(openedAt);
  core.money.restore(state.moneyEntries);
}

export interface Adoption {
  readonly sweep: Sweep;
  readonly core: TradingCore;
  readonly record: (entry: JournalEntry) => void;
  /** What such a position is worth now: its cost, for want of a better one. */
  readonly valueOf: (market: MarketId, held: SignedSize) => Usd;
}

/** A first run takes the account as it finds it. */
export function adoptAccount({ sweep, core, record, valueOf }: Adoption): void {
  for (const { market, size: held } of sweep.account?.positions ?? []) {
    const cost = valueOf(market, held);
    core.books.adopt(market, held, cost);
    record({ type: 'position.opening', market, size: held, cost });
  }
}

/** To the venue's positions, as far as they can be compared. */
export type Differences = Pick<ReconcilePlan, 'drift' | 'blocksBehind'>;

export interface ReconcileOutcome extends Differences {
  /** Live orders on the account that are not ours. */
  readonly foreign: readonly VenueOrder[];
}

/**
 * Books what was missed and says what is left to explain. `resolve` also ends the orders that are
 * proved dead: for orders of an earlier run, which have no machine.
 */
export function reconcileWith(
  sweep: Sweep,
  core: TradingCore,
  resolve?: (entry: JournalEntry) => void,
): ReconcileOutcome {
  const plan = reconcile(beliefsOf(core), sweep);
  for (const { fill } of plan.fillsToBook) core.books.book(fill);
  for (const fill of plan.orphanFills) core.books.book(fill);
  for (const { orderId, end, filled } of resolve === undefined ? [] : plan.ordersDead) {
    const request = core.orders.get(orderId)?.request;
    if (request !== undefined) core.orders.remember(request, end, size(filled));
    resolve?.({ type: 'order.end', orderId, end, filled });
  }
  return {
    drift: plan.drift,
    blocksBehind: plan.blocksBehind,
    foreign: plan.foreignOrders,
  };
}

/** Orders of which nobody knows what became of them, with the fills that are booked. */
export const ordersOfEarlierRuns = (core: TradingCore, epoch: number) =>
  core.orders
    .live()
    .filter(({ request }) => epochOf(request.clientId) < epoch)
    .map(({ request, filled }) => ({ request, filled, fillIds: fillIdsOf(core, request) }));

function beliefsOf(core: TradingCore) {
  return {
    recentFills: core.books.recent,
    recentFrom: core.books.recentFrom,
    positions: core.books.positions.positions(),
    orders: core.orders.all(),
  };
}

const fillIdsOf = (core: TradingCore, { orderId }: OrderRequest): readonly Fill['fillId'][] =>
  core.books.recent.filter((fill) => fill.orderId === orderId).map(({ fillId }) => fillId);
