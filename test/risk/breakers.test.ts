/** Circuit breakers: when each cause breaches, when it clears by itself, and when it does not. */
import { TestScheduler } from 'rxjs/testing';
import { describe, expect, it } from 'vitest';
import { blockHeight, unixMs, usd } from '../../src/model/quantities.js';
import {
  IDLE_BREAKERS,
  observe,
  type BreakerLimits,
  type FaultCause,
  type Observation,
} from '../../src/risk/breakers.js';
import { breachEdges } from '../../src/risk/breach.stream.js';

const limits: BreakerLimits = { maxDailyLossUsd: 100, maxDrawdownUsd: 150 };
const DAY_MS = 86_400_000;

/** Edges in short: `+cause` where a breach begins, `-cause` where it ends. */
function edgesOf(observations: readonly Observation[], with_ = limits): string[] {
  let state = IDLE_BREAKERS;
  return observations.flatMap((observation) => {
    const turn = observe(state, observation, with_);
    state = turn.state;
    return turn.edges.map((edge) =>
      edge.type === 'breach' ? `+${edge.breach.cause}` : `-${edge.cause}`,
    );
  });
}

const tick = (at: number): Observation => ({ type: 'tick', at: unixMs(at) });
const heights = (at: number, chain?: number, indexer?: number): Observation => ({
  type: 'heights',
  at: unixMs(at),
  chain: chain === undefined ? undefined : blockHeight(chain),
  indexer: indexer === undefined ? undefined : blockHeight(indexer),
});
const pnl = (at: number, dollars: number): Observation => ({
  type: 'pnl',
  at: unixMs(at),
  pnl: usd(BigInt(dollars) * 1_000_000n),
});
const reject = (at: number): Observation => ({ type: 'reject', at: unixMs(at), code: '2000' });
const cleared = (
  at: number,
  cause: 'loss.daily' | 'drawdown' | 'rejects.repeated',
): Observation => ({
  type: 'cleared',
  at: unixMs(at),
  cause,
});

describe('heights', () => {
  it('breach when no block comes for more than five seconds, and clear with the next one', () => {
    const seen = [heights(0, 10, 10), tick(5000), tick(5001), tick(6000), heights(6100, 11, 11)];
    expect(edgesOf(seen)).toEqual(['+chain.slow', '-chain.slow']);
  });

  it('do not count a height that was seen before as news', () => {
    expect(edgesOf([heights(0, 10), heights(4000, 10), heights(5001, 9)])).toEqual(['+chain.slow']);
  });

  it('breach when none is known five seconds after the start', () => {
    expect(edgesOf([tick(0), tick(5000), tick(5001)])).toEqual(['+chain.slow']);
  });

  it('breach when the indexer is more than three blocks behind', () => {
    const seen = [heights(0, 13, 10), heights(1, 14), heights(2, undefined, 11)];
    expect(edgesOf(seen)).toEqual(['+indexer.lag', '-indexer.lag']);
  });
});

describe('conditions', () => {
  it('breach while they last', () => {
    const stale = (holds: boolean): Observation => ({
      type: 'condition',
      at: unixMs(0),
      cause: 'account.stale',
      holds,
      evidence: 'no frame for 12 s',
    });
    const seen = [stale(false), stale(true), stale(true), stale(false)];
    expect(edgesOf(seen)).toEqual(['+account.stale', '-account.stale']);
  });
});

describe('facts', () => {
  it('latch a drift with both figures, and agreement does not clear it', () => {
    const evidence = 'BTC-USD: ours 5, venue 7';
    const drifted: Observation = { type: 'drift', at: unixMs(1), evidence };
    expect(observe(IDLE_BREAKERS, drifted, limits).edges).toEqual([
      {
        type: 'breach',
        breach: {
          cause: 'position.drift',
          severity: 'halt',
          latched: true,
          evidence,
          at: 1,
        },
      },
    ]);
    expect(edgesOf([drifted, { ...drifted, evidence: '' }])).toEqual(['+position.drift']);
  });

  it.each<FaultCause>(['order.overfill', 'journal.failed', 'foreign.activity', 'signer.failed'])(
    'latch %s once, until it was cleared',
    (cause) => {
      const fault: Observation = { type: 'fault', at: unixMs(1), cause, evidence: 'seen' };
      const clear: Observation = { type: 'cleared', at: unixMs(2), cause };
      expect(edgesOf([fault, fault, clear, fault])).toEqual([`+${cause}`, `+${cause}`]);
    },
  );
});

describe('losses', () => {
  it('latch the day’s loss from its first figure on', () => {
    expect(edgesOf([pnl(0, 50), pnl(1, -50), pnl(2, -51), pnl(3, 50)])).toEqual(['+loss.daily']);
  });

  it('begin anew with a new day', () => {
    const seen = [pnl(0, 0), pnl(1, -90), pnl(DAY_MS, -90), pnl(DAY_MS + 1, -140)];
    expect(edgesOf(seen)).toEqual([]);
  });

  it('latch a drawdown from the best figure over days', () => {
    const seen = [pnl(0, 0), pnl(1, 60), pnl(DAY_MS, -30), pnl(2 * DAY_MS, -91)];
    expect(edgesOf(seen)).toEqual(['+drawdown']);
  });

  it('count from the newest figure after an operator has cleared them', () => {
    const seen = [pnl(0, 0), pnl(1, -120), cleared(2, 'loss.daily'), pnl(3, -149), pnl(4, -151)];
    expect(edgesOf(seen)).toEqual(['+loss.daily', '+drawdown']);
    const again = [...seen, cleared(5, 'drawdown'), pnl(6, -220), pnl(7, -302)];
    expect(edgesOf(again)).toEqual(['+loss.daily', '+drawdown', '+loss.daily', '+drawdown']);
    expect(edgesOf([cleared(0, 'loss.daily')])).toEqual([]);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, -1])(
    'breach at once with a limit of %s',
    (bad) => {
      const edges = edgesOf([pnl(0, 0)], { maxDailyLossUsd: bad, maxDrawdownUsd: bad });
      expect(edges).toEqual(['+loss.daily', '+drawdown']);
    },
  );
});

describe('rejects', () => {
  it('latch at the fifth within a minute', () => {
    expect(edgesOf([0, 1, 2, 3].map(reject))).toEqual([]);
    expect(edgesOf([0, 1, 2, 3, 59_999].map(reject))).toEqual(['+rejects.repeated']);
    expect(edgesOf([0, 1, 2, 3, 60_000, 60_001].map(reject))).toEqual([]);
  });

  it('are counted anew after an operator has cleared them', () => {
    const five = [0, 1, 2, 3, 4].map(reject);
    const seen = [...five, cleared(5, 'rejects.repeated'), ...[6, 7, 8, 9].map(reject)];
    expect(edgesOf(seen)).toEqual(['+rejects.repeated']);
  });
});

describe('the stream of edges', () => {
  it('notices silence by itself', () => {
    const scheduler = new TestScheduler((actual, expected) => expect(actual).toEqual(expected));
    scheduler.run(({ hot, expectObservable }) => {
      const observations$ = hot<Observation>('a 9999ms b', {
        a: heights(0, 1, 1),
        b: heights(10_000, 2, 2),
      });
      const edges$ = breachEdges(observations$, { limits, scheduler });
      expectObservable(edges$, '^ 12s !').toBe('6s b 3999ms c', {
        b: {
          type: 'breach',
          breach: {
            cause: 'chain.slow',
            severity: 'reduce',
            latched: false,
            evidence: 'no block for 6000 ms, expected one within 5000',
            at: 6000,
          },
        },
        c: { type: 'clear', cause: 'chain.slow' },
      });
    });
  });
});
