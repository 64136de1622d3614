/**
 * Candles of one length, made anew of the trades of their period whenever somebody asks. A period
 * keeps its trades while it is new; later they are summed up, so that memory has a bound. Shown is
 * what has seen most trades: the venue's candle, our trades, or the finer candles together.
 */
import type { Candle, Trade } from '../model/book.js';
import { steps, ticks, unixMs } from '../model/quantities.js';

/** Periods that keep their trades, and how many trades a period keeps. */
const WHOLE_PERIODS = 3;
const TRADES_MAX = 2_000;

/** One trade, or many as one. */
interface Sum {
  readonly firstId: string;
  readonly lastId: string;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  readonly trades: number;
}

interface Period {
  readonly startedAt: number;
  parts: Sum[];
  venues: Candle | undefined;
}

export interface KeptCandlesOptions {
  readonly lengthMs: number;
  /** Periods kept; what is older than the oldest of so many is ignored. */
  readonly limit: number;
  readonly finer: KeptCandles | undefined;
}

export class KeptCandles {
  readonly #options: KeptCandlesOptions;
  #periods = new Map<number, Period>();

  constructor(options: KeptCandlesOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#periods.size;
  }

  add({ id, price, size, at }: Trade): void {
    const period = this.#periodOf(at);
    if (period === undefined) return;
    const prices = { open: price, high: price, low: price, close: price };
    period.parts.push({ firstId: id, lastId: id, ...prices, volume: size, trades: 1 });
    if (period.parts.length > TRADES_MAX) period.parts = summedUp(period.parts);
  }

  /** The venue's newest word. */
  merge(candle: Candle): void {
    const period = this.#periodOf(candle.startedAt);
    if (period?.startedAt === candle.startedAt) period.venues = candle;
  }

  /** Something finer lies in this period. */
  touch(at: number): void {
    this.#periodOf(at);
  }

  openAt(now: number): Candle | undefined {
    const newest = this.#inOrder().at(-1);
    const isOver = newest === undefined || now >= newest.startedAt + this.#options.lengthMs;
    return isOver ? undefined : this.#candleOf(newest);
  }

  /** Of the newest `count` periods, oldest first. */
  all(count: number): readonly Candle[] {
    if (count <= 0) return [];
    return this.#inOrder()
      .slice(-count)
      .flatMap((period) => this.#candleOf(period) ?? []);
  }

  clear(): void {
    this.#periods = new Map();
  }

  #candleOf({ startedAt, parts, venues }: Period): Candle | undefined {
    const [ours] = summedUp(parts);
    const isVenues = venues !== undefined && venues.trades >= (ours?.trades ?? 0);
    const best = isVenues ? venues : ours === undefined ? undefined : candleOf(startedAt, ours);
    const { finer, lengthMs } = this.#options;
    const within = finer?.between(startedAt, startedAt + lengthMs) ?? [];
    const trades = within.reduce((all, candle) => all + candle.trades, 0);
    return trades > (best?.trades ?? 0) ? joined(startedAt, within) : best;
  }

  between(from: number, to: number): readonly Candle[] {
    return this.#inOrder()
      .filter(({ startedAt }) => startedAt >= from && startedAt < to)
      .flatMap((period) => this.#candleOf(period) ?? []);
  }

  #periodOf(at: number): Period | undefined {
    const { lengthMs, limit } = this.#options;
    const startedAt = Math.floor(at / lengthMs) * lengthMs;
    const known = this.#periods.get(startedAt);
    if (known !== undefined) return known;
    if (this.#periods.size === limit) {
      const oldest = Math.min(...this.#periods.keys());
      if (startedAt < oldest) return undefined;
      this.#periods.delete(oldest);
    }
    const period: Period = { startedAt, parts: [], venues: undefined };
    this.#periods.set(startedAt, period);
    for (const old of this.#inOrder().slice(0, -WHOLE_PERIODS)) old.parts = summedUp(old.parts);
    return period;
  }

  #inOrder(): Period[] {
    return [...this.#periods.values()].sort((a, b) => a.startedAt - b.startedAt);
  }
}

/** One sum of all, or nothing of nothing. */
function summedUp(parts: Sum[]): Sum[] {
  const [some] = parts;
  if (some === undefined || parts.length === 1) return parts;
  const first = parts.reduce((best, part) => (part.firstId < best.firstId ? part : best), some);
  const last = parts.reduce((best, part) => (part.lastId > best.lastId ? part : best), some);
  return [
    {
      firstId: first.firstId,
      lastId: last.lastId,
      open: first.open,
      high: parts.reduce((most, { high }) => Math.max(most, high), -Infinity),
      low: parts.reduce((least, { low }) => Math.min(least, low), Infinity),
      close: last.close,
      volume: parts.reduce((all, { volume }) => all + volume, 0),
      trades: parts.reduce((all, { trades }) => all + trades, 0),
    },
  ];
}

const candleOf = (startedAt: number, sum: Omit<Sum, 'firstId' | 'lastId'>): Candle => ({
  startedAt: unixMs(startedAt),
  open: ticks(sum.open),
  high: ticks(sum.high),
  low: ticks(sum.low),
  close: ticks(sum.close),
  volume: steps(sum.volume),
  trades: sum.trades,
});

/** Candles that follow each other, as one. */
function joined(startedAt: number, candles: readonly Candle[]): Candle | undefined {
  const parts = candles
    .filter(({ trades }) => trades > 0)
    .map((candle, index) => ({ ...candle, firstId: rankId(index), lastId: rankId(index) }));
  const [sum] = summedUp(parts);
  return sum === undefined ? undefined : candleOf(startedAt, sum);
}

const rankId = (index: number): string => String(index).padStart(6, '0');
