/**
 * Exponential forgetting, bar by bar: what a sum keeps of itself from one bar to the next. Each of
 * these is one of every market: the market's row says which.
 */
import { BAR_MS } from './market-bars.js';
import type { ScoreTable } from './score-table.js';

/** Kept over one bar by a sum that reaches back over about `horizonMs`. */
export const keptPerBar = (horizonMs: number): number => Math.exp(-BAR_MS / horizonMs);

/** Weighted mean per bar over about the last horizon; unbiased from the first bar on. */
export class DecayingMean {
  readonly #table: ScoreTable;
  readonly #kept: number;
  readonly #sum: number;
  readonly #weight: number;

  constructor(table: ScoreTable, horizonMs: number) {
    this.#table = table;
    this.#kept = keptPerBar(horizonMs);
    this.#sum = table.column();
    this.#weight = table.column();
  }

  observe(row: number, value: number): void {
    const { cells } = this.#table;
    const kept = this.#kept;
    cells[row + this.#sum] = (cells[row + this.#sum] ?? 0) * kept + value;
    cells[row + this.#weight] = (cells[row + this.#weight] ?? 0) * kept + 1;
  }

  /** So many bars of zero. */
  skip(row: number, bars: number): void {
    this.repeat(row, 0, bars);
  }

  /** So many bars of the same value. */
  repeat(row: number, value: number, bars: number): void {
    const { cells } = this.#table;
    const kept = this.#kept ** bars;
    const weight = (1 - kept) / (1 - this.#kept);
    cells[row + this.#sum] = (cells[row + this.#sum] ?? 0) * kept + value * weight;
    cells[row + this.#weight] = (cells[row + this.#weight] ?? 0) * kept + weight;
  }

  /** Starts as if this mean had been seen for a whole horizon. */
  seed(row: number, mean: number): void {
    const weight = 1 / (1 - this.#kept);
    this.#table.cells[row + this.#weight] = weight;
    this.#table.cells[row + this.#sum] = mean * weight;
  }

  clear(row: number): void {
    this.#table.cells[row + this.#sum] = 0;
    this.#table.cells[row + this.#weight] = 0;
  }

  /** 0 before anything was observed. */
  mean(row: number): number {
    const { cells } = this.#table;
    const weight = cells[row + this.#weight] ?? 0;
    return weight > 0 ? (cells[row + this.#sum] ?? 0) / weight : 0;
  }

  /** The mean as it will be when `value` has been observed as well. */
  with(row: number, value: number): number {
    const { cells } = this.#table;
    const kept = this.#kept;
    const sum = (cells[row + this.#sum] ?? 0) * kept + value;
    return sum / ((cells[row + this.#weight] ?? 0) * kept + 1);
  }
}

/** A sum that fades over about the last horizon. */
export class DecayingSum {
  readonly #table: ScoreTable;
  readonly #kept: number;
  readonly #sum: number;

  constructor(table: ScoreTable, horizonMs: number) {
    this.#table = table;
    this.#kept = keptPerBar(horizonMs);
    this.#sum = table.column();
  }

  observe(row: number, value: number): void {
    this.#table.cells[row + this.#sum] = this.with(row, value);
  }

  skip(row: number, bars: number): void {
    const { cells } = this.#table;
    cells[row + this.#sum] = (cells[row + this.#sum] ?? 0) * this.#kept ** bars;
  }

  clear(row: number): void {
    this.#table.cells[row + this.#sum] = 0;
  }

  with(row: number, value: number): number {
    return (this.#table.cells[row + this.#sum] ?? 0) * this.#kept + value;
  }
}
