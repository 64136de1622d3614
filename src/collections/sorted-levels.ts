/**
 * One side of an order book in one typed array, the best level at the end: changes happen near the
 * touch, so few bytes move, and what belongs together lies together. Reads allocate nothing. Ranks
 * count from the best level, 0.
 *
 * 1. A removed level leaves its place behind, with the stamp of its removal: markets come back to
 *    the prices that they left, and nothing moves when they do. Places are given up, oldest
 *    removals first, when room is needed, or walks would mostly pass by empty places.
 * 2. Holds at most `limit` levels; beyond that the worst level is dropped.
 */
import { unixMs, type Steps, type Ticks, type UnixMs } from '../model/quantities.js';
import { assert, InvariantError } from '../model/result.js';

const FIRST_CAPACITY = 128;
const LEVELS_MAX = 65_536;
/** Removals that are younger keep their places while there is room: a reading may be on its way. */
const REMEMBERED_MS = 10_000;
/** Empty places are few while they are no more than so many, and than so many for each level. */
const EMPTY_FEW = 64;
const EMPTY_PER_LEVEL = 4;
/** A level is three cells: its key, its size (0: removed), and when it was last set or removed. */
const CELLS = 3;
const SIZE = 1;
const STAMP = 2;
/** Below so many numbers a loop is faster than the native move. */
const NATIVE_MOVE_MIN = 64;

/** Which price of this side is the best one: the highest of the bids, the lowest of the asks. */
export type BestPrice = 'highest' | 'lowest';

export class SortedLevels {
  /** +1 for bids, −1 for asks: keys = sign × price ascend towards the best. */
  readonly #sign: 1 | -1;
  readonly #limit: number;
  #cells = new Float64Array(FIRST_CAPACITY * CELLS);
  /** In cells, as all places below: the end of what is in use, removed levels included. */
  #end = 0;
  /** Place of the best level; negative when there is none. */
  #best = -CELLS;
  #length = 0;
  #forgottenTo = unixMs(0);
  /** When empty places were last given up for being many. */
  #thinnedAt = Number.NEGATIVE_INFINITY;

  constructor(best: BestPrice, limit: number = LEVELS_MAX) {
    assert(limit >= 1, `SortedLevels: expected a limit ≥ 1, was ${limit}`);
    this.#sign = best === 'highest' ? 1 : -1;
    this.#limit = limit;
  }

  get length(): number {
    return this.#length;
  }

  /** Price of the best level; NaN when there is none. */
  get bestPrice(): number {
    return this.#best < 0 ? Number.NaN : this.#sign * (this.#cells[this.#best] ?? 0);
  }

  /** Steps at the best level; NaN when there is none. */
  get bestSize(): number {
    return this.#best < 0 ? Number.NaN : (this.#cells[this.#best + SIZE] ?? 0);
  }

  /** Removals up to this stamp may have been forgotten. */
  get forgottenTo(): UnixMs {
    return this.#forgottenTo;
  }

  /** Precondition of the three: rank < length. A walk from the best level. */
  priceAt(rank: number): Ticks {
    return (this.#sign * (this.#cells[this.#placeOf(rank)] ?? 0)) as Ticks;
  }

  sizeAt(rank: number): Steps {
    return (this.#cells[this.#placeOf(rank) + SIZE] ?? 0) as Steps;
  }

  /** When the level was last set. */
  stampAt(rank: number): UnixMs {
    return (this.#cells[this.#placeOf(rank) + STAMP] ?? 0) as UnixMs;
  }

  has(price: Ticks): boolean {
    const place = this.#known(price);
    return place >= 0 && this.#cells[place + SIZE] !== 0;
  }

  /** When a level at this price was removed; 0 if it was not, or that is not known any more. */
  removedAt(price: Ticks): UnixMs {
    const place = this.#known(price);
    const isRemoved = place >= 0 && this.#cells[place + SIZE] === 0;
    return (isRemoved ? (this.#cells[place + STAMP] ?? 0) : 0) as UnixMs;
  }

  /** Calls for `count` levels from this rank on, the best first. */
  visit(fromRank: number, count: number, see: (price: Ticks, size: Steps) => void): void {
    const cells = this.#cells;
    let rank = -1;
    for (let place = this.#best; place >= 0; place -= CELLS) {
      const size = cells[place + SIZE] ?? 0;
      if (size === 0) continue;
      rank += 1;
      if (rank >= fromRank + count) return;
      if (rank >= fromRank) see((this.#sign * (cells[place] ?? 0)) as Ticks, size as Steps);
    }
  }

  /** Sum of the sizes of `count` levels from this rank on. */
  sizeOf(count: number, fromRank = 0): Steps {
    const cells = this.#cells;
    let sum = 0;
    let rank = -1;
    for (let place = this.#best; place >= 0; place -= CELLS) {
      const size = cells[place + SIZE] ?? 0;
      if (size === 0) continue;
      rank += 1;
      if (rank >= fromRank + count) break;
      if (rank >= fromRank) sum += size;
    }
    return sum as Steps;
  }

  /**
   * Σ size × (1 − distance from the best ÷ reach) of the levels nearer than `reach` ticks, > 0; of
   * the best `count` at most.
   */
  weightNear(reach: number, count: number): number {
    const cells = this.#cells;
    if (this.#best < 0) return 0;
    const touch = cells[this.#best] ?? 0;
    const per = 1 / reach;
    let sum = 0;
    let left = count;
    for (let place = this.#best; place >= 0 && left > 0; place -= CELLS) {
      const size = cells[place + SIZE] ?? 0;
      if (size === 0) continue;
      const weight = 1 - (touch - (cells[place] ?? 0)) * per;
      if (weight <= 0) break;
      sum += size * weight;
      left -= 1;
    }
    return sum;
  }

  /**
   * Σ size × distance from the first of them, of the best `count` levels from this rank on, until
   * `wanted` is taken up; Infinity when they do not hold as much.
   */
  slipped(wanted: number, count: number, fromRank: number): number {
    const cells = this.#cells;
    let touch = Number.NaN;
    let missing = wanted;
    let slipped = 0;
    let rank = -1;
    for (let place = this.#best; place >= 0; place -= CELLS) {
      const size = cells[place + SIZE] ?? 0;
      if (size === 0) continue;
      rank += 1;
      if (rank < fromRank) continue;
      if (rank >= fromRank + count) break;
      const key = cells[place] ?? 0;
      if (rank === fromRank) touch = key;
      const taken = Math.min(missing, size);
      slipped += taken * (touch - key);
      missing -= taken;
      if (missing <= 0) return slipped;
    }
    return Infinity;
  }

  /** Sets the absolute size at a price; size 0 removes the level. */
  set(price: Ticks, size: Steps, stamp: UnixMs): void {
    const key = this.#sign * price;
    let place = this.#search(key);
    if (place === this.#end || this.#cells[place] !== key) place = this.#open(place, key, stamp);
    const cells = this.#cells;
    const before = cells[place + SIZE] ?? 0;
    cells[place + SIZE] = size;
    cells[place + STAMP] = stamp;
    if (size !== 0) {
      if (before !== 0) return;
      this.#length += 1;
      if (place > this.#best) this.#best = place;
      if (this.#length > this.#limit) this.#dropWorst();
    } else {
      if (before !== 0) this.#length -= 1;
      if (place === this.#best) this.#best = this.#liveFrom(place - CELLS);
      const few = EMPTY_FEW + EMPTY_PER_LEVEL * this.#length;
      if (this.#end / CELLS - this.#length > few) this.#thin(stamp);
    }
  }

  /** Forgets every level that the predicate does not keep; that is no removal. */
  retain(keeps: (price: Ticks, stamp: UnixMs) => boolean): void {
    this.#compact((place) => {
      if (this.#cells[place + SIZE] === 0) return true;
      const price = (this.#sign * (this.#cells[place] ?? 0)) as Ticks;
      return keeps(price, (this.#cells[place + STAMP] ?? 0) as UnixMs);
    });
  }

  clear(): void {
    this.#end = 0;
    this.#best = -CELLS;
    this.#length = 0;
    this.#forgottenTo = unixMs(0);
    this.#thinnedAt = Number.NEGATIVE_INFINITY;
  }

  #placeOf(rank: number): number {
    if (rank >= 0 && rank < this.#length) {
      let left = rank;
      for (let place = this.#best; place >= 0; place -= CELLS) {
        if (this.#cells[place + SIZE] === 0) continue;
        if (left === 0) return place;
        left -= 1;
      }
    }
    throw new InvariantError(`SortedLevels: expected a rank < ${this.#length}, was ${rank}`);
  }

  /** The place of a level at this price, removed or not; −1 when there is none. */
  #known(price: Ticks): number {
    const key = this.#sign * price;
    const place = this.#search(key);
    return place < this.#end && this.#cells[place] === key ? place : -1;
  }

  /** The place of the first level that is there, at or below this one; negative when none is. */
  #liveFrom(place: number): number {
    const cells = this.#cells;
    let live = place;
    while (live >= 0 && cells[live + SIZE] === 0) live -= CELLS;
    return live;
  }

  /** Place of the first level whose key is not below this one. */
  #search(key: number): number {
    const cells = this.#cells;
    const best = this.#best;
    // Where every tick has its place, a level is as many places away as ticks.
    if (best >= 0) {
      const guess = best - CELLS * ((cells[best] ?? 0) - key);
      if (guess >= 0 && guess < this.#end && cells[guess] === key) return guess;
    }
    let low = 0;
    let high = this.#end / CELLS;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((cells[middle * CELLS] ?? 0) < key) low = middle + 1;
      else high = middle;
    }
    return low * CELLS;
  }

  /** A new place for a key that belongs here, and which it is: room may have to be made. */
  #open(wanted: number, key: number, stamp: UnixMs): number {
    let place = wanted;
    if (this.#end === this.#cells.length) {
      this.#makeRoom(stamp);
      place = this.#search(key);
    }
    const cells = this.#cells;
    if (this.#end - place >= NATIVE_MOVE_MIN) cells.copyWithin(place + CELLS, place, this.#end);
    else {
      for (let from = this.#end - 1; from >= place; from -= 1)
        cells[from + CELLS] = cells[from] ?? 0;
    }
    this.#end += CELLS;
    if (this.#best >= place) this.#best += CELLS;
    cells[place] = key;
    cells[place + SIZE] = 0;
    return place;
  }

  /** Gives up the places of old removals, and of young ones where that is not enough. */
  #makeRoom(stamp: UnixMs): void {
    this.#forgetRemovals(stamp - REMEMBERED_MS);
    const capacity = this.#cells.length;
    if (this.#end * 4 <= capacity * 3) return;
    if (capacity < 2 * this.#limit * CELLS) {
      const larger = new Float64Array(2 * capacity);
      larger.set(this.#cells);
      this.#cells = larger;
    } else this.#forgetRemovals(stamp);
  }

  /** What is young keeps its place, so there is no use in asking again at once. */
  #thin(stamp: UnixMs): void {
    if (stamp - this.#thinnedAt < REMEMBERED_MS) return;
    this.#thinnedAt = stamp;
    this.#forgetRemovals(stamp - REMEMBERED_MS);
  }

  #forgetRemovals(upTo: number): void {
    let newest = this.#forgottenTo;
    this.#compact((place) => {
      const stamp = (this.#cells[place + STAMP] ?? 0) as UnixMs;
      if (this.#cells[place + SIZE] !== 0 || stamp > upTo) return true;
      if (stamp > newest) newest = stamp;
      return false;
    });
    this.#forgottenTo = newest;
  }

  #compact(keeps: (place: number) => boolean): void {
    const cells = this.#cells;
    let kept = 0;
    this.#length = 0;
    this.#best = -CELLS;
    for (let place = 0; place < this.#end; place += CELLS) {
      if (!keeps(place)) continue;
      cells[kept] = cells[place] ?? 0;
      cells[kept + SIZE] = cells[place + SIZE] ?? 0;
      cells[kept + STAMP] = cells[place + STAMP] ?? 0;
      if (cells[kept + SIZE] !== 0) {
        this.#length += 1;
        this.#best = kept;
      }
      kept += CELLS;
    }
    this.#end = kept;
  }

  #dropWorst(): void {
    let worst = 0;
    while (this.#cells[worst + SIZE] === 0) worst += CELLS;
    this.#compact((place) => place !== worst);
  }
}
