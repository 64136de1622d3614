/**
 * What a strategy is: a function from what it sees of one market to what it wants there, with its
 * reasons. As used by the engines, and, with less to write, as written by an author.
 *
 * 1. It is pure but for folds of its own, one per market, which may be fed by nothing but the
 *    sights that it was shown: the same sights in the same order give the same answers.
 * 2. What a sight costs is paid when it is read: candles are made when somebody looks at them.
 */
import type { BookState, Candle, CandleResolution, MarketView, Side } from '../model/book.js';
import type { Decision, Hold, Quote, Reason } from '../model/decision.js';
import type { MarketSpec } from '../model/market.js';
import type { MarketId, Price, UnixMs } from '../model/quantities.js';
import type { SignalSet } from '../model/signal.js';

/** What a trade may cost and be, the same for all markets of a strategy. */
export interface Terms {
  /** Size of an entry, USD. */
  readonly orderNotionalUsd: number;
  readonly takerFeeBps: number;
  /** Below zero: a rebate. */
  readonly makerFeeBps: number;
  /** How far beyond the touch the limit price of an entry may go. */
  readonly slippageBps: number;
  /** A position older than this is left. */
  readonly maxHoldMs: number;
}

/** The strategy's own position in the market. */
export interface OwnPosition {
  /** Whole steps, positive for long, negative for short, 0 for flat. */
  readonly steps: number;
  /** Average entry, USD per base unit; undefined when flat. */
  readonly entryUsd: number | undefined;
}

/**
 * What most looks need of a market, without a list being made of its book. Read it while deciding:
 * it shows the market as it is, and the market goes on.
 */
export interface Glance {
  readonly market: MarketId;
  readonly spec: MarketSpec;
  readonly bookState: BookState;
  /** Stamp of the newest frame that changed or confirmed the book. */
  readonly bookAt: UnixMs;
  /** Best levels of the uncrossed book in ticks; NaN where a side is empty. */
  readonly bestBid: number;
  readonly bestAsk: number;
  readonly fundingRate1h: number | undefined;
  /**
   * Σ size × distance from the touch in ticks, of the best levels of a side that so many steps take
   * up; Infinity when the visible ones do not hold as many.
   */
  slipped(side: 'bids' | 'asks', wanted: number): number;
}

/** All that a strategy may know when it looks at one market. */
export interface Sight {
  readonly now: UnixMs;
  /** Made when it is read, as of the look. */
  readonly view: MarketView;
  /** The same market in brief; absent where a sight was made by hand. */
  readonly glance?: Glance;
  readonly signals: SignalSet | undefined;
  /**
   * Of the newest `count` periods with a candle, oldest first, the open one included. Periods
   * without trades may have none. Made when asked for: what must last is to be kept.
   */
  readonly candles: (resolution: CandleResolution, count: number) => readonly Candle[];
  readonly position: OwnPosition;
  readonly terms: Terms;
  /** Newest confidence of every fresh market, this one's previous look included. */
  readonly field: ReadonlyMap<MarketId, number>;
}

type Added = 'strategy' | 'market' | 'newestFrameAt' | 'decidedAt' | 'heldMs';

/** A verdict before it is stamped. A hold without confidence says: this market is not fresh. */
export type Candidate = Omit<Decision, Added> | Omit<Quote, Added> | Omit<Hold, Added>;

/** As the engines use it. `decide` neither throws nor answers anything but candidates. */
export interface Strategy {
  readonly name: string;
  /** Data older than this are not acted upon: a market silent for longer is looked at again. */
  readonly ageMsMax: number;
  decide(sight: Sight): Candidate;
}

/** Reasons as an author writes them: with a code of their own, or in words only. */
export type AuthoredReasons = readonly (Reason | string)[];

export interface AuthoredEntry {
  readonly type: 'enter';
  readonly side: Side;
  /** 0–1. */
  readonly confidence: number;
  readonly reasons: AuthoredReasons;
  /** −1 to 1; else the confidence with the sign of the side. */
  readonly direction?: number;
  /** 0–1; else 1. */
  readonly quality?: number;
  /** On a tick; else the touch and the slippage of the terms beyond it. */
  readonly limitPrice?: Price;
}

export interface AuthoredHold {
  readonly type: 'hold';
  readonly reasons: AuthoredReasons;
  /** 0–1. Left out: the market is not fresh, and nothing is ranked. */
  readonly confidence?: number | undefined;
  readonly direction?: number | undefined;
  /** Sides whose positions are to be left. */
  readonly leave?: readonly Side[];
}

/** A strategy as an author writes it; a complete one is one of these too. */
export interface AuthoredStrategy {
  /** Milliseconds; 2,000 unless told otherwise. */
  readonly ageMsMax?: number;
  /** What it throws is counted, and ends it when it throws again and again. */
  decide(sight: Sight): AuthoredEntry | AuthoredHold | Omit<Quote, Added>;
}
