/**
 * The last values of a slow series, and what is usual in it: median, spread and rank, which a few
 * wild values do not move.
 */
import { RingBuffer } from '../collections/ring-buffer.js';
import type { ScoreTable } from './score-table.js';

/** Makes the median absolute deviation comparable with a standard deviation. */
const NORMAL_SPREAD = 1.4826;

export class RobustWindow {
  readonly #values: RingBuffer<number>;
  /** The same values in order; those behind `length` mean nothing. */
  readonly #sorted: Float64Array;
  #spread: number | undefined;

  constructor(capacity: number) {
    this.#values = RingBuffer.ofNumbers(capacity);
    this.#sorted = new Float64Array(capacity);
  }

  get length(): number {
    return this.#values.length;
  }

  /** Finite. Returns the value that had to go, if one had to. */
  push(value: number): number | undefined {
    const sorted = this.#sorted;
    const before = this.length;
    const forgotten = this.#values.push(value);
    this.#spread = undefined;
    let kept = before;
    if (forgotten !== undefined) {
      kept -= 1;
      const gap = this.#countUpTo(forgotten, before) - 1;
      sorted.copyWithin(gap, gap + 1, before);
    }
    const place = this.#countUpTo(value, kept);
    sorted.copyWithin(place + 1, place, kept);
    sorted[place] = value;
    return forgotten;
  }

  clear(): void {
    this.#values.clear();
    this.#spread = undefined;
  }

  /** NaN when empty. */
  get median(): number {
    const half = this.length / 2;
    const upper = this.#sorted[Math.floor(half)] ?? Number.NaN;
    return this.length === 0 ? Number.NaN : ((this.#sorted[Math.ceil(half) - 1] ?? 0) + upper) / 2;
  }

  /** Median absolute deviation × 1.4826; NaN when empty. */
  get spread(): number {
    this.#spread ??= this.length === 0 ? Number.NaN : NORMAL_SPREAD * this.#medianDeviation();
    return this.#spread;
  }

  /** Part of the values that are not above this one, 0 to 1; NaN when empty. */
  rankOf(value: number): number {
    return this.#countUpTo(value, this.length) / this.length;
  }

  /** How many of the first `length` values in order are not above this one. */
  #countUpTo(value: number, length: number): number {
    let low = 0;
    let high = length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#sorted[middle] ?? 0) <= value) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The deviations grow away from the median: the nearer neighbour comes next. */
  #medianDeviation(): number {
    const { length, median } = this;
    const half = length / 2;
    let above = this.#countUpTo(median, length);
    let below = above - 1;
    let previous = 0;
    let newest = 0;
    for (let rank = 0; rank <= Math.floor(half); rank += 1) {
      previous = newest;
      const under = below < 0 ? Infinity : median - (this.#sorted[below] ?? 0);
      const over = above === length ? Infinity : (this.#sorted[above] ?? 0) - median;
      newest = Math.min(under, over);
      if (under <= over) below -= 1;
      else above += 1;
    }
    return length % 2 === 1 ? newest : (previous + newest) / 2;
  }
}

/** One window for each market of a table. */
export class RobustWindows {
  readonly #table: ScoreTable;
  readonly #windows: RobustWindow[] = [];

  constructor(table: ScoreTable, capacity: number) {
    this.#table = table;
    table.beside((number) => (this.#windows[number] = new RobustWindow(capacity)));
  }

  of(row: number): RobustWindow {
    return this.#windows[this.#table.numberOf(row)] as RobustWindow;
  }
}
