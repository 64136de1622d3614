/**
 * The market stage: what was read of the frames in, the markets that changed out, once per turn.
 * It is applied as it comes and told at the flush: books slide within a turn, trades never drop.
 */
import {
  defer,
  filter,
  ignoreElements,
  interval,
  map,
  merge,
  tap,
  type Observable,
  type SchedulerLike,
} from 'rxjs';
import { unixMs, type MarketId, type UnixMs } from '../model/quantities.js';
import type { MarketLens } from '../ports/lenses.js';
import type { MarketFold } from './market-fold.js';

/** The markets that changed, at the end of each turn; never an empty list. */
export const changedMarkets = (
  fold: MarketFold,
  flush$: Observable<UnixMs>,
): Observable<readonly MarketLens[]> =>
  flush$.pipe(
    map((now) => fold.flush(now)),
    filter((markets) => markets.length > 0),
  );

interface Timing {
  readonly everyMs: number;
  readonly scheduler: SchedulerLike;
}

/**
 * Markets whose books have been crossed since they were last named, every `everyMs`: the venue
 * drops the losing levels of a crossing in silence, and what it drops behind the touch crosses
 * nothing and would never be found out. Holds as many as there are markets; never an empty list.
 */
export function crossedMarkets(
  markets$: Observable<readonly MarketLens[]>,
  { everyMs, scheduler }: Timing,
): Observable<readonly MarketId[]> {
  return defer(() => {
    const crossed = new Set<MarketId>();
    return merge(
      markets$.pipe(
        tap((lenses) => {
          for (const lens of lenses) if (lens.bookState === 'crossed') crossed.add(lens.market);
        }),
        ignoreElements(),
      ),
      interval(everyMs, scheduler).pipe(
        map(() => {
          const named = [...crossed];
          crossed.clear();
          return named;
        }),
        filter((named) => named.length > 0),
      ),
    );
  });
}

/** Markets to subscribe anew, looked for every `everyMs`; each is named once per resync. */
export function resyncRequests(
  fold: MarketFold,
  { everyMs, scheduler }: Timing,
): Observable<readonly MarketId[]> {
  return interval(everyMs, scheduler).pipe(
    map(() => fold.sweep(unixMs(scheduler.now()))),
    filter((markets) => markets.length > 0),
  );
}
