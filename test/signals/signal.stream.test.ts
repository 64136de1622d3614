/** Layer 4 as streams: once per turn, keyed by market, and a dead market silences nobody. */
import { map } from 'rxjs';
import { TestScheduler, type RunHelpers } from 'rxjs/testing';
import { describe, expect, it } from 'vitest';
import { marketId, unixMs } from '../../src/model/quantities.js';
import type { Backfill } from '../../src/model/signal.js';
import type { MarketLens, SignalLens } from '../../src/ports/lenses.js';
import { SignalDesk } from '../../src/signals/market-scores.js';
import { signals } from '../../src/signals/signal.stream.js';
import { candle, lensOf, specOf, trade, viewOf, type ViewOptions } from './view-fixture.js';

const marbles = (run: (helpers: RunHelpers) => void): void => {
  new TestScheduler((actual, expected) => expect(actual).toEqual(expected)).run(run);
};
const seen = (options: ViewOptions): MarketLens => lensOf(viewOf(options));
const turns: Record<string, readonly MarketLens[]> = {
  a: [seen({ at: 250 })],
  b: [seen({ at: 500 }), seen({ market: 'ETH-USD', at: 500 })],
  c: [seen({ market: 'ETH-USD', at: 750 })],
  s: [seen({ at: 1_000, state: 'stale' })],
};
/** `BTC 1` is one score of BTC-USD. */
const told = (lenses: readonly SignalLens[]): string =>
  lenses
    .map((lens) => `${lens.market.slice(0, 3)} ${Object.keys(lens.set().scores).length}`)
    .join(', ');

describe('the four scores together', () => {
  it('come as one batch per turn, for the markets of that turn', () => {
    marbles(({ hot, expectObservable }) => {
      const told$ = signals({ markets$: hot('a-b-c|', turns) }).pipe(map(told));
      expectObservable(told$).toBe('x-y-z|', { x: 'BTC 1', y: 'BTC 3, ETH 1', z: 'ETH 3' });
    });
  });

  it('flow on for one market while another is stale and has none', () => {
    marbles(({ hot, expectObservable }) => {
      const told$ = signals({ markets$: hot('a-b-s-c|', turns) }).pipe(map(told));
      expectObservable(told$).toBe('w-x-y-z|', {
        w: 'BTC 1',
        x: 'BTC 3, ETH 1',
        y: 'BTC 0',
        z: 'ETH 3',
      });
    });
  });

  it('are fed by history, and forgotten with the market', () => {
    const history: Backfill = { spec: specOf(), candles: [candle(1, 500), candle(2, 501)] };
    marbles(({ hot, expectObservable }) => {
      const samples$ = signals({
        markets$: hot('  --a---a|', turns),
        backfills$: hot('h------|', { h: history }),
        dropped$: hot(' ----d--|', { d: marketId('BTC-USD') }),
      }).pipe(map(([first]) => first?.set().scores.volume?.samples ?? 'none'));
      expectObservable(samples$).toBe('--x---y|', { x: 3, y: 'none' });
    });
  });

  it('are four within two views of a trading market, with what they are made of', () => {
    marbles(({ hot, flush }) => {
      const names: string[][] = [];
      const markets$ = hot('a-b|', {
        a: [seen({ at: 1_000 })],
        b: [seen({ at: 1_500, trades: [trade(1_400, 5)] })],
      });
      signals({ markets$ }).subscribe(([first]) => {
        const scores = first?.set().scores ?? {};
        names.push(Object.keys(scores).toSorted());
        if (names.length < 2) return;
        expect(scores.volume?.parts).toMatchObject({ takerFlow: 1 });
        expect(scores.volatility?.parts).toEqual({ sigmaBps: 0, rank: 1 });
        expect(scores.orderbook?.at).toBe(unixMs(1_500));
      });
      flush();
      expect(names).toEqual([['orderbook'], ['momentum', 'orderbook', 'volatility', 'volume']]);
    });
  });

  it('begin anew when governance changes the units of a market, and have a limit', () => {
    marbles(({ hot, expectObservable }) => {
      const changed = specOf('BTC-USD', 200_000n);
      const many = Array.from({ length: 1_030 }, (_, index) => seen({ market: `M${index}-USD` }));
      const counts$ = signals({
        markets$: hot('a-b-d-m', { ...turns, d: [seen({ at: 900, spec: changed })], m: many }),
      }).pipe(map((lenses) => `${lenses.length} ${told(lenses.slice(0, 1))}`));
      expectObservable(counts$).toBe('w-x-y-z', {
        w: '1 BTC 1',
        x: '2 BTC 3',
        y: '1 BTC 1',
        z: '1022 M0- 1',
      });
    });
  });
});

it('a lens of a dropped market reads nothing, whoever has its place', () => {
  const desk = new SignalDesk();
  const feed = (market: string, from: number): readonly SignalLens[] =>
    [0, 1, 2, 3].map(
      (bar) => desk.accept([seen({ market, at: from + bar * 250 })])[0] as SignalLens,
    );
  const [old] = feed('BTC-USD', 250);
  expect(Object.keys(old?.set().scores ?? {})).not.toEqual([]);
  desk.drop(marketId('BTC-USD'));
  feed('ETH-USD', 5_000);
  expect(old?.set()).toMatchObject({ market: 'BTC-USD', scores: {} });
  expect(Object.keys(old?.set().scores ?? {})).toEqual([]);
});
