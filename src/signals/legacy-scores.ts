/**
 * The scores of the Python bot that this service descends from, for comparison on the same hour:
 * its streaming formulas as written, with the shapes of the data put right and one state per
 * market. Beside each, as `batch`, what its older formula gives, where that can be reckoned.
 *
 * 1. A score begins at 50 and moves when it differs by more than 0.1. All lie within 0–100.
 * 2. The batch formulas want the venue's figures of 24 hours: the hours that are known stand for
 *    them.
 */
import type { Candle, Trade } from '../model/book.js';
import { stepBase, tickUsd, type MarketSpec } from '../model/market.js';
import { unixMs, type MarketId, type UnixMs } from '../model/quantities.js';
import { SIGNAL_NAMES, WARM_SAMPLES, type SignalName, type SignalSet } from '../model/signal.js';
import type { MarketLens, SignalLens, Touch } from '../ports/lenses.js';

const START = 50;
const LEAST_MOVE = 0.1;
const MOMENTUM_TRADES = 20;
const EARLY_TRADES = 50;
const LATE_TRADES = 10;
const DAY_HOURS = 24;

const clamp = (score: number): number => Math.min(100, Math.max(0, score));
const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Change over the last twenty trades, in percent, twice. NaN without trades. */
export function legacyMomentum(prices: readonly number[]): number {
  const window = prices.slice(-MOMENTUM_TRADES);
  const first = window[0] ?? Number.NaN;
  return clamp(50 + 2 * (((window.at(-1) ?? Number.NaN) - first) / first) * 100);
}

/** The mean size of the last ten trades against that of the last fifty. NaN without trades. */
export function legacyVolume(sizes: readonly number[]): number {
  return clamp(50 + 25 * (mean(sizes.slice(-LATE_TRADES)) / mean(sizes.slice(-EARLY_TRADES)) - 1));
}

/** The spread in percent, a thousand times. */
export const legacyVolatility = ({ bidPrice, askPrice }: Readonly<Touch>): number =>
  clamp(1_000 * spreadPct({ bidPrice, askPrice }));

/** The bid's share of the two best levels. */
export const legacyOrderBook = ({ bidSize, askSize }: Readonly<Touch>): number =>
  clamp((100 * bidSize) / (bidSize + askSize));

const spreadPct = ({ bidPrice, askPrice }: Pick<Touch, 'bidPrice' | 'askPrice'>): number =>
  ((askPrice - bidPrice) / ((askPrice + bidPrice) / 2)) * 100;

export interface LegacyDay {
  /** USD. */
  readonly price: number;
  readonly change24h: number;
  readonly volume24hUsd: number;
}

/** Divided by the price of now, as it was written. */
export const legacyBatchMomentum = ({ price, change24h }: LegacyDay): number =>
  clamp(50 + 2 * ((change24h / price) * 100));

export const legacyBatchVolume = ({ volume24hUsd }: LegacyDay): number =>
  volume24hUsd > 0 ? clamp(30 + 8 * Math.log10(volume24hUsd + 1)) : 0;

/** The venue's market objects name no volatility: that term was always 0. */
export const legacyBatchVolatility = (touch: Readonly<Touch>): number =>
  clamp(spreadPct(touch) * 20 * 100);

function dayOf(hours: readonly Candle[], spec: MarketSpec): LegacyDay | undefined {
  const first = hours[0];
  const last = hours.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const unit = tickUsd(spec);
  const price = last.close * unit;
  const volume24hUsd = hours.reduce(
    (sum, { volume, close }) => sum + volume * stepBase(spec) * close * unit,
    0,
  );
  return { price, change24h: (last.close - first.open) * unit, volume24hUsd };
}

interface Kept {
  value: number;
  samples: number;
  at: UnixMs;
}

/** One market. */
export class LegacyScores implements SignalLens {
  readonly market: MarketId;
  readonly #touch: Touch = { bidPrice: 0, bidSize: 0, askPrice: 0, askSize: 0 };
  /** At most fifty of each. */
  #prices: number[] = [];
  #sizes: number[] = [];
  #lens: MarketLens | undefined;
  readonly #kept: Readonly<Record<SignalName, Kept>> = {
    momentum: beginning(),
    volume: beginning(),
    volatility: beginning(),
    orderbook: beginning(),
  };

  constructor(market: MarketId) {
    this.market = market;
  }

  /** Takes in one turn of the market. */
  accept(lens: MarketLens): void {
    this.#lens = lens;
    for (const trade of lens.trades) this.#trade(trade);
    if (!lens.readTouch(this.#touch)) return;
    this.#move('volatility', legacyVolatility(this.#touch), lens.bookAt);
    this.#move('orderbook', legacyOrderBook(this.#touch), lens.bookAt);
  }

  get isWarm(): boolean {
    return SIGNAL_NAMES.every((name) => this.#kept[name].samples >= WARM_SAMPLES);
  }

  set(): SignalSet {
    const { market } = this;
    const lens = this.#lens;
    const at = lens?.at ?? unixMs(0);
    const batch = this.#batch();
    const scores = SIGNAL_NAMES.map((name) => {
      const { value, samples, at: scoredAt } = this.#kept[name];
      const older = batch[name];
      const parts: Readonly<Record<string, number>> = older === undefined ? {} : { batch: older };
      const warm = samples >= WARM_SAMPLES;
      return [name, { name, market, value, at: scoredAt, samples, warm, parts }] as const;
    });
    return { market, at, scores: Object.fromEntries(scores) };
  }

  #trade({ price, size, at }: Trade): void {
    this.#prices = [...this.#prices, price].slice(-EARLY_TRADES);
    this.#sizes = [...this.#sizes, size].slice(-EARLY_TRADES);
    this.#move('momentum', legacyMomentum(this.#prices), at);
    this.#move('volume', legacyVolume(this.#sizes), at);
  }

  #move(name: SignalName, value: number, at: UnixMs): void {
    const kept = this.#kept[name];
    kept.samples += 1;
    kept.at = at;
    if (Math.abs(value - kept.value) > LEAST_MOVE) kept.value = value;
  }

  #batch(): Readonly<Partial<Record<SignalName, number>>> {
    const lens = this.#lens;
    if (lens === undefined) return {};
    const day = dayOf(lens.candles('1HOUR', DAY_HOURS), lens.spec);
    const ofDay =
      day === undefined
        ? {}
        : { momentum: legacyBatchMomentum(day), volume: legacyBatchVolume(day) };
    if (!lens.readTouch(this.#touch)) return { ...ofDay, orderbook: START };
    return {
      ...ofDay,
      volatility: legacyBatchVolatility(this.#touch),
      orderbook: legacyOrderBook(this.#touch),
    };
  }
}

const beginning = (): Kept => ({ value: START, samples: 0, at: unixMs(0) });
