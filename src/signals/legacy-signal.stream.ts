/** The old bot's scores in the place of ours: the markets of a turn in, their scores out. */
import { defer, map, type Observable } from 'rxjs';
import type { MarketId } from '../model/quantities.js';
import type { SignalLens } from '../ports/lenses.js';
import { LegacyScores } from './legacy-scores.js';
import { MARKETS_MAX } from './market-scores.js';
import type { SignalInputs } from './signal.stream.js';

/** Cold: each subscription owns the state of its markets. It reads no history: the bot had none. */
export function legacySignals({
  markets$,
}: Pick<SignalInputs, 'markets$'>): Observable<readonly SignalLens[]> {
  return defer(() => {
    const markets = new Map<MarketId, LegacyScores>();
    return markets$.pipe(
      map((lenses) =>
        lenses.flatMap((lens) => {
          const scores = markets.get(lens.market) ?? new LegacyScores(lens.market);
          if (!markets.has(lens.market) && markets.size >= MARKETS_MAX) return [];
          markets.set(lens.market, scores);
          scores.accept(lens);
          return [scores];
        }),
      ),
    );
  });
}
