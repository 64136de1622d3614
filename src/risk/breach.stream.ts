/** Observations in, edges out: where a breach begins and where it ends. */
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
import {
  IDLE_BREAKERS,
  observe,
  type BreakerLimits,
  type BreakerTurn,
  type Observation,
  type RiskEdge,
} from './breakers.js';

export interface BreachOptions {
  readonly limits: BreakerLimits;
  readonly scheduler: SchedulerLike;
  /** Silence counts from its first value on; from the subscription, unless given. */
  readonly watching$?: Observable<unknown>;
}

const TICK_MS = 1000;

/**
 * Looks by itself once a second, so that silence is noticed too. Faults are heard from the
 * subscription on, whether silence counts yet or not. Cold; ends with nothing.
 */
export function breachEdges(
  observations$: Observable<Observation>,
  { limits, scheduler, watching$ = of(true) }: BreachOptions,
): Observable<RiskEdge> {
  const ticks$ = watching$.pipe(
    switchMap(() => interval(TICK_MS, scheduler)),
    map((): Observation => ({ type: 'tick', at: unixMs(scheduler.now()) })),
  );
  const idle: BreakerTurn = { state: IDLE_BREAKERS, edges: [] };
  return merge(observations$, ticks$).pipe(
    scan((last, observation) => observe(last.state, observation, limits), idle),
    mergeMap(({ edges }) => edges),
  );
}
