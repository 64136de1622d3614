/** The order-book score leans to the heavier and the growing side, and mirrors exactly. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Level, MarketView } from '../../src/model/book.js';
import { marketId } from '../../src/model/quantities.js';
import { engineOf, level, runEngine, specOf, viewOf } from './view-fixture.js';

const MIDDLE = 1_000_000;
const value = (views: readonly MarketView[]): number =>
  runEngine(engineOf('orderbook'), views)?.value ?? Number.NaN;
const still = (bidSize: number, askSize: number): number => value([viewOf({ bidSize, askSize })]);

describe('the order-book score', () => {
  it.each([
    [1_000, 1_000, 50, 50],
    [5_000, 1_000, 75, 90],
    [1_000, 5_000, 10, 25],
  ])('of sizes %d against %d lies within %d–%d', (bidSize, askSize, low, high) => {
    expect(still(bidSize, askSize)).toBeGreaterThanOrEqual(low);
    expect(still(bidSize, askSize)).toBeLessThanOrEqual(high);
  });

  it('rises with the size of the bid', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9_999 }), fc.nat(9_999), (bidSize, more) => {
        expect(still(bidSize + more, 3_000)).toBeGreaterThanOrEqual(still(bidSize, 3_000));
      }),
    );
  });

  it('lets a level count for less the farther it is from the touch', () => {
    const withBid = (far: Level): number =>
      value([viewOf({ bids: [level(30_000, 1_000), far], asks: [level(30_001, 1_000)] })]);
    expect(withBid(level(29_999, 5_000))).toBeGreaterThan(withBid(level(29_900, 5_000)));
    expect(withBid(level(29_000, 5_000))).toBeCloseTo(50, 0);
  });

  it.each([
    ['a bid that grows', { bidSize: 1_500 }, 'above'],
    ['a bid that improves', { bid: 30_001, ask: 30_005 }, 'above'],
    ['a bid that falls back', { bid: 29_999, ask: 30_005 }, 'below'],
    ['an ask that grows', { askSize: 1_500 }, 'below'],
    ['an ask that improves', { ask: 30_004 }, 'below'],
    ['an ask that retreats', { ask: 30_006 }, 'above'],
  ])('moves to the right side for %s', (_, change, where) => {
    const before = viewOf({ at: 0, ask: 30_005 });
    const after = viewOf({ at: 1, ask: 30_005, ...change });
    if (where === 'above') expect(value([before, after])).toBeGreaterThan(51);
    else expect(value([before, after])).toBeLessThan(49);
  });

  it('forgets flow after a while', () => {
    const flow = [viewOf({ at: 0 }), viewOf({ at: 10, bidSize: 1_500 })];
    expect(value(flow)).toBeGreaterThan(51);
    expect(value([...flow, viewOf({ at: 15_000 }), viewOf({ at: 40_000 })])).toBeCloseTo(50, 0);
  });

  const state = fc.record({
    bid: fc.integer({ min: 1, max: 20 }),
    ask: fc.integer({ min: 1, max: 20 }),
    bidSize: fc.integer({ min: 1, max: 5_000 }),
    askSize: fc.integer({ min: 1, max: 5_000 }),
  });

  it('is bounded, finite and mirrored when the book is mirrored', () => {
    fc.assert(
      fc.property(fc.array(state, { minLength: 1, maxLength: 60 }), (states) => {
        const views = states.map(({ bid, ask, bidSize, askSize }, i) =>
          viewOf({ at: i * 100, bid: MIDDLE - bid, ask: MIDDLE + ask, bidSize, askSize }),
        );
        const mirrored = states.map(({ bid, ask, bidSize, askSize }, i) =>
          viewOf({
            at: i * 100,
            bid: MIDDLE - ask,
            ask: MIDDLE + bid,
            bidSize: askSize,
            askSize: bidSize,
          }),
        );
        const up = value(views);
        expect(up).toBeGreaterThanOrEqual(0);
        expect(up).toBeLessThanOrEqual(100);
        expect(up - 50).toBeCloseTo(50 - value(mirrored), 6);
      }),
    );
  });

  it('takes a book after a long silence for a new one, and forgets a dropped market', () => {
    const engine = engineOf('orderbook');
    const views = Array.from({ length: 30 }, (_, i) => viewOf({ at: i * 250 }));
    expect(runEngine(engine, views)).toMatchObject({ samples: 30, warm: true });
    const late = engine.accept(viewOf({ at: 90_000, bidSize: 9_000 }));
    expect(late).toMatchObject({ samples: 1, warm: false });
    engine.backfill({ spec: specOf(), candles: [] });
    engine.drop(marketId('BTC-USD'));
    expect(engine.accept(viewOf({ at: 90_300 }))).toMatchObject({ samples: 1 });
  });
});
