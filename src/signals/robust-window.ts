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
  #sorted: Float64Array | undefined;
  #spread = 0;

  constructor(capacity: number) {
    this.#values = RingBuffer.ofNumbers(capacity);
  }

  get length(): number {
    return this.#values.length;
  }

  /** Returns the value that had to go, if one had to. */
  push(value: number): number | undefined {
    this.#sorted = undefined;
    return this.#values.push(value);
  }

  clear(): void {
    this.#values.clear();
    this.#sorted = undefined;
  }

  /** NaN when empty. */
  get median(): number {
    return middleOf(this.#inOrder());
  }

  /** Median absolute deviation × 1.4826; NaN when empty. */
  get spread(): number {
    this.#inOrder();
    return this.#spread;
  }

  /** Part of the values that are not above this one, 0 to 1; NaN when empty. */
  rankOf(value: number): number {
    const sorted = this.#inOrder();
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((sorted[middle] ?? 0) <= value) low = middle + 1;
      else high = middle;
    }
    return low / sorted.length;
  }

  /** Sorted once per new value, however often it is asked. */
  #inOrder(): Float64Array {
    if (this.#sorted !== undefined) return this.#sorted;
    const sorted = Float64Array.from(this.#values.toArray()).sort();
    const median = middleOf(sorted);
    this.#spread = NORMAL_SPREAD * middleOf(sorted.map((value) => Math.abs(value - median)).sort());
    this.#sorted = sorted;
    return sorted;
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

function middleOf(sorted: Float64Array): number {
  const half = sorted.length / 2;
  const upper = sorted[Math.floor(half)] ?? Number.NaN;
  return ((sorted[Math.ceil(half) - 1] ?? Number.NaN) + upper) / 2;
}
