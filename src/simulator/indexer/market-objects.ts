/** Markets, books, trades and candles as the indexer writes them, on REST and on the socket. */
import type {
  BookLevel,
  ExchangeCandle,
  ExchangeTrade,
  MarketView,
  PerpetualMarket,
} from '../exchange-types.js';
import { fractionText, isoText, oracleText, priceText, sizeText, usdText } from './wire-units.js';

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
  nextFundingRate: '0',
  openInterest: sizeText(view.market, view.openInterest),
});

export function marketObject(view: MarketView) {
  const { market } = view;
  return {
    clobPairId: String(market.clobPairId),
    ticker: market.ticker,
    status: market.status,
    oraclePrice: oracleText(view.oraclePriceE12),
    ...tradingObject(view),
    initialMarginFraction: fractionText(market.initialMarginPpm),
    maintenanceMarginFraction: fractionText(market.maintenanceMarginPpm),
    atomicResolution: market.atomicResolution,
    quantumConversionExponent: market.quantumConversionExponent,
    tickSize: priceText(market, market.subticksPerTick),
    stepSize: sizeText(market, market.stepBaseQuantums),
    stepBaseQuantums: Number(market.stepBaseQuantums),
    subticksPerTick: Number(market.subticksPerTick),
    marketType: 'CROSS',
    openInterestLowerCap: usdText(market.openInterestLowerCap),
    openInterestUpperCap: usdText(market.openInterestUpperCap),
    baseOpenInterest: sizeText(market, view.openInterest),
    defaultFundingRate1H: '0',
  };
}

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
  type: 'LIMIT',
  createdAt: isoText(trade.timeMs),
});

/** Newest first, as snapshots and REST have it, each with its height. */
export const tradesObject = (market: PerpetualMarket, trades: readonly ExchangeTrade[]) => ({
  trades: [...trades]
    .sort((a, b) => (a.eventId < b.eventId ? 1 : -1))
    .map((trade) =>
      Object.assign(tradeObject(market, trade), { createdAtHeight: String(trade.height) }),
    ),
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
  startingOpenInterest: '0',
  orderbookMidPriceOpen: null,
  orderbookMidPriceClose: null,
});

/** Newest first. */
export const candlesObject = (market: PerpetualMarket, candles: readonly ExchangeCandle[]) => ({
  candles: [...candles]
    .sort((a, b) => b.startedAtMs - a.startedAtMs)
    .map((candle) => candleObject(market, candle)),
});
