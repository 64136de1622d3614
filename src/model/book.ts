/** What a market looks like at one instant: the view that leaves the market stage once per turn. */
import type { MarketId, OpenInterest, OraclePrice, Steps, Ticks, UnixMs } from './quantities.js';
import type { MarketSpec } from './market.js';

export type Side = 'buy' | 'sell';
export const opposite = (side: Side): Side => (side === 'buy' ? 'sell' : 'buy');

/**
 * empty: no snapshot yet · live: fresh and uncrossed · crossed: raw best bid ≥ best ask (normal for
 * moments) · stale: not to be traded on until healed.
 */
export type BookState = 'empty' | 'live' | 'crossed' | 'stale';

export interface Level {
  readonly price: Ticks;
  readonly size: Steps;
}

/** Uncrossed top of the book, best first, at most `VIEW_DEPTH` levels a side. */
export interface BookView {
  readonly state: BookState;
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
  /** Stamp of the newest frame that changed or confirmed this book. */
  readonly updatedAt: UnixMs;
}

export const VIEW_DEPTH = 10;

export interface Trade {
  /** Sorting by id is chain order; also the key for duplicates. */
  readonly id: string;
  /** The taker's side. */
  readonly side: Side;
  readonly price: Ticks;
  readonly size: Steps;
  readonly at: UnixMs;
}

/** Lengths of candles, as the venue names them, the finest first; each divides the next. */
export const CANDLE_RESOLUTIONS = [
  '1MIN',
  '5MINS',
  '15MINS',
  '30MINS',
  '1HOUR',
  '4HOURS',
  '1DAY',
] as const;
export type CandleResolution = (typeof CANDLE_RESOLUTIONS)[number];

/** One period of trades. Prices and volumes are exact integers of the market. */
export interface Candle {
  readonly startedAt: UnixMs;
  readonly open: Ticks;
  readonly high: Ticks;
  readonly low: Ticks;
  readonly close: Ticks;
  readonly volume: Steps;
  readonly trades: number;
}

/** All that strategies may know of one market, made once per turn in which it changed. */
export interface MarketView {
  readonly market: MarketId;
  readonly spec: MarketSpec;
  /** Receive stamp of the newest frame in this view: the start of the latency figure. */
  readonly at: UnixMs;
  readonly book: BookView;
  /** Trades that arrived since the previous view of this market, oldest first. Never dropped. */
  readonly trades: readonly Trade[];
  readonly oracle: OraclePrice | undefined;
  readonly oracleAt: UnixMs | undefined;
  /** Next hourly funding as a fraction of notional; longs pay when > 0. Undefined: not known. */
  readonly fundingRate1h: number | undefined;
  /** Undefined: not known. */
  readonly openInterest?: OpenInterest | undefined;
  /** Open candle, when there is one. */
  readonly candle: Candle | undefined;
}
