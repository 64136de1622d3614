/**
 * The market stage: what was read of the frames in, the markets that changed out, once per turn.
 * It is applied as it comes and told at the flush: books slide within a turn, trades never drop.
 */
import { filter, interval, map, type Observable, type SchedulerLike } from 'rxjs';
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

/** Markets to subscribe anew, looked for every `everyMs`; each is named once per resync. */
export function resyncRequests(
  fold: MarketFold,
  { everyMs, scheduler }: { readonly everyMs: number; readonly scheduler: SchedulerLike },
): Observable<readonly MarketId[]> {
  return interval(everyMs, scheduler).pipe(
    map(() => fold.sweep(unixMs(scheduler.now()))),
    filter((markets) => markets.length > 0),
  );
}
