/** Momentum follows the price, is symmetric, and is measured in the market's own noise. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { marketId } from '../../src/model/quantities.js';
import { windowedMomentum } from '../../src/signals/momentum.js';
import { candle, engineOf, runEngine, specOf, viewOf } from './view-fixture.js';

const MIDDLE = 1_000_000;
const path = (moves: readonly number[], everyMs = 250) => {
  let bid = MIDDLE;
  return moves.map((move, index) => viewOf({ at: index * everyMs, bid: (bid += move) }));
};
const score = (moves: readonly number[]) => runEngine(engineOf('momentum'), path(moves));
const value = (moves: readonly number[]): number => score(moves)?.value ?? Number.NaN;
const steady = (move: number, count = 60): number[] => Array.from({ length: count }, () => move);

describe('momentum', () => {
  it('has no score from one price', () => {
    expect(score([0])).toBeUndefined();
  });

  it('is neutral when nothing moves', () => {
    expect(value(steady(0))).toBe(50);
  });

  it.each([
    ['a steady rise', steady(20), 90, 100],
    ['a steady fall', steady(-20), 0, 10],
    ['a zigzag', steady(20).map((move, i) => (i % 2 ? move : -move)), 40, 60],
    ['a rise that turned', [...steady(20, 40), ...steady(-20, 40)], 0, 45],
  ])('of %s lies where it must', (_, moves, low, high) => {
    expect(value(moves)).toBeGreaterThanOrEqual(low);
    expect(value(moves)).toBeLessThanOrEqual(high);
  });

  const moves = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 2, maxLength: 120 });

  it('is bounded, finite and mirrored when the price is mirrored', () => {
    fc.assert(
      fc.property(moves, (path) => {
        const [up, down] = [value(path), value(path.map((move) => -move))];
        expect(up).toBeGreaterThanOrEqual(0);
        expect(up).toBeLessThanOrEqual(100);
        expect(up - 50).toBeCloseTo(50 - down, 0);
      }),
    );
  });

  it('rises with the last move', () => {
    fc.assert(
      fc.property(moves, fc.integer({ min: 1, max: 40 }), (path, more) => {
        expect(value([...path, ...steady(more, 8)])).toBeGreaterThan(
          value([...path, ...steady(-more, 8)]),
        );
      }),
    );
  });

  it('calls the same move weaker in a market that history shows to be wild', () => {
    const run = (range: number): number => {
      const engine = engineOf('momentum');
      const candles = Array.from({ length: 30 }, (_, i) =>
        candle(i, MIDDLE + (i % 2 ? range : -range)),
      );
      engine.backfill({ spec: specOf(), candles });
      return runEngine(engine, path(steady(10, 25)))?.value ?? Number.NaN;
    };
    expect(run(5_000)).toBeLessThan(run(50));
    expect(run(5_000)).toBeGreaterThan(50);
  });

  it('is warmed by live samples alone', () => {
    const engine = engineOf('momentum');
    engine.backfill({ spec: specOf(), candles: [1, 2, 3].map((i) => candle(i, MIDDLE + i)) });
    const views = path(steady(1, 22));
    expect(runEngine(engine, views.slice(0, 20))).toMatchObject({ samples: 19, warm: false });
    expect(runEngine(engine, views.slice(20))).toMatchObject({ samples: 21, warm: true });
  });

  it('does not take a gap after silence for a movement', () => {
    const engine = engineOf('momentum');
    runEngine(engine, path(steady(0)));
    expect(engine.accept(viewOf({ at: 60_000, bid: MIDDLE + 30_000 }))).toBeUndefined();
    const next = engine.accept(viewOf({ at: 60_250, bid: MIDDLE + 30_000 }));
    expect(next).toMatchObject({ value: 50, samples: 1, warm: false });
  });

  it('keeps markets apart, and forgets a dropped one', () => {
    const engine = engineOf('momentum');
    runEngine(engine, path(steady(20)));
    const calm = path(steady(0)).map(({ at }) => viewOf({ market: 'ETH-USD', at }));
    expect(runEngine(engine, calm)?.value).toBe(50);
    engine.drop(marketId('BTC-USD'));
    expect(engine.accept(viewOf({ at: 20_000, bid: MIDDLE }))).toBeUndefined();
  });
});

describe('the windowed momentum', () => {
  it("of the plan's example is 50, 75, 60", () => {
    const [first, second, third] = windowedMomentum([50_000, 51_000, 50_500], [100, 150, 120]);
    expect(first).toBe(50);
    expect(second).toBeCloseTo(75, 9);
    expect(third).toBeCloseTo(60, 9);
  });

  it('is bounded by 0 and 100, and empty for an empty window', () => {
    expect(windowedMomentum([100, 200, 1], [1, 9, 9])).toEqual([50, 100, 0]);
    expect(windowedMomentum([], [])).toEqual([]);
  });
});
