/**
 * Volatility (quality): enough movement to pay the costs, and not absurd for this market.
 *
 * σ is realised over 30 s of micro-price, in bps per √minute; its place among the σ of the last 30
 * minutes is a percentile p, and z is its distance from their median in robust deviations of ln σ.
 * Score = 100 · min(1, σ / 3 bps) · min(1, p / 0.15) · top(z), where top is 1 up to z = 2.5 and
 * gone at 5: about twelve times the usual is not a market but an event.
 */
import { DecayingMean } from './decay.js';
import { BAR_MS, type Bar, type BarListener } from './market-bars.js';
import { RobustWindow } from './robust-window.js';
import type { Backfilled, Range, Reading } from './signal-engine.js';

const SHORT_MS = 30_000;
const MINUTE_MS = 60_000;
const ENOUGH_BPS = 3;
/** ln σ of a market at rest: no movement has no logarithm. */
const SIGMA_BPS_MIN = 0.01;
/** Least width of the band, in ln σ: a calm market that wakes is not absurd yet. */
const DEVIATION_MIN = 0.5;
/** The band is looked at in steps of ten seconds, and holds 30 minutes. */
const STEP_BARS = 10_000 / BAR_MS;
const STEPS = 180;
const STEPS_A_MINUTE = MINUTE_MS / 10_000;
/** Below this place in the band a market is asleep for its own standards. */
const AWAKE_RANK = 0.15;

const clampUnit = (value: number): number => Math.min(1, Math.max(0, value));

/** Variance per bar to bps per √minute. */
const sigmaBps = (variance: number): number => Math.sqrt((variance * MINUTE_MS) / BAR_MS) * 1e4;
const logSigma = (sigma: number): number => Math.log(Math.max(SIGMA_BPS_MIN, sigma));

export interface BandPlace {
  /** bps per √minute. */
  readonly sigma: number;
  /** 0 to 1. */
  readonly rank: number;
  readonly z: number;
}

/** Quality 0–100. */
export const volatilityQuality = ({ sigma, rank, z }: BandPlace): number =>
  100 * clampUnit(sigma / ENOUGH_BPS) * clampUnit(rank / AWAKE_RANK) * clampUnit((5 - z) / 2.5);

/** Parkinson's estimate out of the range of one minute, per bar. */
const rangeVariance = ({ high, low }: Range): number =>
  (Math.log(high / low) ** 2 / (4 * Math.LN2)) * (BAR_MS / MINUTE_MS);

export class VolatilityEngine implements BarListener, Backfilled {
  readonly #variance = new DecayingMean(SHORT_MS);
  readonly #band = new RobustWindow(STEPS);
  #last: number | undefined;
  #barsInStep = 0;
  #samples = 0;

  close(bar: Readonly<Bar>): void {
    const square = this.#squareIn(bar);
    this.#variance.observe(square);
    this.#step(1);
    if (!bar.isLive) return;
    if (this.#last !== undefined) this.#samples += 1;
    this.#last = bar.logPrice;
  }

  skip(bars: number): void {
    this.#variance.skip(bars);
    this.#step(bars);
  }

  /** The move over a silence is no movement of that bar. */
  reset(): void {
    this.#last = undefined;
  }

  /**
   * Each minute is a sample of the band, and the newest one is where σ starts. A minute whose
   * trades all had one price says nothing about how the book moved, and is left out.
   */
  backfill(
    _closes: readonly number[],
    _volumes: readonly number[],
    ranges: readonly Range[],
  ): void {
    const moving = ranges.filter(({ high, low }) => high > low);
    for (const range of moving) {
      const sample = logSigma(sigmaBps(rangeVariance(range)));
      for (let index = 0; index < STEPS_A_MINUTE; index += 1) this.#band.push(sample);
    }
    const newest = moving.at(-1);
    if (newest !== undefined && this.#samples === 0) this.#variance.seed(rangeVariance(newest));
    this.#samples += moving.length;
  }

  read(open: Readonly<Bar>): Reading | undefined {
    if (this.#last === undefined) return undefined;
    const sigma = sigmaBps(this.#variance.with(this.#squareIn(open)));
    const place = this.#placeOf(sigma);
    return {
      value: volatilityQuality({ sigma, ...place }),
      samples: this.#samples + Number(open.isLive),
      parts: { sigmaBps: sigma, rank: place.rank },
    };
  }

  /** Before there is a band, everything is usual. */
  #placeOf(sigma: number): { readonly rank: number; readonly z: number } {
    if (this.#band.length === 0) return { rank: 1, z: 0 };
    const log = logSigma(sigma);
    const deviation = Math.max(DEVIATION_MIN, this.#band.spread);
    return { rank: this.#band.rankOf(log), z: (log - this.#band.median) / deviation };
  }

  #squareIn({ isLive, logPrice }: Readonly<Bar>): number {
    return isLive && this.#last !== undefined ? (logPrice - this.#last) ** 2 : 0;
  }

  #step(bars: number): void {
    this.#barsInStep += bars;
    if (this.#barsInStep < STEP_BARS) return;
    this.#barsInStep %= STEP_BARS;
    if (this.#last !== undefined) this.#band.push(logSigma(sigmaBps(this.#variance.mean)));
  }
}
