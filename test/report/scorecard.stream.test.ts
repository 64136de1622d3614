/** The scorecard's stage on a virtual clock: who is looked at, when, and what is remembered. */
import { NEVER, Subject, type Observable } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { describe, expect, it } from 'vitest';
import type { Verdict } from '../../src/model/decision.js';
import { marketId, unixMs } from '../../src/model/quantities.js';
import type { SignalSet } from '../../src/model/signal.js';
import type { MarketLens, SignalLens, Touch } from '../../src/ports/lenses.js';
import { Scorecard, type ScorecardReport } from '../../src/report/scorecard.js';
import { scoring } from '../../src/report/scorecard.stream.js';
import { lensOf, signalLensOf, viewOf } from '../signals/view-fixture.js';

const market = marketId('BTC-USD');

/** A lens whose touch can be moved, or taken away. */
class MovingLens {
  bid: number | undefined = 100;
  readonly lens: MarketLens = {
    ...lensOf(viewOf()),
    readTouch: (touch: Touch) => {
      if (this.bid === undefined) return false;
      touch.bidPrice = this.bid;
      touch.askPrice = this.bid;
      return true;
    },
  };
}

function setOf(values: Readonly<Record<string, number>>, samples = 20): SignalSet {
  const scores = Object.entries(values).map(([name, value]) => [
    name,
    { name, market, value, at: unixMs(0), samples, warm: samples >= 20, parts: {} },
  ]);
  return { market, at: unixMs(0), scores: Object.fromEntries(scores) };
}

const hold = (confidence: number | undefined, at: number): Verdict => ({
  type: 'hold',
  strategy: 'sniper',
  market,
  confidence,
  direction: confidence === undefined ? undefined : -0.4,
  leave: [],
  reasons: [],
  newestFrameAt: unixMs(at),
  decidedAt: unixMs(at),
});

interface Stage {
  readonly scheduler: TestScheduler;
  readonly scorecard: Scorecard;
  readonly moving: MovingLens;
  readonly markets$: Subject<readonly MarketLens[]>;
  readonly signals$: Subject<readonly SignalLens[]>;
  readonly verdicts$: Subject<Verdict>;
}

/** Runs a story at its milliseconds, and tells the scorecard after `endMs`. */
function play(story: Readonly<Record<number, (stage: Stage) => void>>, endMs: number) {
  const scheduler = new TestScheduler(() => undefined);
  const stage: Stage = {
    scheduler,
    scorecard: new Scorecard(),
    moving: new MovingLens(),
    markets$: new Subject(),
    signals$: new Subject(),
    verdicts$: new Subject(),
  };
  let left = -1;
  scheduler.run(() => {
    const subscription = scoring(stage, stage.scorecard, scheduler).subscribe();
    for (const [at, act] of Object.entries(story)) {
      scheduler.schedule(() => act(stage), Number(at));
    }
    scheduler.schedule(() => {
      subscription.unsubscribe();
      left = scheduler.actions.length;
    }, endMs);
  });
  return { report: stage.scorecard.report(), left };
}

const rows = (report: ScorecardReport, name: string, afterSeconds = 1) =>
  (report.subjects.find((subject) => subject.name === name)?.rows ?? [])
    .filter((row) => row.afterSeconds === afterSeconds)
    .map(({ from, looks, moved, hits }) => ({ from, looks, moved, hits }));

describe('scoring', () => {
  it('looks once a second, and judges volume and volatility by where momentum points', () => {
    const { report, left } = play(
      {
        100: ({ markets$, signals$, moving }) => {
          markets$.next([moving.lens]);
          const values = { momentum: 80, volume: 30, volatility: 60, orderbook: 20 };
          signals$.next([signalLensOf(setOf(values))]);
        },
        1_500: ({ moving }) => (moving.bid = 101),
      },
      2_500,
    );
    expect(rows(report, 'momentum')).toEqual([{ from: 80, looks: 1, moved: 1, hits: 1 }]);
    expect(rows(report, 'volume')).toEqual([{ from: 30, looks: 1, moved: 1, hits: 1 }]);
    expect(rows(report, 'volatility')).toEqual([{ from: 60, looks: 1, moved: 1, hits: 1 }]);
    expect(rows(report, 'orderbook')).toEqual([{ from: 20, looks: 1, moved: 1, hits: 0 }]);
    expect(report.looks).toBe(2);
    expect(left).toBe(0);
  });

  it('counts no score that is cold, and no market whose book is not live', () => {
    const { report } = play(
      {
        0: ({ markets$, signals$, moving }) => {
          markets$.next([moving.lens]);
          signals$.next([signalLensOf(setOf({ momentum: 80 }, 19))]);
        },
        3_500: ({ signals$, moving }) => {
          moving.bid = undefined;
          signals$.next([signalLensOf(setOf({ momentum: 80 }))]);
        },
      },
      9_500,
    );
    expect(report.looks).toBe(0);
  });

  it('counts no score of a market that has fallen silent', () => {
    const { report } = play(
      {
        0: ({ markets$, moving, signals$ }) => {
          markets$.next([moving.lens]);
          signals$.next([signalLensOf(setOf({ momentum: 80 }))]);
        },
      },
      60_500,
    );
    expect(report.looks).toBe(2);
  });

  it('takes what a strategy last said for its opinion, for two seconds', () => {
    const { report } = play(
      {
        0: ({ markets$, moving }) => markets$.next([moving.lens]),
        500: ({ verdicts$ }) => verdicts$.next(hold(0.35, 500)),
        1_500: ({ moving }) => (moving.bid = 99),
      },
      9_500,
    );
    expect(rows(report, 'sniper')).toEqual([{ from: 0.3, looks: 2, moved: 1, hits: 1 }]);
    expect(report.looks).toBe(2);
  });

  it('forgets the opinion of a strategy that has none any more', () => {
    const { report } = play(
      {
        0: ({ markets$, moving }) => markets$.next([moving.lens]),
        500: ({ verdicts$ }) => verdicts$.next(hold(0.35, 500)),
        600: ({ verdicts$ }) => verdicts$.next(hold(undefined, 600)),
      },
      4_500,
    );
    expect(report.looks).toBe(0);
  });

  it('leaves its sources and its timer behind when it is left', () => {
    const scheduler = new TestScheduler((actual, wanted) => expect(actual).toEqual(wanted));
    scheduler.run(({ cold, expectObservable, expectSubscriptions }) => {
      const markets$ = cold<readonly MarketLens[]>('-');
      const inputs = { markets$, signals$: NEVER, verdicts$: NEVER as Observable<Verdict> };
      const scoring$ = scoring(inputs, new Scorecard(), scheduler);
      expectObservable(scoring$, '^ 5s !').toBe('-');
      expectSubscriptions(markets$.subscriptions).toBe('^ 5s !');
    });
    expect(scheduler.actions).toHaveLength(0);
  });
});
