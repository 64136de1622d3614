/**
 * The worst that live orders can do to a market: all buys filled and no sell, or the other way.
 * Orders in flight, unknown and being canceled count at their full remaining size; reduce-only ones
 * do not count, because the chain lets them shrink a position only.
 */
import type { Side } from '../model/book.js';
import { oracleNotional, oracleOfPrice, type MarketSpec } from '../model/market.js';
import {
  absolute,
  divideCeil,
  largest,
  usd,
  type MarketId,
  type OraclePrice,
  type Price,
  type SignedSize,
  type Usd,
} from '../model/quantities.js';

/** An order that may still fill. */
export interface LiveOrder {
  readonly market: MarketId;
  readonly side: Side;
  /** Size less what is known to be filled. */
  readonly remaining: bigint;
  readonly limitPrice: Price;
  readonly reduceOnly: boolean;
}

/** One market in which there is a position or a live order. */
export interface MarketHolding {
  readonly spec: MarketSpec;
  readonly oracle: OraclePrice | undefined;
  readonly position: SignedSize;
  readonly orders: readonly LiveOrder[];
}

export interface Exposure {
  /** Value of the largest position that can come of it, rounded up. */
  readonly worst: Usd;
  /** Initial margin that this would take beyond what the position takes now, rounded up. */
  readonly addedMargin: Usd;
}

/**
 * Values at the highest of the oracle price and all limit prices. Undefined when there is something
 * to value and no oracle price to value it with.
 */
export function worstCase(holding: MarketHolding): Exposure | undefined {
  const { spec, oracle, position } = holding;
  const orders = holding.orders.filter((order) => !order.reduceOnly && order.remaining > 0n);
  if (position === 0n && orders.length === 0) return { worst: usd(0n), addedMargin: usd(0n) };
  if (oracle === undefined) return undefined;
  const highest = orders.reduce(
    (price, order) => largest(price, oracleOfPrice(spec, order.limitPrice)),
    oracle as bigint,
  ) as OraclePrice;
  const reach = largest(
    absolute(position + remaining(orders, 'buy')),
    absolute(position - remaining(orders, 'sell')),
  ) as SignedSize;
  const worst = oracleNotional(spec, reach, highest);
  const now = oracleNotional(spec, absolute(position) as SignedSize, oracle);
  const margin = divideCeil((worst - now) * BigInt(spec.initialMarginPpm), 1_000_000n);
  return { worst, addedMargin: usd(largest(margin, 0n)) };
}

const remaining = (orders: readonly LiveOrder[], side: Side): bigint =>
  orders.reduce((sum, order) => (order.side === side ? sum + order.remaining : sum), 0n);
