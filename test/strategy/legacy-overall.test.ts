/** The old bot's strategy: a plain mean, two thresholds, and its famous confidences. */
import { describe, expect, it } from 'vitest';
import { createLegacyOverall, legacyConfidence } from '../../src/strategy/legacy-overall.js';
import { sightOf, type Values } from './sight-fixture.js';

const all = (value: number): Values => ({
  momentum: value,
  volume: value,
  volatility: value,
  orderbook: value,
});
const decide = (values: Values, options = {}) =>
  createLegacyOverall().decide(sightOf(values, options));

it.each([
  [100, 0.9],
  [80, 0.9],
  [79.9, 0.5],
  [30.1, 0.5],
  [30, 0.8],
  [0, 0.9],
])('an overall of %d is worth %d', (overall, confidence) => {
  expect(legacyConfidence(overall)).toBeCloseTo(confidence, 9);
});

describe('the mean of the four scores', () => {
  it.each([
    [80, 'buy'],
    [30, 'sell'],
  ] as const)('of %d enters to %s', (value, side) => {
    expect(decide(all(value))).toMatchObject({ type: 'enter', side, quality: 1, rank: 1 });
  });

  it('in between holds, and says what it was made of', () => {
    const { type, reasons } = decide({ momentum: 50, volume: 70, volatility: 90, orderbook: 50 });
    expect(type).toBe('hold');
    expect(reasons).toEqual([
      {
        code: 'overall.middling',
        text: 'overall 65.0: momentum 50.0, volume 70.0, volatility 90.0, order book 50.0',
      },
    ]);
  });

  it('enters nothing on a book that is not live', () => {
    expect(decide(all(90), { state: 'stale' })).toMatchObject({
      type: 'hold',
      reasons: [{ code: 'book.state' }],
    });
  });

  it('says nothing before there are scores', () => {
    const sight = { ...sightOf({}), signals: undefined };
    expect(createLegacyOverall().decide(sight).reasons[0]?.code).toBe('scores.absent');
  });
});
