/**
 * Volatility (quality): enough movement to pay the costs, and not absurd for this market.
 *
 * σ is realised over 30 s of micro-price, in bps per √minute; its place among the σ of the last 30
 * minutes is a percentile p, and z is its distance from their median in robust deviations of ln σ.
 * Score = 100 · min(1, σ / 3 bps) · min(1, p / 0.15) · top(z), where top is 1 up to z = 2.5 and
 * gone at 5: about twelve times the usual is not a market but an event.
 */
import { DecayingMean } from './decay.js';
import { BAR_MS, changeIn, countSample, type BarColumns } from './market-bars.js';
import { RobustWindows, type RobustWindow } from './robust-window.js';
import type { ScoreTable } from './score-table.js';
import type { History, Range, Reading, SignalEngine } from './signal-engine.js';

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

export class VolatilityEngine implements SignalEngine {
  readonly #table: ScoreTable;
  readonly #bars: BarColumns;
  readonly #variance: DecayingMean;
  readonly #bands: RobustWindows;
  readonly #barsInStep: number;
  readonly #samples: number;

  constructor(table: ScoreTable, bars: BarColumns) {
    this.#table = table;
    this.#bars = bars;
    this.#variance = new DecayingMean(table, SHORT_MS);
    this.#bands = new RobustWindows(table, STEPS);
    this.#barsInStep = table.column();
    this.#samples = table.column();
  }

  close(row: number): void {
    const change = changeIn(this.#table.cells, row, this.#bars);
    this.#variance.observe(row, change * change);
    this.#step(row, 1);
    countSample(this.#table.cells, row, { bars: this.#bars, samples: this.#samples });
  }

  skip(row: number, bars: number): void {
    this.#variance.skip(row, bars);
    this.#step(row, bars);
  }

  /** The move over a silence is no movement of that bar: it has no starting point. */
  reset(): void {}

  /**
   * Each minute is a sample of the band, and the newest one is where σ starts. A minute whose
   * trades all had one price says nothing about how the book moved, and is left out.
   */
  backfill(row: number, { ranges }: History): void {
    const { cells } = this.#table;
    const band = this.#bands.of(row);
    const moving = ranges.filter(({ high, low }) => high > low);
    for (const range of moving) {
      const sample = logSigma(sigmaBps(rangeVariance(range)));
      for (let index = 0; index < STEPS_A_MINUTE; index += 1) band.push(sample);
    }
    const newest = moving.at(-1);
    const samples = cells[row + this.#samples] ?? 0;
    if (newest !== undefined && samples === 0) this.#variance.seed(row, rangeVariance(newest));
    cells[row + this.#samples] = samples + moving.length;
  }

  read(row: number): Reading | undefined {
    const { cells } = this.#table;
    const bars = this.#bars;
    if (Number.isNaN(cells[row + bars.lastLogPrice])) return undefined;
    const change = changeIn(cells, row, bars);
    const sigma = sigmaBps(this.#variance.with(row, change * change));
    const place = placeIn(this.#bands.of(row), sigma);
    return {
      value: volatilityQuality({ sigma, ...place }),
      samples: (cells[row + this.#samples] ?? 0) + (cells[row + bars.isLive] ?? 0),
      parts: { sigmaBps: sigma, rank: place.rank },
    };
  }

  #step(row: number, bars: number): void {
    const { cells } = this.#table;
    const passed = (cells[row + this.#barsInStep] ?? 0) + bars;
    cells[row + this.#barsInStep] = passed % STEP_BARS;
    if (passed < STEP_BARS || Number.isNaN(cells[row + this.#bars.lastLogPrice])) return;
    this.#bands.of(row).push(logSigma(sigmaBps(this.#variance.mean(row))));
  }
}

/** Before there is a band, everything is usual. */
function placeIn(band: RobustWindow, sigma: number): { readonly rank: number; readonly z: number } {
  if (band.length === 0) return { rank: 1, z: 0 };
  const log = logSigma(sigma);
  const deviation = Math.max(DEVIATION_MIN, band.spread);
  return { rank: band.rankOf(log), z: (log - band.median) / deviation };
}
