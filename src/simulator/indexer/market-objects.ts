/** Markets, books, trades and candles as the indexer writes them, on REST and on the socket. */
import { formatDecimal } from '../../model/decimal.js';
import type { FundingTick } from '../chain-messages.js';
import type {
  BookLevel,
  ExchangeCandle,
  ExchangeTrade,
  MarketView,
  PerpetualMarket,
} from '../exchange-types.js';
import { fractionText, isoText, oracleText, priceText, sizeText, usdText } from './wire-units.js';

/** Levels of a side that snapshots and REST show. */
export const BOOK_DEPTH = 100;
/** Rates are fractions × 1e12. */
const RATE_SCALE = 12;
const HOURS_PER_DEFAULT_RATE = 8n;

export const RESOLUTIONS: readonly string[] = [
  '1MIN',
  '5MINS',
  '15MINS',
  '30MINS',
  '1HOUR',
  '4HOURS',
  '1DAY',
];

/** Statistics that the periodic `trading` message carries, each only when it has changed. */
export const tradingObject = (view: MarketView) => ({
  priceChange24H: oracleText(view.priceChange24hE12),
  volume24H: usdText(view.volume24hQuote),
  trades24H: view.trades24h,
  nextFundingRate: rateText(view.nextFundingRate1hE12),
  openInterest: sizeText(view.market, view.openInterest),
});

export function marketObject(view: MarketView) {
  const { market } = view;
  const { openInterest, ...trading } = tradingObject(view);
  return {
    clobPairId: String(market.clobPairId),
    ticker: market.ticker,
    status: market.status,
    oraclePrice: oracleText(view.oraclePriceE12),
    ...trading,
    initialMarginFraction: fractionText(market.initialMarginPpm),
    maintenanceMarginFraction: fractionText(market.maintenanceMarginPpm),
    openInterest,
    atomicResolution: market.atomicResolution,
    quantumConversionExponent: market.quantumConversionExponent,
    tickSize: priceText(market, market.subticksPerTick),
    stepSize: sizeText(market, market.stepBaseQuantums),
    stepBaseQuantums: Number(market.stepBaseQuantums),
    subticksPerTick: Number(market.subticksPerTick),
    marketType: market.marketType,
    openInterestLowerCap: usdText(market.openInterestLowerCap),
    openInterestUpperCap: usdText(market.openInterestUpperCap),
    baseOpenInterest: sizeText(market, view.openInterest),
    defaultFundingRate1H: hourlyRateText(market.defaultFundingPpm),
  };
}

/** ppm per eight hours as a fraction per hour, which always ends. */
const hourlyRateText = (ppm: number): string =>
  formatDecimal((BigInt(ppm) * 1000n) / HOURS_PER_DEFAULT_RATE, 9);

export const marketsObject = (views: Iterable<MarketView>) => ({
  markets: Object.fromEntries([...views].map((view) => [view.market.ticker, marketObject(view)])),
});

interface Book {
  readonly bids: readonly BookLevel[];
  readonly asks: readonly BookLevel[];
}

export function bookObject(market: PerpetualMarket, book: Book) {
  const level = ({ subticks, quantums }: BookLevel) => ({
    price: priceText(market, subticks),
    size: sizeText(market, quantums),
  });
  return { bids: book.bids.map(level), asks: book.asks.map(level) };
}

export const tradeObject = (market: PerpetualMarket, trade: ExchangeTrade) => ({
  id: trade.eventId,
  side: trade.side,
  size: sizeText(market, trade.quantums),
  price: priceText(market, trade.subticks),
  type: trade.type,
  createdAt: isoText(trade.timeMs),
});

/** As REST and snapshots have it: with its height. */
export const tradeRow = (market: PerpetualMarket, trade: ExchangeTrade) =>
  Object.assign(tradeObject(market, trade), { createdAtHeight: String(trade.height) });

/** Newest first. */
export const tradesObject = (market: PerpetualMarket, trades: readonly ExchangeTrade[]) => ({
  trades: [...trades]
    .sort((a, b) => (a.eventId < b.eventId ? 1 : -1))
    .map((trade) => tradeRow(market, trade)),
});

export const candleObject = (market: PerpetualMarket, candle: ExchangeCandle) => ({
  startedAt: isoText(candle.startedAtMs),
  ticker: market.ticker,
  resolution: candle.resolution,
  low: priceText(market, candle.low),
  high: priceText(market, candle.high),
  open: priceText(market, candle.open),
  close: priceText(market, candle.close),
  baseTokenVolume: sizeText(market, candle.baseQuantums),
  usdVolume: usdText(candle.quoteQuantums),
  trades: candle.trades,
  startingOpenInterest: sizeText(market, candle.startingOpenInterest),
  orderbookMidPriceOpen: midText(market, candle.midOpen),
  orderbookMidPriceClose: midText(market, candle.midClose),
});

/** Half subticks as a price. */
const midText = (market: PerpetualMarket, halfSubticks: bigint | undefined): string | null =>
  halfSubticks === undefined
    ? null
    : formatDecimal(
        halfSubticks * 5n,
        market.atomicResolution - market.quantumConversionExponent + 7,
      );

/** Newest first. */
export const candlesObject = (market: PerpetualMarket, candles: readonly ExchangeCandle[]) => ({
  candles: [...candles]
    .sort((a, b) => b.startedAtMs - a.startedAtMs)
    .map((candle) => candleObject(market, candle)),
});

/** Closing prices, newest first. */
export const sparkline = (
  market: PerpetualMarket,
  candles: readonly ExchangeCandle[],
  count: number,
): readonly string[] =>
  [...candles]
    .sort((a, b) => b.startedAtMs - a.startedAtMs)
    .slice(0, count)
    .map((candle) => priceText(market, candle.close));

export const rateText = (rate1hE12: bigint): string => formatDecimal(rate1hE12, RATE_SCALE);

export const fundingObject = (market: PerpetualMarket, tick: FundingTick) => ({
  ticker: market.ticker,
  rate: rateText(tick.rate1hE12),
  price: oracleText(tick.priceE12),
  effectiveAtHeight: String(tick.height),
  effectiveAt: isoText(tick.timeMs),
});
