/** Layer 5 in virtual time: throttle, ranking, silence, and the window that load cannot starve. */
import { concat, interval, map, NEVER, Subject, take } from 'rxjs';
import { TestScheduler, type RunHelpers } from 'rxjs/testing';
import { describe, expect, it } from 'vitest';
import { SimulatedClock } from '../../src/clock/simulated.clock.js';
import type { Verdict } from '../../src/model/decision.js';
import { marketId, price, unixMs } from '../../src/model/quantities.js';
import type { MarketLens, SignalLens } from '../../src/ports/lenses.js';
import { DEFAULT_TERMS, FLAT } from '../../src/strategy/circumstances.js';
import { createSniper } from '../../src/strategy/sniper.js';
import { settled, verdictKey, verdicts } from '../../src/strategy/decision.stream.js';
import type { Candidate, Strategy } from '../../src/ports/strategy.js';
import { lensOf, signalLensOf, viewOf } from '../signals/view-fixture.js';
import { setOf } from './sight-fixture.js';

const marbles = (run: (helpers: RunHelpers, scheduler: TestScheduler) => void): void => {
  const scheduler = new TestScheduler((actual, expected) => expect(actual).toEqual(expected));
  scheduler.run((helpers) => run(helpers, scheduler));
};
const btc = marketId('BTC-USD');
const usual = { terms: DEFAULT_TERMS, positionOf: () => FLAT };

const scoresOf = (...args: Parameters<typeof setOf>): SignalLens => signalLensOf(setOf(...args));

/** Holds, and says in its reason which bid it saw, with which momentum. */
const parrot: Strategy = {
  name: 'parrot',
  ageMsMax: 2_000,
  decide: ({ now, view, signals, field }): Candidate => {
    const fresh = now - view.book.updatedAt <= 2_000;
    const momentum = signals?.scores.momentum?.value ?? 'none';
    const text = `${view.book.bids[0]?.price} ${momentum} of ${field.size}`;
    const reasons = [{ code: fresh ? 'fresh' : 'silent', text }];
    const confidence = fresh ? 0.5 : undefined;
    return { type: 'hold', confidence, direction: undefined, leave: [], reasons };
  },
};
const said = (verdict: Verdict): string =>
  `${verdict.market.slice(0, 3)} ${verdict.reasons[0]?.code} ${verdict.reasons[0]?.text}`;
const at = (frame: number, bid: number, market = 'BTC-USD'): readonly MarketLens[] => [
  lensOf(viewOf({ market, at: frame, bid })),
];

describe('verdicts', () => {
  const look = (
    helpers: RunHelpers,
    scheduler: TestScheduler,
    [views, turns]: readonly [string, Record<string, readonly MarketLens[]>],
  ) =>
    verdicts(
      { markets$: helpers.hot(views, turns), signals$: NEVER },
      { strategy: parrot, scheduler, ...usual },
    ).pipe(map(said));

  it('come at once, then at most every 100 ms, and of the last state always', () => {
    marbles((helpers, scheduler) => {
      const turns = { a: at(0, 1), b: at(40, 2), c: at(80, 3), d: at(350, 4) };
      const verdicts$ = look(helpers, scheduler, ['a 39ms b 39ms c 269ms d', turns]);
      helpers.expectObservable(verdicts$, '^ 600ms !').toBe('x 99ms y 249ms z', {
        x: 'BTC fresh 1 none of 0',
        y: 'BTC fresh 3 none of 1',
        z: 'BTC fresh 4 none of 1',
      });
    });
  });

  it('see the scores of their own turn', () => {
    marbles(({ hot, expectObservable }, scheduler) => {
      const markets$ = hot('--a', { a: at(2, 1) });
      const signals$ = markets$.pipe(map(() => [scoresOf(btc, 2, { momentum: 77 })]));
      const verdicts$ = verdicts({ markets$, signals$ }, { strategy: parrot, scheduler, ...usual });
      expectObservable(verdicts$.pipe(map(said)), '^ 90ms !').toBe('--x', {
        x: 'BTC fresh 1 77 of 0',
      });
    });
  });

  it('throttle each market for itself', () => {
    marbles((helpers, scheduler) => {
      const turns = { a: [...at(0, 1), ...at(0, 2, 'ETH-USD')], b: at(10, 3, 'SOL-USD') };
      const verdicts$ = look(helpers, scheduler, ['a 9ms b', turns]);
      helpers.expectObservable(verdicts$, '^ 90ms !').toBe('(xy) 6ms z', {
        x: 'BTC fresh 1 none of 0',
        y: 'ETH fresh 2 none of 1',
        z: 'SOL fresh 3 none of 2',
      });
    });
  });

  it('tell once that a market has fallen silent, and leave the others alone', () => {
    marbles((helpers, scheduler) => {
      const turns = { a: at(0, 1), b: at(2_100, 2, 'ETH-USD') };
      const verdicts$ = look(helpers, scheduler, ['a 2099ms b', turns]);
      helpers.expectObservable(verdicts$, '^ 3s !').toBe('x 2099ms y 149ms z', {
        x: 'BTC fresh 1 none of 0',
        y: 'ETH fresh 2 none of 1',
        z: 'BTC silent 1 none of 2',
      });
    });
  });

  it('of markets beyond the limit do not exist', () => {
    marbles(({ hot, flush }, scheduler) => {
      const all = Array.from({ length: 1_030 }, (_, i) => lensOf(viewOf({ market: `M${i}-USD` })));
      const seen = new Set<string>();
      const markets$ = hot('a', { a: all });
      const subscription = verdicts(
        { markets$, signals$: NEVER },
        { strategy: parrot, scheduler, ...usual },
      )
        .pipe(take(1_024))
        .subscribe(({ market }) => seen.add(market));
      flush();
      expect(subscription.closed).toBe(true);
      expect([seen.size, seen.has('M1023-USD'), seen.has('M1024-USD')]).toEqual([
        1_024,
        true,
        false,
      ]);
    });
  });
});

const stamps = { strategy: 'sniper', market: btc, newestFrameAt: unixMs(0), decidedAt: unixMs(0) };
const enter = (side: 'buy' | 'sell', confidence = 0.9, newest = 0): Verdict => ({
  type: 'enter',
  ...stamps,
  side,
  confidence,
  direction: 1,
  quality: 1,
  rank: 1,
  reasons: [],
  newestFrameAt: unixMs(newest),
  heldMs: 0,
  limitPrice: price(1n),
});
const hold = (leave: readonly ('buy' | 'sell')[] = [], market = btc): Verdict => ({
  type: 'hold',
  ...stamps,
  market,
  confidence: 0.5,
  direction: 0,
  leave,
  reasons: [],
});

describe('a decision', () => {
  const stamped = (verdict: Verdict, decidedAt: number): Verdict => ({
    ...verdict,
    decidedAt: unixMs(decidedAt),
  });

  it('has a key of type, side and the sides to leave in any order', () => {
    const keys = [enter('buy'), hold(), hold(['buy']), hold(['sell', 'buy'])].map(verdictKey);
    expect(keys).toEqual(['enter:buy', 'hold:', 'hold:buy', 'hold:buy,sell']);
  });

  it('is emitted when it has lasted 500 ms, as it is by then', () => {
    marbles(({ hot, expectObservable }, scheduler) => {
      const verdicts$ = hot('a 299ms b 999ms b', {
        a: enter('buy', 0.85, 0),
        b: enter('buy', 0.95, 280),
      });
      const latest = { ...stamped(enter('buy', 0.95, 280), 500), heldMs: 220 };
      expectObservable(verdicts$.pipe(settled({ scheduler }))).toBe('500ms x', { x: latest });
    });
  });

  it('says that old data were held for the whole window at most', () => {
    marbles(({ hot, expectObservable }, scheduler) => {
      const verdicts$ = hot('400ms a', { a: enter('buy', 0.85, 0) });
      const decided = { ...stamped(enter('buy', 0.85, 0), 900), heldMs: 500 };
      expectObservable(verdicts$.pipe(settled({ scheduler }))).toBe('900ms x', { x: decided });
    });
  });

  it('is not starved by load: the same verdict every 10 ms still settles', () => {
    marbles(({ expectObservable }, scheduler) => {
      const verdicts$ = interval(10, scheduler).pipe(
        take(200),
        map(() => hold(['buy'])),
      );
      expectObservable(verdicts$.pipe(settled({ scheduler }))).toBe('510ms x 1489ms |', {
        x: stamped(hold(['buy']), 510),
      });
    });
  });

  it('begins its window anew when the verdict changes within it', () => {
    marbles(({ hot, expectObservable }, scheduler) => {
      const verdicts$ = hot('a 399ms b', { a: enter('buy'), b: enter('sell') });
      const sold = { ...stamped(enter('sell'), 900), heldMs: 500 };
      expectObservable(verdicts$.pipe(settled({ scheduler }))).toBe('900ms x', { x: sold });
    });
  });

  it('that comes back to what was last said says nothing', () => {
    marbles(({ hot, expectObservable }, scheduler) => {
      const verdicts$ = hot('a 699ms b 199ms a 899ms b', { a: hold(['buy']), b: hold() });
      expectObservable(verdicts$.pipe(settled({ scheduler }))).toBe('500ms x 1799ms y', {
        x: stamped(hold(['buy']), 500),
        y: stamped(hold(), 2_300),
      });
    });
  });

  it('of one market does not wait for another', () => {
    marbles(({ hot, expectObservable }, scheduler) => {
      const eth = marketId('ETH-USD');
      const verdicts$ = hot('a 199ms b', { a: hold(), b: hold([], eth) });
      expectObservable(verdicts$.pipe(settled({ scheduler }))).toBe('500ms x 199ms y', {
        x: stamped(hold(), 500),
        y: stamped(hold([], eth), 700),
      });
    });
  });
});

describe('the sniper on streams', () => {
  it('enters a market on lasting conviction, and holds when that market goes silent', () => {
    marbles(({ expectObservable }, scheduler) => {
      const turns$ = concat(interval(200, scheduler).pipe(take(20)), NEVER).pipe(
        map((n) => (n + 1) * 200),
      );
      const decisions$ = verdicts(
        {
          signals$: turns$.pipe(
            map((now) => [
              scoresOf(btc, now, { momentum: 99, orderbook: 95 }),
              scoresOf(marketId('ETH-USD'), now),
            ]),
          ),
          markets$: turns$.pipe(map((now) => [...at(now, 30_000), ...at(now, 30_000, 'ETH-USD')])),
        },
        { strategy: createSniper(), scheduler, ...usual },
      ).pipe(
        settled({ scheduler }),
        map((verdict) => `${verdict.market} ${verdictKey(verdict)}`),
      );
      // The last turn is at 4,000 ms; the sweep of 6,250 ms is the first to find it too old.
      expectObservable(decisions$, '^ 8s !').toBe('700ms (ab) 6046ms (cd)', {
        a: 'BTC-USD enter:buy',
        b: 'ETH-USD hold:buy,sell',
        c: 'BTC-USD hold:',
        d: 'ETH-USD hold:',
      });
    });
  });

  it('runs on the heap clock, and leaves no timer behind once unsubscribed', async () => {
    const clock = new SimulatedClock(0);
    const markets$ = new Subject<readonly MarketLens[]>();
    const keys: string[] = [];
    const decisions$ = verdicts(
      { markets$, signals$: NEVER },
      { strategy: parrot, scheduler: clock.scheduler, ...usual },
    ).pipe(settled({ scheduler: clock.scheduler }));
    const subscription = decisions$.subscribe((verdict) =>
      keys.push(`${verdictKey(verdict)} ${verdict.decidedAt}`),
    );
    markets$.next(at(0, 1));
    await clock.advance(1_000);
    markets$.next(at(1_000, 2));
    expect(keys).toEqual(['hold: 500']);
    expect(clock.pending).toBe(2); // The sweep and a throttle.
    subscription.unsubscribe();
    expect(clock.pending).toBe(0);
  });
});
