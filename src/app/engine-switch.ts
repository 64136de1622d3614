/**
 * Both engines side by side on the same inputs. The streaming one is heard while the two agree and
 * it keeps to its budget; else the batch engine takes over, latched, with a named cause.
 *
 * 1. Both are given every input in the same turn; only the one that is heard is heard.
 * 2. A decision is told once: the keys that were told outlive the switch, and what the batch engine
 *    had decided meanwhile is told with it.
 * 3. Positions, orders and risk know nothing of it.
 */
import { ignoreElements, merge, Subject, Subscription, tap, type Observable } from 'rxjs';
import type { Verdict } from '../model/decision.js';
import type {
  Divergence,
  EngineName,
  EngineStatus,
  Fallback,
  FallbackCause,
} from '../model/engine-status.js';
import type { AccountEvent, DeadLetter, FrameCounts } from '../model/events.js';
import type { MarketId, UnixMs } from '../model/quantities.js';
import type { Backfill } from '../model/signal.js';
import type { Clock } from '../ports/clock.js';
import type {
  EngineBooks,
  MarketEngine,
  StampedFact,
  StampedFrame,
  StampedHeight,
  VersionAlarm,
} from '../ports/engine.js';
import type { MarketLens, SignalLens } from '../ports/lenses.js';
import type { Resources } from '../ports/resources.js';
import { booksOf, handOver } from './engine-books.js';
import { EngineBudget, type EngineLimits } from './engine-budget.js';
import { EngineComparison, EngineSayings } from './engine-comparison.js';

const COMPARE_MS = 1_000;

/** Each ends its turns when it is told to, the streaming one first. */
export interface EnginePair {
  readonly streaming: MarketEngine;
  readonly batch: MarketEngine;
  readonly flushStreaming: (now: UnixMs) => void;
  readonly flushBatch: (now: UnixMs) => void;
}

type Runner = (work: () => void) => void;

export interface EngineSwitchOptions {
  /** What the engines do by themselves, in timers: `guard` runs the streaming one's. */
  readonly makePair: (guard: Runner, shadow: Runner) => EnginePair;
  readonly keyOf: (verdict: Verdict) => string;
  readonly limits: EngineLimits;
  readonly resources: Resources;
  readonly clock: Clock;
  readonly flush$: Observable<UnixMs>;
  readonly onDivergence: (divergence: Divergence) => void;
  readonly onFallback: (fallback: Fallback) => void;
  /** The batch engine failed while it was not heard: there is nobody to fall back to now. */
  readonly onAlone: (reason: string) => void;
}

export class EngineSwitch implements MarketEngine {
  readonly frames$ = new Subject<StampedFrame>();
  readonly facts$ = new Subject<StampedFact>();
  readonly backfills$ = new Subject<Backfill>();
  readonly deadLetters$ = new Subject<DeadLetter>();
  readonly account$ = new Subject<AccountEvent>();
  readonly heights$ = new Subject<StampedHeight>();
  readonly accountLost$ = new Subject<void>();
  readonly snapshots$ = new Subject<MarketId>();
  readonly markets$ = new Subject<readonly MarketLens[]>();
  readonly signals$ = new Subject<readonly SignalLens[]>();
  readonly verdicts$ = new Subject<Verdict>();
  readonly decisions$ = new Subject<Verdict>();
  readonly resyncs$ = new Subject<readonly MarketId[]>();
  readonly fold: EngineBooks;
  readonly versions;
  readonly #raised$ = new Subject<VersionAlarm>();
  readonly #options: EngineSwitchOptions;
  readonly #inputs = new Subscription();
  readonly #fallbacks: Partial<Record<FallbackCause, number>> = {};
  /** Key of the last decision told of each market. */
  readonly #told = new Map<MarketId, string>();
  /** The last decision of the batch engine for each market. */
  readonly #decided = new Map<MarketId, Verdict>();
  #heard: EngineName = 'streaming';
  #fallback: Fallback | undefined;
  #pair: EnginePair;
  #sayings;
  #comparison: EngineComparison;
  #budget: EngineBudget;
  #streaming = new Subscription();
  #batch = new Subscription();
  #watched: readonly MarketId[] | undefined;
  #compared = 0;
  #divergent = 0;
  #reported = 0;
  #comparedAt: UnixMs;
  /** Since when the batch engine has told of turns that the streaming one has not. */
  #untoldSince: UnixMs | undefined;
  #spentMs = 0;
  /** Why there is no batch engine any more to fall back to. */
  #alone: string | undefined;

  constructor(options: EngineSwitchOptions) {
    this.#options = options;
    this.#comparedAt = options.clock.now();
    this.#budget = new EngineBudget(options.limits);
    this.#pair = this.#makePair();
    this.#sayings = this.#newSayings();
    this.#comparison = this.#newComparison();
    this.fold = booksOf(
      () => this.#active.fold,
      (markets, reason) => this.#both((engine) => engine.fold.markStale(markets, reason)),
    );
    const alarms = () => this.#active.versions.alarms;
    this.versions = {
      get alarms() {
        return alarms();
      },
      raised$: this.#raised$.asObservable(),
    };
    this.#listen();
    this.#inputs.add(this.frames$.subscribe((frame) => this.receive(frame)));
    this.#inputs.add(this.facts$.subscribe((fact) => this.apply(fact)));
    this.#inputs.add(
      this.backfills$.subscribe((history) => this.#both((e) => e.backfills$.next(history))),
    );
    this.#inputs.add(options.flush$.subscribe((now) => this.#turn(now)));
  }

  get heard(): EngineName {
    return this.#heard;
  }

  get counts(): FrameCounts {
    return this.#active.counts;
  }

  get letters(): Readonly<Record<string, number>> {
    return this.#active.letters;
  }

  get status(): EngineStatus {
    return {
      setting: 'both',
      active: this.#heard,
      fallback: this.#fallback,
      alone: this.#alone,
      fallbacks: this.#fallbacks,
      compared: this.#compared,
      divergent: this.#divergent + this.#comparison.count,
      divergences: this.#comparison.divergences,
    };
  }

  receive(frame: StampedFrame): void {
    this.#both((engine) => engine.receive(frame));
  }

  apply(fact: StampedFact): void {
    this.#both((engine) => engine.apply(fact));
  }

  watch(markets: readonly MarketId[]): void {
    this.#watched = markets;
    this.#both((engine) => engine.watch(markets));
  }

  /** A fallback of an earlier run, which nobody has cleared. */
  recall(fallback: Fallback): void {
    if (this.#fallback === undefined) this.#hearBatch(fallback);
  }

  /**
   * By an operator's word: both engines begin anew, with what is known of the markets, and all
   * books are subscribed again. False when both run and the streaming one is heard.
   */
  restore(): boolean {
    if (this.#fallback === undefined && this.#alone === undefined) return false;
    const old = this.#active;
    const pair = this.#makePair();
    this.#streaming.unsubscribe();
    this.#batch.unsubscribe();
    this.#divergent += this.#comparison.count;
    this.#fallback = undefined;
    this.#alone = undefined;
    this.#heard = 'streaming';
    this.#decided.clear();
    this.#spentMs = 0;
    this.#untoldSince = undefined;
    this.#reported = 0;
    this.#budget = new EngineBudget(this.#options.limits);
    this.#pair = pair;
    this.#sayings = this.#newSayings();
    this.#comparison = this.#newComparison();
    this.#listen();
    if (this.#watched !== undefined) this.watch(this.#watched);
    handOver(old, this, this.#options.clock.now());
    this.resyncs$.next(this.fold.markets);
    return true;
  }

  close(): void {
    this.#inputs.unsubscribe();
    this.#streaming.unsubscribe();
    this.#batch.unsubscribe();
  }

  get #active(): MarketEngine {
    return this.#pair[this.#heard];
  }

  #makePair(): EnginePair {
    return this.#options.makePair(
      (work) => this.#guard(work),
      (work) => this.#shadow(work),
    );
  }

  #newSayings() {
    const { keyOf } = this.#options;
    return { streaming: new EngineSayings(keyOf), batch: new EngineSayings(keyOf) };
  }

  #newComparison(): EngineComparison {
    const { streaming, batch } = this.#pair;
    return new EngineComparison({
      streaming: { engine: streaming, sayings: this.#sayings.streaming },
      batch: { engine: batch, sayings: this.#sayings.batch },
    });
  }

  #listen(): void {
    const { streaming, batch } = this.#pair;
    const { streaming: said, batch: others } = this.#sayings;
    this.#streaming = merge(said.listen(streaming), this.#hear('streaming', streaming)).subscribe({
      error: (error: unknown) => this.#threw(error),
    });
    this.#batch = merge(others.listen(batch), this.#hear('batch', batch)).subscribe({
      error: (error: unknown) => this.#failed(error),
    });
  }

  /** Passes on what the engine says while it is the one that is heard. */
  #hear(name: EngineName, engine: MarketEngine): Observable<never> {
    const pass = <T>(from$: Observable<T>, to$: Subject<T>): Observable<T> =>
      from$.pipe(
        tap((value) => {
          if (this.#heard === name) to$.next(value);
        }),
      );
    return merge(
      pass(engine.signals$, this.signals$),
      pass(engine.markets$, this.markets$),
      pass(engine.deadLetters$, this.deadLetters$),
      pass(engine.versions.raised$, this.#raised$),
      pass(engine.account$, this.account$),
      pass(engine.heights$, this.heights$),
      pass(engine.accountLost$, this.accountLost$),
      pass(engine.snapshots$, this.snapshots$),
      pass(engine.verdicts$, this.verdicts$),
      pass(engine.resyncs$, this.resyncs$),
      engine.decisions$.pipe(
        tap((decision) => {
          if (name === 'batch') this.#decided.set(decision.market, decision);
          if (this.#heard === name) this.#tell(decision);
        }),
      ),
    ).pipe(ignoreElements());
  }

  /** The same decision twice in a row is one. */
  #tell(decision: Verdict): void {
    const key = this.#options.keyOf(decision);
    if (this.#told.get(decision.market) === key) return;
    this.#told.set(decision.market, key);
    this.decisions$.next(decision);
  }

  #both(work: (engine: MarketEngine) => void): void {
    this.#guard(() => work(this.#pair.streaming));
    this.#shadow(() => work(this.#pair.batch));
  }

  /** Work of the batch engine: what it throws while it is not heard is its own end only. */
  #shadow(work: () => void): void {
    if (this.#alone !== undefined) return;
    try {
      work();
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    if (this.#heard === 'batch') throw error;
    this.#alone = reasonOf(error);
    this.#batch.unsubscribe();
    this.#options.onAlone(this.#alone);
  }

  /** Work of the streaming engine: timed, and its end if it throws. Nothing after a fallback. */
  #guard(work: () => void): void {
    if (this.#fallback !== undefined) return;
    const { resources } = this.#options;
    const begun = resources.workMs();
    try {
      work();
    } catch (error) {
      this.#threw(error);
    }
    this.#spentMs += resources.workMs() - begun;
  }

  #turn(now: UnixMs): void {
    this.#guard(() => this.#pair.flushStreaming(now));
    this.#shadow(() => this.#pair.flushBatch(now));
    if (this.#fallback !== undefined || this.#alone !== undefined) return;
    this.#budget.turn(this.#spentMs);
    this.#spentMs = 0;
    if (this.#isSilent(now)) return;
    this.#compare(now);
    const breakage = this.#budget.judge(now, () => this.#options.resources.memoryMb());
    if (breakage !== undefined) this.#fall({ ...breakage, at: now });
  }

  /** Told of nothing although there was something to tell. */
  #isSilent(now: UnixMs): boolean {
    const isSilent = this.#sayings.streaming.told.size === 0 && this.#sayings.batch.told.size > 0;
    if (!isSilent) {
      this.#untoldSince = undefined;
      return false;
    }
    this.#untoldSince ??= now;
    const silentMs = now - this.#untoldSince;
    const { stallMsMax } = this.#options.limits;
    if (silentMs > stallMsMax) {
      const evidence = `frames came, but no turn was told of for ${silentMs} ms > ${stallMsMax} ms`;
      this.#fall({ cause: 'engine.stalled', evidence, at: now });
    }
    return true;
  }

  #compare(now: UnixMs): void {
    const comparison = this.#comparison;
    try {
      comparison.turn(now);
      if (now - this.#comparedAt >= COMPARE_MS) {
        this.#comparedAt = now;
        this.#compared += 1;
        comparison.all(now);
      }
    } catch (error) {
      return this.#threw(error);
    }
    const found = comparison.divergences.slice(this.#reported);
    this.#reported = comparison.divergences.length;
    for (const divergence of found) this.#options.onDivergence(divergence);
    const [first] = found;
    if (first === undefined) return;
    const { place, streaming, batch } = first;
    const evidence = `${place}: streaming ${streaming}, batch ${batch}`;
    this.#fall({ cause: 'engine.diverged', evidence, at: now });
  }

  #threw(error: unknown): void {
    if (this.#alone !== undefined) throw error;
    this.#fall({ cause: 'engine.threw', evidence: reasonOf(error), at: this.#options.clock.now() });
  }

  #hearBatch(fallback: Fallback): void {
    this.#fallback = fallback;
    this.#heard = 'batch';
    this.#streaming.unsubscribe();
  }

  /** From now on the batch engine is heard. What it knows better is told at once. */
  #fall(fallback: Fallback): void {
    if (this.#fallback !== undefined) return;
    this.#hearBatch(fallback);
    this.#fallbacks[fallback.cause] = (this.#fallbacks[fallback.cause] ?? 0) + 1;
    this.#options.onFallback(fallback);
    const { markets, signals } = this.#sayings.batch;
    this.signals$.next([...signals.values()]);
    // A stop that was crossed in the silence before is seen now.
    if (markets.size > 0) this.markets$.next([...markets.values()]);
    for (const decision of this.#decided.values()) this.#tell(decision);
  }
}

const reasonOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
