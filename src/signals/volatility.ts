/**
 * Volatility (quality): enough movement to pay the costs, and not absurd for this market.
 *
 * σ is realised over 30 s of micro-price, in bps per √minute; z places ln σ in its own band of 30
 * minutes. Score = 100 · min(1, σ / 3 bps) · band(z), where band rises from z = −3 to full at −1,
 * stays full to 2.5 and is gone at 5: about twelve times the usual is not a market but an event.
 */
import type { Candle, MarketView } from '../model/book.js';
import type { UnixMs } from '../model/quantities.js';
import type { Backfill } from '../model/signal.js';
import { DecayingBand, DecayingRate } from './decay.js';
import { MarketMemory } from './market-memory.js';
import { microPrice, topOf } from './micro-price.js';
import { SampleCounter, scoreOf, type SignalEngine } from './signal-engine.js';

const SHORT_MS = 30_000;
const BAND_MS = 1_800_000;
const MINUTE_MS = 60_000;
const ENOUGH_BPS = 3;
/** ln σ of a market at rest: no movement has no logarithm. */
const SIGMA_BPS_MIN = 0.01;
/** Least width of a band, in ln σ: a calm market that wakes is not absurd yet. */
const DEVIATION_MIN = 0.5;

interface VolatilityState {
  last: { readonly at: UnixMs; readonly logPrice: number } | undefined;
  readonly variance: DecayingRate;
  readonly band: DecayingBand;
  readonly samples: SampleCounter;
}

const createState = (): VolatilityState => ({
  last: undefined,
  variance: new DecayingRate(SHORT_MS),
  band: new DecayingBand(BAND_MS),
  samples: new SampleCounter(),
});

const clampUnit = (value: number): number => Math.min(1, Math.max(0, value));

/** Variance per millisecond to bps per √minute. */
const sigmaBps = (variance: number): number => Math.sqrt(variance * MINUTE_MS) * 1e4;
const logSigma = (sigma: number): number => Math.log(Math.max(SIGMA_BPS_MIN, sigma));

/** Quality 0–100 of a volatility of `sigma` bps per √minute, at `z` deviations from the usual. */
export const volatilityQuality = (sigma: number, z: number): number =>
  100 * clampUnit(sigma / ENOUGH_BPS) * Math.min(clampUnit((z + 3) / 2), clampUnit((5 - z) / 2.5));

/** Parkinson's estimate out of the range of one minute, per millisecond. */
const rangeVariance = ({ high, low }: Candle): number =>
  Math.log(high / low) ** 2 / (4 * Math.LN2) / MINUTE_MS;

/**
 * Each minute is a sample of the band, and the newest one is where σ starts. A minute whose trades
 * all had one price says nothing about how the book moved, and is left out.
 */
function backfill(state: VolatilityState, { candles }: Backfill): void {
  const moving = candles.filter(({ high, low }) => high > low);
  const newest = moving.at(-1);
  if (newest === undefined) return;
  for (const candle of moving) {
    state.band.observe(MINUTE_MS, logSigma(sigmaBps(rangeVariance(candle))));
  }
  if (state.samples.count === 0) state.variance.seed(rangeVariance(newest));
  state.samples.credit(moving.length);
}

/** Books one return and says σ; undefined while there is only a starting point. */
function observe(state: VolatilityState, at: UnixMs, logPrice: number): number | undefined {
  const { last } = state;
  state.last = { at, logPrice };
  if (last === undefined) return undefined;
  const elapsedMs = at - last.at;
  state.variance.observe(elapsedMs, (logPrice - last.logPrice) ** 2);
  const { rate } = state.variance;
  if (rate === undefined) return undefined;
  const sigma = sigmaBps(rate);
  state.band.observe(elapsedMs, logSigma(sigma));
  state.samples.observe(at);
  return sigma;
}

export function volatilityEngine(): SignalEngine {
  const memory = new MarketMemory(createState);
  return {
    name: 'volatility',
    accept({ market, spec, book }: MarketView) {
      const state = memory.of(spec);
      const top = topOf(book);
      if (state === undefined || top === undefined) return undefined;
      const sigma = observe(state, book.updatedAt, Math.log(microPrice(top)));
      if (sigma === undefined) return undefined;
      const deviation = Math.max(DEVIATION_MIN, state.band.deviation);
      return scoreOf({
        name: 'volatility',
        market,
        value: volatilityQuality(sigma, (logSigma(sigma) - state.band.mean) / deviation),
        at: book.updatedAt,
        samples: state.samples.count,
      });
    },
    backfill(history) {
      const state = memory.of(history.spec);
      if (state !== undefined) backfill(state, history);
    },
    drop: (market) => memory.drop(market),
  };
}
