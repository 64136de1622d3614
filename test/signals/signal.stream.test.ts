/** Layer 4 as streams: once per turn, keyed by market, and a dead market silences nobody. */
import { TestScheduler, type RunHelpers } from 'rxjs/testing';
import { describe, expect, it } from 'vitest';
import type { MarketView } from '../../src/model/book.js';
import { marketId, unixMs, type MarketId } from '../../src/model/quantities.js';
import type { Backfill, SignalName, SignalScore, SignalSet } from '../../src/model/signal.js';
import type { SignalEngine } from '../../src/signals/signal-engine.js';
import { scoreWith, signalEngines, signals } from '../../src/signals/signal.stream.js';
import { candle, specOf, trade, viewOf } from './view-fixture.js';

const marbles = (run: (helpers: RunHelpers) => void): void => {
  new TestScheduler((actual, expected) => expect(actual).toEqual(expected)).run(run);
};

const btc = marketId('BTC-USD');
const eth = marketId('ETH-USD');

/** An engine that scores how often it has seen a live view of a market. */
const countingEngine = (name: SignalName): SignalEngine => {
  const seen = new Map<MarketId, number>();
  const add = (market: MarketId, count: number): number => {
    seen.set(market, (seen.get(market) ?? 0) + count);
    return seen.get(market) ?? 0;
  };
  return {
    name,
    accept: ({ market, at, book }) =>
      book.state === 'live' ? score(name, market, at, add(market, 1)) : undefined,
    backfill: ({ spec, candles }) => void add(spec.market, candles.length),
    drop: (market) => void seen.delete(market),
  };
};
const score = (name: SignalName, market: MarketId, at: number, value: number): SignalScore => ({
  name,
  market,
  value,
  at: unixMs(at),
  samples: value,
  warm: false,
});
const set = (market: MarketId, at: number, value: number, volumeAt = at): SignalSet => ({
  market,
  at: unixMs(at),
  scores: {
    momentum: score('momentum', market, at, value),
    volume: score('volume', market, volumeAt, value),
  },
});
const two = (): readonly SignalEngine[] => [countingEngine('momentum'), countingEngine('volume')];

const turns: Record<string, readonly MarketView[]> = {
  a: [viewOf({ market: 'BTC-USD', at: 1 })],
  b: [viewOf({ market: 'BTC-USD', at: 2 }), viewOf({ market: 'ETH-USD', at: 2 })],
  c: [viewOf({ market: 'ETH-USD', at: 3 })],
  s: [viewOf({ market: 'BTC-USD', at: 4, state: 'stale' })],
};

describe('one engine as an operator', () => {
  it('answers every turn, if only with nothing', () => {
    marbles(({ hot, expectObservable }) => {
      const scored$ = hot('a-b-s|', turns).pipe(scoreWith(countingEngine('momentum')));
      expectObservable(scored$).toBe('x-y-z|', {
        x: [score('momentum', btc, 1, 1)],
        y: [score('momentum', btc, 2, 2), score('momentum', eth, 2, 1)],
        z: [],
      });
    });
  });
});

describe('the four scores together', () => {
  it('come as one batch per turn, only for markets with something new', () => {
    marbles(({ hot, expectObservable }) => {
      const sets$ = signals({ views$: hot('a-b-c|', turns) }, two);
      expectObservable(sets$).toBe('x-y-z|', {
        x: [set(btc, 1, 1)],
        y: [set(btc, 2, 2), set(eth, 2, 1)],
        z: [set(eth, 3, 2)],
      });
    });
  });

  it('flow on for one market while another is stale', () => {
    marbles(({ hot, expectObservable }) => {
      const sets$ = signals({ views$: hot('a-s-c-s-c|', turns) }, two);
      expectObservable(sets$).toBe('x---y---z|', {
        x: [set(btc, 1, 1)],
        y: [set(eth, 3, 1)],
        z: [set(eth, 3, 2)],
      });
    });
  });

  it('keep the newest score of an engine that has nothing new', () => {
    const once = (): readonly SignalEngine[] => {
      const volume = countingEngine('volume');
      let told = false;
      const accept = (view: MarketView): SignalScore | undefined => {
        const scored = told ? undefined : volume.accept(view);
        told = true;
        return scored;
      };
      return [countingEngine('momentum'), { ...volume, accept }];
    };
    marbles(({ hot, expectObservable }) => {
      const sets$ = signals({ views$: hot('a-b|', turns) }, once);
      const kept = { ...set(btc, 2, 2), scores: { ...set(btc, 2, 2).scores } };
      kept.scores.volume = score('volume', btc, 1, 1);
      const other = {
        market: eth,
        at: unixMs(2),
        scores: { momentum: score('momentum', eth, 2, 1) },
      };
      expectObservable(sets$).toBe('x-y|', { x: [set(btc, 1, 1)], y: [kept, other] });
    });
  });

  it('are fed by history, and forgotten with the market', () => {
    const history: Backfill = { spec: specOf(), candles: [candle(1, 500), candle(2, 500)] };
    marbles(({ hot, expectObservable }) => {
      const sets$ = signals(
        {
          views$: hot('    --a---a|', turns),
          backfills$: hot('h------|', { h: history }),
          dropped$: hot('  ----d--|', { d: btc }),
        },
        two,
      );
      expectObservable(sets$).toBe('--x---y|', { x: [set(btc, 1, 3)], y: [set(btc, 1, 1)] });
    });
  });

  it('are the four of the house, complete within two views of a trading market', () => {
    expect(signalEngines().map(({ name }) => name)).toEqual([
      'momentum',
      'volume',
      'volatility',
      'orderbook',
    ]);
    marbles(({ hot, expectObservable, flush }) => {
      const trades = [trade(1_000, 5)];
      const names: string[][] = [];
      const views$ = hot('a-b|', {
        a: [viewOf({ at: 1_000 })],
        b: [viewOf({ at: 1_500, trades })],
      });
      const sets$ = signals({ views$ });
      sets$.subscribe(([first]) => names.push(Object.keys(first?.scores ?? {}).toSorted()));
      expectObservable(views$).toBe('a-b|', {
        a: [viewOf({ at: 1_000 })],
        b: [viewOf({ at: 1_500, trades })],
      });
      flush();
      expect(names).toEqual([['orderbook'], ['momentum', 'orderbook', 'volatility', 'volume']]);
    });
  });
});
