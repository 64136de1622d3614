/** Standard indicators against published values and textbook formulas. */
import { describe, expect, it } from 'vitest';
import { atr, bollinger, ema, macd, rsi, type Indicator, type Range } from '../../src/index.js';
import { seededRandom } from '../../src/clock/seeded-random.js';

/** Closes of the example in which Wilder's index is usually explained. */
const CLOSES = [
  44.34, 44.09, 44.15, 43.61, 44.33, 44.83, 45.1, 45.42, 45.84, 46.08, 45.89, 46.03, 45.61, 46.28,
  46.28, 46, 46.03, 46.41, 46.22, 45.64,
];
const all = <I, O>(indicator: Indicator<I, O>, inputs: readonly I[]): (O | undefined)[] =>
  inputs.map((input) => indicator.update(input));
const sum = (values: readonly number[]): number => values.reduce((total, one) => total + one, 0);

/** A seeded walk of 400 candles. */
function walk(): Range[] {
  const random = seededRandom(7);
  let close = 100;
  return Array.from({ length: 400 }, () => {
    const open = close;
    close = open + random.next() * 4 - 2;
    const high = Math.max(open, close) + random.next();
    return { high, low: Math.min(open, close) - random.next(), close };
  });
}
const closes = walk().map(({ close }) => close);

describe('the relative strength index', () => {
  it('has its published values, and none before', () => {
    const values = all(rsi(14), CLOSES);
    expect(values.slice(0, 14)).toEqual(Array(14).fill(undefined));
    const rounded = values.slice(14).map((value) => Number(value?.toFixed(2)));
    expect(rounded).toEqual([70.46, 66.25, 66.48, 69.35, 66.29, 57.92]);
  });
});

describe('the exponential moving average', () => {
  it('is the textbook recursion from the first value on', () => {
    const values = all(ema(10), closes);
    let wanted = closes[0] ?? 0;
    closes.forEach((close, index) => {
      wanted += (2 / 11) * (close - wanted);
      if (index < 9) expect(values[index]).toBeUndefined();
      else expect(values[index]).toBeCloseTo(wanted, 10);
    });
  });
});

describe('the average true range', () => {
  it('is the mean of the first ranges, and Wilder’s smoothing after', () => {
    const candles = walk();
    const values = all(atr(14), candles);
    const ranges = candles.map(({ high, low }, index) => {
      const before = candles[index - 1]?.close;
      if (before === undefined) return high - low;
      return Math.max(high - low, Math.abs(high - before), Math.abs(low - before));
    });
    const first = values.findIndex((value) => value !== undefined);
    expect(first).toBe(13);
    let wanted = sum(ranges.slice(0, 14)) / 14;
    for (let index = 13; index < candles.length; index += 1) {
      if (index > 13) wanted = (wanted * 13 + (ranges[index] ?? 0)) / 14;
      expect(values[index]).toBeCloseTo(wanted, 10);
    }
  });

  it('refuses a candle whose high is below its low', () => {
    expect(() => atr(3).update({ high: 1, low: 2, close: 1 })).toThrow('expected finite numbers');
  });
});

describe('Bollinger bands', () => {
  it('lie two deviations around the mean of the window', () => {
    const values = all(bollinger(20, 2), closes);
    expect(values[18]).toBeUndefined();
    for (let index = 19; index < closes.length; index += 1) {
      const window = closes.slice(index - 19, index + 1);
      const mean = sum(window) / 20;
      const deviation = Math.sqrt(sum(window.map((value) => (value - mean) ** 2)) / 20);
      expect(values[index]?.middle).toBeCloseTo(mean, 9);
      expect(values[index]?.upper).toBeCloseTo(mean + 2 * deviation, 9);
      expect(values[index]?.lower).toBeCloseTo(mean - 2 * deviation, 9);
    }
  });
});

describe('moving average convergence', () => {
  it('is the difference of two averages and the average of that', () => {
    const values = all(macd(), closes);
    expect(values[24]).toBeUndefined();
    const short = all(ema(12), closes);
    const long = all(ema(26), closes);
    const last = values.at(-1);
    expect(last?.macd).toBeCloseTo((short.at(-1) ?? 0) - (long.at(-1) ?? 0), 9);
    expect(last?.histogram).toBeCloseTo((last?.macd ?? 0) - (last?.signal ?? 0), 12);
  });
});

describe('an indicator', () => {
  it('remembers its newest value', () => {
    const indicator = ema(2);
    indicator.update(1);
    expect(indicator.value).toBeUndefined();
    expect(indicator.update(4)).toBe(indicator.value);
    expect(indicator.value).toBe(3);
  });

  it.each([Number.NaN, Infinity])('refuses %s', (value) => {
    expect(() => ema(3).update(value)).toThrow('expected finite numbers');
  });

  it.each([0, 1.5, 10_001])('refuses a period of %s', (period) => {
    expect(() => rsi(period)).toThrow('expected a period from 1 to 10000');
  });
});
