/** Every resolution of the venue: each is what its trades make of it, whoever told of them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CandleWindows } from '../../src/market/candle-windows.js';
import { CANDLE_RESOLUTIONS, type CandleResolution } from '../../src/model/book.js';
import { candle, naiveCandles, trade } from '../support/candle-makers.js';

const MINUTE = 60_000;
const MINUTES: Readonly<Record<CandleResolution, number>> = {
  '1MIN': 1,
  '5MINS': 5,
  '15MINS': 15,
  '30MINS': 30,
  '1HOUR': 60,
  '4HOURS': 240,
  '1DAY': 1_440,
};

describe('candles of all resolutions', () => {
  it('equal a naive recomputation from the same trades', () => {
    const amount = fc.integer({ min: 1, max: 9 });
    const moves = fc.array(fc.tuple(fc.nat({ max: 400 * MINUTE }), amount, amount));
    fc.assert(
      fc.property(moves, (list) => {
        const ordered = list.toSorted(([a], [b]) => a - b);
        const trades = ordered.map(([at, price, size], n) => trade(n, at, price, size));
        const windows = new CandleWindows();
        for (const one of trades) windows.add(one);
        for (const resolution of CANDLE_RESOLUTIONS) {
          const wanted = naiveCandles(trades, MINUTES[resolution] * MINUTE);
          expect(windows.all(resolution)).toEqual(wanted);
          expect(windows.counts[resolution]).toBe(wanted.length);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('take up the minutes that the venue tells, in every coarser period', () => {
    const windows = new CandleWindows();
    for (const minute of [4, 3, 1]) windows.merge('1MIN', candle(minute * MINUTE, 2, minute));
    windows.add(trade(1, 5 * MINUTE, 9, 1));
    expect(windows.all('5MINS')).toEqual([
      { ...candle(0, 6, 1), high: 4, close: 4 },
      candle(5 * MINUTE, 1, 9),
    ]);
    expect(windows.all('1DAY')).toEqual([{ ...candle(0, 7, 1), high: 9, close: 9 }]);
    expect(windows.counts).toEqual({
      '1MIN': 4,
      '5MINS': 2,
      '15MINS': 1,
      '30MINS': 1,
      '1HOUR': 1,
      '4HOURS': 1,
      '1DAY': 1,
    });
  });

  it.each([
    ['it has seen more than our trades', 5, 5],
    ['it has seen as many', 2, 2],
    ['it has seen fewer', 1, 2],
  ])('show the venue’s candle of their own length when %s', (_, told, shown) => {
    const windows = new CandleWindows();
    windows.add(trade(1, 0, 5, 1));
    windows.add(trade(2, MINUTE, 5, 1));
    windows.merge('1HOUR', candle(0, told, 7));
    expect(windows.all('1HOUR')[0]?.trades).toBe(shown);
    expect(windows.all('1MIN')).toHaveLength(2);
  });

  it('ignore a candle of the venue that does not start where a period does', () => {
    const windows = new CandleWindows();
    windows.merge('5MINS', candle(MINUTE, 3, 7));
    expect(windows.all('5MINS')).toEqual([]);
  });

  it('are bounded in every resolution, whatever the time', () => {
    const windows = new CandleWindows();
    for (let day = 0; day < 1_100; day += 1) windows.add(trade(day, day * 1_440 * MINUTE, 5, 1));
    expect(Object.values(windows.counts)).toEqual([1_000, 288, 192, 96, 168, 84, 60]);
    windows.clear();
    expect(Object.values(windows.counts)).toEqual([0, 0, 0, 0, 0, 0, 0]);
  });
});
