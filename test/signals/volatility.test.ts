/** Volatility is good when it is enough and not absurd, in the market's own terms. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { marketId, ticks } from '../../src/model/quantities.js';
import { volatilityQuality } from '../../src/signals/volatility.js';
import { candle, engineOf, runEngine, specOf, viewOf } from './view-fixture.js';

const MIDDLE = 1_000_000;
/** A zigzag of ± `move` ticks of one ppm, every 250 ms. */
const zigzag = (move: number, seconds: number, from = 0) =>
  Array.from({ length: seconds * 4 }, (_, i) =>
    viewOf({ at: from + i * 250, bid: MIDDLE + (i % 2 ? move : 0) }),
  );
/** Thirty minutes whose range is that of a random walk of σ = `sigmaBps` per √minute. */
const history = (sigmaBps: number) => ({
  spec: specOf(),
  candles: Array.from({ length: 30 }, (_, i) => {
    const range = Math.round(sigmaBps * 100 * Math.sqrt(4 * Math.LN2));
    return candle(i, MIDDLE, { low: ticks(MIDDLE), high: ticks(MIDDLE + range) });
  }),
});

describe('the curve of quality', () => {
  it.each([
    [0, 1, 0, 0],
    [1.5, 1, 0, 50],
    [3, 1, 0, 100],
    [9, 0.5, 0, 100],
    [9, 0, -3, 0],
    [9, 0.075, -2, 50],
    [9, 1, 2.5, 100],
    [9, 1, 3.75, 50],
    [9, 1, 5, 0],
    [9, 1, 50, 0],
  ])('at σ = %d bps, rank %d and z = %d is %d', (sigma, rank, z, expected) => {
    expect(volatilityQuality({ sigma, rank, z })).toBeCloseTo(expected, 9);
  });
});

describe('the volatility score', () => {
  it('is absent from one price, and 0 when nothing moves', () => {
    const engine = engineOf('volatility');
    expect(engine.accept(viewOf({ at: 0, bid: MIDDLE }))).toBeUndefined();
    expect(engine.accept(viewOf({ at: 0, bid: MIDDLE }))).toBeUndefined();
    expect(runEngine(engine, zigzag(0, 10, 250))?.value).toBe(0);
  });

  it('is full in a market that moves as it usually does', () => {
    const engine = engineOf('volatility');
    engine.backfill(history(8));
    const score = runEngine(engine, zigzag(52, 60, 1_800_000));
    expect(score?.value).toBeGreaterThan(95);
    expect(score?.warm).toBe(true);
  });

  it('is gone when a market moves absurdly', () => {
    const engine = engineOf('volatility');
    engine.backfill(history(3));
    expect(runEngine(engine, zigzag(800, 5, 1_800_000))?.value).toBeLessThan(5);
  });

  it('falls when a market dies', () => {
    const engine = engineOf('volatility');
    engine.backfill(history(8));
    expect(runEngine(engine, zigzag(0, 240, 1_800_000))?.value).toBeLessThan(10);
  });

  it('is warm after history, whose late arrival leaves the live part alone', () => {
    const engine = engineOf('volatility');
    engine.backfill({ spec: specOf(), candles: [] });
    const live = runEngine(engine, zigzag(52, 4));
    expect(live).toMatchObject({ samples: 15, warm: false });
    engine.backfill(history(8));
    expect(runEngine(engine, zigzag(52, 1, 4_000))).toMatchObject({ samples: 49, warm: true });
  });

  it('learns nothing from minutes that traded at one price', () => {
    const engine = engineOf('volatility');
    const flat = candle(1, MIDDLE, { low: ticks(MIDDLE), high: ticks(MIDDLE) });
    engine.backfill({ spec: specOf(), candles: [flat, flat] });
    expect(runEngine(engine, zigzag(52, 2))).toMatchObject({ samples: 7 });
  });

  it('is bounded for any path, and blind to its direction', () => {
    const move = fc.integer({ min: -5_000, max: 5_000 });
    fc.assert(
      fc.property(fc.array(move, { minLength: 6, maxLength: 60 }), (moves) => {
        const value = (sign: number): number => {
          let bid = MIDDLE;
          const views = moves.map((step, i) => viewOf({ at: i * 100, bid: (bid += sign * step) }));
          return runEngine(engineOf('volatility'), views)?.value ?? Number.NaN;
        };
        expect(value(1)).toBeGreaterThanOrEqual(0);
        expect(value(1)).toBeLessThanOrEqual(100);
        expect(Math.abs(value(1) - value(-1))).toBeLessThan(10);
      }),
    );
  });

  it('forgets a dropped market', () => {
    const engine = engineOf('volatility');
    runEngine(engine, zigzag(52, 10));
    engine.drop(marketId('BTC-USD'));
    expect(engine.accept(viewOf({ at: 11_000 }))).toBeUndefined();
  });
});
