/** Stops and targets are said once per position, at the price that closing would get. */
import { map } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { describe, expect, it } from 'vitest';
import type { Side } from '../../src/model/book.js';
import { marketId } from '../../src/model/quantities.js';
import { ExitWatch, type Holding } from '../../src/strategy/exit-watch.js';
import { exits } from '../../src/strategy/exit-watch.stream.js';
import { lensOf, viewOf, type ViewOptions } from '../signals/view-fixture.js';

const market = marketId('BTC-USD');
const seen = (options: ViewOptions = {}) => lensOf(viewOf(options));
const holding = (side: Side | undefined, entryUsd = 30_000): Holding => ({
  market,
  side,
  entryUsd,
});
const watching = (side: Side): ExitWatch => {
  const watch = new ExitWatch();
  watch.hold(holding(side));
  return watch;
};

describe('the exit watch', () => {
  it.each([
    ['buy', 29_821, undefined],
    ['buy', 29_819, 'stop'],
    ['buy', 30_360, undefined],
    ['buy', 30_361, 'take'],
    ['sell', 30_179, undefined],
    ['sell', 30_180, 'stop'],
    ['sell', 29_641, undefined],
    ['sell', 29_638, 'take'],
  ] as const)('of a %s at 30,000 says with the bid at %d: %s', (side, bid, type) => {
    expect(watching(side).accept(seen({ bid }))?.type).toBe(type);
  });

  it('says how far the price has gone, and on which side', () => {
    const edge = watching('sell').accept(seen({ at: 7, bid: 30_299 }));
    expect(edge).toEqual({
      type: 'stop',
      market,
      side: 'sell',
      moveBps: expect.closeTo(-100, 6),
      at: 7,
    });
  });

  it('says it once per position, and again for the next one', () => {
    const watch = watching('buy');
    const low = seen({ bid: 29_000 });
    const types = [low, low, seen({ bid: 30_000 }), low].map((view) => watch.accept(view)?.type);
    expect(types).toEqual(['stop', undefined, undefined, undefined]);
    expect(watch.accept(seen({ bid: 31_000 }))?.type).toBe('take');
    watch.hold(holding('buy', 30_100));
    expect(watch.accept(low)).toBeUndefined();
    watch.hold(holding(undefined));
    expect(watch.accept(low)).toBeUndefined();
    watch.hold(holding('buy'));
    expect(watch.accept(low)?.type).toBe('stop');
  });

  it('measures from the new average entry after a further fill', () => {
    const watch = watching('buy');
    watch.hold(holding('buy', 29_500));
    expect(watch.accept(seen({ bid: 29_400 }))).toBeUndefined();
    watch.hold(holding('sell', 29_000));
    expect(watch.accept(seen({ bid: 29_400 }))?.type).toBe('stop');
  });

  it.each([
    ['stale', seen({ bid: 20_000, state: 'stale' })],
    ['one-sided', seen({ bids: [] })],
    ['of another market', seen({ market: 'ETH-USD', bid: 20_000 })],
  ])('judges no book that is %s', (_, view) => {
    expect(watching('buy').accept(view)).toBeUndefined();
  });

  it.each([0, -1, Number.NaN, Infinity])('refuses an entry price of %d', (entryUsd) => {
    expect(() => watching('buy').hold(holding('buy', entryUsd))).toThrow('expected a price > 0');
  });

  it('says again what nobody has heard, until somebody does', () => {
    new TestScheduler((actual, expected) => expect(actual).toEqual(expected)).run(
      ({ hot, expectObservable }) => {
        const edges$ = exits(
          {
            holdings$: hot(' h------', { h: holding('buy') }),
            markets$: hot('  -w-w-w-', { w: [seen({ bid: 30_600 })] }),
            unheard$: hot('  --m----', { m: market }),
          },
          { stopBps: 100, takeBps: 150 },
        ).pipe(map((edges) => edges.map(({ type }) => type).join()));
        expectObservable(edges$).toBe('-t-t---', { t: 'take' });
      },
    );
  });

  it('as a stage emits edges only, and stops with the position', () => {
    new TestScheduler((actual, expected) => expect(actual).toEqual(expected)).run(
      ({ hot, expectObservable }) => {
        const high = seen({ bid: 30_600 });
        const edges$ = exits(
          {
            holdings$: hot('h---f--s-|', {
              h: holding('buy'),
              f: holding(undefined),
              s: holding('sell'),
            }),
            markets$: hot('  -v-w-w--w|', { v: [seen(), seen({ bid: 30_010 })], w: [high] }),
          },
          { stopBps: 100, takeBps: 150 },
        );
        const edge = { market, at: 0, type: 'take', side: 'buy', moveBps: expect.closeTo(200, 6) };
        const stop = {
          market,
          at: 0,
          type: 'stop',
          side: 'sell',
          moveBps: expect.closeTo(-200.333, 3),
        };
        expectObservable(edges$).toBe('---a----b|', { a: [edge], b: [stop] });
      },
    );
  });
});
