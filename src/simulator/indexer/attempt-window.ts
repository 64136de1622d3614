/** The indexer's rate limit: a window that begins with the first attempt after the last one. */

const WINDOW_MS = 1000;
const PER_WINDOW_MAX = 2;

export class AttemptWindow {
  #startMs = -Infinity;
  #attempts = 0;

  /** Counts an attempt; false when there were too many. Refused ones count as well. */
  take(nowMs: number): boolean {
    if (this.isOver(nowMs)) {
      this.#startMs = nowMs;
      this.#attempts = 0;
    }
    this.#attempts += 1;
    return this.#attempts <= PER_WINDOW_MAX;
  }

  isOver(nowMs: number): boolean {
    return nowMs - this.#startMs >= WINDOW_MS;
  }
}
