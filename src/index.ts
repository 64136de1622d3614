/** For strategy authors: what a strategy is given, what it answers, and arithmetic of prices. */
export { CountWindow, type WindowStatistics } from './collections/count-window.js';
export { TimeWindow, type TimeWindowOptions, type WindowSum } from './collections/time-window.js';
export type { Candle, CandleResolution, Level, MarketView, Side, Trade } from './model/book.js';
export type { Decision, Hold, Quote, QuotedOrder, Reason, Verdict } from './model/decision.js';
export type { SignalName, SignalScore, SignalSet } from './model/signal.js';
export { roundToTick, stepBase, tickUsd } from './model/market.js';
export { windowedMomentum } from './signals/momentum.js';
export type {
  AuthoredEntry as Entry,
  AuthoredHold,
  AuthoredStrategy as Strategy,
  OwnPosition,
  Sight,
  Terms,
} from './ports/strategy.js';
export {
  atr,
  bollinger,
  ema,
  macd,
  rsi,
  type Bands,
  type Indicator,
  type MacdLines,
  type MacdPeriods,
  type Range,
} from './signals/indicators.js';
