/** Mean reversion: what it enters, what it holds and why, what it leaves. */
import { describe, expect, it } from 'vitest';
import type { Candidate, Sight } from '../../src/ports/strategy.js';
import { createMeanReversion } from '../../src/strategy/mean-reversion.js';
import { sightOf } from './sight-fixture.js';

const options = { windowSeconds: 60, samplesMin: 10 };

/** A look each second at a mid that swings by `swing`, then one at `mid`. */
function after(mid: number, { looks = 20, swing = 100, ...more } = {}): Candidate {
  const strategy = createMeanReversion({ ...options, ...more });
  const lookAt = (second: number, price: number): Candidate => {
    const at = second * 1_000;
    return strategy.decide(sightOf({}, { bid: price - 1, ask: price + 1, at, now: at }));
  };
  for (let second = 1; second <= looks; second += 1) {
    lookAt(second, 30_000 + (second % 2 === 0 ? swing : -swing));
  }
  return lookAt(looks + 1, mid);
}
const first = (candidate: Candidate): string => candidate.reasons[0]?.text ?? '';
const leaving = (candidate: Candidate): readonly string[] =>
  candidate.type === 'hold' ? candidate.leave : [];

describe('mean reversion', () => {
  // Twenty mids of 30,000 ± 100 have mean 30,000 and deviation 102.6.
  it.each([
    [29_700, 'buy', 'z -2.92: mean 30000.00 and deviation 102.60 ticks of 20 samples; |z| > 2.50'],
    [30_300, 'sell', 'z 2.92: mean 30000.00 and deviation 102.60 ticks of 20 samples; |z| > 2.50'],
  ])('enters at %d: %s', (mid, side, text) => {
    const candidate = after(mid);
    expect(candidate).toMatchObject({ type: 'enter', side });
    expect(first(candidate)).toBe(text);
    expect(candidate.direction).toBeCloseTo(side === 'buy' ? 0.585 : -0.585, 3);
  });

  it.each([
    ['near the mean', 30_100, {}, 'z.low'],
    ['so far off that it must be news', 28_000, {}, 'z.high'],
    ['with too few samples', 29_700, { looks: 5 }, 'window.cold'],
    ['in a market that does not move', 29_700, { swing: 0 }, 'window.flat'],
    ['when the way back does not pay the costs', 29_991, { swing: 3 }, 'cost.high'],
  ])('holds %s', (_, mid, more, code) => {
    const candidate = after(mid, more);
    expect(candidate.type).toBe('hold');
    expect(candidate.reasons[0]?.code).toBe(code);
  });

  it('says how far the price is from its limit', () => {
    expect(first(after(30_100))).toMatch(/^z 0\.97: .*; \|z\| 0\.97 ≤ 2\.50$/);
    expect(first(after(29_700, { looks: 5 }))).toBe('window cold: 5 of 10 samples');
  });

  it('does not measure a price against itself', () => {
    const strategy = createMeanReversion({ windowSeconds: 60, samplesMin: 2 });
    const lookAt = (at: number, mid: number): Candidate =>
      strategy.decide(sightOf({}, { bid: mid - 1, ask: mid + 1, at, now: at }));
    for (let second = 1; second <= 3; second += 1) lookAt(second * 1_000, 30_000 + second);
    // Ten looks within one second: the sample stays what the past seconds were.
    for (let look = 0; look < 10; look += 1) lookAt(4_000 + look, 40_000);
    expect(first(lookAt(4_050, 40_000))).toContain('mean 30002.00 and deviation 1.00');
  });

  it('begins anew when the tick has changed: the old mids mean other prices', () => {
    const strategy = createMeanReversion({ windowSeconds: 60, samplesMin: 2 });
    const lookAt = (second: number, price: number, tick: bigint): Candidate => {
      const at = second * 1_000;
      const sight = sightOf({}, { bid: price - 1, ask: price + 1, at, now: at });
      const spec = { ...sight.view.spec, tick };
      return strategy.decide({ ...sight, view: { ...sight.view, spec } } as Sight);
    };
    const { tick } = sightOf({}).view.spec;
    for (let second = 1; second <= 20; second += 1) lookAt(second, 30_000 + (second % 3), tick);
    expect(first(lookAt(21, 60_000, (tick / 2n) as typeof tick))).toBe(
      'window cold: 0 of 2 samples',
    );
  });

  it('forgets what is older than its window', () => {
    const strategy = createMeanReversion({ windowSeconds: 3, samplesMin: 2 });
    for (const second of [1, 2, 3, 4, 5]) {
      strategy.decide(sightOf({}, { bid: 100 * second, at: second * 1_000, now: second * 1_000 }));
    }
    const late = strategy.decide(sightOf({}, { bid: 600, at: 60_000, now: 60_000 }));
    expect(first(late)).toBe('window cold: 0 of 2 samples');
  });

  it.each([
    [29_800, ['sell']],
    [29_960, ['buy', 'sell']],
    [30_040, ['buy', 'sell']],
    [30_200, ['buy']],
  ])('leaves at %d the sides %j', (mid, sides) => {
    expect(leaving(after(mid))).toEqual(sides);
  });

  it('moves nothing while the book cannot be judged', () => {
    const candidate = createMeanReversion().decide(sightOf({}, { state: 'crossed' }));
    expect(candidate).toMatchObject({ type: 'hold', confidence: undefined, leave: [] });
    expect(first(candidate)).toBe('book is crossed');
  });
});
