/** The sniper's rules: what it enters, what it leaves, and what it says about both. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { marketId, unixMs } from '../../src/model/quantities.js';
import type { SignalName, SignalScore } from '../../src/model/signal.js';
import type { Candidate } from '../../src/ports/strategy.js';
import { createSniper, directionOf } from '../../src/strategy/sniper.js';
import { specOf } from '../signals/view-fixture.js';
import { sightOf } from './sight-fixture.js';

const sniper = createSniper();
const codes = ({ reasons }: Candidate): string[] => reasons.map(({ code }) => code);
const texts = ({ reasons }: Candidate): string[] => reasons.map(({ text }) => text);

describe('direction', () => {
  it.each([
    [50, 50, 0],
    [100, 100, 1],
    [0, 0, -1],
    [100, 50, 0.6],
    [50, 100, 0.4],
    [75, 75, 0.5375],
    [100, 0, 0.1],
  ])('of momentum %d and order book %d is %d', (momentum, book, expected) => {
    expect(directionOf(momentum, book)).toBeCloseTo(expected, 9);
  });

  const score = fc.double({ min: 0, max: 100, noNaN: true });

  it('is bounded, odd under a mirror, and never falls when both voices rise', () => {
    fc.assert(
      fc.property(score, score, fc.double({ min: 0, max: 30, noNaN: true }), (m, b, more) => {
        const direction = directionOf(m, b);
        expect(Math.abs(direction)).toBeLessThanOrEqual(1);
        expect(directionOf(100 - m, 100 - b)).toBeCloseTo(-direction, 9);
        const higher = directionOf(Math.min(100, m + more), Math.min(100, b + more));
        expect(higher).toBeGreaterThanOrEqual(direction - 1e-9);
      }),
    );
  });
});

describe('the sniper enters', () => {
  it('a market that rises with conviction, just beyond the ask', () => {
    const up = sniper.decide(sightOf({ momentum: 95, orderbook: 85, volume: 70 }));
    expect(up).toMatchObject({ type: 'enter', side: 'buy', rank: 1 });
    // Ask 30,001 + 10 bps = 30,031.001, down to the tick.
    expect(up.type === 'enter' && up.limitPrice).toBe(3_003_100_000n);
    expect(texts(up)).toEqual([
      'confidence 0.91 > 0.80',
      'direction 0.90: momentum 95, order book 85',
      'quality 1.00: volume 70, volatility 90, data 100 ms old',
      'rank 1 of 3',
      'edge 54.4 bps > costs 10.3 bps: fees 10.0, spread 0.3, slippage 0.0, funding 0.0',
    ]);
  });

  it('a market that falls with conviction, just below the bid', () => {
    const down = sniper.decide(sightOf({ momentum: 2, orderbook: 10, volume: 70 }));
    expect(down).toMatchObject({ type: 'enter', side: 'sell' });
    // Bid 30,000 − 10 bps = 29,970, exactly.
    expect(down.type === 'enter' && down.limitPrice).toBe(2_997_000_000n);
  });

  it('with the same confidence in both directions', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 100 }), (m, b) => {
        const up = sniper.decide(sightOf({ momentum: m, orderbook: b }));
        const down = sniper.decide(sightOf({ momentum: 100 - m, orderbook: 100 - b }));
        expect(up.type).toBe(down.type);
        expect(up.confidence).toBeCloseTo(down.confidence ?? Number.NaN, 9);
      }),
    );
  });

  it('only the best fresh markets', () => {
    const strong = { momentum: 98, orderbook: 90, volume: 50 };
    const confidence = sniper.decide(sightOf(strong)).confidence ?? Number.NaN;
    const rivals = (...others: number[]): ReadonlyMap<ReturnType<typeof marketId>, number> =>
      new Map([
        [marketId('BTC-USD'), 1],
        ...others.map((other, i) => [marketId(`M${i}-USD`), other] as const),
      ]);
    expect(sniper.decide(sightOf(strong, { field: rivals(1, 1, confidence) }))).toMatchObject({
      type: 'enter',
      rank: 3,
    });
    const crowded = sniper.decide(sightOf(strong, { field: rivals(1, 1, 1) }));
    expect(crowded).toMatchObject({ type: 'hold' });
    expect(texts(crowded)[0]).toBe('rank 4 > 3');
  });
});

describe('the sniper holds', () => {
  it('below the least confidence, and says by how much', () => {
    const weak = sniper.decide(sightOf({ momentum: 90, orderbook: 80, volume: 60 }));
    expect(texts(weak)[0]).toMatch(/^confidence 0\.7\d < 0\.80$/);
    expect(codes(weak)).toEqual(['confidence.low', 'direction', 'quality', 'cost']);
  });

  it('at the very limit, which is not above it', () => {
    const exact = createSniper({ confidenceMin: 0.6 }).decide(
      sightOf({ momentum: 100, orderbook: 50, volume: 60 }),
    );
    expect(texts(exact)[0]).toBe('confidence 0.60 = 0.60');
  });

  it('when its limit is not a number', () => {
    const broken = createSniper({ confidenceMin: Number.NaN });
    expect(broken.decide(sightOf({ momentum: 100, orderbook: 100 })).type).toBe('hold');
  });

  it.each([
    ['dead volume', { volume: 10 }, {}],
    ['no volatility', { volatility: 0 }, {}],
    ['a spread that eats the move', {}, { bid: 29_500, ask: 30_500 }],
    ['data that are nearly too old', {}, { now: 11_990 }],
  ])('with %s, however strong the direction', (_, scores, view) => {
    const strong = sightOf({ momentum: 100, orderbook: 100, volume: 80, ...scores }, view);
    expect(sniper.decide(strong)).toMatchObject({ type: 'hold', direction: 1 });
  });

  it('when no price within the slippage lies on a tick', () => {
    const terms = { slippageBps: 30_000 };
    const sight = sightOf({ momentum: 0, orderbook: 0, volume: 80 }, { terms });
    expect(codes(sniper.decide(sight))[0]).toBe('price.out-of-range');
  });

  it.each([
    ['a paused market', { spec: { ...specOf(), status: 'PAUSED' as const } }, 'market is PAUSED'],
    ['a crossed book', { state: 'crossed' as const }, 'book is crossed'],
    ['a book without asks', { asks: [] }, 'book has an empty side'],
    ['an old book', { now: 12_300 }, 'book 2.3 s old > 2.0 s'],
  ])('in %s, with nothing to leave', (_, options, text) => {
    const held = sniper.decide(sightOf({ momentum: 100 }, options));
    expect(held).toMatchObject({ type: 'hold', confidence: undefined, leave: [] });
    expect(texts(held)).toContain(text);
  });

  it.each<[string, Partial<SignalScore>, SignalName, string, string]>([
    [
      'is cold',
      { warm: false, samples: 12 },
      'momentum',
      'cold',
      'momentum cold: 12 of 20 samples',
    ],
    ['is old', { at: unixMs(7_900) }, 'orderbook', 'old', 'order book score 2.1 s old > 2.0 s'],
  ])('when a score %s', (_, change, name, code, text) => {
    const sight = sightOf({ momentum: 100 });
    const score = sight.signals?.scores[name];
    if (sight.signals === undefined || score === undefined) throw new Error('no score');
    const scores = { ...sight.signals.scores, [name]: { ...score, ...change } };
    const held = sniper.decide({
      ...sight,
      now: unixMs(10_000),
      signals: { ...sight.signals, scores },
    });
    expect(held).toMatchObject({ type: 'hold', confidence: undefined });
    expect(held.reasons).toEqual([{ code: `${name}.${code}`, text }]);
  });

  it('without scores, and names each that is missing', () => {
    const held = sniper.decide({ ...sightOf({}), signals: undefined });
    expect(texts(held)).toEqual([
      'momentum has no score',
      'volume has no score',
      'volatility has no score',
      'order book has no score',
    ]);
  });
});

describe('the sniper leaves', () => {
  it.each([
    [90, 80, []],
    [62, 62, ['sell']],
    [50, 50, ['buy', 'sell']],
    [53, 53, ['buy', 'sell']],
    [38, 38, ['buy']],
  ])('at momentum %d and order book %d the sides %j', (momentum, orderbook, leave) => {
    const held = sniper.decide(sightOf({ momentum, orderbook }));
    expect(held.type === 'hold' && held.leave).toEqual(momentum === 90 ? ['sell'] : leave);
  });
});
