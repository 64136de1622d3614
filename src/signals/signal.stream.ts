/**
 * Layer 4: the markets that changed in, their scores out, once per turn.
 *
 * Keyed, never combined across markets: a market that is silent silences nobody but itself.
 */
import { defer, EMPTY, filter, ignoreElements, map, merge, tap, type Observable } from 'rxjs';
import type { MarketId } from '../model/quantities.js';
import type { Backfill } from '../model/signal.js';
import type { MarketLens, SignalLens } from '../ports/lenses.js';
import { SignalDesk } from './market-scores.js';

export interface SignalInputs {
  /** Hot; one batch per turn. */
  readonly markets$: Observable<readonly MarketLens[]>;
  readonly backfills$?: Observable<Backfill>;
  /** Markets whose history is void, or that are gone. */
  readonly dropped$?: Observable<MarketId>;
}

/**
 * The scores of the markets of this turn; read them when somebody wants them. Cold: each
 * subscription owns a desk of its own, so share it. Completes with its inputs.
 */
export function signals({
  markets$,
  backfills$ = EMPTY,
  dropped$ = EMPTY,
}: SignalInputs): Observable<readonly SignalLens[]> {
  return defer(() => {
    const desk = new SignalDesk();
    return merge(
      merge(
        backfills$.pipe(tap((history) => desk.backfill(history))),
        dropped$.pipe(tap((market) => desk.drop(market))),
      ).pipe(ignoreElements()),
      markets$.pipe(
        map((lenses) => desk.accept(lenses)),
        filter((scored) => scored.length > 0),
      ),
    );
  });
}
