/**
 * When levels of one side were removed, the newest `limit` of them, in two rings: noting allocates
 * nothing, and looking up, which is rare, reads them all.
 */
import { unixMs, type Ticks, type UnixMs } from '../model/quantities.js';
import { assert } from '../model/result.js';

const FIRST_CAPACITY = 64;

export class RemovalLog {
  readonly #limit: number;
  #prices: Float64Array;
  #stamps: Float64Array;
  #count = 0;
  #next = 0;
  #forgottenTo = unixMs(0);

  constructor(limit: number) {
    assert(limit >= 1, `RemovalLog: expected a limit ≥ 1, was ${limit}`);
    this.#limit = limit;
    const capacity = Math.min(FIRST_CAPACITY, limit);
    this.#prices = new Float64Array(capacity);
    this.#stamps = new Float64Array(capacity);
  }

  /** Removals up to this stamp may have been forgotten. */
  get forgottenTo(): UnixMs {
    return this.#forgottenTo;
  }

  note(price: Ticks, at: UnixMs): void {
    if (this.#count === this.#prices.length && this.#count < this.#limit) this.#grow();
    if (this.#count === this.#limit) this.#forgottenTo = this.#stamps[this.#next] as UnixMs;
    else this.#count += 1;
    this.#prices[this.#next] = price;
    this.#stamps[this.#next] = at;
    this.#next = this.#next + 1 === this.#limit ? 0 : this.#next + 1;
  }

  /** When a level at this price was last removed; 0 if that is not known. */
  newestAt(price: Ticks): UnixMs {
    let newest = 0;
    for (let index = 0; index < this.#count; index += 1) {
      if (this.#prices[index] === price) newest = Math.max(newest, this.#stamps[index] ?? 0);
    }
    return newest as UnixMs;
  }

  clear(): void {
    this.#count = 0;
    this.#next = 0;
    this.#forgottenTo = unixMs(0);
  }

  /** Only before the ring is full, while its entries still lie in order. */
  #grow(): void {
    const capacity = Math.min(2 * this.#prices.length, this.#limit);
    const enlarge = (array: Float64Array): Float64Array => {
      const larger = new Float64Array(capacity);
      larger.set(array);
      return larger;
    };
    this.#prices = enlarge(this.#prices);
    this.#stamps = enlarge(this.#stamps);
  }
}
