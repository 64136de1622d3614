/**
 * One side of an order book in typed arrays, the best level at the end: changes happen near the
 * touch, so few bytes move. Reads allocate nothing. Ranks count from the best level, 0.
 *
 * Holds at most `limit` levels; beyond that the worst level is dropped.
 */
import { steps, type Steps, type Ticks, type UnixMs } from '../model/quantities.js';
import { assert, InvariantError } from '../model/result.js';

const FIRST_CAPACITY = 128;
const LEVELS_MAX = 65_536;
const NATIVE_MOVE_MIN = 24;

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
    return (this.#sign * this.#read(this.#keys, rank)) as Ticks;
  }

  sizeAt(rank: number): Steps {
    return this.#read(this.#sizes, rank) as Steps;
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

  /**
   * Σ size × (1 − distance from the best ÷ reach) of the levels nearer than `reach` ticks, > 0; of
   * the best `count` at most.
   */
  weightNear(reach: number, count: number): number {
    const best = this.#length === 0 ? 0 : (this.#keys[this.#length - 1] ?? 0);
    const per = 1 / reach;
    let sum = 0;
    const last = Math.max(0, this.#length - count);
    for (let index = this.#length - 1; index >= last; index -= 1) {
      const weight = 1 - (best - (this.#keys[index] ?? 0)) * per;
      if (weight <= 0) break;
      sum += (this.#sizes[index] ?? 0) * weight;
    }
    return sum;
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

  /** Few levels lie between a change and the touch: a loop is faster than three native calls. */
  #move(from: number, to: number): void {
    if (this.#length - from > NATIVE_MOVE_MIN) return this.#moveMany(from, to);
    const keys = this.#keys;
    const sizes = this.#sizes;
    const stamps = this.#stamps;
    const by = to - from;
    const first = by > 0 ? this.#length - 1 : from;
    const last = by > 0 ? from - 1 : this.#length;
    for (let index = first; index !== last; index += by > 0 ? -1 : 1) {
      keys[index + by] = keys[index] ?? 0;
      sizes[index + by] = sizes[index] ?? 0;
      stamps[index + by] = stamps[index] ?? 0;
    }
  }

  #moveMany(from: number, to: number): void {
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
