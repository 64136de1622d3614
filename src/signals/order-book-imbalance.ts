/**
 * Order book (directional): which side is heavier near the mid, and which side is being filled up.
 *
 * Imbalance = (B − A)/(B + A) of sizes weighed by their nearness, seen once a bar, smoothed over
 * 2 s. Flow is the order-flow imbalance of Cont, Kukanov and Stoikov: signed changes of the best
 * levels, fading over 5 s, against their magnitudes and the depth at the touch. Blended 0.6 to 0.4,
 * the score is 50 + 50·tanh(blend / 0.6).
 */
import { DecayingMean, DecayingSum } from './decay.js';
import type { BarColumns } from './market-bars.js';
import type { ScoreTable } from './score-table.js';
import type { Reading, SignalEngine } from './signal-engine.js';

const SMOOTHING_MS = 2_000;
const FLOW_HORIZON_MS = 5_000;
const IMBALANCE_WEIGHT = 0.6;
const BLEND_SCALE = 0.6;

export class OrderBookEngine implements SignalEngine {
  readonly #table: ScoreTable;
  readonly #bars: BarColumns;
  readonly #imbalance: DecayingMean;
  readonly #flow: DecayingSum;
  readonly #turnover: DecayingSum;
  /** Of the newest live bar; NaN where there was none. */
  readonly #newest: number;
  readonly #samples: number;

  constructor(table: ScoreTable, bars: BarColumns) {
    this.#table = table;
    this.#bars = bars;
    this.#imbalance = new DecayingMean(table, SMOOTHING_MS);
    this.#flow = new DecayingSum(table, FLOW_HORIZON_MS);
    this.#turnover = new DecayingSum(table, FLOW_HORIZON_MS);
    this.#newest = table.column(Number.NaN);
    this.#samples = table.column();
  }

  close(row: number): void {
    const { cells } = this.#table;
    const bars = this.#bars;
    this.#flow.observe(row, cells[row + bars.flow] ?? 0);
    this.#turnover.observe(row, cells[row + bars.turnover] ?? 0);
    if (cells[row + bars.isLive] === 1) {
      cells[row + this.#newest] = cells[row + bars.imbalance] ?? 0;
      cells[row + this.#samples] = (cells[row + this.#samples] ?? 0) + 1;
    }
    const newest = cells[row + this.#newest] ?? 0;
    if (!Number.isNaN(newest)) this.#imbalance.observe(row, newest);
  }

  /** A book that nobody touches stays as it is. */
  skip(row: number, bars: number): void {
    this.#flow.skip(row, bars);
    this.#turnover.skip(row, bars);
    const newest = this.#table.cells[row + this.#newest] ?? 0;
    if (!Number.isNaN(newest)) this.#imbalance.repeat(row, newest, bars);
  }

  /** A book after a long silence is a new book. */
  reset(row: number): void {
    for (const sum of [this.#imbalance, this.#flow, this.#turnover]) sum.clear(row);
    this.#table.cells[row + this.#newest] = Number.NaN;
    this.#table.cells[row + this.#samples] = 0;
  }

  /** Candles say nothing about a book. */
  backfill(): void {}

  read(row: number): Reading | undefined {
    const { cells } = this.#table;
    const bars = this.#bars;
    const isLive = cells[row + bars.isLive] ?? 0;
    const newest = cells[row + (isLive === 1 ? bars.imbalance : this.#newest)] ?? 0;
    if (Number.isNaN(newest)) return undefined;
    const imbalance = this.#imbalance.with(row, newest);
    // The depth in the divisor keeps a single event from being everything.
    const turnover = this.#turnover.with(row, cells[row + bars.turnover] ?? 0);
    const signed = this.#flow.with(row, cells[row + bars.flow] ?? 0);
    const flow = signed / (turnover + (cells[row + bars.depth] ?? 0));
    const blend = IMBALANCE_WEIGHT * imbalance + (1 - IMBALANCE_WEIGHT) * flow;
    return {
      value: 50 + 50 * Math.tanh(blend / BLEND_SCALE),
      samples: (cells[row + this.#samples] ?? 0) + isLive,
      parts: { imbalance, flow },
    };
  }
}
