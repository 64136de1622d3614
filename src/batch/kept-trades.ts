/** Trades of one market, each once: the newest as they are, all as candles, a minute of flow. */
import {
  CANDLE_RESOLUTIONS,
  type Candle,
  type CandleResolution,
  type Side,
  type Trade,
} from '../model/book.js';
import { KeptCandles } from './kept-candles.js';

const MINUTE_MS = 60_000;
const SECOND_MS = 1_000;
/** Seconds of flow kept: a minute, and the one that is open. */
const SECONDS_MAX = 61;
/** At twice as many the older half of the ids is forgotten: what is older is taken for known. */
const IDS_MAX = 2_000;
const RECENT_MAX = 64;
const LENGTHS: Readonly<Record<CandleResolution, readonly [minutes: number, limit: number]>> = {
  '1MIN': [1, 1_000],
  '5MINS': [5, 288],
  '15MINS': [15, 192],
  '30MINS': [30, 96],
  '1HOUR': [60, 168],
  '4HOURS': [240, 84],
  '1DAY': [1_440, 60],
};

interface Second {
  readonly side: Side;
  readonly second: number;
  size: number;
  trades: number;
}

export class KeptTrades {
  /** In order of `CANDLE_RESOLUTIONS`. */
  readonly #candles: readonly KeptCandles[];
  #ids = new Set<string>();
  #floor = '';
  #recent: Trade[] = [];
  #seconds: Second[] = [];
  count = 0;

  constructor() {
    const made: KeptCandles[] = [];
    for (const resolution of CANDLE_RESOLUTIONS) {
      const [minutes, limit] = LENGTHS[resolution];
      made.push(new KeptCandles({ lengthMs: minutes * MINUTE_MS, limit, finer: made.at(-1) }));
    }
    this.#candles = made;
  }

  /** The newest trades, oldest first. */
  get recent(): readonly Trade[] {
    return this.#recent;
  }

  /** How many periods of each length. */
  get counts(): Readonly<Record<CandleResolution, number>> {
    const entries = CANDLE_RESOLUTIONS.map((resolution, index) => [
      resolution,
      this.#candles[index]?.count ?? 0,
    ]);
    return Object.fromEntries(entries) as Record<CandleResolution, number>;
  }

  /** Those that are new, in order of their ids. */
  add(trades: readonly Trade[]): readonly Trade[] {
    const inOrder = [...trades].sort((a, b) => (a.id < b.id ? -1 : Number(a.id > b.id)));
    const added = inOrder.filter(({ id }) => this.#isNew(id));
    for (const trade of added) {
      this.count += 1;
      for (const candles of this.#candles) candles.add(trade);
      this.#flow(trade);
    }
    if (added.length > 0) this.#recent = [...this.#recent, ...added].slice(-RECENT_MAX);
    return added;
  }

  merge(resolution: CandleResolution, candle: Candle): void {
    const index = CANDLE_RESOLUTIONS.indexOf(resolution);
    this.#candles[index]?.merge(candle);
    for (const coarser of this.#candles.slice(index + 1)) coarser.touch(candle.startedAt);
  }

  candles(resolution: CandleResolution, count = Infinity): readonly Candle[] {
    return this.#candles[CANDLE_RESOLUTIONS.indexOf(resolution)]?.all(count) ?? [];
  }

  openMinute(now: number): Candle | undefined {
    return this.#candles[0]?.openAt(now);
  }

  /** Steps that takers of one side took in the last `ms`, to the second, and in how many trades. */
  flow(side: Side, now: number, ms: number): { readonly size: number; readonly trades: number } {
    const from = Math.floor((now - ms) / SECOND_MS);
    const to = Math.floor(now / SECOND_MS);
    const within = this.#seconds.filter(
      (one) => one.side === side && one.second > from && one.second <= to,
    );
    return {
      size: within.reduce((all, { size }) => all + size, 0),
      trades: within.reduce((all, { trades }) => all + trades, 0),
    };
  }

  clear(): void {
    for (const candles of this.#candles) candles.clear();
    this.#ids = new Set();
    this.#floor = '';
    this.#recent = [];
    this.#seconds = [];
    this.count = 0;
  }

  #flow({ side, size, at }: Trade): void {
    const second = Math.floor(at / SECOND_MS);
    const newest = this.#seconds.reduce(
      (most, one) => (one.side === side ? Math.max(most, one.second) : most),
      -1,
    );
    if (second <= newest - SECONDS_MAX) return;
    const known = this.#seconds.find((one) => one.side === side && one.second === second);
    if (known !== undefined) {
      known.size += size;
      known.trades += 1;
      return;
    }
    const oldest = Math.max(newest, second) - SECONDS_MAX;
    this.#seconds = this.#seconds.filter((one) => one.side !== side || one.second > oldest);
    this.#seconds.push({ side, second, size, trades: 1 });
  }

  #isNew(id: string): boolean {
    if (id <= this.#floor || this.#ids.has(id)) return false;
    this.#ids.add(id);
    if (this.#ids.size >= 2 * IDS_MAX) {
      const sorted = [...this.#ids].sort();
      this.#floor = sorted[IDS_MAX - 1] ?? this.#floor;
      this.#ids = new Set(sorted.slice(IDS_MAX));
    }
    return true;
  }
}
