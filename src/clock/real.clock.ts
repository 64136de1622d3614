/**
 * The heap clock driven by real time: one real timer for the earliest deadline, which only knocks.
 */
import type { UnixMs } from '../model/quantities.js';
import { HeapClock } from './heap.clock.js';

/** Asked once: the getter costs as much as the time itself. */
const { timeOrigin: ORIGIN } = performance;

/** Monotonic wall time: never goes back when somebody sets the clock. */
export const wallNow = (): UnixMs => (ORIGIN + performance.now()) as UnixMs;

/** Node's timers overflow above 2^31 ms; a longer wait is taken in pieces. */
const LONGEST_WAIT_MS = 1_000_000_000;

export class RealClock extends HeapClock {
  readonly #knock: () => void;
  #timer: NodeJS.Timeout | undefined;
  #wakesAt = Infinity;
  #stopped = false;

  /**
   * `knock` is called when a deadline has come and must lead to `advanceTo(wallNow())`; without one
   * the clock advances itself.
   */
  constructor(knock?: () => void) {
    super(wallNow());
    this.#knock = knock ?? (() => this.advanceTo(wallNow()));
  }

  /** No more knocks; pending deadlines stay unfired. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  protected override onScheduled(deadline: UnixMs): void {
    if (this.#stopped || deadline >= this.#wakesAt) return;
    this.#wakeAt(deadline);
  }

  #wakeAt(deadline: UnixMs): void {
    clearTimeout(this.#timer);
    this.#wakesAt = deadline;
    const wait = Math.min(Math.max(0, deadline - wallNow()), LONGEST_WAIT_MS);
    this.#timer = setTimeout(() => this.#wake(), wait);
  }

  #wake(): void {
    this.#wakesAt = Infinity;
    this.#knock();
    const next = this.nextDeadline();
    if (next !== undefined && !this.#stopped) this.onScheduled(next);
  }
}
