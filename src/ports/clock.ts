/** Time, as the core asks for it. One heap clock stands behind all of these. */
import type { SchedulerLike } from 'rxjs';
import type { UnixMs } from '../model/quantities.js';

/** A pending timer; opaque to everybody but the clock that made it. */
export type TimerHandle = object;

/** Fits XState's `clock` option as it is. */
export interface Timers {
  setTimeout(work: () => void, ms: number): TimerHandle;
  clearTimeout(handle: TimerHandle | undefined): void;
}

export interface Clock extends Timers {
  /** The stamp of the input that is being run: constant within one input. */
  now(): UnixMs;
  /** The same time line for RxJS: pass it to every operator that knows time. */
  readonly scheduler: SchedulerLike;
}
