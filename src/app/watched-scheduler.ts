/** A scheduler whose work is handed to somebody who runs it: to be timed, or caught. */
import type { SchedulerAction, SchedulerLike, Subscription } from 'rxjs';

export function watchedScheduler(
  inner: SchedulerLike,
  watch: (work: () => void) => void,
): SchedulerLike {
  return {
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
  };
}
