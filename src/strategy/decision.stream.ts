/**
 * Layer 5: markets and scores in, verdicts of a strategy out, and of these the changes that last.
 *
 * 1. Keyed by market from end to end: a dead market holds, and delays nobody.
 * 2. A market is looked at when it changed, at most once per throttle, the last state always.
 * 3. A market that falls silent is looked at once more when its data become too old.
 */
import {
  defer,
  ignoreElements,
  interval,
  map,
  merge,
  tap,
  type MonoTypeOperatorFunction,
  type Observable,
  type SchedulerLike,
} from 'rxjs';
import type { MarketView, Side } from '../model/book.js';
import type { Hold, Quote, QuotedOrder, Reason, Verdict } from '../model/decision.js';
import { unixMs, type MarketId, type UnixMs } from '../model/quantities.js';
import { auditByMarket } from '../operators/audit-by-market.stream.js';
import { distinctDecision } from '../operators/distinct-decision.stream.js';
import { eachOf } from '../operators/each-of.stream.js';
import type { SignalSet } from '../model/signal.js';
import type { MarketLens, SignalLens } from '../ports/lenses.js';
import type { Candidate, OwnPosition, Sight, Strategy, Terms } from '../ports/strategy.js';
import type { Circumstances } from './circumstances.js';

const THROTTLE_MS = 100;
const STABILITY_MS = 500;
const SWEEP_MS = 250;
/** More than the venue lists; a market beyond the limit is not looked at. */
const MARKETS_MAX = 1_024;

const nowOf = (scheduler: SchedulerLike): UnixMs => scheduler.now() as UnixMs;

/** One look. View and candles are made when they are read. */
class Look implements Sight {
  readonly now: UnixMs;
  readonly glance: MarketLens;
  readonly signals: SignalSet | undefined;
  readonly position: OwnPosition;
  readonly terms: Terms;
  readonly field: ReadonlyMap<MarketId, number>;

  constructor(lens: MarketLens, known: Omit<Sight, 'view' | 'glance' | 'candles'>) {
    this.now = known.now;
    this.glance = lens;
    this.signals = known.signals;
    this.position = known.position;
    this.terms = known.terms;
    this.field = known.field;
  }

  /** May be taken out of the sight, as authors do. */
  get candles(): Sight['candles'] {
    const { glance } = this;
    return (resolution, count) => glance.candles(resolution, count);
  }

  get view(): MarketView {
    return this.glance.view();
  }
}

/** The markets that were seen, and the confidence of those that are fresh. */
class Watch {
  readonly #strategy: Strategy;
  readonly #circumstances: Circumstances;
  readonly #markets = new Map<MarketId, MarketLens>();
  readonly #signals = new Map<MarketId, SignalLens>();
  /** Both by the lenses' own numbers, once seen: most are the same ones as ever. */
  readonly #bySlot: MarketLens[] = [];
  readonly #scoresBySlot: SignalLens[] = [];
  readonly #field = new Map<MarketId, number>();

  constructor(strategy: Strategy, circumstances: Circumstances) {
    this.#strategy = strategy;
    this.#circumstances = circumstances;
  }

  /** The markets that are to be looked at. */
  see(lenses: readonly MarketLens[]): readonly MarketLens[] {
    let known = lenses;
    for (const lens of lenses) {
      const { slot = 0 } = lens;
      if (this.#bySlot[slot] === lens) continue;
      if (this.#markets.has(lens.market) || this.#markets.size < MARKETS_MAX) {
        this.#markets.set(lens.market, lens);
        this.#bySlot[slot] = lens;
      } else known = known.filter((one) => one !== lens);
    }
    return known;
  }

  /** Bounded by the markets that are scored. */
  score(lenses: readonly SignalLens[]): void {
    for (const lens of lenses) {
      const { slot = 0 } = lens;
      if (this.#scoresBySlot[slot] === lens) continue;
      this.#scoresBySlot[slot] = lens;
      this.#signals.set(lens.market, lens);
    }
  }

  /** Markets that were fresh when last looked at and no longer are. */
  lapsed(now: UnixMs): readonly MarketLens[] {
    const lapsed: MarketLens[] = [];
    for (const market of this.#field.keys()) {
      const lens = this.#markets.get(market);
      if (lens !== undefined && now - lens.bookAt > this.#strategy.ageMsMax) lapsed.push(lens);
    }
    return lapsed;
  }

  look(lens: MarketLens, now: UnixMs): Verdict {
    const { market } = lens;
    const signals = this.#signals.get(market)?.set();
    const { terms, positionOf } = this.#circumstances;
    const position = positionOf(market);
    const sight = new Look(lens, { now, signals, position, terms, field: this.#field });
    const candidate = this.#strategy.decide(sight);
    if (candidate.confidence === undefined) this.#field.delete(market);
    else this.#field.set(market, candidate.confidence);
    const stamps = { newestFrameAt: lens.at, decidedAt: now };
    return stamped(candidate, { strategy: this.#strategy.name, market, ...stamps });
  }
}

interface Stamps {
  readonly strategy: string;
  readonly market: MarketId;
  readonly newestFrameAt: UnixMs;
  readonly decidedAt: UnixMs;
}

/** Reasons are put into words when somebody reads them: most looks are never asked why. */
function stamped(candidate: Candidate, stamps: Stamps): Verdict {
  switch (candidate.type) {
    case 'enter':
      return { ...candidate, ...stamps, heldMs: 0 };
    case 'quote':
      return new StampedQuote(candidate, stamps);
    case 'hold':
      return new StampedHold(candidate, stamps);
  }
}

class StampedQuote implements Quote {
  readonly type = 'quote';
  readonly strategy: string;
  readonly market: MarketId;
  readonly confidence: number;
  readonly direction: number | undefined;
  readonly bid: QuotedOrder | undefined;
  readonly ask: QuotedOrder | undefined;
  readonly newestFrameAt: UnixMs;
  readonly decidedAt: UnixMs;
  readonly #candidate: Candidate;

  constructor(candidate: Omit<Quote, keyof Stamps>, stamps: Stamps) {
    this.strategy = stamps.strategy;
    this.market = stamps.market;
    this.confidence = candidate.confidence;
    this.direction = candidate.direction;
    this.bid = candidate.bid;
    this.ask = candidate.ask;
    this.newestFrameAt = stamps.newestFrameAt;
    this.decidedAt = stamps.decidedAt;
    this.#candidate = candidate;
  }

  get reasons(): readonly Reason[] {
    return this.#candidate.reasons;
  }
}

class StampedHold implements Hold {
  readonly type = 'hold';
  readonly strategy: string;
  readonly market: MarketId;
  readonly confidence: number | undefined;
  readonly direction: number | undefined;
  readonly leave: readonly Side[];
  readonly newestFrameAt: UnixMs;
  readonly decidedAt: UnixMs;
  readonly #candidate: Candidate;

  constructor(candidate: Omit<Hold, keyof Stamps>, stamps: Stamps) {
    this.strategy = stamps.strategy;
    this.market = stamps.market;
    this.confidence = candidate.confidence;
    this.direction = candidate.direction;
    this.leave = candidate.leave;
    this.newestFrameAt = stamps.newestFrameAt;
    this.decidedAt = stamps.decidedAt;
    this.#candidate = candidate;
  }

  get reasons(): readonly Reason[] {
    return this.#candidate.reasons;
  }
}

export interface DecisionInputs {
  /** Hot; one batch per turn. The scores of a turn must arrive before its markets are looked at. */
  readonly markets$: Observable<readonly MarketLens[]>;
  readonly signals$: Observable<readonly SignalLens[]>;
}

export interface DecisionOptions extends Circumstances {
  readonly strategy: Strategy;
  readonly scheduler: SchedulerLike;
  readonly throttleMs?: number;
  /** Looks may come so much later than the throttle would have them, several at once. */
  readonly slackMs?: number;
  readonly sweepMs?: number;
}

/**
 * Every look at every market, for the operator's "why did it not trade" and for `settled`. Cold and
 * with memory of its own, so share it; lives until it is unsubscribed.
 */
export function verdicts(
  { markets$, signals$ }: DecisionInputs,
  { strategy, scheduler, terms, positionOf, ...timing }: DecisionOptions,
): Observable<Verdict> {
  const { throttleMs = THROTTLE_MS, slackMs = 0, sweepMs = SWEEP_MS } = timing;
  return defer(() => {
    const watch = new Watch(strategy, { terms, positionOf });
    // The scores are subscribed first: within a turn they are there when the markets are looked at.
    return merge(
      signals$.pipe(
        tap((lenses) => watch.score(lenses)),
        ignoreElements(),
      ),
      markets$.pipe(map((lenses) => watch.see(lenses))),
      interval(sweepMs, scheduler).pipe(map(() => watch.lapsed(nowOf(scheduler)))),
    ).pipe(
      eachOf(),
      auditByMarket(throttleMs, scheduler, slackMs),
      map((lens) => watch.look(lens, nowOf(scheduler))),
    );
  });
}

/** What must change for a verdict to be a new decision. */
export function verdictKey(verdict: Verdict): string {
  if (verdict.type === 'enter') return verdict.side === 'buy' ? 'enter:buy' : 'enter:sell';
  if (verdict.type === 'quote') {
    const sides = [verdict.bid && 'bid', verdict.ask && 'ask'].filter(Boolean);
    return `quote:${sides.join()}`;
  }
  const { leave } = verdict;
  if (leave.length === 0) return 'hold:';
  if (leave.length > 1) return 'hold:buy,sell';
  return leave[0] === 'buy' ? 'hold:buy' : 'hold:sell';
}

export interface StabilityOptions {
  readonly scheduler: SchedulerLike;
  readonly stabilityMs?: number;
}

/** The changes of decision that have lasted, stamped with how long the newest input waited. */
export function settled({
  scheduler,
  stabilityMs = STABILITY_MS,
}: StabilityOptions): MonoTypeOperatorFunction<Verdict> {
  const stamp = (verdict: Verdict): Verdict => {
    const decidedAt = unixMs(scheduler.now());
    // Most put their reasons into words when they are read: they are wanted now.
    if (verdict.type !== 'enter') return { ...verdict, reasons: verdict.reasons, decidedAt };
    const heldMs = Math.min(stabilityMs, Math.max(0, decidedAt - verdict.newestFrameAt));
    return { ...verdict, decidedAt, heldMs };
  };
  return (verdicts$) =>
    verdicts$.pipe(distinctDecision({ keyOf: verdictKey, stabilityMs, scheduler }), map(stamp));
}
