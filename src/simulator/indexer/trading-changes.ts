/** The periodic market statistics: of each market only the fields that have changed since. */
import type { MarketView } from '../exchange-types.js';
import { tradingObject } from './market-objects.js';

export class TradingChanges {
  readonly #told = new Map<string, Readonly<Record<string, unknown>>>();

  /** Changes by ticker since the last call; undefined when there are none. */
  next(views: Iterable<MarketView>): Readonly<Record<string, object>> | undefined {
    const changes: Record<string, object> = {};
    for (const view of views) {
      const { ticker } = view.market;
      const now = tradingObject(view);
      const before = this.#told.get(ticker) ?? {};
      const changed = Object.entries(now).filter(([field, value]) => before[field] !== value);
      this.#told.set(ticker, now);
      if (changed.length > 0) changes[ticker] = Object.fromEntries(changed);
    }
    return Object.keys(changes).length === 0 ? undefined : changes;
  }
}
