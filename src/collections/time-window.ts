/**
 * Sums over the last stretch of time, in a ring of equally long slots: adding costs the same
 * however much comes, and the memory is three doubles a slot. What is older than the ring
 * slides out; what comes late is added to its own slot while that is kept.
 */
import { assert } from '../model/result.js';

const CELLS = 3;
const SUM = 1;
const COUNT = 2;

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
  /** Of each slot its number since 1970 (−1: none), its sum and its count. */
  readonly #cells: Float64Array;
  #newest = -1;

  constructor({ slotMs, slots }: TimeWindowOptions) {
    assert(slotMs > 0, `TimeWindow: expected slots longer than 0 ms, was ${slotMs}`);
    assert(slots >= 1, `TimeWindow: expected at least 1 slot, was ${slots}`);
    this.#slotMs = slotMs;
    this.#slots = slots;
    this.#cells = new Float64Array(slots * CELLS).fill(-1);
  }

  /** Times in Unix milliseconds. False: older than the ring, not added. */
  add(at: number, value: number): boolean {
    const number = Math.floor(at / this.#slotMs);
    if (number <= this.#newest - this.#slots) return false;
    if (number > this.#newest) this.#newest = number;
    const cells = this.#cells;
    const place = (number % this.#slots) * CELLS;
    if (cells[place] !== number) {
      cells[place] = number;
      cells[place + SUM] = 0;
      cells[place + COUNT] = 0;
    }
    cells[place + SUM] = (cells[place + SUM] ?? 0) + value;
    cells[place + COUNT] = (cells[place + COUNT] ?? 0) + 1;
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
    for (let place = 0; place < this.#cells.length; place += CELLS) {
      const number = this.#cells[place] ?? -1;
      if (number <= from || number > to) continue;
      sum += this.#cells[place + SUM] ?? 0;
      count += this.#cells[place + COUNT] ?? 0;
    }
    return { sum, count };
  }

  clear(): void {
    this.#cells.fill(-1);
    this.#newest = -1;
  }
}
