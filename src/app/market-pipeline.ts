/**
 * Layers 3 to 5 as one sentence, the streaming engine: frames are decoded, markets folded, scored,
 * judged, and of the verdicts the changes that last are the decisions. Live trading, replay and
 * simulation all run this.
 *
 *   frames$ → decode → fold → markets$ → signals$ → verdicts$ → settled → decisions$
 *                    ↘ account events     ↘ exits
 */
import { filter, map, merge, Subject, take, type Observable, type SchedulerLike } from 'rxjs';
import type { Verdict } from '../model/decision.js';
import type { AccountEvent, DeadLetter, FrameCounts, MarketEvent } from '../model/events.js';
import type { MarketId, UnixMs } from '../model/quantities.js';
import type { Backfill } from '../model/signal.js';
import { MarketFold } from '../market/market-fold.js';
import { changedMarkets, resyncRequests } from '../market/market.stream.js';
import { shareHot } from '../operators/share-hot.stream.js';
import type { MarketEngine, StampedFact, StampedFrame, StampedHeight } from '../ports/engine.js';
import type { MarketLens, SignalLens } from '../ports/lenses.js';
import type { Decoded, FrameDecoder } from '../ports/market-feed.js';
import type { Strategy } from '../ports/strategy.js';
import { signals } from '../signals/signal.stream.js';
import { settled, verdicts } from '../strategy/decision.stream.js';
import { DEFAULT_TERMS, FLAT, type Circumstances } from '../strategy/circumstances.js';
import { VersionWatch } from './version-watch.js';

export interface PipelineOptions {
  readonly decoder: FrameDecoder;
  readonly strategy: Strategy;
  readonly scheduler: SchedulerLike;
  readonly flush$: Observable<UnixMs>;
  /** What the strategy is told of itself; flat, on usual terms, unless told otherwise. */
  readonly circumstances?: Partial<Circumstances>;
  /** The stage of the scores; ours unless told otherwise. */
  readonly scores?: typeof signals;
}

const RESYNC_LOOK_MS = 1_000;
/** Looks of several markets share a timer. */
const LOOK_SLACK_MS = 5;
const EXCERPT_LENGTH = 200;
/** The channel's name stands within the envelope, which comes first. */
const HEAD_LENGTH = 400;
/** Different reasons kept apart; the rest is counted as `other`. */
const REASONS_MAX = 100;

/** The streaming engine. */
export class MarketPipeline implements MarketEngine {
  readonly fold = new MarketFold();
  /** Where frames come in. */
  readonly frames$ = new Subject<StampedFrame>();
  /** Market facts that come by another road: REST re-reads and parameters. */
  readonly facts$ = new Subject<StampedFact>();
  readonly backfills$ = new Subject<Backfill>();
  readonly deadLetters$ = new Subject<DeadLetter>();
  readonly versions = new VersionWatch();
  readonly account$ = new Subject<AccountEvent>();
  readonly heights$ = new Subject<StampedHeight>();
  /** A frame of the account was not taken in: its fills are to be found by another road. */
  readonly accountLost$ = new Subject<void>();
  /** Markets whose books had a snapshot: to be read again through REST. */
  readonly snapshots$ = new Subject<MarketId>();
  /** The markets that changed, at the end of each turn. */
  readonly markets$: Observable<readonly MarketLens[]>;
  readonly signals$: Observable<readonly SignalLens[]>;
  readonly verdicts$: Observable<Verdict>;
  /** Changes of decision that lasted. */
  readonly decisions$: Observable<Verdict>;
  /** Markets to subscribe anew. */
  readonly resyncs$: Observable<readonly MarketId[]>;
  readonly #decoder: FrameDecoder;
  readonly #unreadable$ = new Subject<MarketId>();
  readonly #letters = new Map<string, number>();
  #watched: ReadonlySet<MarketId> | undefined;
  readonly #counts = { received: 0, applied: 0, rejected: 0, quarantined: 0 };

  constructor(options: PipelineOptions) {
    const { decoder, strategy, scheduler, flush$, circumstances, scores = signals } = options;
    this.#decoder = decoder;
    this.frames$.subscribe((frame) => this.receive(frame));
    this.facts$.subscribe((fact) => this.apply(fact));
    this.markets$ = changedMarkets(this.fold, flush$).pipe(shareHot());
    const { markets$, backfills$ } = this;
    this.signals$ = scores({ markets$, backfills$ }).pipe(shareHot());
    this.verdicts$ = verdicts(
      { markets$, signals$: this.signals$ },
      {
        strategy,
        scheduler,
        slackMs: LOOK_SLACK_MS,
        terms: DEFAULT_TERMS,
        positionOf: () => FLAT,
        ...circumstances,
      },
    ).pipe(shareHot());
    this.decisions$ = this.verdicts$.pipe(settled({ scheduler }), shareHot());
    this.resyncs$ = merge(
      resyncRequests(this.fold, { everyMs: RESYNC_LOOK_MS, scheduler }),
      this.#unreadable$.pipe(map((market) => [market])),
    );
  }

  get counts(): FrameCounts {
    return { ...this.#counts };
  }

  /** How many frames could not be read, by reason. */
  get letters(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#letters);
  }

  /** Only these markets from now on: what the venue says of others is applied to nothing. */
  watch(markets: readonly MarketId[]): void {
    this.#watched = new Set(markets);
  }

  apply({ event, at }: StampedFact): void {
    this.fold.apply(event, at);
  }

  /** Every frame is applied, rejected or quarantined, and counted as exactly one of them. */
  receive({ data, at }: StampedFrame): void {
    this.#counts.received += 1;
    const decoded = this.#decoder.decode(data, at);
    if (decoded.type === 'levels') return this.#applyLevels(decoded, at);
    if (decoded.type === 'rejected' || decoded.type === 'unreadable') this.#noteLoss(data);
    switch (decoded.type) {
      case 'control':
        this.#counts.applied += 1;
        return;
      case 'rejected':
        this.#counts.rejected += 1;
        return;
      case 'unreadable':
        if (decoded.unknownVersion) this.versions.note(decoded.unknownVersion, at);
        return this.#quarantine(decoded.reason, decoded.market, { data, at });
      case 'events': {
        const rejectedBefore = this.fold.counts.rejected;
        for (const event of decoded.market) {
          const watched = this.#onlyWatched(event);
          if (watched !== undefined) this.#forward(watched, at);
        }
        const isRejected = this.fold.counts.rejected > rejectedBefore;
        this.#counts[isRejected ? 'rejected' : 'applied'] += 1;
        for (const event of decoded.account) this.account$.next(event);
      }
    }
  }

  /** The hot road: most frames are book updates. */
  #applyLevels(decoded: Decoded & { readonly type: 'levels' }, at: UnixMs): void {
    const rejection = this.fold.applyLevels(decoded, at);
    // Of a market that is not watched nothing is known, and nothing is wanted.
    const isIgnored = rejection === 'market.unknown' && this.#isUnwatched(decoded.market);
    this.#counts[rejection === undefined || isIgnored ? 'applied' : 'rejected'] += 1;
  }

  #isUnwatched(market: MarketId): boolean {
    return this.#watched !== undefined && !this.#watched.has(market);
  }

  #onlyWatched(event: MarketEvent): MarketEvent | undefined {
    const watched = this.#watched;
    if (watched === undefined || event.type === 'height') return event;
    if (event.type !== 'specs') return watched.has(event.market) ? event : undefined;
    return { ...event, specs: event.specs.filter(({ market }) => watched.has(market)) };
  }

  /** State first, then those who hear of it. */
  #forward(event: MarketEvent, at: UnixMs): void {
    this.fold.apply(event, at);
    if (event.type === 'height') {
      const { height, time } = event;
      this.heights$.next({ height, time, at });
    }
    if (event.type === 'book.snapshot') this.snapshots$.next(event.market);
  }

  #noteLoss(data: Uint8Array): void {
    const head = Buffer.from(data.buffer, data.byteOffset, Math.min(data.length, HEAD_LENGTH));
    if (head.includes('v4_subaccounts')) this.accountLost$.next();
  }

  #quarantine(reason: string, market: MarketId | undefined, { data, at }: StampedFrame): void {
    this.#counts.quarantined += 1;
    const known = this.#letters.has(reason) || this.#letters.size < REASONS_MAX;
    const key = known ? reason : 'other';
    this.#letters.set(key, (this.#letters.get(key) ?? 0) + 1);
    const excerpt = JSON.stringify(
      new TextDecoder().decode(data.subarray(0, EXCERPT_LENGTH)),
    ).slice(1, -1);
    this.deadLetters$.next({ reason, excerpt, at });
    if (market === undefined) return;
    this.fold.markStale([market], 'frame.unreadable');
    this.#unreadable$.next(market);
  }
}

/** Emits once, when one market has all four scores warm. */
export const warm = (signals$: Observable<readonly SignalLens[]>): Observable<MarketId> =>
  signals$.pipe(
    map((lenses) => lenses.find(({ isWarm }) => isWarm)?.market),
    filter((market) => market !== undefined),
    take(1),
  );
