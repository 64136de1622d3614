/** What losses count from outlives the run: the day's first figure and the best one. */
import { TestScheduler } from 'rxjs/testing';
import { describe, expect, it } from 'vitest';
import { unixMs, usd } from '../../src/model/quantities.js';
import type { LossMark } from '../../src/model/risk.js';
import {
  IDLE_BREAKERS,
  isNewMark,
  lossMarkOf,
  observe,
  withMark,
  type BreakerLimits,
  type Observation,
} from '../../src/risk/breakers.js';
import { breachEdges } from '../../src/risk/breach.stream.js';

const limits: BreakerLimits = { maxDailyLossUsd: 100, maxDrawdownUsd: 150 };
const DAY_MS = 86_400_000;
const dollars = (amount: number) => usd(BigInt(amount) * 1_000_000n);
const pnl = (at: number, amount: number): Observation => ({
  type: 'pnl',
  at: unixMs(at),
  pnl: dollars(amount),
});
const cleared = (cause: 'loss.daily' | 'drawdown'): Observation => ({
  type: 'cleared',
  at: unixMs(0),
  cause,
});
const mark = (day: number, dayOpen: number, peak: number): LossMark => ({
  day,
  dayOpenPnl: dollars(dayOpen),
  peakPnl: dollars(peak),
});

/** Causes that begin, and the mark that is left. */
function after(before: LossMark | undefined, ...observations: readonly Observation[]) {
  let state = withMark(IDLE_BREAKERS, before);
  const causes = observations.flatMap((observation) => {
    const turn = observe(state, observation, limits);
    state = turn.state;
    return turn.edges.map((edge) => (edge.type === 'breach' ? edge.breach.cause : 'clear'));
  });
  return { causes, mark: lossMarkOf(state) };
}

describe('losses after a restart', () => {
  it.each<
    readonly [string, LossMark | undefined, readonly Observation[], readonly string[], LossMark]
  >([
    [
      'without an earlier run count from the first figure',
      undefined,
      [pnl(0, 40)],
      [],
      mark(0, 40, 40),
    ],
    ['of the same day count on', mark(0, 10, 20), [pnl(1, -89)], [], mark(0, 10, 20)],
    [
      'of the same day breach where the run alone would not',
      mark(0, 10, 20),
      [pnl(1, -91)],
      ['loss.daily'],
      mark(0, 10, 20),
    ],
    [
      'of another day count from its first figure, the drawdown goes on',
      mark(0, 10, 20),
      [pnl(DAY_MS, -91)],
      [],
      mark(1, -91, 20),
    ],
    [
      'beyond the drawdown breach on any day',
      mark(0, 10, 20),
      [pnl(DAY_MS, -131)],
      ['drawdown'],
      mark(1, -131, 20),
    ],
    [
      'that were cleared before the first figure count from it',
      mark(0, 10, 20),
      [cleared('loss.daily'), pnl(1, -91)],
      [],
      mark(0, -91, 20),
    ],
    [
      'whose drawdown was cleared before the first figure count from it',
      mark(0, -91, 90),
      [cleared('drawdown'), pnl(1, -91)],
      [],
      mark(0, -91, -91),
    ],
  ])('%s', (_name, before, observations, causes, expected) => {
    expect(after(before, ...observations)).toEqual({ causes, mark: expected });
  });

  it('are nothing before the first figure', () => {
    expect(after(undefined).mark).toBeUndefined();
  });
});

describe('a mark is written down', () => {
  it.each<readonly [string, LossMark | undefined, LossMark, boolean]>([
    ['the first time', undefined, mark(1, 0, 0), true],
    ['with a new day', mark(1, 0, 0), mark(2, 0, 0), true],
    ['when the day’s loss was cleared', mark(1, 0, 0), mark(1, -5, 0), true],
    ['when the drawdown was cleared', mark(1, 0, 9), mark(1, 0, 8), true],
    ['when the best has grown by more than a hundredth', mark(1, 0, 0), mark(1, 0, 2), true],
    ['not when it has grown by less', mark(1, 0, 0), mark(1, 0, 1), false],
    ['not when nothing has changed', mark(1, 2, 3), mark(1, 2, 3), false],
  ])('%s', (_name, before, now, isNew) => {
    expect(isNewMark(before, now, limits)).toBe(isNew);
  });

  it('by the stream, once for each change, beside the breaches', () => {
    const scheduler = new TestScheduler((actual, expected) => expect(actual).toEqual(expected));
    scheduler.run(({ hot, expectObservable }) => {
      const seen$ = hot('abc', { a: pnl(0, 0), b: pnl(0, 0), c: pnl(0, 5) });
      const edges$ = breachEdges(seen$, { limits, scheduler, lossMark: () => mark(0, 0, -2) });
      expectObservable(edges$, '^ 500ms !').toBe('a-c', {
        a: { type: 'mark', mark: mark(0, 0, 0) },
        c: { type: 'mark', mark: mark(0, 0, 5) },
      });
    });
  });
});
