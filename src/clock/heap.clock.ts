/**
 * The one time line behind XState and RxJS: a binary heap of deadlines that somebody advances.
 *
 * 1. `now()` is constant while one input runs and never goes back.
 * 2. Deadlines fire in order; ties fire in the order in which they were set.
 * 3. A timer set while another fires counts from that one's deadline, not from the end of the jump.
 */
import { Subscription, type SchedulerAction, type SchedulerLike } from 'rxjs';
import type { UnixMs } from '../model/quantities.js';
import type { Clock, TimerHandle } from '../ports/clock.js';

interface Timer {
  readonly at: number;
  readonly sequence: number;
  work: (() => void) | undefined;
}

/** XState and RxJS ask for delays of at most this long; anything above would never be meant. */
const LONGEST_DELAY_MS = 400 * 24 * 3_600_000;

export class HeapClock implements Clock {
  #now: number;
  #sequence = 0;
  #pending = 0;
  readonly #heap: Timer[] = [];
  readonly scheduler: SchedulerLike;

  constructor(start: number) {
    this.#now = start;
    this.scheduler = { now: () => this.#now, schedule: this.#schedule };
  }

  #schedule = <T>(
    work: (this: SchedulerAction<T>, state?: T) => void,
    delay = 0,
    state?: T,
  ): Subscription => new HeapAction(this, work).schedule(state, delay);

  now(): UnixMs {
    return this.#now as UnixMs;
  }

  /** Timers that are set and neither fired nor cleared. */
  get pending(): number {
    return this.#pending;
  }

  setTimeout(work: () => void, ms: number): TimerHandle {
    const delay = Math.min(Math.max(0, Number.isFinite(ms) ? ms : 0), LONGEST_DELAY_MS);
    const timer: Timer = { at: this.#now + delay, sequence: this.#sequence++, work };
    this.#pending += 1;
    this.#push(timer);
    this.onScheduled(timer.at as UnixMs);
    return timer;
  }

  clearTimeout(handle: TimerHandle | undefined): void {
    const timer = handle as Timer | undefined;
    if (timer?.work === undefined) return;
    timer.work = undefined; // Dropped when it reaches the top.
    this.#pending -= 1;
  }

  /** The next deadline, or undefined when nothing is pending. */
  nextDeadline(): UnixMs | undefined {
    this.#dropCleared();
    return this.#heap[0]?.at as UnixMs | undefined;
  }

  /** Fires the earliest deadline if it is due by `time`. False when there was none. */
  fireNext(time: number): boolean {
    this.#dropCleared();
    const timer = this.#heap[0];
    if (timer === undefined || timer.at > time) return false;
    this.#pop();
    this.#now = Math.max(this.#now, timer.at);
    const work = timer.work;
    timer.work = undefined;
    this.#pending -= 1;
    work?.();
    return true;
  }

  /** Fires everything due by `time`, each at its own deadline, then stands at `time`. */
  advanceTo(time: number): void {
    while (this.fireNext(time));
    this.#now = Math.max(this.#now, time);
  }

  /** A new deadline was set: the real clock looks whether it must wake earlier. */
  protected onScheduled(_deadline: UnixMs): void {}

  #dropCleared(): void {
    while (this.#heap.length > 0 && this.#heap[0]?.work === undefined) this.#pop();
  }

  #push(timer: Timer): void {
    const heap = this.#heap;
    let index = heap.push(timer) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent] as Timer;
      if (isBefore(above, timer)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = timer;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      const right = heap[child + 1];
      if (right !== undefined && isBefore(right, heap[child] as Timer)) child += 1;
      const below = heap[child];
      if (below === undefined || isBefore(last, below)) break;
      heap[index] = below;
      index = child;
    }
    heap[index] = last;
  }
}

const isBefore = (a: Timer, b: Timer): boolean =>
  a.at < b.at || (a.at === b.at && a.sequence < b.sequence);

/** One piece of scheduled RxJS work on the heap. */
class HeapAction<T> extends Subscription implements SchedulerAction<T> {
  readonly #clock: HeapClock;
  readonly #work: (this: SchedulerAction<T>, state?: T) => void;
  #timer: TimerHandle | undefined;

  constructor(clock: HeapClock, work: (this: SchedulerAction<T>, state?: T) => void) {
    super();
    this.#clock = clock;
    this.#work = work;
  }

  schedule(state?: T, delay = 0): Subscription {
    if (this.closed) return this;
    this.#clock.clearTimeout(this.#timer);
    const timer = this.#clock.setTimeout(() => {
      this.#work(state);
      if (this.#timer === timer) this.unsubscribe();
    }, delay);
    this.#timer = timer;
    return this;
  }

  override unsubscribe(): void {
    this.#clock.clearTimeout(this.#timer);
    super.unsubscribe();
  }
}
