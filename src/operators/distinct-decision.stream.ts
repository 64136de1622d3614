/**
 * The changes of mind that have lasted, market by market. A new key starts the market's window, the
 * same key brings its value up to date without restarting it, so that load cannot starve it;
 * another key restarts it. When the window ends, the newest value is emitted if its key differs
 * from the last one emitted. The first value of a market waits like any other.
 */
import { Observable, Subscription, type MonoTypeOperatorFunction, type SchedulerLike } from 'rxjs';
import type { MarketId } from '../model/quantities.js';

export interface DistinctDecisionOptions<T> {
  /** What must change for a value to be another decision. */
  readonly keyOf: (value: T) => string;
  readonly stabilityMs: number;
  readonly scheduler: SchedulerLike;
}

interface Mind<T> {
  key: string;
  newest: T;
  /** Key of the last value emitted. */
  told: string | undefined;
}

/** One timer serves all markets. Holds one state per market seen. */
export function distinctDecision<T extends { readonly market: MarketId }>({
  keyOf,
  stabilityMs,
  scheduler,
}: DistinctDecisionOptions<T>): MonoTypeOperatorFunction<T> {
  return (source$) =>
    new Observable<T>((listener) => {
      const minds = new Map<MarketId, Mind<T>>();
      /** When each running window ends, the earliest first: all are equally long. */
      const windows = new Map<MarketId, number>();
      const timer = new Subscription();
      let armed = false;
      const arm = (): void => {
        if (armed) return;
        const [next] = windows.values();
        if (next === undefined) return;
        armed = true;
        const work: Subscription = scheduler.schedule(
          () => {
            timer.remove(work);
            armed = false;
            endWindows();
          },
          Math.max(0, next - scheduler.now()),
        );
        timer.add(work);
      };
      const endWindows = (): void => {
        const now = scheduler.now();
        for (const [market, endsAt] of windows) {
          if (endsAt > now) break;
          windows.delete(market);
          const mind = minds.get(market);
          if (mind === undefined || mind.key === mind.told) continue;
          mind.told = mind.key;
          listener.next(mind.newest);
        }
        arm();
      };
      const restart = (market: MarketId): void => {
        windows.delete(market);
        windows.set(market, scheduler.now() + stabilityMs);
        arm();
      };
      timer.add(
        source$.subscribe({
          next: (value) => {
            const { market } = value;
            const key = keyOf(value);
            const mind = minds.get(market);
            if (mind === undefined) minds.set(market, { key, newest: value, told: undefined });
            else {
              mind.newest = value;
              if (mind.key === key) return;
              mind.key = key;
            }
            restart(market);
          },
          error: (error: unknown) => listener.error(error),
          complete: () => listener.complete(),
        }),
      );
      return timer;
    });
}
