/**
 * Histories: candles of a period, flat ones between, sums of a day, and the limits of what is
 * kept.
 */
import { describe, expect, it } from 'vitest';
import type { ExchangeTrade } from '../../../src/simulator/exchange-types.js';
import { CANDLE_RESOLUTIONS, MarketHistory } from '../../../src/simulator/chain/market-history.js';
import { Recent } from '../../../src/simulator/chain/recent.js';

const HOUR = 3_600_000;

const tradeOf = (subticks: bigint): ExchangeTrade => ({
  eventId: '0',
  type: 'LIMIT',
  clobPairId: 0,
  side: 'BUY',
  quantums: 2n,
  subticks,
  height: 1,
  timeMs: 0,
});

const commit = (
  history: MarketHistory,
  timeMs: number,
  prices: readonly bigint[],
  { oracle = 100n, openInterest = 0n, mid = undefined as bigint | undefined } = {},
) =>
  history.commit({
    timeMs,
    openInterest,
    mid,
    trades: prices.map(tradeOf),
    quotes: prices.map((price) => price * 2n),
    oraclePriceE12: oracle,
  });

describe('candles', () => {
  it('gather the trades of their period', () => {
    const history = new MarketHistory(0);
    commit(history, 1_000, [10n, 14n]);
    const changed = commit(history, 2_000, [8n, 11n]);
    expect(changed).toHaveLength(Object.keys(CANDLE_RESOLUTIONS).length);
    expect(history.candles('1MIN')).toEqual([
      {
        clobPairId: 0,
        resolution: '1MIN',
        startingOpenInterest: 0n,
        midOpen: undefined,
        midClose: undefined,
        startedAtMs: 0,
        open: 10n,
        high: 14n,
        low: 8n,
        close: 11n,
        baseQuantums: 8n,
        quoteQuantums: 86n,
        trades: 4,
      },
    ]);
  });

  it('stay flat at the last price while nothing trades, and open with the first trade', () => {
    const history = new MarketHistory(0);
    expect(commit(history, 0, [])).toEqual([]);
    commit(history, 1_000, [10n]);
    expect(commit(history, 61_000, [])).toMatchObject([
      { resolution: '1MIN', open: 10n, trades: 0 },
    ]);
    expect(commit(history, 62_000, [])).toEqual([]);
    commit(history, 63_000, [12n]);
    expect(history.candles('1MIN')).toMatchObject([
      { startedAtMs: 60_000, open: 12n, low: 12n, close: 12n, trades: 1 },
      { startedAtMs: 0, close: 10n },
    ]);
  });
});

describe('a candle', () => {
  it('begins with the open interest of the block before, and with the middle of the book', () => {
    const history = new MarketHistory(0);
    commit(history, 1_000, [10n], { openInterest: 5n, mid: 20n });
    commit(history, 2_000, [10n], { openInterest: 7n, mid: 22n });
    commit(history, 61_000, [10n], { openInterest: 9n });
    commit(history, 62_000, [10n], { openInterest: 9n, mid: 24n });
    expect(history.candles('1MIN')).toMatchObject([
      { startingOpenInterest: 7n, midOpen: undefined, midClose: 24n },
      { startingOpenInterest: 0n, midOpen: 20n, midClose: 22n },
    ]);
  });
});

describe('the sums of 24 hours', () => {
  it('leave out what is older', () => {
    const history = new MarketHistory(0);
    for (let hour = 0; hour < 30; hour += 1)
      commit(history, hour * HOUR + 1, [10n], { oracle: 100n + BigInt(hour) });
    expect(history.statistics(29 * HOUR + 1, 129n)).toEqual({
      volume24hQuote: 480n,
      trades24h: 24,
      priceChange24hE12: 23n,
    });
  });

  it('of a market that has just begun are zero', () => {
    expect(new MarketHistory(0).statistics(5, 100n)).toEqual({
      volume24hQuote: 0n,
      trades24h: 0,
      priceChange24hE12: 0n,
    });
  });
});

describe('a recent history', () => {
  it('shows the newest first and no more than its limit', () => {
    const recent = new Recent<number>(3);
    for (let value = 1; value <= 8; value += 1) {
      recent.push(value);
      expect(recent.newestFirst().length).toBe(Math.min(value, 3));
      expect(recent.last).toBe(value);
    }
    recent.replaceLast(80);
    expect(recent.newestFirst()).toEqual([80, 7, 6]);
  });
});
