/** Candles of one length equal a naive recomputation, and no trade is counted in both tallies. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CandleSeries } from '../../src/market/candle-series.js';
import { unixMs } from '../../src/model/quantities.js';
import { candle, naiveCandles, trade } from '../support/candle-makers.js';

const minutes = () => new CandleSeries({ lengthMs: 60_000, limit: 1_000 });
const minutesOf = (candles: CandleSeries): number[] =>
  candles.all().map(({ startedAt }) => startedAt / 60_000);

describe('candles from trades', () => {
  it('equal a naive recomputation in whatever order the trades come', () => {
    const amount = fc.integer({ min: 1, max: 9 });
    const trades = fc.array(fc.tuple(fc.nat({ max: 300_000 }), amount, amount));
    fc.assert(
      fc.property(trades, (list) => {
        const made = list.map(([at, price, size], index) =>
          trade((index * 7) % (list.length + 7), at, price, size),
        );
        const unique = [...new Map(made.map((one) => [one.id, one])).values()];
        const candles = minutes();
        for (const one of unique) candles.add(one);
        expect(candles.all()).toEqual(naiveCandles(unique, 60_000));
        expect(candles.count).toBe(candles.all().length);
      }),
    );
  });

  it('know the open one until its minute is over', () => {
    const candles = minutes();
    expect(candles.openAt(unixMs(0))).toBeUndefined();
    candles.add(trade(1, 60_500, 5, 2));
    expect(candles.openAt(unixMs(119_999))?.close).toBe(5);
    expect(candles.openAt(unixMs(120_000))).toBeUndefined();
  });

  it('forget the oldest beyond a thousand minutes, and ignore what is older still', () => {
    const candles = minutes();
    for (let minute = 1; minute <= 1_002; minute += 1) {
      candles.add(trade(minute, minute * 60_000, 5, 1));
    }
    candles.add(trade(0, 60_000, 5, 1));
    expect(candles.count).toBe(1_000);
    expect(minutesOf(candles).slice(0, 2)).toEqual([3, 4]);
    candles.clear();
    expect(candles.all()).toEqual([]);
  });
});

describe("the venue's candles", () => {
  it('fill in the history before our first trade, in order', () => {
    const candles = minutes();
    candles.add(trade(1, 180_000, 5, 1));
    for (const minute of [2, 0, 1]) candles.merge(candle(minute * 60_000, 4));
    expect(minutesOf(candles)).toEqual([0, 1, 2, 3]);
  });

  it.each([
    ['more trades than ours replaces ours', 3, 7],
    ['as many trades replaces ours', 2, 7],
    ['fewer trades does not', 1, 5],
  ])('with %s', (_, trades, close) => {
    const candles = minutes();
    candles.add(trade(1, 0, 5, 1));
    candles.add(trade(2, 1, 5, 1));
    candles.merge(candle(0, trades));
    expect(candles.openAt(unixMs(1))?.close).toBe(close);
  });

  it('do not count a trade again that they contain already', () => {
    const candles = minutes();
    candles.add(trade(1, 0, 5, 1));
    candles.merge(candle(0, 2));
    candles.add(trade(2, 1, 6, 1));
    expect(candles.openAt(unixMs(1))).toEqual(candle(0, 2));
    candles.add(trade(3, 2, 6, 1));
    expect(candles.openAt(unixMs(2))).toMatchObject({ trades: 3, volume: 3, close: 6 });
  });
});
