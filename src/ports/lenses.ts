/**
 * Windows on state that a stage owns: one object per market, always the same, always the newest.
 * What is read through it costs no allocation, or is made once and kept until the state changes.
 * Read it when it is told; what must last is taken as plain data (`view`, `set`).
 */
import type { Candle, CandleResolution, MarketView, Trade } from '../model/book.js';
import type { MarketId, UnixMs } from '../model/quantities.js';
import type { SignalSet } from '../model/signal.js';
import type { Glance } from './strategy.js';

/** Best levels of both sides in ticks and steps, to be filled by a reader. */
export interface Touch {
  bidPrice: number;
  bidSize: number;
  askPrice: number;
  askSize: number;
}

export interface MarketLens extends Glance {
  /** A small number of its own, as a hint where to look the market up. */
  readonly slot?: number;
  /** Receive stamp of the newest frame about this market. */
  readonly at: UnixMs;
  /** Trades of this turn, oldest first; none is dropped, and no turn sees one twice. */
  readonly trades: readonly Trade[];
  /** Fills in the touch of a live book; false when it is not live or has an empty side. */
  readTouch(touch: Touch): boolean;
  /** Σ size × weight, the weight falling from 1 at the touch to 0 at `reach` ticks beyond it. */
  weightNear(side: 'bids' | 'asks', reach: number): number;
  /** Of the newest `count` periods with a candle, oldest first, the open one included. */
  candles(resolution: CandleResolution, count?: number): readonly Candle[];
  /** Plain data as of now; the same object until something changes. */
  view(): MarketView;
}

export interface SignalLens {
  readonly market: MarketId;
  /** As the market's lens has it. */
  readonly slot?: number;
  /** Plain data as of the newest turn; the same object until then. */
  set(): SignalSet;
  /** Whether all four scores have the samples that they need. */
  readonly isWarm: boolean;
}
