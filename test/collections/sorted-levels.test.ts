/** Sorted levels agree with a plain map that is sorted anew for every look. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SortedLevels, type BestPrice } from '../../src/collections/sorted-levels.js';
import { steps, ticks, unixMs } from '../../src/model/quantities.js';

const sides: readonly BestPrice[] = ['highest', 'lowest'];
const changes = fc.array(fc.tuple(fc.integer({ min: 1, max: 400 }), fc.nat({ max: 3 })), {
  maxLength: 500,
});

/** Best first: `[price, size, stamp]`. */
const contentsOf = (levels: SortedLevels): number[][] =>
  Array.from({ length: levels.length }, (_, rank) => [
    levels.priceAt(rank),
    levels.sizeAt(rank),
    levels.stampAt(rank),
  ]);

const bestFirst = (best: BestPrice, level: Iterable<number[]>): number[][] =>
  [...level].sort(([a = 0], [b = 0]) => (best === 'highest' ? b - a : a - b));

describe.each(sides)('levels with the %s price as the best', (best) => {
  it('equal a sorted map under any changes', () => {
    fc.assert(
      fc.property(changes, fc.constantFrom(1, 100, 1_000), (list, paceMs) => {
        const levels = new SortedLevels(best);
        const naive = new Map<number, number[]>();
        list.forEach(([price, size], index) => {
          const stamp = index * paceMs;
          levels.set(ticks(price), steps(size), unixMs(stamp));
          if (size === 0) naive.delete(price);
          else naive.set(price, [price, size, stamp]);
        });
        const expected = bestFirst(best, naive.values());
        expect(contentsOf(levels)).toEqual(expected);
        for (let price = 1; price <= 401; price += 1) {
          expect(levels.has(ticks(price))).toBe(naive.has(price));
        }
        const [first] = expected;
        expect(levels.bestPrice).toBe(first?.[0] ?? NaN);
        expect(levels.bestSize).toBe(first?.[1] ?? NaN);
        const sum = expected.slice(2, 7).reduce((total, [, size = 0]) => total + size, 0);
        expect(levels.sizeOf(5, 2)).toBe(sum);
      }),
    );
  });

  it('forget old removals when most places are empty, and keep young ones', () => {
    const levels = new SortedLevels(best);
    const set = (price: number, size: number, at: number): void =>
      levels.set(ticks(price), steps(size), unixMs(at));
    for (let price = 1; price <= 60; price += 1) {
      set(price, 1, 1);
      set(price, 0, 2);
    }
    set(100, 1, 15_000);
    set(101, 0, 15_000);
    expect([levels.removedAt(ticks(1)), levels.forgottenTo]).toEqual([2, 0]);
    for (let price = 102; price <= 120; price += 1) set(price, 0, 15_001);
    expect([levels.removedAt(ticks(1)), levels.forgottenTo]).toEqual([0, 2]);
    expect(levels.removedAt(ticks(101))).toBe(15_000);
    expect(contentsOf(levels)).toEqual([[100, 1, 15_000]]);
  });

  it('grow to as many as there are', () => {
    const levels = new SortedLevels(best);
    const prices = Array.from({ length: 1_000 }, (_, index) => ((index * 617) % 1_000) + 1);
    for (const price of prices) levels.set(ticks(price), steps(price), unixMs(price));
    expect(contentsOf(levels)).toEqual(
      bestFirst(
        best,
        prices.map((price) => [price, price, price]),
      ),
    );
  });

  it('keep the best ones when the limit is reached', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 99 })), (prices) => {
        const levels = new SortedLevels(best, 8);
        for (const price of prices) levels.set(ticks(price), steps(1), unixMs(0));
        const expected = bestFirst(
          best,
          prices.map((price) => [price, 1, 0]),
        );
        expect(contentsOf(levels)).toEqual(expected.slice(0, 8));
      }),
    );
  });

  it('retain only what the predicate keeps', () => {
    fc.assert(
      fc.property(changes, (list) => {
        const levels = new SortedLevels(best);
        list.forEach(([price, size], stamp) =>
          levels.set(ticks(price), steps(size), unixMs(stamp)),
        );
        const before = contentsOf(levels);
        levels.retain((price, stamp) => (price + stamp) % 3 !== 0);
        expect(contentsOf(levels)).toEqual(
          before.filter(([price = 0, , stamp = 0]) => (price + stamp) % 3 !== 0),
        );
      }),
    );
  });
});

describe('a rank that does not exist', () => {
  it.each([-1, 1])('is refused: %i', (rank) => {
    const levels = new SortedLevels('highest');
    levels.set(ticks(5), steps(1), unixMs(0));
    expect(() => levels.priceAt(rank)).toThrow(`expected a rank < 1, was ${rank}`);
  });

  it('is what clearing leaves of every rank', () => {
    const levels = new SortedLevels('highest');
    levels.set(ticks(5), steps(1), unixMs(0));
    levels.clear();
    expect(levels.length).toBe(0);
    expect(() => levels.sizeAt(0)).toThrow('expected a rank < 0');
  });
});
