/**
 * What one market has done: its last trades, candles of all resolutions, and the sums of 24 hours.
 */
import { largest, smallest } from '../../model/quantities.js';
import type { ExchangeCandle, ExchangeTrade } from '../exchange-types.js';
import { Recent } from './recent.js';

const TRADES_MAX = 1_000;
const CANDLES_MAX = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const HOURS_A_DAY = 24;

export const CANDLE_RESOLUTIONS: Readonly<Record<string, number>> = {
  '1MIN': MINUTE_MS,
  '5MINS': 5 * MINUTE_MS,
  '15MINS': 15 * MINUTE_MS,
  '30MINS': 30 * MINUTE_MS,
  '1HOUR': HOUR_MS,
  '4HOURS': 4 * HOUR_MS,
  '1DAY': DAY_MS,
};

export interface Statistics {
  readonly volume24hQuote: bigint;
  readonly trades24h: number;
  readonly priceChange24hE12: bigint;
}

export class MarketHistory {
  readonly #clobPairId: number;
  readonly #trades = new Recent<ExchangeTrade>(TRADES_MAX);
  readonly #candles = new Map<string, Recent<ExchangeCandle>>();
  /** Oracle price at the first block of each of the last 24 hours. */
  readonly #hours = new Recent<{ readonly startedAtMs: number; readonly priceE12: bigint }>(
    HOURS_A_DAY,
  );

  constructor(clobPairId: number) {
    this.#clobPairId = clobPairId;
    for (const resolution of Object.keys(CANDLE_RESOLUTIONS)) {
      this.#candles.set(resolution, new Recent(CANDLES_MAX));
    }
  }

  /** Newest first. */
  trades(): readonly ExchangeTrade[] {
    return this.#trades.newestFirst();
  }

  /** Newest first; empty for an unknown resolution. */
  candles(resolution: string): readonly ExchangeCandle[] {
    return this.#candles.get(resolution)?.newestFirst() ?? [];
  }

  /** Books one block's trades, quote sizes beside them, and answers the candles that changed. */
  commit(block: {
    readonly timeMs: number;
    readonly trades: readonly ExchangeTrade[];
    readonly quotes: readonly bigint[];
    readonly oraclePriceE12: bigint;
  }): ExchangeCandle[] {
    const { timeMs, trades, quotes } = block;
    this.#noteHour(timeMs, block.oraclePriceE12);
    for (const trade of trades) this.#trades.push(trade);
    const changed: ExchangeCandle[] = [];
    for (const [resolution, candles] of this.#candles) {
      const length = CANDLE_RESOLUTIONS[resolution] ?? MINUTE_MS;
      const startedAtMs = Math.floor(timeMs / length) * length;
      const isNew = candles.last !== undefined && candles.last.startedAtMs < startedAtMs;
      if (isNew && candles.last !== undefined) candles.push(flat(candles.last, startedAtMs));
      for (const [index, { subticks, quantums }] of trades.entries()) {
        const first = this.#empty(resolution, startedAtMs, subticks);
        if (candles.last === undefined) candles.push(first);
        const last = candles.last ?? first;
        candles.replaceLast(extended(last, subticks, quantums, quotes[index] ?? 0n));
      }
      if (candles.last !== undefined && (isNew || trades.length > 0)) changed.push(candles.last);
    }
    return changed;
  }

  statistics(timeMs: number, oraclePriceE12: bigint): Statistics {
    const since = timeMs - DAY_MS;
    let volume24hQuote = 0n;
    let trades24h = 0;
    for (const candle of this.#candles.get('1HOUR')?.newestFirst().slice(0, HOURS_A_DAY) ?? []) {
      if (candle.startedAtMs <= since) break;
      volume24hQuote += candle.quoteQuantums;
      trades24h += candle.trades;
    }
    const oldest = this.#hours.newestFirst().findLast((hour) => hour.startedAtMs > since);
    return {
      volume24hQuote,
      trades24h,
      priceChange24hE12: oraclePriceE12 - (oldest?.priceE12 ?? oraclePriceE12),
    };
  }

  #noteHour(timeMs: number, priceE12: bigint): void {
    const startedAtMs = Math.floor(timeMs / HOUR_MS) * HOUR_MS;
    if (this.#hours.last?.startedAtMs === startedAtMs) return;
    this.#hours.push({ startedAtMs, priceE12 });
  }

  #empty(resolution: string, startedAtMs: number, price: bigint): ExchangeCandle {
    return {
      clobPairId: this.#clobPairId,
      resolution,
      startedAtMs,
      open: price,
      high: price,
      low: price,
      close: price,
      baseQuantums: 0n,
      quoteQuantums: 0n,
      trades: 0,
      startingOpenInterest: 0n,
      midOpen: undefined,
      midClose: undefined,
    };
  }
}

/** A period without trades repeats the last price. */
const flat = ({ close, ...candle }: ExchangeCandle, startedAtMs: number): ExchangeCandle => ({
  ...candle,
  startedAtMs,
  open: close,
  high: close,
  low: close,
  close,
  baseQuantums: 0n,
  quoteQuantums: 0n,
  trades: 0,
});

/** The first trade of a period opens it: a flat candle without trades takes its price. */
const extended = (
  candle: ExchangeCandle,
  price: bigint,
  base: bigint,
  quote: bigint,
): ExchangeCandle => ({
  ...candle,
  open: candle.trades === 0 ? price : candle.open,
  high: candle.trades === 0 ? price : largest(candle.high, price),
  low: candle.trades === 0 ? price : smallest(candle.low, price),
  close: price,
  baseQuantums: candle.baseQuantums + base,
  quoteQuantums: candle.quoteQuantums + quote,
  trades: candle.trades + 1,
});
