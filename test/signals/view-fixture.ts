/** Views, trades and candles of made-up markets, for the tests of signals and strategies. */
import type { BookState, Candle, Level, MarketView, Side, Trade } from '../../src/model/book.js';
import type { MarketSpec } from '../../src/model/market.js';
import { marketId, price, size, steps, ticks, unixMs } from '../../src/model/quantities.js';
import type { Backfill, SignalName, SignalScore, SignalSet } from '../../src/model/signal.js';
import type { MarketLens, SignalLens } from '../../src/ports/lenses.js';
import { SignalDesk } from '../../src/signals/market-scores.js';

export const specOf = (market = 'BTC-USD', tick = 100_000n): MarketSpec => ({
  market: marketId(market),
  venueNumber: 0,
  status: 'ACTIVE',
  priceExponent: -5,
  sizeExponent: -10,
  tick: price(tick),
  step: size(1_000_000n),
  initialMarginPpm: 20_000,
  maintenanceMarginPpm: 12_000,
  isolated: false,
});

export const level = (at: number, amount: number): Level => ({
  price: ticks(at),
  size: steps(amount),
});

let lastTrade = 0;
export const trade = (at: number, amount: number, side: Side = 'buy'): Trade => ({
  id: String(++lastTrade).padStart(12, '0'),
  side,
  price: ticks(30_000),
  size: steps(amount),
  at: unixMs(at),
});

export interface ViewOptions {
  readonly market?: string;
  readonly at?: number;
  readonly updatedAt?: number;
  readonly state?: BookState;
  readonly bid?: number;
  readonly ask?: number;
  readonly bidSize?: number;
  readonly askSize?: number;
  readonly bids?: readonly Level[];
  readonly asks?: readonly Level[];
  readonly trades?: readonly Trade[];
  readonly spec?: MarketSpec;
  readonly fundingRate1h?: number | 'unknown';
}

/** A live view of a market at 30,000 ticks of $1, one tick wide, unless told otherwise. */
export function viewOf(options: ViewOptions = {}): MarketView {
  const spec = options.spec ?? specOf(options.market);
  const at = options.at ?? 0;
  const bid = options.bid ?? 30_000;
  return {
    market: spec.market,
    spec,
    at: unixMs(at),
    book: {
      state: options.state ?? 'live',
      bids: options.bids ?? [level(bid, options.bidSize ?? 1_000)],
      asks: options.asks ?? [level(options.ask ?? bid + 1, options.askSize ?? 1_000)],
      updatedAt: unixMs(options.updatedAt ?? at),
    },
    trades: options.trades ?? [],
    oracle: undefined,
    oracleAt: undefined,
    fundingRate1h: options.fundingRate1h === 'unknown' ? undefined : (options.fundingRate1h ?? 0),
    candle: undefined,
  };
}

export const candle = (minute: number, close: number, options: Partial<Candle> = {}): Candle => ({
  startedAt: unixMs(minute * 60_000),
  open: ticks(close),
  high: ticks(close + 10),
  low: ticks(close - 10),
  close: ticks(close),
  volume: steps(600),
  trades: 10,
  ...options,
});

/** Σ size × nearness, as the order book has it. */
const weigh = (levels: readonly Level[], reach: number): number =>
  levels.reduce((sum, { price, size }) => {
    const distance = Math.abs(price - (levels[0]?.price ?? price));
    return sum + size * Math.max(0, 1 - distance / reach);
  }, 0);

function slippedOf(levels: readonly Level[], wanted: number): number {
  let missing = wanted;
  let slipped = 0;
  for (const { price, size } of levels) {
    slipped += Math.min(missing, size) * Math.abs(price - (levels[0]?.price ?? price));
    missing -= Math.min(missing, size);
  }
  return missing > 0 ? Infinity : slipped;
}

/** A lens that shows one view, and nothing else ever. */
export const lensOf = (view: MarketView): MarketLens => ({
  market: view.market,
  spec: view.spec,
  at: view.at,
  bookState: view.book.state,
  bookAt: view.book.updatedAt,
  trades: view.trades,
  bestBid: view.book.bids[0]?.price ?? Number.NaN,
  bestAsk: view.book.asks[0]?.price ?? Number.NaN,
  fundingRate1h: view.fundingRate1h,
  slipped: (side, wanted) => slippedOf(view.book[side], wanted),
  readTouch: (touch) => {
    const [bid] = view.book.bids;
    const [ask] = view.book.asks;
    if (view.book.state !== 'live' || bid === undefined || ask === undefined) return false;
    touch.bidPrice = bid.price;
    touch.bidSize = bid.size;
    touch.askPrice = ask.price;
    touch.askSize = ask.size;
    return true;
  },
  weightNear: (side, reach) => weigh(view.book[side], reach),
  candles: () => [],
  view: () => view,
});

export const signalLensOf = (set: SignalSet): SignalLens => ({
  market: set.market,
  set: () => set,
  isWarm: Object.values(set.scores).every((score) => score.warm),
});

/** One score of a desk of its own. */
export interface ScoredMarkets {
  accept(view: MarketView): SignalScore | undefined;
  backfill(history: Backfill): void;
  drop(market: MarketView['market']): void;
}

export function engineOf(name: SignalName): ScoredMarkets {
  const desk = new SignalDesk();
  return {
    accept: (view) => desk.accept([lensOf(view)])[0]?.set().scores[name],
    backfill: (history) => desk.backfill(history),
    drop: (market) => desk.drop(market),
  };
}

/** The last score after a run of views. */
export function runEngine(
  engine: ScoredMarkets,
  views: readonly MarketView[],
): SignalScore | undefined {
  let score: SignalScore | undefined;
  for (const view of views) score = engine.accept(view) ?? score;
  return score;
}
