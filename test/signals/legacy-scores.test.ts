/** The old bot's formulas, by hand-reckoned tables, and what they say turn by turn. */
import { describe, expect, it } from 'vitest';
import { marketId, unixMs } from '../../src/model/quantities.js';
import {
  legacyBatchMomentum,
  legacyBatchVolatility,
  legacyBatchVolume,
  legacyMomentum,
  legacyOrderBook,
  legacyVolatility,
  legacyVolume,
  LegacyScores,
} from '../../src/signals/legacy-scores.js';
import { lensOf, trade, viewOf, type ViewOptions } from './view-fixture.js';

const touch = (bidPrice: number, askPrice: number, bidSize = 1, askSize = 1) => ({
  bidPrice,
  bidSize,
  askPrice,
  askSize,
});

describe('the streaming formulas', () => {
  it.each([
    ['one per cent up', [100, 101], 52],
    ['five per mille of a per cent', [100_000, 100_005], 50.01],
    ['the last twenty trades only', [1, ...Array.from({ length: 20 }, () => 100)], 50],
    ['thirty per cent down is the floor', [100, 70], 0],
  ])('momentum: %s', (_, prices, score) => {
    expect(legacyMomentum(prices)).toBeCloseTo(score, 9);
  });

  it.each([
    ['the early window shares data with itself', [5, 7, 9], 50],
    ['twice the usual size', [...Array.from({ length: 40 }, () => 1), ...tens(6)], 125 - 25],
    ['nothing to speak of', [...Array.from({ length: 40 }, () => 100), ...tens(0)], 25],
  ])('volume: %s', (_, sizes, score) => {
    expect(legacyVolume(sizes)).toBeCloseTo(score, 9);
  });

  it('volatility is the spread, and ends at a tenth of a per cent', () => {
    expect(legacyVolatility(touch(9_999.5, 10_000.5))).toBeCloseTo(10, 9);
    expect(legacyVolatility(touch(9_990, 10_010))).toBe(100);
  });

  it('the order book is the share of the bid', () => {
    expect(legacyOrderBook(touch(1, 2, 3, 1))).toBe(75);
  });
});

describe('the batch formulas', () => {
  it('momentum divides the change of a day by the price of now', () => {
    expect(legacyBatchMomentum({ price: 125, change24h: 25, volume24hUsd: 0 })).toBe(90);
  });

  it.each([
    [0, 0],
    [1, 32.4],
    [1e6, 78],
    [1e8, 94],
  ])('a volume of %d USD scores %d', (volume24hUsd, score) => {
    expect(legacyBatchVolume({ price: 1, change24h: 0, volume24hUsd })).toBeCloseTo(score, 1);
  });

  it('volatility is a hundred from a spread of 0.05 per cent on', () => {
    expect(legacyBatchVolatility(touch(9_997.5, 10_002.5))).toBeCloseTo(100, 6);
  });
});

describe('the scores of a market', () => {
  const scoresAfter = (...turns: ViewOptions[]): Record<string, number> => {
    const scores = new LegacyScores(marketId('BTC-USD'));
    for (const turn of turns) scores.accept(lensOf(viewOf(turn)));
    return Object.fromEntries(
      Object.values(scores.set().scores).map(({ name, value }) => [name, value]),
    );
  };

  it('begin at fifty before anything is known', () => {
    const scores = new LegacyScores(marketId('BTC-USD'));
    expect(scores.set()).toMatchObject({ at: 0, scores: { momentum: { value: 50, samples: 0 } } });
    expect(scores.isWarm).toBe(false);
  });

  it('do not move by a tenth or less', () => {
    const rest = { at: 1, bid: 9_999, ask: 10_001, bidSize: 1_000 };
    expect(scoresAfter({ ...rest, askSize: 1_000 })['orderbook']).toBe(50);
    expect(scoresAfter({ ...rest, askSize: 997 })['orderbook']).toBe(50);
    expect(scoresAfter({ ...rest, askSize: 990 })['orderbook']).toBeCloseTo(50.25, 2);
  });

  it('keep what they said of a book that is not live any more', () => {
    const seen = { at: 1, bid: 9_999, ask: 10_001, bidSize: 3, askSize: 1 };
    expect(scoresAfter(seen, { ...seen, at: 2, state: 'stale' })).toMatchObject({
      orderbook: 75,
    });
  });

  it('are warm when each has seen twenty times', () => {
    const scores = new LegacyScores(marketId('BTC-USD'));
    for (let at = 1; at <= 20; at += 1) {
      expect(scores.isWarm).toBe(false);
      scores.accept(lensOf(viewOf({ at: unixMs(at), trades: [trade(at, 5)] })));
    }
    expect(scores.isWarm).toBe(true);
  });
});

function tens(size: number): number[] {
  return Array.from({ length: 10 }, () => size);
}
