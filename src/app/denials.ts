/** Our own refusals: how many there were, and the newest of them. */
import type { Denial } from '../model/order.js';
import type { UnixMs } from '../model/quantities.js';

export interface Denied {
  readonly at: UnixMs;
  /** Of a wish or an intent; of a verdict its strategy and market. */
  readonly id: string;
  readonly denial: Denial;
}

const KEPT = 100;

export class Denials {
  readonly #newest: Denied[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Newest last. */
  get newest(): readonly Denied[] {
    return this.#newest;
  }

  note(denied: Denied): void {
    this.#count += 1;
    this.#newest.push(denied);
    if (this.#newest.length > KEPT) this.#newest.shift();
  }
}
