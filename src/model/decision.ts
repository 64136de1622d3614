/** What a strategy wants, or why it does not want: both are facts with reasons and numbers. */
import type { Side } from './book.js';
import type { MarketId, Price, Size, UnixMs } from './quantities.js';

/** One reason, with the numbers in the text: "confidence 0.78 < 0.80". */
export interface Reason {
  readonly code: string;
  readonly text: string;
}

/** The strategy wants a position of this side in this market. */
export interface Decision {
  readonly type: 'enter';
  readonly strategy: string;
  readonly market: MarketId;
  readonly side: Side;
  /** 0–1: |direction| × quality. */
  readonly confidence: number;
  /** −1 (down) to 1 (up). */
  readonly direction: number;
  /** 0–1. */
  readonly quality: number;
  /** Place among the fresh markets, 1 = best. */
  readonly rank: number;
  readonly reasons: readonly Reason[];
  /** Receive stamp of the newest frame that was used. */
  readonly newestFrameAt: UnixMs;
  /** When the decision was emitted. */
  readonly decidedAt: UnixMs;
  /**
   * How long the newest input waited for the stability window; subtracted from the latency figure.
   */
  readonly heldMs: number;
  /**
   * Aggressive limit for an immediate order, already on a tick: bounded slippage from the touch.
   */
  readonly limitPrice: Price;
}

/** The strategy wants nothing in this market (any longer), and says why. */
export interface Hold {
  readonly type: 'hold';
  readonly strategy: string;
  readonly market: MarketId;
  readonly confidence: number | undefined;
  /** −1 to 1 where it could be computed. */
  readonly direction: number | undefined;
  /** Sides whose open positions the strategy wants to leave: the signal behind them is gone. */
  readonly leave: readonly Side[];
  readonly reasons: readonly Reason[];
  readonly newestFrameAt: UnixMs;
  readonly decidedAt: UnixMs;
}

/** One side of a quote: on tick, on step, > 0. */
export interface QuotedOrder {
  readonly price: Price;
  readonly size: Size;
}

/** The strategy wants these two orders to rest in the market until it says otherwise. */
export interface Quote {
  readonly type: 'quote';
  readonly strategy: string;
  readonly market: MarketId;
  /** 0–1. */
  readonly confidence: number;
  /** −1 to 1: which way the inventory is to go. */
  readonly direction: number | undefined;
  /** Below the best ask. Undefined: no bid is wanted. */
  readonly bid: QuotedOrder | undefined;
  /** Above the best bid. Undefined: no ask is wanted. */
  readonly ask: QuotedOrder | undefined;
  readonly reasons: readonly Reason[];
  readonly newestFrameAt: UnixMs;
  readonly decidedAt: UnixMs;
}

export type Verdict = Decision | Quote | Hold;
/** What positions are entered and left by. */
export type TradeVerdict = Exclude<Verdict, Quote>;
