/**
 * Momentum (directional): where the micro-price has been going, in units of its own noise.
 *
 * For each horizon h, the fading sum S of log-returns per bar is divided by what a random walk of
 * the realised variance v per bar would show, √(v·n/2) with n bars in h: a z-value. The score is
 * 50 + 50·tanh(mean z / 2).
 */
import { DecayingMean, DecayingSum } from './decay.js';
import { BAR_MS, changeIn, countSample, type BarColumns } from './market-bars.js';
import type { ScoreTable } from './score-table.js';
import type { History, Reading, SignalEngine } from './signal-engine.js';

const HORIZONS_MS = [2_000, 8_000, 30_000] as const;
const VARIANCE_HORIZON_MS = 60_000;
/** z-value at which the score stands at 50 ± 38. */
const Z_SCALE = 2;
/** 0.1 bps per √second: below this, a price is standing still and noise is no movement. */
const VARIANCE_FLOOR = 1e-5 ** 2 * (BAR_MS / 1_000);
const MINUTE_BARS = 60_000 / BAR_MS;

export class MomentumEngine implements SignalEngine {
  readonly #table: ScoreTable;
  readonly #bars: BarColumns;
  readonly #drifts: readonly DecayingSum[];
  readonly #variance: DecayingMean;
  readonly #samples: number;

  constructor(table: ScoreTable, bars: BarColumns) {
    this.#table = table;
    this.#bars = bars;
    this.#drifts = HORIZONS_MS.map((horizonMs) => new DecayingSum(table, horizonMs));
    this.#variance = new DecayingMean(table, VARIANCE_HORIZON_MS);
    this.#samples = table.column();
  }

  close(row: number): void {
    const change = changeIn(this.#table.cells, row, this.#bars);
    for (const drift of this.#drifts) drift.observe(row, change);
    this.#variance.observe(row, change * change);
    countSample(this.#table.cells, row, { bars: this.#bars, samples: this.#samples });
  }

  skip(row: number, bars: number): void {
    for (const drift of this.#drifts) drift.skip(row, bars);
    this.#variance.skip(row, bars);
  }

  /** The noise of a market outlives a silence; its direction does not. */
  reset(row: number): void {
    for (const drift of this.#drifts) drift.clear(row);
    this.#table.cells[row + this.#samples] = 0;
  }

  /**
   * History feeds the realised variance only. Minutes say nothing about horizons of seconds, so
   * that candles count as no samples here: momentum warms up on live data alone.
   */
  backfill(row: number, { closes }: History): void {
    const logs = closes.map(Math.log);
    const squares = logs.slice(1).map((close, index) => (close - (logs[index] ?? close)) ** 2);
    if (squares.length === 0 || (this.#table.cells[row + this.#samples] ?? 0) > 0) return;
    const perMinute = squares.reduce((sum, square) => sum + square, 0) / squares.length;
    this.#variance.seed(row, perMinute / MINUTE_BARS);
  }

  read(row: number): Reading | undefined {
    const { cells } = this.#table;
    if (Number.isNaN(cells[row + this.#bars.lastLogPrice])) return undefined;
    const change = changeIn(cells, row, this.#bars);
    const variance = Math.max(VARIANCE_FLOOR, this.#variance.with(row, change * change));
    let sum = 0;
    for (let index = 0; index < HORIZONS_MS.length; index += 1) {
      const drift = this.#drifts[index]?.with(row, change) ?? 0;
      sum += drift / Math.sqrt((variance * (HORIZONS_MS[index] ?? 0)) / (2 * BAR_MS));
    }
    const z = sum / HORIZONS_MS.length;
    return {
      value: 50 + 50 * Math.tanh(z / Z_SCALE),
      samples: (cells[row + this.#samples] ?? 0) + (cells[row + this.#bars.isLive] ?? 0),
    };
  }
}

/** The plan's windowed form: steps of price that carried volume, against 6 % of the first price. */
const WINDOWED_SCALE = 0.06;

/**
 * 50 + 50·clamp(r·v ÷ 0.06) for each entry of the window, with r its return from the window's first
 * price and v its volume ÷ the first volume. Prices and volumes > 0, equally many.
 */
export function windowedMomentum(
  prices: readonly number[],
  volumes: readonly number[],
): readonly number[] {
  const first = prices[0] ?? Number.NaN;
  const base = volumes[0] ?? Number.NaN;
  return prices.map((price, index) => {
    const weighed = ((price - first) / first) * ((volumes[index] ?? Number.NaN) / base);
    return 50 + 50 * Math.min(1, Math.max(-1, weighed / WINDOWED_SCALE));
  });
}
