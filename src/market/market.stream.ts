/**
 * The market stage: events in, the views of the markets that changed out, once per turn. Events are
 * applied as they come, views are made at the flush: books slide within a turn, trades never drop.
 */
import {
  filter,
  interval,
  map,
  Observable,
  Subscription,
  type OperatorFunction,
  type SchedulerLike,
} from 'rxjs';
import type { MarketView } from '../model/book.js';
import type { MarketEvent } from '../model/events.js';
import { unixMs, type MarketId, type UnixMs } from '../model/quantities.js';
import type { MarketFold, MarketVerdict } from './market-fold.js';

/** One event with the receive stamp of its frame. */
export interface StampedMarketEvent {
  readonly at: UnixMs;
  readonly event: MarketEvent;
}

export interface MarketViewsOptions {
  /** The end of each turn. */
  readonly flush$: Observable<UnixMs>;
  /** Told of every event when it has been applied or rejected. */
  readonly onVerdict?: (verdict: MarketVerdict, event: MarketEvent) => void;
}

/** Never emits an empty list. When the events end, what is still to be told is told at once. */
export function marketViews(
  fold: MarketFold,
  { flush$, onVerdict }: MarketViewsOptions,
): OperatorFunction<StampedMarketEvent, readonly MarketView[]> {
  return (events$) =>
    new Observable((listener) => {
      let newest = unixMs(0);
      const flush = (now: UnixMs): void => {
        const views = fold.flush(now);
        if (views.length > 0) listener.next(views);
      };
      const both = new Subscription();
      both.add(
        flush$.subscribe({
          next: flush,
          error: (error: unknown) => listener.error(error),
        }),
      );
      both.add(
        events$.subscribe({
          next: ({ at, event }) => {
            newest = at;
            const verdict = fold.apply(event, at);
            onVerdict?.(verdict, event);
          },
          error: (error: unknown) => listener.error(error),
          complete: () => {
            flush(newest);
            listener.complete();
          },
        }),
      );
      return both;
    });
}

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
