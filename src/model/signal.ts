/** Scores: what the four signal engines say about one market at one instant. */
import type { Candle } from './book.js';
import type { MarketSpec } from './market.js';
import type { MarketId, UnixMs } from './quantities.js';

export const SIGNAL_NAMES = ['momentum', 'volume', 'volatility', 'orderbook'] as const;
export type SignalName = (typeof SIGNAL_NAMES)[number];

/** Samples before a score may be acted upon. */
export const WARM_SAMPLES = 20;

/**
 * A continuous score. `momentum` and `orderbook` are directional: 0 = strongly down, 50 = neutral,
 * 100 = strongly up. `volume` and `volatility` measure quality: 0 = none, 100 = best for trading.
 * There is no score without data: an engine that knows nothing emits nothing.
 */
export interface SignalScore {
  readonly name: SignalName;
  readonly market: MarketId;
  /** 0–100, finite. */
  readonly value: number;
  /** Stamp of the newest data used; age = now − at. */
  readonly at: UnixMs;
  readonly samples: number;
  readonly warm: boolean;
  /** What it is made of, by name: `takerFlow`, `sigmaBps`, `rank`, `imbalance` and the like. */
  readonly parts: Readonly<Record<string, number>>;
}

/** The newest score of each engine for one market, as one engine turn left them. */
export interface SignalSet {
  readonly market: MarketId;
  readonly at: UnixMs;
  readonly scores: Readonly<Partial<Record<SignalName, SignalScore>>>;
}

/** One-minute history for one market, oldest first, read once at start. */
export interface Backfill {
  readonly spec: MarketSpec;
  readonly candles: readonly Candle[];
}
