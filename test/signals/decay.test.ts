/** Forgetting goes by bars, whether they are passed one by one or many at once. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecayingMean, DecayingSum, keptPerBar } from '../../src/signals/decay.js';
import { RobustWindow } from '../../src/signals/robust-window.js';
import { ScoreTable } from '../../src/signals/score-table.js';

const values = fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { maxLength: 40 });

/** The only market of a table of its own. */
function meanOf(horizonMs: number) {
  const table = new ScoreTable();
  const mean = new DecayingMean(table, horizonMs);
  const row = table.add();
  return {
    observe: (value: number) => mean.observe(row, value),
    repeat: (value: number, bars: number) => mean.repeat(row, value, bars),
    skip: (bars: number) => mean.skip(row, bars),
    seed: (value: number) => mean.seed(row, value),
    clear: () => mean.clear(row),
    with: (value: number) => mean.with(row, value),
    get mean() {
      return mean.mean(row);
    },
  };
}

function sumOf(horizonMs: number) {
  const table = new ScoreTable();
  const sum = new DecayingSum(table, horizonMs);
  const row = table.add();
  return {
    observe: (value: number) => sum.observe(row, value),
    skip: (bars: number) => sum.skip(row, bars),
    clear: () => sum.clear(row),
    with: (value: number) => sum.with(row, value),
  };
}

describe('a decaying mean', () => {
  it('of equal values is that value, from the first bar on', () => {
    fc.assert(
      fc.property(fc.integer({ min: -9, max: 9 }), fc.integer({ min: 1, max: 90 }), (value, n) => {
        const mean = meanOf(2_000);
        for (let bar = 0; bar < n; bar += 1) mean.observe(value);
        expect(mean.mean).toBeCloseTo(value, 9);
        expect(mean.with(value)).toBeCloseTo(value, 9);
      }),
    );
  });

  it('is 0 before anything, and after it was cleared', () => {
    const mean = meanOf(2_000);
    expect(mean.mean).toBe(0);
    mean.seed(7);
    expect(mean.mean).toBeCloseTo(7, 9);
    mean.clear();
    expect(mean.mean).toBe(0);
  });

  it('passes many bars as it passes them one by one', () => {
    fc.assert(
      fc.property(values, fc.nat(60), (seen, bars) => {
        const [one, many] = [meanOf(8_000), meanOf(8_000)];
        for (const value of seen) {
          one.observe(value);
          many.observe(value);
        }
        for (let bar = 0; bar < bars; bar += 1) one.observe(3);
        if (bars > 0) many.repeat(3, bars);
        expect(many.mean).toBeCloseTo(one.mean, 8);
        many.skip(2);
        one.observe(0);
        expect(many.mean).toBeCloseTo(one.with(0), 8);
      }),
    );
  });

  it('says what it will be, without changing', () => {
    const mean = meanOf(2_000);
    mean.observe(4);
    const told = mean.with(8);
    mean.observe(8);
    expect(mean.mean).toBe(told);
  });
});

describe('a decaying sum', () => {
  it('keeps e⁻¹ of itself over its horizon', () => {
    const sum = sumOf(2_500);
    sum.observe(1);
    sum.skip(9);
    expect(sum.with(0)).toBeCloseTo(Math.exp(-1), 12);
    expect(keptPerBar(2_500) ** 10).toBeCloseTo(Math.exp(-1), 12);
    sum.clear();
    expect(sum.with(2)).toBe(2);
  });
});

describe('a robust window', () => {
  it('knows its median, its spread and the place of a value', () => {
    const window = new RobustWindow(5);
    for (const value of [9, 1, 2, 3, 4, 1_000]) window.push(value);
    expect([window.length, window.median]).toEqual([5, 3]);
    expect(window.spread).toBeCloseTo(1.4826, 9);
    expect([0, 1, 2.5, 1_000].map((value) => window.rankOf(value))).toEqual([0, 0.2, 0.4, 1]);
    window.push(2);
    expect(window.median).toBe(3);
    window.clear();
    expect([window.length, window.median, window.rankOf(1)]).toEqual([0, Number.NaN, Number.NaN]);
  });

  it('says what sorting its values would say, whatever came and went', () => {
    const middle = (all: readonly number[]): number => {
      const sorted = [...all].sort((a, b) => a - b);
      const half = sorted.length / 2;
      return ((sorted[Math.ceil(half) - 1] ?? NaN) + (sorted[Math.floor(half)] ?? NaN)) / 2;
    };
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 1 }), (pushed) => {
        const window = new RobustWindow(7);
        for (const [index, value] of pushed.entries()) {
          window.push(value);
          const kept = pushed.slice(Math.max(0, index - 6), index + 1);
          const median = middle(kept);
          expect(window.median).toBe(median);
          const deviations = kept.map((one) => Math.abs(one - median));
          expect(window.spread).toBeCloseTo(1.4826 * middle(deviations), 12);
          expect(window.rankOf(2)).toBe(kept.filter((one) => one <= 2).length / kept.length);
        }
      }),
    );
  });

  it('is moved little by one wild value', () => {
    const calm = new RobustWindow(100);
    for (let index = 0; index < 99; index += 1) calm.push(index % 10);
    const before = [calm.median, calm.spread];
    calm.push(1e9);
    expect(Math.abs(calm.median - (before[0] ?? 0))).toBeLessThanOrEqual(1);
    expect(Math.abs(calm.spread - (before[1] ?? 0))).toBeLessThanOrEqual(1.5);
  });
});
