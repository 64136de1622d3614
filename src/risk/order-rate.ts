/** Orders sent within the last minute. */
import type { UnixMs } from '../model/quantities.js';

const WINDOW_MS = 60_000;

export class OrderRate {
  readonly #capacity: number;
  #times: UnixMs[] = [];

  /** Remembers at most `capacity` orders and counts no further: more than any limit allows. */
  constructor(capacity = 10_000) {
    this.#capacity = capacity;
  }

  record(at: UnixMs): void {
    this.#prune(at);
    this.#times.push(at);
    if (this.#times.length > this.#capacity) this.#times.shift();
  }

  /** Orders of the minute that ends now; an order a minute old has left it. */
  count(now: UnixMs): number {
    this.#prune(now);
    return this.#times.length;
  }

  #prune(now: UnixMs): void {
    const first = this.#times.findIndex((at) => now - at < WINDOW_MS);
    this.#times = first < 0 ? [] : this.#times.slice(first);
  }
}
