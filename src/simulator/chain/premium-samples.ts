/**
 * The premium of one market over its oracle price: a vote in every block, their median once a
 * minute, and the hour's samples. At most one vote a block and 60 samples an hour are kept; a
 * minute of more than VOTES_MAX blocks keeps the first votes.
 */
import { powerOfTen } from '../../model/quantities.js';
import type { BookLevel, PerpetualMarket } from '../exchange-types.js';
import type { Memclob } from './memclob.js';
import { subticksPriceE12 } from './oracle-price.js';
import type { OrderSide } from '../order-terms.js';
import { averagePremiumPpm, clampedVotePpm } from './funding-index.js';
import { quoteOf } from './quote-quantums.js';

/** With fewer votes in a minute, the missing ones count as 0. */
const VOTES_MIN = 15;
const VOTES_MAX = 1_000;
const SAMPLES_MAX = 60;
const MILLION = 1_000_000n;
/** Impact beyond this many levels counts as too little liquidity. */
const IMPACT_DEPTH = 200;

/** USD × 1e12 of a price of so many quote quantums for so many base quantums, rounded down. */
const averageE12 = (market: PerpetualMarket, quote: bigint, base: bigint): bigint =>
  (quote * powerOfTen(6 - market.atomicResolution)) / base;

/**
 * The mean price of a market order of `impactNotional` against these levels, best first, USD ×
 * 1e12; undefined when they hold too little.
 */
export function impactPriceE12(
  market: PerpetualMarket,
  levels: readonly BookLevel[],
): bigint | undefined {
  let left = market.impactNotional;
  let base = 0n;
  for (const { subticks, quantums } of levels) {
    const quote = quoteOf(market, quantums, subticks);
    if (quote >= left && quote > 0n) {
      base += (quantums * left) / quote;
      return base === 0n ? undefined : averageE12(market, market.impactNotional, base);
    }
    left -= quote;
    base += quantums;
  }
  return undefined;
}

/**
 * Ppm of the oracle price; above 0 when even selling fetches more than it, below when buying costs
 * less. Cut off, and clamped.
 */
export function premiumVotePpm(market: PerpetualMarket, priceE12: bigint, book: Memclob): number {
  const bid = impactBeyond(market, priceE12, book, 'BUY');
  const ask = bid === undefined ? impactBeyond(market, priceE12, book, 'SELL') : undefined;
  const distance = (bid ?? ask ?? priceE12) - priceE12;
  return clampedVotePpm(market, Number((distance * MILLION) / priceE12));
}

/** The impact price of a side if it is beyond the oracle price; the touch says mostly that not. */
function impactBeyond(
  market: PerpetualMarket,
  priceE12: bigint,
  book: Memclob,
  side: OrderSide,
): bigint | undefined {
  const isBeyond = (price: bigint): boolean =>
    side === 'BUY' ? price > priceE12 : price < priceE12;
  const best = book.best(side);
  if (best === undefined || !isBeyond(subticksPriceE12(market, best.subticks))) return undefined;
  const impact = impactPriceE12(market, book.levels(side, IMPACT_DEPTH));
  return impact !== undefined && isBeyond(impact) ? impact : undefined;
}

export class PremiumSamples {
  #votes: number[] = [];
  #samples: number[] = [];

  vote(ppm: number): void {
    if (this.#votes.length < VOTES_MAX) this.#votes.push(ppm);
  }

  /** A minute has ended: its median becomes a sample. */
  sample(): void {
    const missing = Math.max(0, VOTES_MIN - this.#votes.length);
    const votes = [...this.#votes, ...Array.from({ length: missing }, () => 0)];
    if (this.#samples.length < SAMPLES_MAX) this.#samples.push(median(votes));
    this.#votes = [];
  }

  /** The mean of the hour so far, ppm per 8 hours; 0 before its first sample. */
  get predictedPpm(): number {
    return averagePremiumPpm(this.#samples, 1);
  }

  /** The hour has ended: its average; missing samples count as 0. */
  close(): number {
    const average = averagePremiumPpm(this.#samples);
    this.#samples = [];
    return average;
  }
}

/** Of an even number the mean of the two in the middle, cut off. */
function median(values: number[]): number {
  values.sort((a, b) => a - b);
  const half = values.length >> 1;
  const upper = values[half] ?? 0;
  return values.length % 2 === 1 ? upper : Math.trunc(((values[half - 1] ?? 0) + upper) / 2);
}
