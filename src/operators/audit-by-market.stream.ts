/**
 * At most one value per market in any `ms`: the first at once, then the newest of each window at
 * its end. What comes meanwhile slides; the last value is never lost, not even when the source
 * ends. One timer serves all markets: equally long windows end in the order they were opened.
 */
import { Observable, Subscription, type MonoTypeOperatorFunction, type SchedulerLike } from 'rxjs';
import type { MarketId } from '../model/quantities.js';

interface Window<T> {
  readonly endsAt: number;
  newest: T | undefined;
}

/**
 * Windows may end up to `slackMs` late, so that one timer ends several.
 *
 * Holds one window per market that emitted within the last `ms`.
 */
export function auditByMarket<T extends { readonly market: MarketId }>(
  ms: number,
  scheduler: SchedulerLike,
  slackMs = 0,
): MonoTypeOperatorFunction<T> {
  return (source$) =>
    new Observable<T>((listener) => {
      /** Oldest first: a market that opens a new window moves to the end. */
      const windows = new Map<MarketId, Window<T>>();
      const timer = new Subscription();
      let armed = false;

      const arm = (): void => {
        if (armed) return;
        const next = windows.values().next();
        if (next.done === true) return;
        armed = true;
        const delay = Math.max(0, next.value.endsAt - scheduler.now(), slackMs);
        const work: Subscription = scheduler.schedule(() => {
          timer.remove(work);
          armed = false;
          endWindows();
        }, delay);
        timer.add(work);
      };
      const emit = (value: T): void => {
        windows.delete(value.market);
        windows.set(value.market, { endsAt: scheduler.now() + ms, newest: undefined });
        listener.next(value);
      };
      const endWindows = (): void => {
        const now = scheduler.now();
        for (const [market, window] of windows) {
          if (window.endsAt > now) break;
          if (window.newest === undefined) windows.delete(market);
          else emit(window.newest);
        }
        arm();
      };

      timer.add(
        source$.subscribe({
          next: (value) => {
            const window = windows.get(value.market);
            if (window === undefined) emit(value);
            else window.newest = value;
            arm();
          },
          error: (error: unknown) => listener.error(error),
          complete: () => {
            for (const { newest } of windows.values()) {
              if (newest !== undefined) listener.next(newest);
            }
            listener.complete();
          },
        }),
      );
      return timer;
    });
}
