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

/** One market's part of a block. */
export interface CommittedBlock {
  readonly timeMs: number;
  readonly trades: readonly ExchangeTrade[];
  readonly quotes: readonly bigint[];
  readonly oraclePriceE12: bigint;
  /** After the block. */
  readonly openInterest: bigint;
  /** Middle of the book in half subticks; undefined while a side is empty. */
  readonly mid: bigint | undefined;
}

export class MarketHistory {
  readonly #clobPairId: number;
  readonly #trades = new Recent<ExchangeTrade>(TRADES_MAX);
  readonly #candles = new Map<string, Recent<ExchangeCandle>>();
  /** Oracle price at the first block of each of the last 24 hours. */
  readonly #hours = new Recent<{ readonly startedAtMs: number; readonly priceE12: bigint }>(
    HOURS_A_DAY,
  );

  /** After the last block: where the next candles begin. */
  #openInterest = 0n;

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
  commit(block: CommittedBlock): ExchangeCandle[] {
    const { timeMs, trades } = block;
    this.#noteHour(timeMs, block.oraclePriceE12);
    for (const trade of trades) this.#trades.push(trade);
    const changed: ExchangeCandle[] = [];
    for (const [resolution, candles] of this.#candles) {
      const length = CANDLE_RESOLUTIONS[resolution] ?? MINUTE_MS;
      const startedAtMs = Math.floor(timeMs / length) * length;
      const { last } = candles;
      const isNew = last === undefined ? trades.length > 0 : last.startedAtMs < startedAtMs;
      if (!isNew && trades.length === 0) continue;
      const price = last?.close ?? trades[0]?.subticks ?? 0n;
      if (isNew) candles.push(this.#empty({ resolution, startedAtMs, price, mid: block.mid }));
      const candle = candles.last && extended(candles.last, block);
      if (candle === undefined) continue;
      candles.replaceLast(candle);
      changed.push(candle);
    }
    this.#openInterest = block.openInterest;
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

  /** A period without trades repeats the last price. */
  #empty(start: {
    readonly resolution: string;
    readonly startedAtMs: number;
    readonly price: bigint;
    readonly mid: bigint | undefined;
  }): ExchangeCandle {
    const { resolution, startedAtMs, price, mid } = start;
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
      startingOpenInterest: this.#openInterest,
      midOpen: mid,
      midClose: mid,
    };
  }
}

/** With the block's trades; the first one of a period opens it: until then it was flat. */
function extended(candle: ExchangeCandle, block: CommittedBlock): ExchangeCandle {
  let { open, high, low, close, baseQuantums, quoteQuantums, trades } = candle;
  for (const [index, { subticks, quantums }] of block.trades.entries()) {
    open = trades === 0 ? subticks : open;
    high = trades === 0 ? subticks : largest(high, subticks);
    low = trades === 0 ? subticks : smallest(low, subticks);
    close = subticks;
    baseQuantums += quantums;
    quoteQuantums += block.quotes[index] ?? 0n;
    trades += 1;
  }
  const totals = { open, high, low, close, baseQuantums, quoteQuantums, trades };
  return { ...candle, ...totals, midClose: block.mid };
}
