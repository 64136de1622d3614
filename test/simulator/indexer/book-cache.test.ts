/** The indexer's memory of the books: late and lost removals, crosses, views and ghosts. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { BookLevel } from '../../../src/simulator/exchange-types.js';
import { BookCache, type LevelChange } from '../../../src/simulator/indexer/book-cache.js';
import type { OrderSide } from '../../../src/simulator/order-terms.js';
import { FakeExchange } from '../../support/fake-exchange.js';

const level = (subticks: number, quantums: number): BookLevel => ({
  subticks: BigInt(subticks),
  quantums: BigInt(quantums),
});
/** Market 1 of the fake exchange begins empty. */
const change = (side: OrderSide, subticks: number, quantums: number): LevelChange => ({
  clobPairId: 1,
  side,
  level: level(subticks, quantums),
});
const open = () => new BookCache(new FakeExchange());
const view = (cache: BookCache, depth = 100) => {
  const { bids, asks } = cache.view(1, depth);
  const line = ({ subticks, quantums }: BookLevel): string => `${subticks}x${quantums}`;
  return `${bids.map(line).join(' ')} | ${asks.map(line).join(' ')}`;
};

test('a book that was not heard of begins as the exchange has it', () => {
  const cache = open();
  expect(cache.view(0, 100)).toEqual(new FakeExchange().book(0, 100));
});

test('levels are told as they are and shown best first, to the depth asked for', () => {
  const cache = open();
  const changes = [
    change('BUY', 9, 5),
    change('BUY', 10, 1),
    change('SELL', 12, 2),
    change('SELL', 11, 3),
    change('BUY', 10, 4),
  ];
  for (const each of changes) expect(cache.apply(each, 0)).toEqual(each);
  expect(view(cache)).toBe('10x4 9x5 | 11x3 12x2');
  expect(view(cache, 1)).toBe('10x4 | 11x3');
  cache.apply(change('BUY', 10, 0), 0);
  expect(view(cache)).toBe('9x5 | 11x3 12x2');
});

test('a late removal leaves the level standing until it is heard', () => {
  const cache = open();
  cache.apply(change('BUY', 10, 5), 0);
  expect(cache.apply(change('BUY', 10, 0), 1000, 500)).toBeUndefined();
  expect(view(cache)).toBe('10x5 | ');
  expect(cache.apply(change('BUY', 10, 2), 1100)).toEqual(change('BUY', 10, 7));
  expect(cache.heard(1499)).toEqual([]);
  expect(cache.heard(1500)).toEqual([change('BUY', 10, 2)]);
  expect(cache.heard(9999)).toEqual([]);
});

describe('a crossed book', () => {
  const crossedAt = (bidMs: number, askMs: number, bidSize = 5, askSize = 5) => {
    const cache = open();
    cache.apply(change('BUY', 9, 1), 0);
    cache.apply(change('SELL', 12, 1), 0);
    cache.apply(change('BUY', 11, bidSize), bidMs);
    cache.apply(change('SELL', 10, askSize), askMs);
    return cache;
  };

  test.each([
    ['the newer bid wins', 1000, 0, 5, 5, '11x5 9x1 | 12x1'],
    ['the newer ask wins', 0, 1000, 5, 5, '9x1 | 10x5 12x1'],
    ['the bid wins when it is bigger, even if older', 0, 1000, 6, 5, '11x6 9x1 | 12x1'],
    ['within one second the bigger one wins', 1999, 1000, 5, 6, '9x1 | 10x6 12x1'],
    ['the ask wins when all is equal', 0, 0, 5, 5, '9x1 | 10x5 12x1'],
  ])('is shown uncrossed: %s', (_, bidMs, askMs, bidSize, askSize, expected) => {
    const cache = crossedAt(bidMs, askMs, bidSize, askSize);
    expect(view(cache)).toBe(expected);
    expect(view(cache)).toBe(expected);
  });

  test('loses its older side for good when that is older than ten seconds', () => {
    const cache = crossedAt(0, 5000, 9, 5);
    cache.uncross(10_999);
    expect(view(cache)).toBe('11x9 9x1 | 12x1');
    cache.uncross(11_000);
    expect(view(cache)).toBe('9x1 | 10x5 12x1');
  });

  test('loses the bid when both sides are equally old', () => {
    const cache = crossedAt(0, 0, 9, 5);
    cache.uncross(20_000);
    expect(view(cache)).toBe('9x1 | 10x5 12x1');
  });

  test('makes a ghost: the silent deletion is told when the removal is heard at last', () => {
    const cache = open();
    cache.apply(change('BUY', 11, 5), 0);
    cache.apply(change('BUY', 11, 0), 1000, 60_000);
    cache.apply(change('SELL', 10, 5), 12_000);
    cache.uncross(15_000);
    expect(view(cache)).toBe(' | 10x5');
    expect(cache.heard(61_000)).toEqual([change('BUY', 11, 0)]);
    expect(view(cache)).toBe(' | 10x5');
  });

  test('that lost a living level counts on from nothing', () => {
    const cache = crossedAt(0, 5000, 9, 5);
    cache.uncross(20_000);
    expect(cache.apply(change('BUY', 11, 12), 21_000)).toEqual(change('BUY', 11, 3));
    expect(cache.apply(change('BUY', 11, 0), 22_000)).toEqual(change('BUY', 11, 0));
  });
});

test('removals beyond the limit are heard at once', () => {
  const cache = open();
  for (let n = 1; n <= 10_002; n += 1) {
    cache.apply(change('BUY', n, 1), 0);
    cache.apply(change('BUY', n, 0), 0, 1_000_000);
  }
  expect(cache.heard(0)).toEqual([change('BUY', 1, 0), change('BUY', 2, 0)]);
});

test('whatever is late, the view is never crossed and ends as the exchange is', () => {
  const step = fc.record({
    side: fc.constantFrom<OrderSide>('BUY', 'SELL'),
    subticks: fc.integer({ min: 1, max: 8 }),
    quantums: fc.integer({ min: 0, max: 5 }),
    delayMs: fc.constantFrom(0, 0, 700, 5000),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const cache = open();
      const truth = new Map<string, bigint>();
      for (const [index, { side, subticks, quantums, delayMs }] of steps.entries()) {
        cache.apply(change(side, subticks, quantums), index * 300, delayMs);
        truth.set(`${side} ${subticks}`, BigInt(quantums));
        cache.heard(index * 300);
        const { bids, asks } = cache.view(1, 100);
        const [bid, ask] = [bids[0], asks[0]];
        if (bid !== undefined && ask !== undefined) expect(bid.subticks < ask.subticks).toBe(true);
      }
      cache.heard(1e9);
      for (const [name, quantums] of truth) {
        const [side, subticks] = name.split(' ') as [OrderSide, string];
        const told = cache.apply(change(side, Number(subticks), Number(quantums)), 1e9);
        expect(told?.level.quantums).toBe(quantums);
      }
    }),
  );
});
