/** Observations in, edges out: where a breach begins, where it ends, and what losses count from. */
import { interval, map, merge, mergeMap, scan, type Observable, type SchedulerLike } from 'rxjs';
import { unixMs } from '../model/quantities.js';
import type { LossMark } from '../model/risk.js';
import {
  breakersFrom,
  isNewMark,
  lossMarkOf,
  observe,
  type BreakerLimits,
  type BreakerTurn,
  type Observation,
  type RiskEdge,
} from './breakers.js';

export interface BreachOptions {
  readonly limits: BreakerLimits;
  readonly scheduler: SchedulerLike;
  /** Of an earlier run, where there was one. */
  readonly lossMark?: LossMark | undefined;
}

/** To be written down, so that a restart counts losses from the same figures. */
export interface LossMarkEdge {
  readonly type: 'mark';
  readonly mark: LossMark;
}

const TICK_MS = 1000;

interface Marked {
  readonly turn: BreakerTurn;
  /** The newest that was told. */
  readonly mark: LossMark | undefined;
  readonly told: readonly LossMarkEdge[];
}

/** Looks by itself once a second, so that silence is noticed too. Cold; ends with nothing. */
export function breachEdges(
  observations$: Observable<Observation>,
  { limits, scheduler, lossMark }: BreachOptions,
): Observable<RiskEdge | LossMarkEdge> {
  const ticks$ = interval(TICK_MS, scheduler).pipe(
    map((): Observation => ({ type: 'tick', at: unixMs(scheduler.now()) })),
  );
  const idle: Marked = {
    turn: { state: breakersFrom(lossMark), edges: [] },
    mark: lossMark,
    told: [],
  };
  return merge(observations$, ticks$).pipe(
    scan((last, observation): Marked => {
      const turn = observe(last.turn.state, observation, limits);
      const mark = lossMarkOf(turn.state);
      if (mark === undefined || !isNewMark(last.mark, mark, limits)) {
        return { turn, mark: last.mark, told: [] };
      }
      return { turn, mark, told: [{ type: 'mark', mark }] };
    }, idle),
    mergeMap(({ turn, told }) => [...turn.edges, ...told]),
  );
}
