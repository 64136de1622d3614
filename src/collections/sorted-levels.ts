/**
 * One side of an order book in typed arrays, the best level at the end: changes happen near the
 * touch, so few bytes move. Reads allocate nothing. Ranks count from the best level, 0.
 *
 * Holds at most `limit` levels; beyond that the worst level is dropped.
 */
import { steps, ticks, type Steps, type Ticks, type UnixMs } from '../model/quantities.js';
import { assert, InvariantError } from '../model/result.js';

const FIRST_CAPACITY = 128;
const LEVELS_MAX = 65_536;

/** Which price of this side is the best one: the highest of the bids, the lowest of the asks. */
export type BestPrice = 'highest' | 'lowest';

export class SortedLevels {
  /** +1 for bids, −1 for asks: keys = sign × price ascend towards the best. */
  readonly #sign: 1 | -1;
  readonly #limit: number;
  #keys: Float64Array;
  #sizes: Float64Array;
  #stamps: Float64Array;
  #length = 0;

  constructor(best: BestPrice, limit: number = LEVELS_MAX) {
    assert(limit >= 1, `SortedLevels: expected a limit ≥ 1, was ${limit}`);
    this.#sign = best === 'highest' ? 1 : -1;
    this.#limit = limit;
    const capacity = Math.min(FIRST_CAPACITY, limit);
    this.#keys = new Float64Array(capacity);
    this.#sizes = new Float64Array(capacity);
    this.#stamps = new Float64Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** Precondition of the three: rank < length. */
  priceAt(rank: number): Ticks {
    return ticks(this.#sign * this.#read(this.#keys, rank));
  }

  sizeAt(rank: number): Steps {
    return steps(this.#read(this.#sizes, rank));
  }

  /** When the level was last set. */
  stampAt(rank: number): UnixMs {
    return this.#read(this.#stamps, rank) as UnixMs;
  }

  /** Rank of the level at this price, or undefined. */
  rankOf(price: Ticks): number | undefined {
    const key = this.#sign * price;
    const index = this.#search(key);
    return index < this.#length && this.#keys[index] === key ? this.#length - 1 - index : undefined;
  }

  /** Sum of the sizes of `count` levels from this rank on. */
  sizeOf(count: number, fromRank = 0): Steps {
    const end = this.#length - fromRank;
    let sum = 0;
    for (let index = Math.max(0, end - count); index < end; index += 1) {
      sum += this.#sizes[index] ?? 0;
    }
    return steps(sum);
  }

  /** Sets the absolute size at a price; size 0 removes the level. */
  set(price: Ticks, size: Steps, stamp: UnixMs): void {
    const key = this.#sign * price;
    let index = this.#search(key);
    if (index === this.#length || this.#keys[index] !== key) {
      if (size === 0) return;
      index = this.#open(index);
      if (index < 0) return;
      this.#keys[index] = key;
    } else if (size === 0) {
      this.#move(index + 1, index);
      this.#length -= 1;
      return;
    }
    this.#sizes[index] = size;
    this.#stamps[index] = stamp;
  }

  /** Removes every level that the predicate does not keep. */
  retain(keeps: (price: Ticks, stamp: UnixMs) => boolean): void {
    let kept = 0;
    for (let rank = this.#length - 1; rank >= 0; rank -= 1) {
      if (!keeps(this.priceAt(rank), this.stampAt(rank))) continue;
      const index = this.#length - 1 - rank;
      for (const array of [this.#keys, this.#sizes, this.#stamps]) array[kept] = array[index] ?? 0;
      kept += 1;
    }
    this.#length = kept;
  }

  clear(): void {
    this.#length = 0;
  }

  #read(array: Float64Array, rank: number): number {
    const value = rank < 0 ? undefined : array[this.#length - 1 - rank];
    if (value !== undefined) return value;
    throw new InvariantError(`SortedLevels: expected a rank < ${this.#length}, was ${rank}`);
  }

  /** First index whose key is not below this one. */
  #search(key: number): number {
    let low = 0;
    let high = this.#length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#keys[middle] ?? 0) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Makes room at an index and returns where; −1 when the book is full of better levels. */
  #open(index: number): number {
    if (this.#length === this.#limit) {
      if (index === 0) return -1;
      for (const array of [this.#keys, this.#sizes, this.#stamps]) array.copyWithin(0, 1, index);
      return index - 1;
    }
    if (this.#length === this.#keys.length) this.#grow();
    this.#move(index, index + 1);
    this.#length += 1;
    return index;
  }

  #move(from: number, to: number): void {
    this.#keys.copyWithin(to, from, this.#length);
    this.#sizes.copyWithin(to, from, this.#length);
    this.#stamps.copyWithin(to, from, this.#length);
  }

  #grow(): void {
    const capacity = Math.min(2 * this.#keys.length, this.#limit);
    const enlarge = (array: Float64Array): Float64Array => {
      const larger = new Float64Array(capacity);
      larger.set(array);
      return larger;
    };
    this.#keys = enlarge(this.#keys);
    this.#sizes = enlarge(this.#sizes);
    this.#stamps = enlarge(this.#stamps);
  }
}
