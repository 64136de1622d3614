/** Observations in, edges out: where a breach begins, where it ends, and what losses count from. */
import {
  interval,
  map,
  merge,
  mergeMap,
  of,
  scan,
  switchMap,
  type Observable,
  type SchedulerLike,
} from 'rxjs';
import { unixMs } from '../model/quantities.js';
import type { LossMark } from '../model/risk.js';
import {
  IDLE_BREAKERS,
  isNewMark,
  lossMarkOf,
  observe,
  type BreakerLimits,
  type BreakerTurn,
  type Observation,
  type RiskEdge,
  withMark,
} from './breakers.js';

export interface BreachOptions {
  readonly limits: BreakerLimits;
  readonly scheduler: SchedulerLike;
  /** Silence counts from its first value on; from the subscription, unless given. */
  readonly watching$?: Observable<unknown>;
  /** What an earlier run has left; asked when the first figure comes. */
  readonly lossMark?: () => LossMark | undefined;
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

/**
 * Looks by itself once a second, so that silence is noticed too. Faults are heard from the
 * subscription on, whether silence counts yet or not. Cold; ends with nothing.
 */
export function breachEdges(
  observations$: Observable<Observation>,
  { limits, scheduler, lossMark, watching$ = of(true) }: BreachOptions,
): Observable<RiskEdge | LossMarkEdge> {
  const ticks$ = watching$.pipe(
    switchMap(() => interval(TICK_MS, scheduler)),
    map((): Observation => ({ type: 'tick', at: unixMs(scheduler.now()) })),
  );
  const idle: Marked = { turn: { state: IDLE_BREAKERS, edges: [] }, mark: undefined, told: [] };
  return merge(observations$, ticks$).pipe(
    scan((last, observation): Marked => {
      const isFirst = last.mark === undefined && needsMark(observation);
      const before = isFirst ? lossMark?.() : last.mark;
      const state = isFirst ? withMark(last.turn.state, before) : last.turn.state;
      const turn = observe(state, observation, limits);
      const mark = lossMarkOf(turn.state);
      if (mark === undefined || !isNewMark(before, mark, limits)) {
        return { turn, mark: before, told: [] };
      }
      return { turn, mark, told: [{ type: 'mark', mark }] };
    }, idle),
    mergeMap(({ turn, told }) => [...turn.edges, ...told]),
  );
}

const needsMark = ({ type }: Observation): boolean => type === 'pnl' || type === 'cleared';
