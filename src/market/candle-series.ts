/**
 * Candles of one resolution. Each period keeps two tallies, our trades and the venue's candle, and
 * shows the one that has seen more trades (the venue's when equal): so a trade that is already in
 * the venue's candle is never counted twice. Where the finer series below has seen more than both
 * (it was given history, or we came in the middle of the period), its candles together are shown.
 * Periods without any trade have no candle, unless the venue tells one. A period is a row of
 * numbers in one array: 136 bytes, whatever is known of it.
 */
import type { Candle, Trade } from '../model/book.js';
import { unixMs, type Steps, type Ticks, type UnixMs } from '../model/quantities.js';
import { highOf, lowOf } from './trade-id.js';

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

/** Columns of a row: when the period began, and the two tallies, ours with its ids behind it. */
const VENUES = 1;
const OURS = 7;
const FIRST_ID = 13;
const LAST_ID = 15;
const ROW = 17;
/** Of a tally. A row without trades of ours has none there, one without the venue's word −1. */
const [OPEN, HIGH, LOW, CLOSE, VOLUME, TRADES] = [0, 1, 2, 3, 4, 5];
const FIRST_ROWS = 4;

export class CandleSeries {
  readonly #lengthMs: number;
  readonly #limit: number;
  readonly #finer: CandleSeries | undefined;
  /** Rows, the oldest first. */
  #rows = new Float64Array(FIRST_ROWS * ROW);
  #count = 0;
  /** What the newest period shows, until it changes. */
  #newest: Candle | undefined;

  constructor({ lengthMs, limit, finer }: CandleSeriesOptions) {
    this.#lengthMs = lengthMs;
    this.#limit = limit;
    this.#finer = finer;
  }

  get count(): number {
    return this.#count;
  }

  /** Each trade once. A trade that comes late still changes its period. */
  add(trade: Trade): void {
    this.addTally(trade.at, newTally(trade));
  }

  /** The same for several trades of one period. */
  addTally(at: UnixMs, more: Readonly<Tally>): void {
    const row = this.#rowOf(at);
    if (row === undefined) return;
    const rows = this.#rows;
    const ours = row + OURS;
    const isFirst = rows[ours + TRADES] === 0;
    if (isFirst || this.#isBefore(more.firstId, row + FIRST_ID)) {
      this.#writeId(row + FIRST_ID, more.firstId);
      rows[ours + OPEN] = more.open;
    }
    if (isFirst || !this.#isBefore(more.lastId, row + LAST_ID)) {
      this.#writeId(row + LAST_ID, more.lastId);
      rows[ours + CLOSE] = more.close;
    }
    if (isFirst || more.high > (rows[ours + HIGH] ?? 0)) rows[ours + HIGH] = more.high;
    if (isFirst || more.low < (rows[ours + LOW] ?? 0)) rows[ours + LOW] = more.low;
    rows[ours + VOLUME] = (rows[ours + VOLUME] ?? 0) + more.volume;
    rows[ours + TRADES] = (rows[ours + TRADES] ?? 0) + more.trades;
  }

  /** The venue's newest word about a period. */
  merge({ startedAt, open, high, low, close, volume, trades }: Candle): void {
    const row = this.#rowOf(startedAt);
    const rows = this.#rows;
    if (row === undefined || rows[row] !== startedAt) return;
    const venues = row + VENUES;
    rows[venues + OPEN] = open;
    rows[venues + HIGH] = high;
    rows[venues + LOW] = low;
    rows[venues + CLOSE] = close;
    rows[venues + VOLUME] = volume;
    rows[venues + TRADES] = trades;
  }

  /** Something of the finer series lies in this period. */
  touch(at: UnixMs): void {
    this.#rowOf(at);
  }

  /** The newest candle, unless its period is over; the same object until it changes. */
  openAt(now: UnixMs): Candle | undefined {
    const newest = (this.#count - 1) * ROW;
    if (newest < 0 || now >= this.#startOf(newest) + this.#lengthMs) return undefined;
    this.#newest ??= this.#candleOf(newest);
    return this.#newest;
  }

  /** All, or those of the newest `count` periods, oldest first, the open candle included. */
  all(count = Infinity): readonly Candle[] {
    const first = Math.max(0, this.#count - count);
    return first < this.#count ? this.between(this.#startOf(first * ROW), Infinity) : [];
  }

  /** The candles that start from `from` on and before `to`, oldest first. */
  between(from: number, to: number): readonly Candle[] {
    const candles: Candle[] = [];
    const end = this.#count * ROW;
    for (let row = this.#firstFrom(from); row < end && this.#startOf(row) < to; row += ROW) {
      const candle = this.#candleOf(row);
      if (candle !== undefined) candles.push(candle);
    }
    return candles;
  }

  clear(): void {
    this.#count = 0;
    this.#newest = undefined;
  }

  #startOf(row: number): number {
    return this.#rows[row] ?? 0;
  }

  #candleOf(row: number): Candle | undefined {
    const startedAt = this.#startOf(row);
    const venues = this.#rows[row + VENUES + TRADES] ?? -1;
    const ours = this.#rows[row + OURS + TRADES] ?? 0;
    const isKnown = venues >= ours;
    const best = isKnown || ours > 0 ? this.#tallied(row, isKnown ? VENUES : OURS) : undefined;
    if (this.#finer === undefined) return best;
    const parts = this.#finer.between(startedAt, startedAt + this.#lengthMs);
    const trades = parts.reduce((sum, part) => sum + part.trades, 0);
    return trades > (best?.trades ?? 0) ? together(startedAt, parts) : best;
  }

  #tallied(row: number, tally: number): Candle {
    const rows = this.#rows;
    const from = row + tally;
    return {
      startedAt: unixMs(this.#startOf(row)),
      open: rows[from + OPEN] as Ticks,
      high: rows[from + HIGH] as Ticks,
      low: rows[from + LOW] as Ticks,
      close: rows[from + CLOSE] as Ticks,
      volume: rows[from + VOLUME] as Steps,
      trades: rows[from + TRADES] ?? 0,
    };
  }

  /** The row of this time's period, made if need be; undefined when it is too old to keep. */
  #rowOf(at: number): number | undefined {
    this.#newest = undefined;
    const end = this.#count * ROW;
    const last = end - ROW;
    const into = last < 0 ? -1 : at - this.#startOf(last);
    if (into >= 0 && into < this.#lengthMs) return last;
    const startedAt = Math.floor(at / this.#lengthMs) * this.#lengthMs;
    const isNewest = last < 0 || startedAt > this.#startOf(last);
    const row = isNewest ? end : this.#firstFrom(startedAt);
    if (row < end && this.#startOf(row) === startedAt) return row;
    if (this.#count < this.#limit) return this.#insert(row, startedAt);
    if (row === 0) return undefined;
    this.#rows.copyWithin(0, ROW, end);
    this.#count -= 1;
    return this.#insert(row - ROW, startedAt);
  }

  #insert(row: number, startedAt: number): number {
    const end = this.#count * ROW;
    if (end === this.#rows.length) {
      const larger = new Float64Array(2 * end);
      larger.set(this.#rows);
      this.#rows = larger;
    }
    const rows = this.#rows;
    rows.copyWithin(row + ROW, row, end);
    rows.fill(0, row, row + ROW);
    rows[row] = startedAt;
    rows[row + VENUES + TRADES] = -1;
    this.#count += 1;
    return row;
  }

  /** The first row that does not start before this time. */
  #firstFrom(time: number): number {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#startOf(middle * ROW) < time) low = middle + 1;
      else high = middle;
    }
    return low * ROW;
  }

  /** Whether the id comes before the one in these columns. */
  #isBefore(id: string, column: number): boolean {
    const high = highOf(id);
    const known = this.#rows[column] ?? 0;
    return high < known || (high === known && lowOf(id) < (this.#rows[column + 1] ?? 0));
  }

  #writeId(column: number, id: string): void {
    this.#rows[column] = highOf(id);
    this.#rows[column + 1] = lowOf(id);
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
