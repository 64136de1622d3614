/** A clock whose timers hand their work to somebody who runs it: to be timed, or caught. */
import type { SchedulerAction, SchedulerLike, Subscription } from 'rxjs';
import type { Clock } from '../ports/clock.js';

export const watchedClock = (clock: Clock, watch: (work: () => void) => void): Clock => ({
  now: () => clock.now(),
  setTimeout: (work, ms) => clock.setTimeout(() => watch(work), ms),
  clearTimeout: (handle) => clock.clearTimeout(handle),
  scheduler: watchedScheduler(clock.scheduler, watch),
});

const watchedScheduler = (
  inner: SchedulerLike,
  watch: (work: () => void) => void,
): SchedulerLike => ({
  now: () => inner.now(),
  schedule: <T>(
    work: (this: SchedulerAction<T>, state?: T) => void,
    delay?: number,
    state?: T,
  ): Subscription =>
    inner.schedule<T>(
      function watched(this: SchedulerAction<T>, value) {
        watch(() => work.call(this, value));
      },
      delay,
      state,
    ),
});
