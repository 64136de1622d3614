/** What engines that stand in for each other share: one view of their books, and a beginning. */
import { factsOf } from '../model/events.js';
import type { UnixMs } from '../model/quantities.js';
import type { EngineBooks, MarketEngine } from '../ports/engine.js';

const BACKFILL_MINUTES = 60;

/** The books of whichever engine is heard; marks go to both. */
export const booksOf = (
  active: () => EngineBooks,
  markStale: EngineBooks['markStale'],
): EngineBooks => ({
  get markets() {
    return active().markets;
  },
  view: (market, now) => active().view(market, now),
  spec: (market) => active().spec(market),
  candles: (market, resolution) => active().candles(market, resolution),
  flow: (market, now, ms) => active().flow(market, now, ms),
  levels: (market) => active().levels(market),
  tradeCount: (market) => active().tradeCount(market),
  report: (market) => active().report(market),
  markStale,
});

/** What a new engine is told of the markets that another knows: all but the books. */
export function handOver(from: MarketEngine, to: MarketEngine, at: UnixMs): void {
  const specs = from.fold.markets.flatMap((market) => from.fold.spec(market) ?? []);
  to.facts$.next({ at, event: { type: 'specs', specs } });
  for (const spec of specs) {
    const { market } = spec;
    const view = from.fold.view(market, at);
    for (const event of view === undefined ? [] : factsOf(view)) to.facts$.next({ at, event });
    const candles = from.fold.candles(market);
    if (candles.length === 0) continue;
    to.facts$.next({ at, event: { type: 'candles', market, resolution: '1MIN', candles } });
    to.backfills$.next({ spec, candles: candles.slice(0, -1).slice(-BACKFILL_MINUTES) });
  }
}
