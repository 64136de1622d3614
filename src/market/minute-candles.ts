/**
 * One-minute candles of one market. Each minute keeps two tallies, our trades and the venue's
 * candle, and shows the one that has seen more trades (the venue's when equal): so a trade that is
 * already in the venue's candle is never counted twice. Minutes without either have no candle.
 */
import type { Candle, Trade } from '../model/book.js';
import { steps, unixMs, type UnixMs } from '../model/quantities.js';

const MINUTE_MS = 60_000;
/** Minutes kept; the oldest is forgotten, and what is older still is ignored. */
const MINUTES_MAX = 1_000;

interface Minute {
  readonly startedAt: UnixMs;
  ours: Candle | undefined;
  venues: Candle | undefined;
  firstId: string;
  lastId: string;
}

export class MinuteCandles {
  /** Oldest first. */
  readonly #minutes: Minute[] = [];

  get count(): number {
    return this.#minutes.length;
  }

  /** Each trade once. A trade that comes late still changes its minute. */
  add(trade: Trade): void {
    const minute = this.#minuteAt(unixMs(Math.floor(trade.at / MINUTE_MS) * MINUTE_MS));
    if (minute === undefined) return;
    const { ours } = minute;
    const isFirst = ours === undefined || trade.id < minute.firstId;
    const isLast = ours === undefined || trade.id > minute.lastId;
    if (isFirst) minute.firstId = trade.id;
    if (isLast) minute.lastId = trade.id;
    const { price, size } = trade;
    minute.ours = {
      startedAt: minute.startedAt,
      open: isFirst ? price : ours.open,
      high: ours === undefined || price > ours.high ? price : ours.high,
      low: ours === undefined || price < ours.low ? price : ours.low,
      close: isLast ? price : ours.close,
      volume: steps((ours?.volume ?? 0) + size),
      trades: (ours?.trades ?? 0) + 1,
    };
  }

  /** The venue's newest word about a minute. */
  merge(candle: Candle): void {
    const minute = this.#minuteAt(candle.startedAt);
    if (minute !== undefined) minute.venues = candle;
  }

  /** The newest candle, unless its minute is over. */
  openAt(now: UnixMs): Candle | undefined {
    const newest = this.#minutes.at(-1);
    return newest === undefined || now >= newest.startedAt + MINUTE_MS
      ? undefined
      : candleOf(newest);
  }

  /** Oldest first, the open candle included. */
  all(): readonly Candle[] {
    return this.#minutes.flatMap((minute) => candleOf(minute) ?? []);
  }

  clear(): void {
    this.#minutes.length = 0;
  }

  /** The minute that starts then, made if need be; undefined when it is too old to keep. */
  #minuteAt(startedAt: UnixMs): Minute | undefined {
    let index = this.#minutes.length;
    while (index > 0 && (this.#minutes[index - 1]?.startedAt ?? 0) > startedAt) index -= 1;
    const known = this.#minutes[index - 1];
    if (known?.startedAt === startedAt) return known;
    if (index === 0 && this.#minutes.length === MINUTES_MAX) return undefined;
    const minute = { startedAt, ours: undefined, venues: undefined, firstId: '', lastId: '' };
    this.#minutes.splice(index, 0, minute);
    if (this.#minutes.length > MINUTES_MAX) this.#minutes.shift();
    return minute;
  }
}

function candleOf({ ours, venues }: Minute): Candle | undefined {
  if (ours === undefined || venues === undefined) return ours ?? venues;
  return ours.trades > venues.trades ? ours : venues;
}
