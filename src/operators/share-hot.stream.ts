/** One subscription to the source for any number of listeners, who see what comes from now on. */
import { share, type MonoTypeOperatorFunction } from 'rxjs';

/**
 * Replays nothing. Unlike plain `share()`, a listener that comes after the end sees the end: it
 * must not run a stage's source a second time. The source is left when the last listener leaves.
 */
export function shareHot<T>(): MonoTypeOperatorFunction<T> {
  return share<T>({ resetOnComplete: false, resetOnError: false, resetOnRefCountZero: true });
}
