/** The scalper: what it enters, what it holds and why, what it leaves. */
import { describe, expect, it } from 'vitest';
import type { Side } from '../../src/model/book.js';
import type { Candidate } from '../../src/ports/strategy.js';
import { createOrderBookScalper } from '../../src/strategy/order-book-scalper.js';
import { level, trade } from '../signals/view-fixture.js';
import { sightOf } from './sight-fixture.js';

/** Now is 10,100 ms. */
const flow = (...parts: readonly (readonly [Side, number, number?])[]) =>
  parts.map(([side, size, at = 9_500]) => trade(at, size, side));
const buying = flow(['buy', 400], ['buy', 400], ['sell', 50]);
const selling = flow(['sell', 400], ['sell', 400], ['buy', 50]);
const leaning = { bidSize: 9_000, askSize: 1_000, trades: buying };
const falling = { bidSize: 1_000, askSize: 9_000, trades: selling };

const decide = (view: Parameters<typeof sightOf>[1], options = {}): Candidate =>
  createOrderBookScalper(options).decide(sightOf({}, view));

describe('the scalper', () => {
  it.each([
    ['buy', leaning],
    ['sell', falling],
  ])('enters on the side that book and takers lean to: %s', (side, view) => {
    const candidate = decide(view);
    expect(candidate).toMatchObject({ type: 'enter', side });
    expect(candidate.reasons.map(({ text }) => text)).toEqual([
      'spread 0.3 bps ≤ 5.0 bps',
      '3 trades in 10 s ≥ 3',
      'imbalance 0.80 > 0.40',
      'flow 0.88 > 0.40',
      'rank 1 of 3',
      'edge 24.0 bps > costs 10.3 bps: fees 10.0, spread 0.3, slippage 0.0, funding 0.0',
    ]);
  });

  it.each([
    ['when the spread is wide', { ...leaning, ask: 30_020 }, 'spread 6.7 bps > 5.0 bps'],
    ['when the book is even', { ...leaning, bidSize: 1_500 }, 'imbalance 0.20 not > 0.40'],
    ['when takers go the other way', { ...leaning, trades: selling }, 'flow -0.88 not > 0.40'],
    ['when few trade', { ...leaning, trades: buying.slice(1) }, '2 trades in 10 s < 3'],
    [
      'when they traded too long ago',
      { ...leaning, trades: flow(['buy', 9, 99], ['buy', 9, 99], ['buy', 9, 99]) },
      '0 trades in 10 s < 3',
    ],
    [
      'when fees eat the move',
      { ...leaning, terms: { takerFeeBps: 15 } },
      'edge 24.0 bps < costs 30.3 bps: fees 30.0, spread 0.3, slippage 0.0, funding 0.0',
    ],
    ['when the book is old', { ...leaning, now: 11_100 }, 'book 1.1 s old > 1.0 s'],
  ])('holds %s, with the numbers', (_, view, text) => {
    const candidate = decide(view);
    expect(candidate.type).toBe('hold');
    expect(candidate.reasons[0]?.text).toBe(text);
  });

  it('weighs levels further away less', () => {
    const bids = [level(30_000, 1_000), level(29_999, 9_000)];
    const candidate = decide({ ...leaning, bids });
    // 1,000 + 9,000 ÷ 2 against 1,000.
    expect(candidate.direction).toBeCloseTo(4_500 / 6_500, 9);
  });

  it.each([
    ['longs when the book leans down', { ...falling, trades: [] }, ['buy']],
    ['shorts when it leans up', { ...leaning, trades: [] }, ['sell']],
    ['nothing when it is even', { bidSize: 5, askSize: 5 }, []],
  ])('leaves %s', (_, view, sides) => {
    const candidate = decide(view);
    expect(candidate.type === 'hold' && candidate.leave).toEqual(sides);
  });
});
