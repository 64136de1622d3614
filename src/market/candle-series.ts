/**
 * Candles of one resolution. Each period keeps two tallies, our trades and the venue's candle, and
 * shows the one that has seen more trades (the venue's when equal): so a trade that is already in
 * the venue's candle is never counted twice. Where the finer series below has seen more than both
 * (it was given history, or we came in the middle of the period), its candles together are shown.
 * Periods without any trade have no candle, unless the venue tells one.
 */
import type { Candle, Trade } from '../model/book.js';
import { unixMs, type Steps, type Ticks, type UnixMs } from '../model/quantities.js';

export interface CandleSeriesOptions {
  readonly lengthMs: number;
  /** Periods kept; the oldest is forgotten, and what is older still is ignored. */
  readonly limit: number;
  /** Its periods divide ours. */
  readonly finer?: CandleSeries | undefined;
}

/** Trades of one period, each once, changed in place. Prices in ticks, volume in steps. */
export interface Tally {
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
  trades: number;
  firstId: string;
  lastId: string;
}

interface Period {
  readonly startedAt: number;
  ours: Tally | undefined;
  venues: Candle | undefined;
}

export class CandleSeries {
  readonly #lengthMs: number;
  readonly #limit: number;
  readonly #finer: CandleSeries | undefined;
  /** Oldest first. */
  readonly #periods: Period[] = [];
  /** What the newest period shows, until it changes. */
  #newest: Candle | undefined;

  constructor({ lengthMs, limit, finer }: CandleSeriesOptions) {
    this.#lengthMs = lengthMs;
    this.#limit = limit;
    this.#finer = finer;
  }

  get count(): number {
    return this.#periods.length;
  }

  /** Each trade once. A trade that comes late still changes its period. */
  add(trade: Trade): void {
    this.addTally(trade.at, newTally(trade));
  }

  /** The same for several trades of one period. */
  addTally(at: UnixMs, more: Readonly<Tally>): void {
    const period = this.#periodOf(at);
    if (period === undefined) return;
    const tally = period.ours;
    if (tally === undefined) {
      period.ours = { ...more };
      return;
    }
    if (more.lastId > tally.lastId) {
      tally.lastId = more.lastId;
      tally.close = more.close;
    }
    if (more.firstId < tally.firstId) {
      tally.firstId = more.firstId;
      tally.open = more.open;
    }
    if (more.high > tally.high) tally.high = more.high;
    if (more.low < tally.low) tally.low = more.low;
    tally.volume += more.volume;
    tally.trades += more.trades;
  }

  /** The venue's newest word about a period. */
  merge(candle: Candle): void {
    const period = this.#periodOf(candle.startedAt);
    if (period?.startedAt === candle.startedAt) period.venues = candle;
  }

  /** Something of the finer series lies in this period. */
  touch(at: UnixMs): void {
    this.#periodOf(at);
  }

  /** The newest candle, unless its period is over; the same object until it changes. */
  openAt(now: UnixMs): Candle | undefined {
    const newest = this.#periods.at(-1);
    if (newest === undefined || now >= newest.startedAt + this.#lengthMs) return undefined;
    this.#newest ??= this.#candleOf(newest);
    return this.#newest;
  }

  /** All, or those of the newest `count` periods, oldest first, the open candle included. */
  all(count = Infinity): readonly Candle[] {
    const first = this.#periods[Math.max(0, this.#periods.length - count)];
    return first === undefined ? [] : this.between(first.startedAt, Infinity);
  }

  /** The candles that start from `from` on and before `to`, oldest first. */
  between(from: number, to: number): readonly Candle[] {
    const candles: Candle[] = [];
    for (let index = this.#firstFrom(from); index < this.#periods.length; index += 1) {
      const period = this.#periods[index];
      if (period === undefined || period.startedAt >= to) break;
      const candle = this.#candleOf(period);
      if (candle !== undefined) candles.push(candle);
    }
    return candles;
  }

  clear(): void {
    this.#periods.length = 0;
    this.#newest = undefined;
  }

  #candleOf(period: Period): Candle | undefined {
    const { startedAt, ours, venues } = period;
    const known = venues !== undefined && venues.trades >= (ours?.trades ?? 0);
    const best = known ? venues : ours === undefined ? undefined : candleOf(startedAt, ours);
    if (this.#finer === undefined) return best;
    const parts = this.#finer.between(startedAt, startedAt + this.#lengthMs);
    const trades = parts.reduce((sum, part) => sum + part.trades, 0);
    return trades > (best?.trades ?? 0) ? together(startedAt, parts) : best;
  }

  /** The period of this time, made if need be; undefined when it is too old to keep. */
  #periodOf(at: number): Period | undefined {
    this.#newest = undefined;
    const periods = this.#periods;
    const last = periods[periods.length - 1];
    if (last !== undefined) {
      const into = at - last.startedAt;
      if (into >= 0 && into < this.#lengthMs) return last;
    }
    const startedAt = Math.floor(at / this.#lengthMs) * this.#lengthMs;
    const index =
      last === undefined || startedAt > last.startedAt
        ? periods.length
        : this.#firstFrom(startedAt);
    const known = periods[index];
    if (known?.startedAt === startedAt) return known;
    if (index === 0 && periods.length === this.#limit) return undefined;
    const period: Period = { startedAt, ours: undefined, venues: undefined };
    periods.splice(index, 0, period);
    if (periods.length > this.#limit) periods.shift();
    return period;
  }

  /** Index of the first period that does not start before this time. */
  #firstFrom(time: number): number {
    let low = 0;
    let high = this.#periods.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#periods[middle]?.startedAt ?? 0) < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

export const newTally = ({ id, price, size }: Trade): Tally => ({
  open: price,
  high: price,
  low: price,
  close: price,
  volume: size,
  trades: 1,
  firstId: id,
  lastId: id,
});

const candleOf = (
  startedAt: number,
  { open, high, low, close, volume, trades }: Tally,
): Candle => ({
  startedAt: unixMs(startedAt),
  open: open as Ticks,
  high: high as Ticks,
  low: low as Ticks,
  close: close as Ticks,
  volume: volume as Steps,
  trades,
});

/** One candle of several, at least one, in their order. */
function together(startedAt: number, parts: readonly Candle[]): Candle | undefined {
  const traded = parts.filter(({ trades }) => trades > 0);
  const [first] = traded;
  const last = traded.at(-1);
  if (first === undefined || last === undefined) return undefined;
  return {
    startedAt: unixMs(startedAt),
    open: first.open,
    high: Math.max(...traded.map(({ high }) => high)) as Ticks,
    low: Math.min(...traded.map(({ low }) => low)) as Ticks,
    close: last.close,
    volume: traded.reduce((sum, { volume }) => sum + volume, 0) as Steps,
    trades: traded.reduce((sum, { trades }) => sum + trades, 0),
  };
}
