/**
 * Were messages of this connection lost? The venue numbers what it sends, but ids arrive out of
 * order (that of a `subscribed` is reserved before its snapshot is fetched) and errors repeat them:
 * so this looks for holes in the set of ids, and calls one a gap only when it stays open.
 */
import type { UnixMs } from '../model/quantities.js';

/** Longer than the venue takes to fetch a snapshot for a reserved id. */
const GRACE_MS = 5_000;
/** Ids held beyond a hole; more are a gap at once. */
const CAPACITY = 4_096;

export class MessageIds {
  /** All ids up to here have come. */
  #floor = -1;
  #highest = -1;
  /** Ids beyond the first hole, with their arrival. A Map keeps the order of arrival. */
  readonly #beyond = new Map<number, UnixMs>();

  note(id: number, at: UnixMs): void {
    if (id === this.#floor + 1 && this.#beyond.size === 0) {
      this.#floor = id;
      if (id > this.#highest) this.#highest = id;
      return;
    }
    if (id <= this.#floor || this.#beyond.has(id)) return;
    this.#highest = Math.max(this.#highest, id);
    this.#beyond.set(id, at);
    while (this.#beyond.delete(this.#floor + 1)) this.#floor += 1;
  }

  /** Ids below the highest that have not come. */
  get missing(): number {
    return this.#highest - this.#floor - this.#beyond.size;
  }

  /** `reserved`: subscribes in flight; each explains one missing id for as long as it takes. */
  hasGap(at: UnixMs, reserved: number): boolean {
    if (this.#beyond.size > CAPACITY) return true;
    const [noticedAt] = this.#beyond.values();
    return noticedAt !== undefined && this.missing > reserved && at - noticedAt > GRACE_MS;
  }

  /** The loss is being repaired: count on from the highest id. */
  forgive(): void {
    this.#floor = this.#highest;
    this.#beyond.clear();
  }
}
