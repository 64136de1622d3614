/** Lets a value through only when it differs from the last one of its own market. */
import type { MonoTypeOperatorFunction } from 'rxjs';
import type { MarketId } from '../model/quantities.js';
import { scanByMarket } from './scan-by-market.stream.js';

/** Compares each value with the last one that went through. Holds one value per market seen. */
export function distinctByMarket<T extends { readonly market: MarketId }>(
  isSame: (last: T, value: T) => boolean,
): MonoTypeOperatorFunction<T> {
  return scanByMarket(
    (): { last: T | undefined } => ({ last: undefined }),
    (state, value: T) => {
      if (state.last !== undefined && isSame(state.last, value)) return undefined;
      state.last = value;
      return value;
    },
  );
}
