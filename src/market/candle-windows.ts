/**
 * The candles of one market in every resolution of the venue: built from trades, merged with the
 * venue's own. Bounded: at most 1,888 periods a market, 0.26 MB when all are full (after two
 * months; 15 KB after an hour).
 */
import {
  CANDLE_RESOLUTIONS,
  type Candle,
  type CandleResolution,
  type Trade,
} from '../model/book.js';
import type { UnixMs } from '../model/quantities.js';
import { CandleSeries, newTally, type Tally } from './candle-series.js';

const MINUTE_MS = 60_000;
const LIMITS: Readonly<Record<CandleResolution, { minutes: number; limit: number }>> = {
  '1MIN': { minutes: 1, limit: 1_000 },
  '5MINS': { minutes: 5, limit: 288 },
  '15MINS': { minutes: 15, limit: 192 },
  '30MINS': { minutes: 30, limit: 96 },
  '1HOUR': { minutes: 60, limit: 168 },
  '4HOURS': { minutes: 240, limit: 84 },
  '1DAY': { minutes: 1_440, limit: 60 },
};

export type CandleCounts = Readonly<Record<CandleResolution, number>>;

export class CandleWindows {
  /** In order of `CANDLE_RESOLUTIONS`. */
  readonly #series: readonly CandleSeries[];
  #newestId = '';
  /** The newest trades of one minute, which all series are told of together when one is read. */
  #coming: Tally | undefined;
  #minute = 0;
  /** The period that the venue spoke of last: the coarser ones around it are there. */
  #told = { from: -1, startedAt: 0 };

  constructor() {
    const series: CandleSeries[] = [];
    for (const resolution of CANDLE_RESOLUTIONS) {
      const { minutes, limit } = LIMITS[resolution];
      const lengthMs = minutes * MINUTE_MS;
      series.push(new CandleSeries({ lengthMs, limit, finer: series.at(-1) }));
    }
    this.#series = series;
  }

  get counts(): CandleCounts {
    this.#settle();
    const entries = CANDLE_RESOLUTIONS.map((resolution, index) => [
      resolution,
      this.#series[index]?.count ?? 0,
    ]);
    return Object.fromEntries(entries) as CandleCounts;
  }

  /** Each trade once, early or late. */
  add(trade: Trade): void {
    if (!(trade.id > this.#newestId)) {
      for (const series of this.#series) series.add(trade);
      return;
    }
    const { id, price, size, at } = trade;
    this.#newestId = id;
    const tally = this.#coming;
    if (tally === undefined || !(at >= this.#minute && at < this.#minute + MINUTE_MS)) {
      this.#settle();
      this.#coming = newTally(trade);
      this.#minute = Math.floor(at / MINUTE_MS) * MINUTE_MS;
      return;
    }
    tally.lastId = id;
    tally.close = price;
    if (price > tally.high) tally.high = price;
    if (price < tally.low) tally.low = price;
    tally.volume += size;
    tally.trades += 1;
  }

  /** The venue's newest word; coarser periods that contain it come into being with it. */
  merge(resolution: CandleResolution, candle: Candle): void {
    const from = CANDLE_RESOLUTIONS.indexOf(resolution);
    const { startedAt } = candle;
    this.#series[from]?.merge(candle);
    if (this.#told.from === from && this.#told.startedAt === startedAt) return;
    this.#told = { from, startedAt };
    for (const series of this.#series.slice(from + 1)) series.touch(startedAt);
  }

  /** The open minute, if it had a trade; the same object until it changes. */
  openMinute(now: UnixMs): Candle | undefined {
    this.#settle();
    return this.#series[0]?.openAt(now);
  }

  /** Oldest first, the open one included; all, or those of the newest `count` periods. */
  all(resolution: CandleResolution, count = Infinity): readonly Candle[] {
    this.#settle();
    return this.#series[CANDLE_RESOLUTIONS.indexOf(resolution)]?.all(count) ?? [];
  }

  clear(): void {
    for (const series of this.#series) series.clear();
    this.#newestId = '';
    this.#coming = undefined;
    this.#told = { from: -1, startedAt: 0 };
  }

  #settle(): void {
    const tally = this.#coming;
    if (tally === undefined) return;
    this.#coming = undefined;
    for (const series of this.#series) series.addTally(this.#minute as UnixMs, tally);
  }
}
