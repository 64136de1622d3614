/**
 * After a restart or a reconnect: what the journal believes against what the venue says.
 *
 * 1. Fills are final and known by id; an unseen one is booked, whoever's it is.
 * 2. An order is dead when it is full, was certainly refused or not sent, or when its last block
 *    lies behind a fill sweep. Everything else may still live and is recovered as unknown.
 * 3. Sizes are compared as of the height of the venue's account: later fills are left out of it.
 */
import type { AccountSnapshot } from '../model/account.js';
import {
  signedFillSize,
  type Fill,
  type OrderEnd,
  type OrderRequest,
  type VenueOrder,
  type VenuePosition,
} from '../model/order.js';
import { positionDrift, type PositionDrift } from '../model/position.js';
import { signedSize, type BlockHeight, type MarketId, type OrderId } from '../model/quantities.js';
import type { SendAnswer } from '../ports/venue.js';

/** One of our orders, as the journal has it. */
export interface OwnOrder {
  readonly request: OrderRequest;
  readonly answer: SendAnswer | undefined;
  readonly filled: bigint;
  readonly end: OrderEnd | undefined;
}

export interface VenueTruth {
  /** Undefined when the venue has never seen the account. */
  readonly account: AccountSnapshot | undefined;
  readonly openOrders: readonly VenueOrder[];
  /** All fills from `completeTo` of the journal on, in any order. */
  readonly fills: readonly Fill[];
  /** The indexer's height, read before the fills were: the fills are complete below it. */
  readonly sweptAt: BlockHeight;
}

export interface Beliefs {
  readonly orders: readonly OwnOrder[];
  readonly positions: readonly VenuePosition[];
  /** Booked fills from `completeTo` of the journal on. */
  readonly recentFills: readonly Fill[];
  /** Of fills from this height on, none is missing among the recent ones. */
  readonly recentFrom: BlockHeight;
}

export interface AttributedFill {
  readonly fill: Fill;
  readonly strategy: string;
}

export interface DeadOrder {
  readonly orderId: OrderId;
  readonly end: OrderEnd;
  readonly filled: bigint;
}

export interface ReconcilePlan {
  /** Unseen fills of our own orders, oldest first. To be booked before anything else. */
  readonly fillsToBook: readonly AttributedFill[];
  /** Unseen fills of no order of ours, to be booked too. With an order id: foreign. */
  readonly orphanFills: readonly Fill[];
  readonly ordersDead: readonly DeadOrder[];
  /** Open orders on our account that we did not make. */
  readonly foreignOrders: readonly VenueOrder[];
  /** Differences that remain when every fill is booked. */
  readonly drift: readonly PositionDrift[];
  /**
   * By so many blocks the venue's account is older than the fills that we remember. Above 0 it came
   * from a copy that lags, and differences to it prove nothing.
   */
  readonly blocksBehind: number;
}

export function reconcile(beliefs: Beliefs, truth: VenueTruth): ReconcilePlan {
  const known = new Set(beliefs.recentFills.map(({ fillId }) => fillId));
  const unseen = truth.fills.filter(({ fillId }) => !known.has(fillId)).toSorted(inChainOrder);
  const own = new Map(beliefs.orders.map((order) => [order.request.orderId, order]));
  const ownerOf = (fill: Fill): OwnOrder | undefined =>
    fill.orderId === undefined ? undefined : own.get(fill.orderId);
  const live = beliefs.orders
    .filter((order) => order.end === undefined)
    .map((order) => withFills(order, unseen));
  return {
    fillsToBook: unseen.flatMap((fill) => {
      const order = ownerOf(fill);
      return order === undefined ? [] : [{ fill, strategy: order.request.strategy }];
    }),
    orphanFills: unseen.filter((fill) => ownerOf(fill) === undefined),
    ordersDead: live.flatMap((order) => {
      const end = endOf(order, truth.sweptAt);
      return end === undefined
        ? []
        : [{ orderId: order.request.orderId, end, filled: order.filled }];
    }),
    foreignOrders: truth.openOrders.filter(({ orderId }) => !own.has(orderId)),
    drift: driftAsOf(beliefs, unseen, truth),
    blocksBehind: Math.max(0, beliefs.recentFrom - 1 - (truth.account?.height ?? truth.sweptAt)),
  };
}

/** Height, then id: the order inside a block is not told, but a replay must find the same one. */
const inChainOrder = (a: Fill, b: Fill): number =>
  a.height - b.height || (a.fillId < b.fillId ? -1 : 1);

function withFills(order: OwnOrder, unseen: readonly Fill[]): OwnOrder {
  const fills = unseen.filter((fill) => fill.orderId === order.request.orderId);
  return {
    ...order,
    filled: fills.reduce((sum, fill) => sum + fill.size, order.filled),
  };
}

/** The end of an order, or undefined while nothing proves one. */
function endOf({ request, answer, filled }: OwnOrder, sweptAt: BlockHeight): OrderEnd | undefined {
  if (filled >= request.size) return 'filled';
  if (filled === 0n && answer?.type === 'rejected') return 'rejected';
  if (filled === 0n && answer?.type === 'unsent') return 'denied';
  if (sweptAt <= request.goodTilBlock) return undefined;
  return filled > 0n && request.timeInForce === 'ioc' ? 'canceled' : 'expired';
}

/** Ours, without what came after the venue's account and with what we had not seen before it. */
function driftAsOf(
  beliefs: Beliefs,
  unseen: readonly Fill[],
  { account, sweptAt }: VenueTruth,
): readonly PositionDrift[] {
  const asOf = account?.height ?? sweptAt;
  const ours = new Map<MarketId, bigint>();
  const add = (market: MarketId, change: bigint): void =>
    void ours.set(market, (ours.get(market) ?? 0n) + change);
  for (const { market, size } of beliefs.positions) add(market, size);
  for (const fill of beliefs.recentFills)
    if (fill.height > asOf) add(fill.market, 0n - signedFillSize(fill));
  for (const fill of unseen) if (fill.height <= asOf) add(fill.market, signedFillSize(fill));
  const sizes = [...ours].map(([market, size]) => ({ market, size: signedSize(size) }));
  return positionDrift({ ours: sizes, venue: account?.positions ?? [] });
}
