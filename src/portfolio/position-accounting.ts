/**
 * The arithmetic of one position, in exact integers. For every fill
 * `cost − realizedPnl` grows by exactly the signed quote amount that the venue moved, so that
 * nothing is lost to rounding however a position was built or closed.
 */
import { positionValue } from '../model/account-margin.js';
import { notionalFloor, type MarketSpec } from '../model/market.js';
import { signedFillSize, type Fill } from '../model/order.js';
import type { Position } from '../model/position.js';
import {
  absolute,
  signedSize,
  smallest,
  usd,
  type MarketId,
  type OraclePrice,
  type SignedSize,
  type Usd,
} from '../model/quantities.js';

export const flatPosition = (market: MarketId): Position => ({
  market,
  size: signedSize(0n),
  cost: usd(0n),
  realizedPnl: usd(0n),
  fees: usd(0n),
  fills: 0,
});

/** The position after a fill; the quote amount is the chain's, rounded towards −∞. */
export function withFill(position: Position, fill: Fill, spec: MarketSpec): Position {
  const quote = notionalFloor(spec, fill.price, fill.size);
  const signedQuote = fill.side === 'buy' ? quote : usd(0n - quote);
  const traded = withTrade(position, signedFillSize(fill), signedQuote);
  const fees = usd(position.fees + fill.fee);
  return { ...traded, fees, fills: position.fills + 1, ...openingOf(position, traded, fill) };
}

/** A position that goes through flat is another one. */
function openingOf(before: Position, { size }: Position, fill: Fill): Pick<Position, 'openedAt'> {
  if (size === 0n) return { openedAt: undefined };
  return before.size * size > 0n ? {} : { openedAt: fill.at };
}

/**
 * The position after `change` was taken over for `quote`, both signed alike. The closing part takes
 * cost and quote away pro rata, rounded towards zero, and realises the difference; what goes beyond
 * flat opens the other way with the rest of the quote.
 */
export function withTrade(position: Position, change: SignedSize, quote: Usd): Position {
  const held = absolute(position.size);
  const isClosing = position.size * change < 0n;
  const closed = isClosing ? smallest(absolute(change), held) : 0n;
  const closingQuote = closed === 0n ? 0n : (quote * closed) / absolute(change);
  const closingCost = closed === 0n ? 0n : (position.cost * closed) / held;
  return {
    ...position,
    size: signedSize(position.size + change),
    cost: usd(position.cost - closingCost + quote - closingQuote),
    realizedPnl: usd(position.realizedPnl - closingQuote - closingCost),
  };
}

/** USDC that trading has brought in, fees taken off: what the balance changed by. */
export const cashFlow = (position: Position): Usd =>
  usd(position.realizedPnl - position.cost - position.fees);

export function unrealizedPnl(position: Position, spec: MarketSpec, oracle: OraclePrice): Usd {
  return usd(positionValue(position.size, spec, oracle) - position.cost);
}
