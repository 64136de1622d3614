/**
 * One side of an order book in one typed array, the best level at the end: changes happen near the
 * touch, so few bytes move. Reads allocate nothing. Ranks count from the best level, 0.
 *
 * Holds at most `limit` levels; beyond that the worst level is dropped.
 */
import type { Steps, Ticks, UnixMs } from '../model/quantities.js';
import { assert, InvariantError } from '../model/result.js';

const FIRST_CAPACITY = 128;
const LEVELS_MAX = 65_536;
/** A level is three cells: its key, its size, and when it was last set. */
const CELLS = 3;
const SIZE = 1;
const STAMP = 2;
/** Below so many cells a loop is faster than the native move. */
const NATIVE_MOVE_MIN = 32;

/** Which price of this side is the best one: the highest of the bids, the lowest of the asks. */
export type BestPrice = 'highest' | 'lowest';

export class SortedLevels {
  /** +1 for bids, −1 for asks: keys = sign × price ascend towards the best. */
  readonly #sign: 1 | -1;
  /** In cells, as the positions below. */
  readonly #limit: number;
  #cells: Float64Array;
  #end = 0;

  constructor(best: BestPrice, limit: number = LEVELS_MAX) {
    assert(limit >= 1, `SortedLevels: expected a limit ≥ 1, was ${limit}`);
    this.#sign = best === 'highest' ? 1 : -1;
    this.#limit = limit * CELLS;
    this.#cells = new Float64Array(Math.min(FIRST_CAPACITY, limit) * CELLS);
  }

  get length(): number {
    return this.#end / CELLS;
  }

  /** Price of the best level; NaN when there is none. */
  get bestPrice(): number {
    return this.#end === 0 ? Number.NaN : this.#sign * (this.#cells[this.#end - CELLS] ?? 0);
  }

  /** Precondition of the three: rank < length. */
  priceAt(rank: number): Ticks {
    return (this.#sign * this.#read(rank, 0)) as Ticks;
  }

  sizeAt(rank: number): Steps {
    return this.#read(rank, SIZE) as Steps;
  }

  /** When the level was last set. */
  stampAt(rank: number): UnixMs {
    return this.#read(rank, STAMP) as UnixMs;
  }

  /** Rank of the level at this price, or undefined. */
  rankOf(price: Ticks): number | undefined {
    const key = this.#sign * price;
    const at = this.#search(key);
    return at < this.#end && this.#cells[at] === key ? (this.#end - at) / CELLS - 1 : undefined;
  }

  /** Sum of the sizes of `count` levels from this rank on. */
  sizeOf(count: number, fromRank = 0): Steps {
    const end = this.#end - fromRank * CELLS;
    let sum = 0;
    for (let at = Math.max(0, end - count * CELLS); at < end; at += CELLS) {
      sum += this.#cells[at + SIZE] ?? 0;
    }
    return sum as Steps;
  }

  /**
   * Σ size × (1 − distance from the best ÷ reach) of the levels nearer than `reach` ticks, > 0; of
   * the best `count` at most.
   */
  weightNear(reach: number, count: number): number {
    const cells = this.#cells;
    const best = this.#end - CELLS;
    if (best < 0) return 0;
    const touch = cells[best] ?? 0;
    const per = 1 / reach;
    const last = Math.max(0, this.#end - count * CELLS);
    let sum = 0;
    for (let at = best; at >= last; at -= CELLS) {
      const weight = 1 - (touch - (cells[at] ?? 0)) * per;
      if (weight <= 0) break;
      sum += (cells[at + SIZE] ?? 0) * weight;
    }
    return sum;
  }

  /** Sets the absolute size at a price; size 0 removes the level. */
  set(price: Ticks, size: Steps, stamp: UnixMs): void {
    const key = this.#sign * price;
    let at = this.#search(key);
    if (at === this.#end || this.#cells[at] !== key) {
      if (size === 0) return;
      at = this.#open(at);
      if (at < 0) return;
      this.#cells[at] = key;
    } else if (size === 0) {
      this.#close(at);
      return;
    }
    this.#cells[at + SIZE] = size;
    this.#cells[at + STAMP] = stamp;
  }

  /** Removes every level that the predicate does not keep. */
  retain(keeps: (price: Ticks, stamp: UnixMs) => boolean): void {
    const cells = this.#cells;
    let kept = 0;
    for (let at = 0; at < this.#end; at += CELLS) {
      const price = (this.#sign * (cells[at] ?? 0)) as Ticks;
      if (!keeps(price, (cells[at + STAMP] ?? 0) as UnixMs)) continue;
      cells.copyWithin(kept, at, at + CELLS);
      kept += CELLS;
    }
    this.#end = kept;
  }

  clear(): void {
    this.#end = 0;
  }

  #read(rank: number, cell: number): number {
    const value = rank < 0 ? undefined : this.#cells[this.#end - (rank + 1) * CELLS + cell];
    if (value !== undefined) return value;
    throw new InvariantError(`SortedLevels: expected a rank < ${this.length}, was ${rank}`);
  }

  /** Position of the first level whose key is not below this one. */
  #search(key: number): number {
    const cells = this.#cells;
    let low = 0;
    let high = this.#end / CELLS;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((cells[middle * CELLS] ?? 0) < key) low = middle + 1;
      else high = middle;
    }
    return low * CELLS;
  }

  /** Makes room at a position and returns where; −1 when the book is full of better levels. */
  #open(at: number): number {
    if (this.#end === this.#limit) {
      if (at === 0) return -1;
      this.#cells.copyWithin(0, CELLS, at);
      return at - CELLS;
    }
    if (this.#end === this.#cells.length) this.#grow();
    const cells = this.#cells;
    if (this.#end - at >= NATIVE_MOVE_MIN) cells.copyWithin(at + CELLS, at, this.#end);
    else {
      for (let from = this.#end - 1; from >= at; from -= 1) cells[from + CELLS] = cells[from] ?? 0;
    }
    this.#end += CELLS;
    return at;
  }

  /** Takes the level at a position out. */
  #close(at: number): void {
    const cells = this.#cells;
    const next = at + CELLS;
    if (this.#end - next >= NATIVE_MOVE_MIN) cells.copyWithin(at, next, this.#end);
    else for (let from = next; from < this.#end; from += 1) cells[from - CELLS] = cells[from] ?? 0;
    this.#end -= CELLS;
  }

  #grow(): void {
    const larger = new Float64Array(Math.min(2 * this.#cells.length, this.#limit));
    larger.set(this.#cells);
    this.#cells = larger;
  }
}
