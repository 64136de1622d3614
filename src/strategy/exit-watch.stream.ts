/** The exit watch as a stage: positions and markets in, edges out. */
import { defer, EMPTY, filter, ignoreElements, map, merge, tap, type Observable } from 'rxjs';
import type { MarketId } from '../model/quantities.js';
import type { MarketLens } from '../ports/lenses.js';
import { ExitWatch, type ExitEdge, type ExitWatchOptions, type Holding } from './exit-watch.js';

export interface ExitInputs {
  /** Hot; one batch per turn. */
  readonly markets$: Observable<readonly MarketLens[]>;
  /** Each change of a position, flat included. */
  readonly holdings$: Observable<Holding>;
  /** Markets whose newest edge was heard by nobody: they are told again. */
  readonly unheard$?: Observable<MarketId>;
}

/** Edges of a turn, never an empty batch. Cold and with memory of its own, so share it. */
export function exits(
  { markets$, holdings$, unheard$ = EMPTY }: ExitInputs,
  options: Partial<ExitWatchOptions> = {},
): Observable<readonly ExitEdge[]> {
  return defer(() => {
    const watch = new ExitWatch(options);
    return merge(
      holdings$.pipe(
        tap((holding) => watch.hold(holding)),
        ignoreElements(),
      ),
      unheard$.pipe(
        tap((market) => watch.forget(market)),
        ignoreElements(),
      ),
      markets$.pipe(
        map((lenses) => lenses.map((lens) => watch.accept(lens))),
        map((edges) => edges.filter((edge) => edge !== undefined)),
        filter((edges) => edges.length > 0),
      ),
    );
  });
}
