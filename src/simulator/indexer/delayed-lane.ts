/**
 * A way that takes time and keeps order: what goes in comes out in the same order, each item after
 * its own delay or right after the one before it. Without a delay it comes out at once.
 */
import type { Clock, TimerHandle } from '../../ports/clock.js';

/** Items on their way; above this the oldest arrive ahead of time. */
const LANE_MAX = 100_000;

export interface DelayedLaneOptions<T> {
  readonly clock: Pick<Clock, 'now' | 'setTimeout' | 'clearTimeout'>;
  /** Asked for each item, ≥ 0. */
  readonly delayMs: () => number;
  readonly deliver: (item: T) => void;
}

export class DelayedLane<T> {
  readonly #options: DelayedLaneOptions<T>;
  readonly #items: { readonly dueMs: number; readonly item: T }[] = [];
  #timer: TimerHandle | undefined;
  #lastDueMs = 0;

  constructor(options: DelayedLaneOptions<T>) {
    this.#options = options;
  }

  push(item: T): void {
    const { clock, delayMs, deliver } = this.#options;
    const nowMs = clock.now();
    this.#lastDueMs = Math.max(this.#lastDueMs, nowMs + delayMs());
    if (this.#items.length === 0 && this.#lastDueMs <= nowMs) {
      deliver(item);
      return;
    }
    this.#items.push({ dueMs: this.#lastDueMs, item });
    if (this.#items.length > LANE_MAX) this.#deliverUntil(this.#items[0]?.dueMs ?? nowMs);
    this.#arm();
  }

  /** What is still on its way never arrives. */
  stop(): void {
    this.#items.length = 0;
    this.#options.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #arm(): void {
    const [first] = this.#items;
    if (this.#timer !== undefined || first === undefined) return;
    const { clock } = this.#options;
    this.#timer = clock.setTimeout(
      () => {
        this.#timer = undefined;
        this.#deliverUntil(clock.now());
        this.#arm();
      },
      Math.max(0, first.dueMs - clock.now()),
    );
  }

  #deliverUntil(timeMs: number): void {
    const count = this.#items.findIndex(({ dueMs }) => dueMs > timeMs);
    const due = this.#items.splice(0, count < 0 ? this.#items.length : count);
    for (const { item } of due) this.#options.deliver(item);
  }
}
