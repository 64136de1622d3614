/**
 * When the next subscribe may leave a socket: evenly spaced, and each key at most once per 600 ms,
 * since the venue closes the socket on the third subscribe of one key within a second.
 */
import type { UnixMs } from '../model/quantities.js';
import { assert } from '../model/result.js';

const SAME_KEY_MS = 600;

export class SubscribePacer {
  readonly #spacingMs: number;
  #last = -Infinity;
  /** Newest slot of each key, in the order of the slots; forgotten when it binds no more. */
  readonly #slots = new Map<string, number>();

  /** `perSecond` > 0: subscribes of all keys together. */
  constructor(perSecond: number) {
    assert(perSecond > 0, `expected a pace above 0 subscribes a second, was ${perSecond}`);
    this.#spacingMs = 1000 / perSecond;
  }

  /** Takes the next slot. Slots are handed out in order and never go back. */
  slot(key: string, now: UnixMs): UnixMs {
    const sameKey = (this.#slots.get(key) ?? -Infinity) + SAME_KEY_MS;
    this.#last = Math.max(now, this.#last + this.#spacingMs, sameKey);
    this.#slots.delete(key);
    this.#slots.set(key, this.#last);
    this.#forget();
    return this.#last as UnixMs;
  }

  #forget(): void {
    for (const [key, slot] of this.#slots) {
      if (slot + SAME_KEY_MS > this.#last) return;
      this.#slots.delete(key);
    }
  }
}
