/** Trades and candles for tests, and what candles a plain recomputation makes of trades. */
import type { Candle, Trade } from '../../src/model/book.js';
import { steps, ticks, unixMs } from '../../src/model/quantities.js';

export const trade = (number: number, at: number, price: number, size: number): Trade => ({
  id: number.toString(16).padStart(24, '0'),
  side: 'buy',
  price: ticks(price),
  size: steps(size),
  at: unixMs(at),
});

export const candle = (startedAt: number, trades: number, price = 7): Candle => ({
  startedAt: unixMs(startedAt),
  open: ticks(price),
  high: ticks(price),
  low: ticks(price),
  close: ticks(price),
  volume: steps(trades),
  trades,
});

/** Of trades in any order, by the order of their ids. */
export function naiveCandles(trades: readonly Trade[], lengthMs: number): Candle[] {
  const sorted = trades.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const startOf = ({ at }: Trade): number => Math.floor(at / lengthMs) * lengthMs;
  const starts = [...new Set(sorted.map(startOf))].sort((a, b) => a - b);
  return starts.map((startedAt) => {
    const list = sorted.filter((one) => startOf(one) === startedAt);
    const prices = list.map(({ price }) => price);
    return {
      startedAt: unixMs(startedAt),
      open: ticks(prices[0] ?? 0),
      high: ticks(Math.max(...prices)),
      low: ticks(Math.min(...prices)),
      close: ticks(prices.at(-1) ?? 0),
      volume: steps(list.reduce((sum, { size }) => sum + size, 0)),
      trades: list.length,
    };
  });
}
