/** Contents of the public channels, read into market events. All readers throw `Unreadable`. */
import { parseDecimal, parseDecimalTruncated } from '../model/decimal.js';
import type { Candle, Side, Trade } from '../model/book.js';
import type { LevelChange, MarketEvent } from '../model/events.js';
import type { MarketSpec } from '../model/market.js';
import {
  blockHeight,
  isMarketId,
  OPEN_INTEREST_SCALE,
  openInterest,
  ORACLE_SCALE,
  oraclePrice,
  type BlockHeight,
  type MarketId,
  type OpenInterest,
  type OraclePrice,
  type UnixMs,
} from '../model/quantities.js';
import { checks, type CandleObject, type MarketObject, type TradeObject } from './schemas.js';
import { readSteps, readTicks, readTicksDown, specOfMarket, type MarketUnits } from './units.js';
import { readable, Unreadable } from './unreadable.js';

type BookLevels = { readonly bids: readonly LevelChange[]; readonly asks: readonly LevelChange[] };

export function readBook(contents: unknown, units: MarketUnits): BookLevels {
  const { bids, asks } = checks.book(contents);
  const level = ({ price, size }: { price: string; size: string }): LevelChange => ({
    price: readTicks(units, price),
    size: readSteps(units, size),
  });
  return { bids: bids.map(level), asks: asks.map(level) };
}

/** Absolute sizes; zero removes the level. */
export function readBookUpdate(contents: unknown, units: MarketUnits): BookLevels {
  const { bids, asks } = checks.bookUpdate(contents);
  return { bids: readLevelChanges(bids, units), asks: readLevelChanges(asks, units) };
}

function readLevelChanges(
  changes: readonly (readonly string[])[] | undefined,
  units: MarketUnits,
): LevelChange[] {
  if (changes === undefined) return [];
  return changes.map(([price = '', size = '']) => ({
    price: readTicks(units, price),
    size: readSteps(units, size),
  }));
}

/** Oldest first. Deleveraging is no trade of the book and prints off the tick: left out. */
export function readTrades(contents: unknown, units: MarketUnits): Trade[] {
  return checks
    .trades(contents)
    .trades.filter(({ type }) => type !== 'DELEVERAGED')
    .map((trade) => readTrade(trade, units))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

const readTrade = (trade: TradeObject, units: MarketUnits): Trade => ({
  id: trade.id,
  side: readSide(trade.side),
  price: readTicks(units, trade.price),
  size: readSteps(units, trade.size),
  at: readTime(trade.createdAt),
});

export const readSide = (side: 'BUY' | 'SELL'): Side => (side === 'BUY' ? 'buy' : 'sell');

/** Whatever else `Date.parse` would make a time of: years alone, local times, words. */
const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** ISO time as milliseconds since 1970. */
export function readTime(iso: string): UnixMs {
  const ms = ISO_TIME.test(iso) ? Date.parse(iso) : Number.NaN;
  if (ms >= 0) return ms as UnixMs;
  throw new Unreadable(`expected an ISO time, was ${JSON.stringify(iso.slice(0, 64))}`);
}

export const readHeight = (height: string): BlockHeight => blockHeight(Number(height));

/** Prices may carry a deleveraging print, so they are cut to the tick below. */
const readCandle = (candle: CandleObject, units: MarketUnits): Candle => ({
  startedAt: readTime(candle.startedAt),
  open: readTicksDown(units, candle.open),
  high: readTicksDown(units, candle.high),
  low: readTicksDown(units, candle.low),
  close: readTicksDown(units, candle.close),
  volume: readSteps(units, candle.baseTokenVolume),
  trades: candle.trades,
});

/** Venue order is newest first; the model's is oldest first. */
export const readCandles = (candles: readonly CandleObject[], units: MarketUnits): Candle[] =>
  candles.map((candle) => readCandle(candle, units)).toReversed();

/** A market without an oracle price yet says null or zero. */
export function readOracle(text: string | null | undefined): OraclePrice | undefined {
  if (text === null || text === undefined) return undefined;
  const value = readable(parseDecimal(text, ORACLE_SCALE));
  return value > 0n ? oraclePrice(value) : undefined;
}

/** Markets whose ticker is none of ours to trade are left out; any other fault is a fault. */
export const readableMarkets = (markets: Readonly<Record<string, MarketObject>>): MarketObject[] =>
  Object.values(markets).filter(({ ticker }) => isMarketId(ticker));

export const readSpec = (market: MarketObject): MarketSpec => readable(specOfMarket(market));

/** Specs first: what follows in the same frame may be about a new market. */
export function readMarkets(contents: unknown): MarketEvent[] {
  const markets = readableMarkets(checks.markets(contents).markets);
  const specs = markets.map(readSpec);
  const oracles = markets.flatMap(({ ticker, oraclePrice }) => oracleEvent(ticker, oraclePrice));
  const fundings = markets.flatMap(({ ticker, nextFundingRate }) =>
    fundingEvent(ticker, nextFundingRate),
  );
  const interests = markets.flatMap(({ ticker, openInterest: held }) =>
    openInterestEvent(ticker, held),
  );
  return [{ type: 'specs', specs }, ...oracles, ...fundings, ...interests];
}

export function readMarketsUpdate(contents: unknown): MarketEvent[] {
  const { trading = {}, oraclePrices = {} } = checks.marketsUpdate(contents);
  const events = Object.entries(trading).flatMap(([ticker, changed]) =>
    isMarketId(ticker) ? readTrading(ticker, changed) : [],
  );
  for (const [ticker, { oraclePrice }] of Object.entries(oraclePrices)) {
    events.push(...oracleEvent(ticker, oraclePrice));
  }
  return events;
}

/** Either the whole market (its parameters changed), or a few statistics, or its new status. */
function readTrading(
  market: MarketId,
  changed: {
    readonly status?: string | undefined;
    readonly nextFundingRate?: string | null | undefined;
    readonly openInterest?: string | null | undefined;
  },
): MarketEvent[] {
  const figures = [
    ...fundingEvent(market, changed.nextFundingRate),
    ...openInterestEvent(market, changed.openInterest),
  ];
  if ('atomicResolution' in changed) {
    return [{ type: 'specs', specs: [readSpec(checks.marketObject(changed))] }, ...figures];
  }
  if (changed.status === undefined) return figures;
  return [{ type: 'status', market, status: checks.status(changed.status) }, ...figures];
}

/** Whole base units, cut off after 18 decimals. */
export function readOpenInterest(text: string | null | undefined): OpenInterest | undefined {
  if (text === null || text === undefined) return undefined;
  return openInterest(readable(parseDecimalTruncated(text, OPEN_INTEREST_SCALE)));
}

function openInterestEvent(ticker: string, text: string | null | undefined): MarketEvent[] {
  const held = readOpenInterest(text);
  return held === undefined || !isMarketId(ticker)
    ? []
    : [{ type: 'openInterest', market: ticker, held }];
}

/** A float for signals: no money is counted with it. A market without samples yet says null. */
function fundingEvent(ticker: string, text: string | null | undefined): MarketEvent[] {
  if (text === null || text === undefined || !isMarketId(ticker)) return [];
  const rate1h = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  if (!(Math.abs(rate1h) <= 1)) {
    throw new Unreadable(
      `expected a funding rate of at most 1, was ${JSON.stringify(text.slice(0, 64))}`,
    );
  }
  return [{ type: 'funding', market: ticker, rate1h }];
}

function oracleEvent(ticker: string, text: string | null | undefined): MarketEvent[] {
  const price = readOracle(text);
  return price === undefined || !isMarketId(ticker)
    ? []
    : [{ type: 'oracle', market: ticker, price }];
}
