/** A scan with one state per market: one operator for all markets, instead of a chain for each. */
import { Observable, type OperatorFunction } from 'rxjs';
import type { MarketId } from '../model/quantities.js';

/**
 * Feeds each value to the state of its market. The state may be mutated: this subscription alone
 * owns it. A step that returns undefined emits nothing. Holds one state per market seen.
 */
export function scanByMarket<T extends { readonly market: MarketId }, S, R>(
  seed: (market: MarketId) => S,
  step: (state: S, value: T) => R | undefined,
): OperatorFunction<T, R> {
  return (source$) =>
    new Observable<R>((listener) => {
      const states = new Map<MarketId, { readonly state: S }>();
      const stateOf = (market: MarketId): S => {
        const known = states.get(market);
        if (known !== undefined) return known.state;
        const state = seed(market);
        states.set(market, { state });
        return state;
      };
      return source$.subscribe({
        next: (value) => {
          let result: R | undefined;
          try {
            result = step(stateOf(value.market), value);
          } catch (error) {
            listener.error(error);
            return;
          }
          if (result !== undefined) listener.next(result);
        },
        error: (error: unknown) => listener.error(error),
        complete: () => listener.complete(),
      });
    });
}
