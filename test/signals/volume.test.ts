/** Volume says how busy a market is against what is typical for it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MarketView } from '../../src/model/book.js';
import { marketId, steps } from '../../src/model/quantities.js';
import { candle, engineOf, runEngine, specOf, trade, viewOf } from './view-fixture.js';

/** One trade of this size every 500 ms. */
const activity = (amount: number, seconds: number, from = 0): MarketView[] =>
  Array.from({ length: seconds * 2 }, (_, i) => {
    const at = from + i * 500;
    return viewOf({ at, trades: [trade(at, amount)] });
  });
/** Thirty minutes of `perMinute` steps. */
const history = (perMinute: number) => ({
  spec: specOf(),
  candles: Array.from({ length: 30 }, (_, i) => candle(i, 30_000, { volume: steps(perMinute) })),
});
const after = (amount: number): number => {
  const engine = engineOf('volume');
  engine.backfill(history(1_200));
  return runEngine(engine, activity(amount, 30, 1_800_000))?.value ?? Number.NaN;
};

describe('the volume score', () => {
  it('is 50 at typical activity, with history and without', () => {
    expect(Math.abs(after(10) - 50)).toBeLessThan(1);
    expect(runEngine(engineOf('volume'), activity(10, 30))?.value).toBeCloseTo(50, 0);
  });

  it.each([
    [30, 70, 77],
    [90, 85, 92],
    [2, 15, 26],
  ])('of trades of %d where 10 is typical lies within %d–%d', (amount, low, high) => {
    expect(after(amount)).toBeGreaterThan(low);
    expect(after(amount)).toBeLessThan(high);
  });

  it('is bounded, and rises with the size that trades', () => {
    fc.assert(
      fc.property(fc.nat(1_000), fc.nat(1_000), (amount, more) => {
        expect(after(amount)).toBeGreaterThanOrEqual(0);
        expect(after(amount + more)).toBeGreaterThanOrEqual(after(amount));
        expect(after(amount + more)).toBeLessThanOrEqual(100);
      }),
      { numRuns: 30 },
    );
  });

  it('rises in a burst and falls in silence', () => {
    const engine = engineOf('volume');
    const typical = runEngine(engine, activity(10, 60))?.value ?? 0;
    const burst = runEngine(engine, activity(60, 10, 60_000))?.value ?? 0;
    const silent = engine.accept(viewOf({ at: 130_000 }))?.value ?? 100;
    expect(burst).toBeGreaterThan(typical + 10);
    expect(silent).toBeLessThan(2);
  });

  it('is absent before the first trade', () => {
    const engine = engineOf('volume');
    engine.backfill(history(0));
    engine.backfill({ spec: specOf(), candles: [] });
    const views = [0, 1, 2].map((i) => viewOf({ at: i * 1_000 }));
    expect(runEngine(engine, views)).toBeUndefined();
  });

  it('is warm from history, which does not overwrite what is live', () => {
    const engine = engineOf('volume');
    engine.backfill(history(1_200));
    const first = engine.accept(viewOf({ at: 1_800_000 }));
    expect(first).toMatchObject({ samples: 31, warm: true });
    const busy = runEngine(engine, activity(100, 30, 1_800_000))?.value ?? 0;
    engine.backfill(history(1_200));
    expect(engine.accept(viewOf({ at: 1_830_000 }))?.value).toBeGreaterThan(busy - 5);
  });

  it('counts trades while the book is not live, and none out of old snapshots', () => {
    const engine = engineOf('volume');
    engine.backfill(history(1_200));
    const at = 1_800_000;
    engine.accept(viewOf({ at, trades: [trade(at - 5_001, 50_000)] }));
    expect(engine.accept(viewOf({ at: at + 100 }))?.value).toBeCloseTo(49, -0.5);
    const trades = [trade(at + 200, 5_000)];
    expect(engine.accept(viewOf({ at: at + 200, state: 'crossed', trades }))).toBeUndefined();
    expect(engine.accept(viewOf({ at: at + 300 }))?.value).toBeGreaterThan(90);
  });

  it('forgets a dropped market', () => {
    const engine = engineOf('volume');
    runEngine(engine, activity(10, 30));
    engine.drop(marketId('BTC-USD'));
    expect(engine.accept(viewOf({ at: 31_000 }))).toBeUndefined();
  });
});
