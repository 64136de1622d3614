/**
 * At most one value per market in any `ms`: the first at once, then the newest of each window at
 * its end. What comes meanwhile slides; the last value is never lost, not even when the source
 * ends. One timer serves all markets: equally long windows end in the order they were opened.
 */
import { Observable, Subscription, type MonoTypeOperatorFunction, type SchedulerLike } from 'rxjs';
import type { MarketId } from '../model/quantities.js';

/** Of one market, for ever: opened again and again. */
interface Window<T> {
  isOpen: boolean;
  endsAt: number;
  newest: T | undefined;
}

/** Places that the queue may have left behind before it is cut. */
const QUEUE_SLACK = 1_024;

function windowFor<T>(windows: Map<MarketId, Window<T>>, market: MarketId): Window<T> {
  const window: Window<T> = { isOpen: false, endsAt: 0, newest: undefined };
  windows.set(market, window);
  return window;
}

/**
 * Windows may end up to `slackMs` late, so that one timer ends several.
 *
 * Holds one window per market that ever emitted.
 */
export function auditByMarket<T extends { readonly market: MarketId }>(
  ms: number,
  scheduler: SchedulerLike,
  slackMs = 0,
): MonoTypeOperatorFunction<T> {
  return (source$) =>
    new Observable<T>((listener) => {
      const windows = new Map<MarketId, Window<T>>();
      /** The open windows, oldest first, from `first` on. */
      const queue: Window<T>[] = [];
      let first = 0;
      const timer = new Subscription();
      let armed = false;

      const arm = (): void => {
        const oldest = queue[first];
        if (armed || oldest === undefined) return;
        armed = true;
        const delay = Math.max(0, oldest.endsAt - scheduler.now(), slackMs);
        const work: Subscription = scheduler.schedule(() => {
          timer.remove(work);
          armed = false;
          endWindows();
        }, delay);
        timer.add(work);
      };
      const emit = (window: Window<T>, value: T): void => {
        window.isOpen = true;
        window.endsAt = scheduler.now() + ms;
        window.newest = undefined;
        queue.push(window);
        listener.next(value);
      };
      const endWindows = (): void => {
        const now = scheduler.now();
        for (; ; first += 1) {
          const window = queue[first];
          if (window === undefined || window.endsAt > now) break;
          const { newest } = window;
          if (newest === undefined) window.isOpen = false;
          else emit(window, newest);
        }
        if (first > QUEUE_SLACK) {
          queue.splice(0, first);
          first = 0;
        }
        arm();
      };

      timer.add(
        source$.subscribe({
          next: (value) => {
            const window = windows.get(value.market) ?? windowFor(windows, value.market);
            if (window.isOpen) window.newest = value;
            else emit(window, value);
            arm();
          },
          error: (error: unknown) => listener.error(error),
          complete: () => {
            for (; first < queue.length; first += 1) {
              const newest = queue[first]?.newest;
              if (newest !== undefined) listener.next(newest);
            }
            listener.complete();
          },
        }),
      );
      return timer;
    });
}
