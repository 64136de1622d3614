/** Layers 3 to 5 in virtual time: what one frame becomes, and where each kind of fact comes out. */
import { map, type Observable } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { describe, expect, it } from 'vitest';
import { MarketPipeline, warm } from '../../src/app/market-pipeline.js';
import type { MarketEvent } from '../../src/model/events.js';
import type { MarketSpec } from '../../src/model/market.js';
import {
  blockHeight,
  marketId,
  oraclePrice,
  price,
  size,
  steps,
  ticks,
  unixMs,
} from '../../src/model/quantities.js';
import type { SignalSet } from '../../src/model/signal.js';
import type { SignalLens } from '../../src/ports/lenses.js';
import { signalLensOf } from '../signals/view-fixture.js';
import type { Decoded, FrameDecoder } from '../../src/ports/market-feed.js';
import { createSniper } from '../../src/strategy/sniper.js';

const market = marketId('BTC-USD');
const spec: MarketSpec = {
  market,
  venueNumber: 0,
  status: 'ACTIVE',
  priceExponent: -5,
  sizeExponent: -10,
  tick: price(100_000n),
  step: size(1_000_000n),
  initialMarginPpm: 20_000,
  maintenanceMarginPpm: 12_000,
  isolated: false,
};
const level = (at: number, units: number) => ({ price: ticks(at), size: steps(units) });
const events = (...market: MarketEvent[]): Decoded => ({ type: 'events', market, account: [] });
const snapshot = {
  type: 'account.snapshot',
  snapshot: undefined,
  orders: [],
  height: undefined,
} as const;

/** One letter a frame. */
const frames: Readonly<Record<string, Decoded>> = {
  c: { type: 'control' },
  s: events(
    { type: 'specs', specs: [spec] },
    { type: 'oracle', market, price: oraclePrice(10n ** 23n) },
  ),
  b: events({ type: 'book.snapshot', market, bids: [level(99, 5)], asks: [level(101, 5)] }),
  u: events({ type: 'book.update', market, bids: [level(100, 7)], asks: [] }),
  h: events({ type: 'height', height: blockHeight(7), time: unixMs(0) }),
  a: { type: 'events', market: [], account: [snapshot] },
  x: { type: 'unreadable', reason: 'frame.json', market },
  y: { type: 'unreadable', reason: 'frame.json', market: undefined },
  r: { type: 'rejected', reason: 'market X-USD' },
};

const decoder: FrameDecoder = {
  decode: (frame) => frames[String.fromCharCode(frame[0] ?? 0)] ?? { type: 'control' },
  learn: () => undefined,
  spec: () => spec,
  specs: [spec],
};

function run(
  marbles: string,
  flushes: string,
  look: (pipeline: MarketPipeline) => Observable<unknown>,
  expected: string,
  values: object = {},
) {
  const scheduler = new TestScheduler((actual, wanted) => expect(actual).toEqual(wanted));
  let pipeline: MarketPipeline | undefined;
  scheduler.run(({ hot, expectObservable }) => {
    const flush$ = hot(flushes).pipe(map(() => unixMs(scheduler.now())));
    const made = new MarketPipeline({ decoder, strategy: createSniper(), scheduler, flush$ });
    pipeline = made;
    hot(marbles).subscribe((letter) =>
      made.frames$.next({ data: Buffer.from(letter), at: unixMs(scheduler.now()) }),
    );
    expectObservable(look(made), '^ 2s !').toBe(expected, values);
  });
  return pipeline as unknown as MarketPipeline;
}

describe('the pipeline', () => {
  it('tells of a market once per turn in which it changed, however many frames came', () => {
    const best = (pipeline: MarketPipeline) =>
      pipeline.markets$.pipe(
        map((lenses) => lenses.map((lens) => lens.view().book.bids[0]?.price)),
      );
    run('  (sb)-uu----', '---f---ff--', best, '---1---2----', { 1: [99], 2: [100] });
  });

  it('tells heights, account events and snapshots of books as they come', () => {
    run('h-h', '---', ({ heights$ }) => heights$.pipe(map(({ height }) => height)), '7-7', {
      7: 7,
    });
    run('a--', '---', ({ account$ }) => account$, 's--', { s: snapshot });
    run('sb-', '---', ({ snapshots$ }) => snapshots$, '-m-', { m: market });
  });

  it('quarantines what cannot be read, with its reason, and asks for a new book', () => {
    run('sbx', '---', ({ deadLetters$ }) => deadLetters$.pipe(map(({ reason }) => reason)), '--l', {
      l: 'frame.json',
    });
    run('sbx', '---', ({ resyncs$ }) => resyncs$, '--m', { m: [market] });
    const pipeline = run('sbxy', '----', ({ markets$ }) => markets$, '----');
    expect(pipeline.letters).toEqual({ 'frame.json': 2 });
    expect(pipeline.fold.view(market, unixMs(0))?.book.state).toBe('stale');
  });

  it('counts every frame as applied, rejected or quarantined, and as one of them only', () => {
    const { counts } = run('ucsbuhaxyr', '----------', ({ markets$ }) => markets$, '----------');
    expect(counts).toEqual({ received: 10, applied: 6, rejected: 2, quarantined: 2 });
  });

  it('holds a market that it cannot judge, and says so after the stability window', () => {
    const types = (pipeline: MarketPipeline) => pipeline.decisions$.pipe(map(({ type }) => type));
    run('(sb)', '-f--', types, '- 500ms h', { h: 'hold' });
  });

  it('is warm when one market has all four scores warm', () => {
    const scheduler = new TestScheduler((actual, wanted) => expect(actual).toEqual(wanted));
    const set = (samples: number): SignalSet => ({
      market,
      at: unixMs(0),
      scores: Object.fromEntries(
        (['momentum', 'volume', 'volatility', 'orderbook'] as const).map((name) => [
          name,
          { name, market, value: 50, at: unixMs(0), samples, warm: samples >= 20, parts: {} },
        ]),
      ),
    });
    scheduler.run(({ hot, expectObservable }) => {
      const sets$ = hot<readonly SignalLens[]>('a-b-(c|)', {
        a: [signalLensOf(set(3))],
        b: [],
        c: [signalLensOf(set(20))],
      });
      expectObservable(warm(sets$)).toBe('----(m|)', { m: market });
    });
  });
});
