/**
 * What collateral the worst case of a market takes: initial margin of the largest position that can
 * come of its live orders, scaled by the open interest that they would add, and what their fills
 * would lose at once: the way from the oracle price to their limits, and fees.
 */
import { initialMarginPpm, marginNotional, type MarginTerms } from '../model/account-margin.js';
import { oracleNotional, oracleOfPrice, type MarketSpec } from '../model/market.js';
import {
  absolute,
  divideCeil,
  largest,
  OPEN_INTEREST_SCALE,
  powerOfTen,
  usd,
  type OraclePrice,
  type SignedSize,
  type Usd,
} from '../model/quantities.js';
import { growingOrders, reachOf, type LiveOrder, type MarketHolding } from './exposure.js';

/** The dearest fee of the venue. */
export const WORST_FEE_PPM = 500n;
const MILLION = 1_000_000n;

export interface MarginNeed {
  /** Initial margin, rounded up. */
  readonly margin: Usd;
  /** What equity would lose by the fills themselves, rounded up. */
  readonly loss: Usd;
}

/**
 * Margin of the dearer side, costs of both: they may fill one after the other. Undefined when there
 * is something to value and no oracle price.
 */
export function marginNeed(holding: MarketHolding): MarginNeed | undefined {
  const { spec, oracle, position, openInterest } = holding;
  const orders = growingOrders(holding);
  if (position === 0n && orders.length === 0) return { margin: usd(0n), loss: usd(0n) };
  if (oracle === undefined) return undefined;
  const terms = { spec, oracle, openInterest };
  const { longest, shortest } = reachOf(holding);
  const of = (side: LiveOrder['side']) => orders.filter((order) => order.side === side);
  const buys = needOf(terms, position, { held: longest, orders: of('buy') });
  const sells = needOf(terms, position, { held: shortest, orders: of('sell') });
  return {
    margin: usd(largest(buys.margin, sells.margin)),
    loss: usd(buys.loss + sells.loss),
  };
}

/** Orders that only shrink may as well not fill: the position as it is costs more. */
function needOf(
  terms: MarginTerms,
  position: SignedSize,
  { held, orders }: { readonly held: SignedSize; readonly orders: readonly LiveOrder[] },
): MarginNeed {
  const size = largest(absolute(held), absolute(position)) as SignedSize;
  const added = orders.reduce((sum, { remaining }) => sum + remaining, 0n);
  const ppm = initialMarginPpm(terms, interestOf(terms.spec, added));
  const margin = divideCeil(marginNotional({ ...terms, size }) * ppm, MILLION);
  const loss = orders.reduce((sum, order) => sum + lossOf(order, terms), 0n);
  return { margin: usd(margin), loss: usd(loss) };
}

/** A size as open interest. Sizes finer than 1e-18 are rounded up. */
function interestOf({ sizeExponent }: MarketSpec, size: bigint): bigint {
  const exponent = OPEN_INTEREST_SCALE + sizeExponent;
  return exponent >= 0 ? size * powerOfTen(exponent) : divideCeil(size, powerOfTen(-exponent));
}

function lossOf({ side, remaining, limitPrice }: LiveOrder, { spec, oracle }: MarginTerms): bigint {
  const limit = oracleOfPrice(spec, limitPrice);
  const away = side === 'buy' ? limit - oracle : oracle - limit;
  const size = remaining as SignedSize;
  const slipped = away > 0n ? oracleNotional(spec, size, away as OraclePrice) : 0n;
  const dearest = oracleNotional(spec, size, largest(limit, oracle) as OraclePrice);
  return slipped + divideCeil(dearest * WORST_FEE_PPM, MILLION);
}
