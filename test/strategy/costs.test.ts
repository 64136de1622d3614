/** What entering and leaving costs, for our size, to the basis point. */
import { describe, expect, it } from 'vitest';
import { costReason, costsOf, isWorthIt } from '../../src/strategy/costs.js';
import { level } from '../signals/view-fixture.js';
import { sightOf } from './sight-fixture.js';

const HOUR_MS = 3_600_000;

describe('costs', () => {
  it('are two fees and the whole spread for a size that fits the touch', () => {
    const costs = costsOf(sightOf({}, { bid: 9_999, ask: 10_001 }), 'buy');
    expect(costs).toEqual({
      feesBps: 10,
      spreadBps: 2,
      fundingRate1h: 0,
      slippageBps: 0,
      fundingBps: 0,
      totalBps: 12,
    });
  });

  it('slip for our size on both sides of the book, level by level', () => {
    // 500 USD at 10,000 are 500 steps of a ten-thousandth: 300 at the touch, 200 ten ticks on.
    const bids = [level(10_000, 1_000)];
    const asks = [level(10_000, 300), level(10_010, 1_000)];
    expect(costsOf(sightOf({}, { bids, asks }), 'buy').slippageBps).toBeCloseTo(4, 9);
    const deep = [level(10_000, 300), level(9_990, 1_000)];
    expect(costsOf(sightOf({}, { bids: deep, asks }), 'sell').slippageBps).toBeCloseTo(8, 9);
  });

  it('are without end when the visible book is thinner than our size', () => {
    const sight = sightOf({}, { bids: [level(10_000, 1_000)], asks: [level(10_000, 499)] });
    const costs = costsOf(sight, 'buy');
    expect(costs.totalBps).toBe(Infinity);
    expect(isWorthIt(1e9, costs)).toBe(false);
    expect(costReason(1e9, costs, sight).text).toContain('book too thin for 500 USD');
  });

  it.each([
    ['long that pays', 0.0002, 'buy', 2],
    ['short that pays', -0.0002, 'sell', 2],
    ['long that would receive', -0.0002, 'buy', 0],
    ['short that would receive', 0.0002, 'sell', 0],
    ['market whose rate is unknown', 'unknown', 'buy', 10],
  ] as const)('include the funding of a %s, when an hour ends meanwhile', (_, rate, side, due) => {
    const at = HOUR_MS - 10_000;
    const options = { at, now: at, fundingRate1h: rate };
    expect(costsOf(sightOf({}, options), side).fundingBps).toBeCloseTo(due, 9);
    const later = { ...options, now: HOUR_MS + 1 };
    expect(costsOf(sightOf({}, later), side).fundingBps).toBe(0);
  });

  it('say what they are made of, and that a rate was not known', () => {
    const at = HOUR_MS - 10_000;
    const sight = sightOf({}, { at, now: at, fundingRate1h: 'unknown', bid: 9_999, ask: 10_001 });
    expect(costReason(15, costsOf(sight, 'buy'), sight)).toEqual({
      code: 'cost.high',
      text:
        'edge 15.0 bps < costs 22.0 bps: fees 10.0, spread 2.0, slippage 0.0, ' +
        'funding 10.0 (rate unknown, taken as 10.0 an hour)',
    });
    expect(costReason(22, costsOf(sight, 'buy'), sight).text).toMatch(/^edge 22\.0 bps = costs/);
    expect(costReason(22.1, costsOf(sight, 'buy'), sight).code).toBe('cost');
  });

  it('count funding for every hour that ends while a position may be held', () => {
    const terms = { maxHoldMs: 3 * HOUR_MS };
    const costs = costsOf(sightOf({}, { fundingRate1h: 0.0001, terms }), 'buy');
    expect(costs.fundingBps).toBeCloseTo(3, 9);
  });
});
