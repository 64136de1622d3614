/** The newest value of every market, as one map that each new value brings up to date. */
import { Observable, type OperatorFunction } from 'rxjs';
import type { MarketId } from '../model/quantities.js';

/**
 * Emits after each value. The map is always the same live one (copying it per value would cost as
 * much as there are markets): read it at once, do not keep it. Holds one value per market seen.
 */
export function latestByMarket<T extends { readonly market: MarketId }>(): OperatorFunction<
  T,
  ReadonlyMap<MarketId, T>
> {
  return (source$) =>
    new Observable((listener) => {
      const latest = new Map<MarketId, T>();
      return source$.subscribe({
        next: (value) => {
          latest.set(value.market, value);
          listener.next(latest);
        },
        error: (error: unknown) => listener.error(error),
        complete: () => listener.complete(),
      });
    });
}
