/** The breakout: what it enters, what it holds and why, what it leaves. */
import { describe, expect, it } from 'vitest';
import type { Candle } from '../../src/model/book.js';
import { steps, ticks } from '../../src/model/quantities.js';
import type { Candidate } from '../../src/ports/strategy.js';
import { createMomentumBreakout } from '../../src/strategy/momentum-breakout.js';
import { candle } from '../signals/view-fixture.js';
import { sightOf } from './sight-fixture.js';

const MINUTE_MS = 60_000;
/** Twenty minutes between 29,900 and 30,100 with 600 each, then the two that may break out. */
const base: readonly Candle[] = Array.from({ length: 20 }, (_, minute) =>
  candle(minute, 30_000, { high: ticks(30_100), low: ticks(29_900) }),
);
const breaking = (volume: number, close = 30_150): readonly Candle[] =>
  [20, 21].map((minute) => candle(minute, close, { volume: steps(volume) }));

/** As they are where nobody traded: the last price again. */
const quiet = (kept: number): readonly Candle[] =>
  base.map((one, minute) => (minute < kept ? one : { ...one, trades: 0, volume: steps(0) }));

interface Scene {
  readonly candles?: readonly Candle[];
  readonly second?: number;
}

/** A look in minute 21, at this mid. */
function at(mid: number, { candles = [...base, ...breaking(1_200)], second = 60 }: Scene = {}) {
  const now = 21 * MINUTE_MS + second * 1_000 - 1;
  const sight = sightOf({}, { bid: mid - 1, ask: mid + 1, at: now, now, candles });
  return createMomentumBreakout().decide(sight);
}
const texts = ({ reasons }: Candidate): string[] => reasons.map(({ text }) => text);

describe('the breakout', () => {
  it.each([
    [30_120, 'buy', 'mid 6.6 bps beyond the high of 20 candles, > 1.0 bps beyond'],
    [29_880, 'sell', 'mid 6.7 bps beyond the low of 20 candles, > 1.0 bps beyond'],
  ])('enters at %d: %s', (mid, side, text) => {
    const candidate = at(mid);
    expect(candidate).toMatchObject({ type: 'enter', side });
    expect(texts(candidate).slice(0, 2)).toEqual([text, "volume 2.00 × the base's > 1.50"]);
  });

  it.each([
    ['within the range', 30_050, {}, 'break.none'],
    ['no further beyond than the buffer', 30_102, {}, 'break.none'],
    ['without volume', 30_120, { candles: [...base, ...breaking(700)] }, 'volume.low'],
    ['without trades in these minutes', 30_120, { candles: base }, 'volume.low'],
    ['when the range has been run already', 30_290, {}, 'cost.high'],
    ['without a range', 30_120, { candles: breaking(1_200) }, 'base.cold'],
    [
      'on minutes in which nobody traded',
      30_120,
      { candles: [...quiet(1), ...breaking(1)] },
      'base.cold',
    ],
  ] as const)('holds %s', (_, mid, scene, code) => {
    const candidate = at(mid, scene);
    expect(candidate.type).toBe('hold');
    expect(candidate.reasons[0]?.code).toBe(code);
  });

  it('does not take the candles that break out for part of the range', () => {
    const wild = breaking(1_200).map((one) => ({ ...one, high: ticks(40_000) }));
    expect(at(30_120, { candles: [...base, ...wild] }).type).toBe('enter');
    expect(at(30_120, { candles: wild }).reasons[0]?.text).toBe('base cold: 0 of 10 candles');
  });

  it('does not extrapolate the volume of a minute that has just begun', () => {
    // 1,000 in minute 20 and nothing since: 1,000 a minute at once, 500 a minute at the end.
    const candles = [...base, candle(20, 30_150, { volume: steps(1_000) })];
    expect(texts(at(30_120, { candles, second: 1 }))).toContain("volume 1.64 × the base's > 1.50");
    expect(texts(at(30_120, { candles, second: 60 }))[0]).toBe("volume 0.83 × the base's ≤ 1.50");
  });

  it.each([
    [30_120, 'enter', []],
    [30_050, 'hold', ['sell']],
    [30_000, 'hold', []],
    [29_950, 'hold', ['buy']],
  ])('leaves at %d (%s) the sides %j', (mid, type, sides) => {
    const candidate = at(mid);
    expect(candidate.type).toBe(type);
    expect(candidate.type === 'hold' ? candidate.leave : []).toEqual(sides);
  });
});
