/**
 * Sums over the last stretch of time, in a ring of equally long slots: adding costs the same
 * however much comes, and the memory is two doubles and a stamp a slot. What is older than the ring
 * slides out; what comes late is added to its own slot while that is kept.
 */
import { assert } from '../model/result.js';

export interface WindowSum {
  readonly sum: number;
  readonly count: number;
}

export interface TimeWindowOptions {
  readonly slotMs: number;
  /** Window = slots × slotMs, the open slot included. */
  readonly slots: number;
}

export class TimeWindow {
  readonly #slotMs: number;
  readonly #slots: number;
  readonly #sums: Float64Array;
  readonly #counts: Float64Array;
  /** Which slot since 1970 stands here; −1: none. */
  readonly #numbers: Float64Array;
  #newest = -1;

  constructor({ slotMs, slots }: TimeWindowOptions) {
    assert(slotMs > 0, `TimeWindow: expected slots longer than 0 ms, was ${slotMs}`);
    assert(slots >= 1, `TimeWindow: expected at least 1 slot, was ${slots}`);
    this.#slotMs = slotMs;
    this.#slots = slots;
    this.#sums = new Float64Array(slots);
    this.#counts = new Float64Array(slots);
    this.#numbers = new Float64Array(slots).fill(-1);
  }

  /** Times in Unix milliseconds. False: older than the ring, not added. */
  add(at: number, value: number): boolean {
    const number = Math.floor(at / this.#slotMs);
    if (number <= this.#newest - this.#slots) return false;
    if (number > this.#newest) this.#newest = number;
    const index = number % this.#slots;
    if (this.#numbers[index] !== number) {
      this.#numbers[index] = number;
      this.#sums[index] = 0;
      this.#counts[index] = 0;
    }
    this.#sums[index] = (this.#sums[index] ?? 0) + value;
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    return true;
  }

  /**
   * Of the slots that begin after `now − ms` and not after now: whole slots only, so that the open
   * one counts as far as it has come.
   */
  last(now: number, ms: number): WindowSum {
    const to = Math.floor(now / this.#slotMs);
    const from = Math.max(-1, to - this.#slots, Math.floor((now - ms) / this.#slotMs));
    let sum = 0;
    let count = 0;
    for (let index = 0; index < this.#slots; index += 1) {
      const number = this.#numbers[index] ?? -1;
      if (number <= from || number > to) continue;
      sum += this.#sums[index] ?? 0;
      count += this.#counts[index] ?? 0;
    }
    return { sum, count };
  }

  clear(): void {
    this.#numbers.fill(-1);
    this.#newest = -1;
  }
}
