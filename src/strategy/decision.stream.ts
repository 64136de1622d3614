/**
 * Layer 5: views and scores in, verdicts of a strategy out, and of these the changes that last.
 *
 * 1. Keyed by market from end to end: a dead market holds, and delays nobody.
 * 2. A market is looked at when its view changed, at most once per throttle, the last state always.
 * 3. A market that falls silent is looked at once more when its data become too old.
 */
import {
  connect,
  defer,
  distinctUntilChanged,
  from,
  groupBy,
  ignoreElements,
  interval,
  map,
  merge,
  mergeMap,
  switchMap,
  tap,
  throttleTime,
  timer,
  withLatestFrom,
  type MonoTypeOperatorFunction,
  type Observable,
  type SchedulerLike,
} from 'rxjs';
import type { MarketView } from '../model/book.js';
import type { Verdict } from '../model/decision.js';
import { unixMs, type MarketId, type UnixMs } from '../model/quantities.js';
import type { SignalSet } from '../model/signal.js';
import type { Strategy } from './strategy-port.js';

const THROTTLE_MS = 100;
const STABILITY_MS = 500;
const SWEEP_MS = 250;
/** More than the venue lists; a market beyond the limit is not looked at. */
const MARKETS_MAX = 1_024;

const nowOf = (scheduler: SchedulerLike): UnixMs => unixMs(scheduler.now());

/** What is known of the markets, and the confidence of those that are fresh. */
class Watch {
  readonly #strategy: Strategy;
  readonly #views = new Map<MarketId, MarketView>();
  readonly #signals = new Map<MarketId, SignalSet>();
  readonly #field = new Map<MarketId, number>();

  constructor(strategy: Strategy) {
    this.#strategy = strategy;
  }

  /** Remembers the views and names the markets that are to be looked at. */
  see(views: readonly MarketView[]): readonly MarketId[] {
    const known = views.filter(
      ({ market }) => this.#views.has(market) || this.#views.size < MARKETS_MAX,
    );
    for (const view of known) this.#views.set(view.market, view);
    return known.map(({ market }) => market);
  }

  /** Bounded by the markets that the engines score. */
  score(sets: readonly SignalSet[]): void {
    for (const set of sets) this.#signals.set(set.market, set);
  }

  /** Markets that were fresh when last looked at and no longer are. */
  lapsed(now: UnixMs): readonly MarketId[] {
    return [...this.#field.keys()].filter((market) => {
      const seenAt = this.#views.get(market)?.book.updatedAt ?? 0;
      return now - seenAt > this.#strategy.ageMsMax;
    });
  }

  look(market: MarketId, now: UnixMs): readonly Verdict[] {
    const view = this.#views.get(market);
    if (view === undefined) return [];
    const signals = this.#signals.get(market);
    const candidate = this.#strategy.decide({ now, view, signals, field: this.#field });
    if (candidate.confidence === undefined) this.#field.delete(market);
    else this.#field.set(market, candidate.confidence);
    const stamps = { newestFrameAt: view.at, decidedAt: now };
    const named = { strategy: this.#strategy.name, market, ...stamps };
    return [
      candidate.type === 'enter'
        ? { ...candidate, ...named, heldMs: 0 }
        : { ...candidate, ...named },
    ];
  }
}

export interface DecisionInputs {
  /** Hot; one batch per turn. The scores of a turn must arrive before its views are looked at. */
  readonly views$: Observable<readonly MarketView[]>;
  readonly signals$: Observable<readonly SignalSet[]>;
}

export interface DecisionOptions {
  readonly strategy: Strategy;
  readonly scheduler: SchedulerLike;
  readonly throttleMs?: number;
  readonly sweepMs?: number;
}

/**
 * Every look at every market, for the operator's "why did it not trade" and for `settled`. Cold and
 * with memory of its own, so share it; lives until it is unsubscribed.
 */
export function verdicts(
  { views$, signals$ }: DecisionInputs,
  { strategy, scheduler, throttleMs = THROTTLE_MS, sweepMs = SWEEP_MS }: DecisionOptions,
): Observable<Verdict> {
  return defer(() => {
    const watch = new Watch(strategy);
    // The scores are subscribed first: within a turn they are there before the views are looked at.
    return merge(
      signals$.pipe(
        tap((sets) => watch.score(sets)),
        ignoreElements(),
      ),
      views$.pipe(map((views) => watch.see(views))),
      interval(sweepMs, scheduler).pipe(map(() => watch.lapsed(nowOf(scheduler)))),
    ).pipe(
      mergeMap((markets) => from(markets)),
      groupBy((market) => market),
      mergeMap((market$) =>
        market$.pipe(
          throttleTime(throttleMs, scheduler, { leading: true, trailing: true }),
          mergeMap((market) => watch.look(market, nowOf(scheduler))),
        ),
      ),
    );
  });
}

/** What must change for a verdict to be a new decision. */
export const verdictKey = (verdict: Verdict): string =>
  verdict.type === 'enter' ? `enter:${verdict.side}` : `hold:${verdict.leave.toSorted().join()}`;

export interface StabilityOptions {
  readonly scheduler: SchedulerLike;
  readonly stabilityMs?: number;
}

/**
 * The changes of decision that have lasted. A new key starts the window, the same key updates the
 * verdict without restarting it, so that load cannot starve it; another key restarts it. When it
 * ends, the latest verdict is emitted, stamped, if its key differs from the last one emitted. The
 * first verdict of a market waits like any other.
 */
export function settled({
  scheduler,
  stabilityMs = STABILITY_MS,
}: StabilityOptions): MonoTypeOperatorFunction<Verdict> {
  const stamp = (verdict: Verdict): Verdict => {
    const decidedAt = nowOf(scheduler);
    if (verdict.type === 'hold') return { ...verdict, decidedAt };
    const heldMs = Math.min(stabilityMs, Math.max(0, decidedAt - verdict.newestFrameAt));
    return { ...verdict, decidedAt, heldMs };
  };
  return (verdicts$) =>
    verdicts$.pipe(
      groupBy((verdict) => verdict.market),
      mergeMap((market$) =>
        market$.pipe(
          connect((latest$) =>
            latest$.pipe(
              distinctUntilChanged((a, b) => verdictKey(a) === verdictKey(b)),
              switchMap(() => timer(stabilityMs, scheduler)),
              withLatestFrom(latest$),
            ),
          ),
          map(([, verdict]) => verdict),
          distinctUntilChanged((a, b) => verdictKey(a) === verdictKey(b)),
          map(stamp),
        ),
      ),
    );
}
