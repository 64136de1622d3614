/** The batch engine behind the port of both engines: its callbacks as Observables, nothing more. */
import { defer, finalize, merge, NEVER, Subject, type Observable } from 'rxjs';
import type { Verdict } from '../model/decision.js';
import type { AccountEvent, DeadLetter, FrameCounts, UnknownVersion } from '../model/events.js';
import type { MarketId, UnixMs } from '../model/quantities.js';
import type { Backfill } from '../model/signal.js';
import { shareHot } from '../operators/share-hot.stream.js';
import type {
  MarketEngine,
  StampedFact,
  StampedFrame,
  StampedHeight,
  VersionAlarms,
} from '../ports/engine.js';
import type { MarketLens, SignalLens } from '../ports/lenses.js';
import { BatchEngine, type BatchOptions } from './batch-engine.js';

export interface BatchStreamOptions extends Omit<BatchOptions, 'listener'> {
  readonly flush$: Observable<UnixMs>;
  readonly versions: VersionAlarms & { note(version: UnknownVersion, at: UnixMs): void };
}

export class BatchMarketEngine implements MarketEngine {
  readonly fold: BatchEngine;
  readonly frames$ = new Subject<StampedFrame>();
  readonly facts$ = new Subject<StampedFact>();
  readonly backfills$ = new Subject<Backfill>();
  readonly versions: VersionAlarms;
  readonly deadLetters$ = new Subject<DeadLetter>();
  readonly account$ = new Subject<AccountEvent>();
  readonly heights$ = new Subject<StampedHeight>();
  readonly accountLost$ = new Subject<void>();
  readonly snapshots$ = new Subject<MarketId>();
  readonly markets$: Observable<readonly MarketLens[]>;
  readonly signals$: Observable<readonly SignalLens[]>;
  readonly verdicts$: Observable<Verdict>;
  readonly decisions$: Observable<Verdict>;
  readonly resyncs$: Observable<readonly MarketId[]>;

  constructor({ flush$, versions, ...options }: BatchStreamOptions) {
    this.versions = versions;
    const markets$ = new Subject<readonly MarketLens[]>();
    const signals$ = new Subject<readonly SignalLens[]>();
    const verdicts$ = new Subject<Verdict>();
    const decisions$ = new Subject<Verdict>();
    const resyncs$ = new Subject<readonly MarketId[]>();
    const engine = new BatchEngine({
      ...options,
      listener: {
        markets: (markets) => {
          // Scores first: whoever looks at a market finds them.
          signals$.next(markets.map(({ scores }) => scores));
          markets$.next(markets);
        },
        verdict: (verdict) => verdicts$.next(verdict),
        decision: (decision) => decisions$.next(decision),
        account: (event) => this.account$.next(event),
        accountLost: () => this.accountLost$.next(),
        height: (height) => this.heights$.next(height),
        snapshot: (market) => this.snapshots$.next(market),
        deadLetter: (letter) => this.deadLetters$.next(letter),
        unknownVersion: (version, at) => versions.note(version, at),
        resync: (markets) => resyncs$.next(markets),
      },
    });
    this.fold = engine;
    this.markets$ = markets$;
    this.signals$ = signals$;
    // Markets are looked at while somebody listens to the verdicts, or to the decisions among them.
    const looks$ = during(
      () => engine.desk.open(),
      () => engine.desk.close(),
    ).pipe(shareHot());
    this.verdicts$ = merge(looks$, verdicts$);
    this.decisions$ = merge(looks$, decisions$);
    const sweeps$ = during(
      () => engine.openResyncs(),
      () => engine.closeResyncs(),
    ).pipe(shareHot());
    this.resyncs$ = merge(sweeps$, resyncs$);
    this.frames$.subscribe((frame) => this.receive(frame));
    this.facts$.subscribe((fact) => this.apply(fact));
    this.backfills$.subscribe((history) => engine.backfill(history));
    flush$.subscribe((now) => engine.flush(now));
  }

  get counts(): FrameCounts {
    return this.fold.counts;
  }

  get letters(): Readonly<Record<string, number>> {
    return this.fold.letters;
  }

  receive(frame: StampedFrame): void {
    this.fold.receive(frame);
  }

  apply(fact: StampedFact): void {
    this.fold.apply(fact);
  }

  watch(markets: readonly MarketId[]): void {
    this.fold.watch(markets);
  }
}

/** Emits nothing; what is begun ends when the last listener leaves. */
const during = (begin: () => void, end: () => void): Observable<never> =>
  defer(() => {
    begin();
    return NEVER;
  }).pipe(finalize(end));
