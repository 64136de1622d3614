/**
 * The worst that live orders can do to a market: all buys filled and no sell, or the other way.
 * Orders in flight, unknown and being canceled count at their full remaining size. Reduce-only ones
 * only shrink a position, but the others of their side then go further beyond zero.
 */
import type { Side } from '../model/book.js';
import { oracleNotional, oracleOfPrice, type MarketSpec } from '../model/market.js';
import {
  absolute,
  largest,
  smallest,
  usd,
  type BlockHeight,
  type MarketId,
  type OpenInterest,
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
  /** The last block in which it may fill; undefined: until somebody cancels it. */
  readonly lastBlock?: BlockHeight | undefined;
}

/** One market in which there is a position or a live order. */
export interface MarketHolding {
  readonly spec: MarketSpec;
  readonly oracle: OraclePrice | undefined;
  readonly openInterest?: OpenInterest | undefined;
  readonly position: SignedSize;
  readonly orders: readonly LiveOrder[];
}

/** The largest positions that can come of it, signed; both are the position when nothing can. */
export interface Reach {
  readonly longest: SignedSize;
  readonly shortest: SignedSize;
}

/** Orders that can make a position larger. */
export const growingOrders = ({ orders }: MarketHolding): readonly LiveOrder[] =>
  orders.filter((order) => !order.reduceOnly && order.remaining > 0n);

export function reachOf(holding: MarketHolding): Reach {
  const { position } = holding;
  const orders = growingOrders(holding);
  const bought = remaining(orders, 'buy');
  const sold = remaining(orders, 'sell');
  const closing = holding.orders.filter((order) => order.reduceOnly && order.remaining > 0n);
  // Alone, a close makes nothing larger: it counts where another order can go through zero.
  const shortClosed =
    bought > 0n ? smallest(largest(0n - position, 0n), remaining(closing, 'buy')) : 0n;
  const longClosed = sold > 0n ? smallest(largest(position, 0n), remaining(closing, 'sell')) : 0n;
  return {
    longest: (position + shortClosed + bought) as SignedSize,
    shortest: (position - longClosed - sold) as SignedSize,
  };
}

/**
 * Value of the largest position that can come of it, rounded up, at the highest of the oracle price
 * and all limit prices. Undefined when there is something to value and no oracle price.
 */
export function worstCase(holding: MarketHolding): Usd | undefined {
  const { spec, oracle, position } = holding;
  const orders = growingOrders(holding);
  if (position === 0n && orders.length === 0) return usd(0n);
  if (oracle === undefined) return undefined;
  const highest = orders.reduce(
    (price, order) => largest(price, oracleOfPrice(spec, order.limitPrice)),
    oracle as bigint,
  ) as OraclePrice;
  const { longest, shortest } = reachOf(holding);
  return oracleNotional(
    spec,
    largest(absolute(longest), absolute(shortest)) as SignedSize,
    highest,
  );
}

const remaining = (orders: readonly LiveOrder[], side: Side): bigint =>
  orders.reduce((sum, order) => (order.side === side ? sum + order.remaining : sum), 0n);
