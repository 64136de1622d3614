/** The market stage in marbles: events at once, views at the end of the turn. */
import { map } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { describe, expect, it } from 'vitest';
import { MarketFold } from '../../src/market/market-fold.js';
import { changedMarkets, crossedMarkets, resyncRequests } from '../../src/market/market.stream.js';
import type { MarketEvent } from '../../src/model/events.js';
import type { MarketSpec } from '../../src/model/market.js';
import type { MarketLens } from '../../src/ports/lenses.js';
import { marketId, price, size, steps, ticks, unixMs } from '../../src/model/quantities.js';

const market = marketId('BTC-USD');
const spec: MarketSpec = {
  market,
  venueNumber: 0,
  status: 'ACTIVE',
  priceExponent: -5,
  sizeExponent: -4,
  tick: price(50_000n),
  step: size(100n),
  initialMarginPpm: 50_000,
  maintenanceMarginPpm: 30_000,
  isolated: false,
};
const one = (value: number) => [{ price: ticks(value), size: steps(1) }];
const trade = (id: string): MarketEvent => ({
  type: 'trades',
  market,
  snapshot: false,
  trades: [{ id, side: 'buy', price: ticks(11), size: steps(1), at: unixMs(0) }],
});

/** s: parameters and nothing else · b, c: books · t, u: trades · x: of an unknown market. */
const events: Record<string, MarketEvent> = {
  s: { type: 'specs', specs: [spec] },
  b: { type: 'book.snapshot', market, bids: one(10), asks: one(12) },
  c: { type: 'book.update', market, bids: one(11), asks: [] },
  d: { type: 'book.update', market, bids: one(12), asks: [] },
  t: trade('1'),
  u: trade('2'),
  x: { type: 'status', market: marketId('ETH-USD'), status: 'PAUSED' },
};

/** `10:2` is a best bid of 10 and two new trades. */
const textOf = (lenses: readonly MarketLens[]): string[] =>
  lenses.map((lens) => `${lens.view().book.bids[0]?.price ?? '-'}:${lens.trades.length}`);

function expectMarkets(
  source: string,
  flushes: string,
  expected: string,
  values: Record<string, string[]>,
): void {
  const scheduler = new TestScheduler((actual, wanted) => expect(actual).toEqual(wanted));
  scheduler.run(({ hot, expectObservable }) => {
    const now = () => unixMs(scheduler.now());
    const fold = new MarketFold();
    hot(source, events).subscribe((event) => fold.apply(event, now()));
    const markets$ = changedMarkets(fold, hot(flushes).pipe(map(now)));
    expectObservable(markets$.pipe(map(textOf))).toBe(expected, values);
  });
}

describe('the markets that changed', () => {
  it('are told once a turn: their books slide, their trades are all there', () => {
    expectMarkets('sb-ct-u-----c', '--f----f-f----f', '--1----2------3', {
      1: ['10:0'],
      2: ['11:2'],
      3: ['11:0'],
    });
  });

  it('are not told at the end of a turn without changes', () => {
    expectMarkets('sb-------x---', '--f-f-f----f-', '--1----------', { 1: ['10:0'] });
  });

  it('do not repeat the trades of a turn that brought none of theirs', () => {
    expectMarkets('sbt-c', '---f-f', '---1-2', { 1: ['10:1'], 2: ['11:0'] });
  });

  it('end with the turns, and pass on their error', () => {
    expectMarkets('sb-----', '---|', '---|', {});
    expectMarkets('sb-----', '---#', '---#', {});
  });
});

describe('resync requests', () => {
  it('name a market once when its book has been crossed for too long', () => {
    const scheduler = new TestScheduler((actual, wanted) => expect(actual).toEqual(wanted));
    scheduler.run(({ expectObservable }) => {
      const fold = new MarketFold();
      for (const name of ['s', 'b', 'd'] as const) {
        const event = events[name];
        if (event !== undefined) fold.apply(event, unixMs(0));
      }
      const requests$ = resyncRequests(fold, { everyMs: 1_000, scheduler });
      expectObservable(requests$, '^ 30s !').toBe('11s r', { r: [market] });
    });
  });
});

describe('markets that were crossed', () => {
  const lens = (state: MarketLens['bookState'], name = 'BTC-USD'): MarketLens =>
    ({ market: marketId(name), bookState: state }) as MarketLens;
  const batches: Record<string, readonly MarketLens[]> = {
    l: [lens('live')],
    c: [lens('live', 'A-USD'), lens('crossed'), lens('crossed', 'B-USD')],
    e: [lens('crossed', 'B-USD')],
  };
  const run = (marbles: string, until: string, expected: string, names: object = {}) => {
    const scheduler = new TestScheduler((actual, wanted) => expect(actual).toEqual(wanted));
    scheduler.run(({ hot, expectObservable }) => {
      const markets$ = hot(marbles, batches);
      const named$ = crossedMarkets(markets$, { everyMs: 10, scheduler });
      expectObservable(named$, until).toBe(expected, names);
    });
    expect(scheduler.actions).toHaveLength(0);
  };

  it('are named once per stretch, though they are live again', () => {
    run('-c-l-e----------e', '^ 25ms !', '----------a---------b----', {
      a: [market, marketId('B-USD')],
      b: [marketId('B-USD')],
    });
  });

  it('are not named when none was, and leave no timer behind', () => {
    run('-l-l-l', '^ 25ms !', '-------------------------');
  });

  it('pass on an error of the markets', () => {
    run('-c-#', '^ 25ms !', '---#');
  });
});
