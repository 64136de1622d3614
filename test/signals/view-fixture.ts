/** Views, trades and candles of made-up markets, for the tests of signals and strategies. */
import type { BookState, Candle, Level, MarketView, Side, Trade } from '../../src/model/book.js';
import type { MarketSpec } from '../../src/model/market.js';
import { marketId, price, size, steps, ticks, unixMs } from '../../src/model/quantities.js';
import type { SignalEngine } from '../../src/signals/signal-engine.js';
import type { SignalScore } from '../../src/model/signal.js';

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

/** The last score after a run of views. */
export function runEngine(
  engine: SignalEngine,
  views: readonly MarketView[],
): SignalScore | undefined {
  let score: SignalScore | undefined;
  for (const view of views) score = engine.accept(view) ?? score;
  return score;
}
