/** The exit watch as a stage: positions and views in, edges out. */
import { defer, filter, ignoreElements, map, merge, tap, type Observable } from 'rxjs';
import type { MarketView } from '../model/book.js';
import { ExitWatch, type ExitEdge, type ExitWatchOptions, type Holding } from './exit-watch.js';

export interface ExitInputs {
  /** Hot; one batch per turn. */
  readonly views$: Observable<readonly MarketView[]>;
  /** Each change of a position, flat included. */
  readonly holdings$: Observable<Holding>;
}

/** Edges of a turn, never an empty batch. Cold and with memory of its own, so share it. */
export function exits(
  { views$, holdings$ }: ExitInputs,
  options: Partial<ExitWatchOptions> = {},
): Observable<readonly ExitEdge[]> {
  return defer(() => {
    const watch = new ExitWatch(options);
    return merge(
      holdings$.pipe(
        tap((holding) => watch.hold(holding)),
        ignoreElements(),
      ),
      views$.pipe(
        map((views) => views.map((view) => watch.accept(view))),
        map((edges) => edges.filter((edge) => edge !== undefined)),
        filter((edges) => edges.length > 0),
      ),
    );
  });
}
