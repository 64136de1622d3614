/**
 * Layers 3 to 5 as the service uses them: frames, facts and history in; markets, scores, verdicts
 * and decisions out. Two engines do this on different roads, and both must say the same.
 */
import type { Observable, Observer } from 'rxjs';
import type { Candle, CandleResolution, Level, MarketView } from '../model/book.js';
import type { Verdict } from '../model/decision.js';
import type {
  AccountEvent,
  DeadLetter,
  FrameCounts,
  MarketEvent,
  UnknownVersion,
} from '../model/events.js';
import type { MarketSpec } from '../model/market.js';
import type { BlockHeight, MarketId, UnixMs } from '../model/quantities.js';
import type { Backfill } from '../model/signal.js';
import type { MarketLens, SignalLens } from './lenses.js';

/** One raw frame with its receive stamp. */
export interface StampedFrame {
  readonly data: Uint8Array;
  readonly at: UnixMs;
}

export interface StampedHeight {
  readonly height: BlockHeight;
  /** Of the block, by the chain. */
  readonly time: UnixMs;
  readonly at: UnixMs;
}

/** A market fact that came by another road: a REST re-read, or parameters. */
export interface StampedFact {
  readonly event: MarketEvent;
  readonly at: UnixMs;
}

/** What a replay tells of one market: the best raw levels, `[price, size]` in decimal text. */
export interface MarketSummary {
  readonly bids: readonly (readonly [price: string, size: string])[];
  readonly asks: readonly (readonly [price: string, size: string])[];
  readonly trades: number;
  readonly candles1m: number;
  /** How many periods of each length. */
  readonly candles: Readonly<Record<CandleResolution, number>>;
  /** The last minute up to the newest frame of this market. */
  readonly flow1m: FlowReport;
}

/** Sizes in decimal text, by the taker's side. */
export interface FlowReport {
  readonly bought: string;
  readonly sold: string;
  readonly trades: number;
}

/** An alarm, and how many frames have been of that version by now. */
export interface VersionAlarm extends UnknownVersion {
  readonly since: UnixMs;
  readonly frames: number;
}

/** Payload versions that cannot be read. */
export interface VersionAlarms {
  readonly alarms: readonly VersionAlarm[];
  /** The first frame of each channel and version. Hot. */
  readonly raised$: Observable<VersionAlarm>;
}

/** Raw levels of both sides, best first. */
export interface RawLevels {
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
}

/** What an engine knows of the markets, to be asked at any time. */
export interface EngineBooks {
  readonly markets: readonly MarketId[];
  view(market: MarketId, now: UnixMs): MarketView | undefined;
  spec(market: MarketId): MarketSpec | undefined;
  /** Of one minute unless told otherwise, oldest first, the open one included. */
  candles(market: MarketId, resolution?: CandleResolution): readonly Candle[];
  /** What takers bought and sold in the last `ms`, at most a minute. */
  flow(market: MarketId, now: UnixMs, ms: number): FlowReport | undefined;
  /** All of them, as the venue told them: crossed ones too. */
  levels(market: MarketId): RawLevels;
  tradeCount(market: MarketId): number;
  report(market: MarketId): MarketSummary | undefined;
  /** Somebody knows better: a lost connection, a gap. Ends with the next snapshot. */
  markStale(markets: readonly MarketId[] | 'all', reason: string): void;
}

export interface MarketEngine {
  readonly fold: EngineBooks;
  readonly frames$: Observable<StampedFrame> & Pick<Observer<StampedFrame>, 'next'>;
  readonly facts$: Pick<Observer<StampedFact>, 'next'>;
  readonly backfills$: Pick<Observer<Backfill>, 'next'>;
  readonly deadLetters$: Observable<DeadLetter>;
  readonly versions: VersionAlarms;
  readonly account$: Observable<AccountEvent>;
  readonly heights$: Observable<StampedHeight>;
  /** A frame of the account was not taken in: its fills are to be found by another road. */
  readonly accountLost$: Observable<void>;
  /** Markets whose books had a snapshot: to be read again through REST. */
  readonly snapshots$: Observable<MarketId>;
  /** The markets that changed, at the end of each turn. */
  readonly markets$: Observable<readonly MarketLens[]>;
  readonly signals$: Observable<readonly SignalLens[]>;
  readonly verdicts$: Observable<Verdict>;
  /** Changes of decision that lasted. */
  readonly decisions$: Observable<Verdict>;
  /** Markets to subscribe anew. */
  readonly resyncs$: Observable<readonly MarketId[]>;
  readonly counts: FrameCounts;
  /** How many frames could not be read, by reason. */
  readonly letters: Readonly<Record<string, number>>;
  /** One frame at once; throws what breaks in it. */
  receive(frame: StampedFrame): void;
  /** One fact at once; throws what breaks in it. */
  apply(fact: StampedFact): void;
  /** Only these markets from now on: what the venue says of others is applied to nothing. */
  watch(markets: readonly MarketId[]): void;
}
