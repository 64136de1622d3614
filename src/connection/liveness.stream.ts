/** Two watches over one socket: does the peer answer our pings, and does the feed still speak. */
import {
  distinctUntilChanged,
  map,
  skip,
  startWith,
  switchMap,
  take,
  tap,
  timer,
  type Observable,
  type SchedulerLike,
} from 'rxjs';

export interface HeartbeatOptions {
  readonly ping: () => void;
  /** From a pong to the next ping. */
  readonly everyMs: number;
  /** From a ping to its pong. */
  readonly deadlineMs: number;
  readonly scheduler: SchedulerLike;
}

/** Pings after each pause; emits once and completes when a pong is missing. */
export const missingPong = (
  pong$: Observable<unknown>,
  { ping, everyMs, deadlineMs, scheduler }: HeartbeatOptions,
): Observable<'pong missing'> =>
  pong$.pipe(
    startWith(undefined),
    switchMap(() =>
      timer(everyMs, scheduler).pipe(
        tap(ping),
        switchMap(() => timer(deadlineMs, scheduler)),
      ),
    ),
    take(1),
    map(() => 'pong missing' as const),
  );

export interface SilenceOptions {
  readonly afterMs: number;
  readonly scheduler: SchedulerLike;
}

/**
 * Edges only: `feed.stale` after silence, `feed.fresh` with the next pulse. Fresh to begin with.
 */
export const silence = (
  pulse$: Observable<unknown>,
  { afterMs, scheduler }: SilenceOptions,
): Observable<{ readonly type: 'feed.stale' | 'feed.fresh' }> =>
  pulse$.pipe(
    startWith(undefined),
    switchMap(() =>
      timer(afterMs, scheduler).pipe(
        map(() => true),
        startWith(false),
      ),
    ),
    distinctUntilChanged(),
    skip(1), // Where everybody starts is not an edge.
    map((isSilent) => ({ type: isSilent ? 'feed.stale' : 'feed.fresh' })),
  );
