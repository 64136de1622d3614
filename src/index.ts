/** For strategy authors: what a strategy is given, what it answers, and arithmetic of prices. */
export { CountWindow, type WindowStatistics } from './collections/count-window.js';
export { TimeWindow, type TimeWindowOptions, type WindowSum } from './collections/time-window.js';
export type { Level, MarketView, Side, Trade } from './model/book.js';
export type { Decision, Hold, Reason, Verdict } from './model/decision.js';
export type { SignalName, SignalScore, SignalSet } from './model/signal.js';
export { roundToTick, stepBase, tickUsd } from './model/market.js';
export { windowedMomentum } from './signals/momentum.js';
export type { Candidate, Sight, Strategy } from './strategy/strategy-port.js';
