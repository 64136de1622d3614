/** What all engines share: what a sample is, what a score is, and what a market's memory forgets. */
import { describe, expect, it } from 'vitest';
import { marketId, unixMs } from '../../src/model/quantities.js';
import { WARM_SAMPLES } from '../../src/model/signal.js';
import { MarketMemory, MARKETS_MAX } from '../../src/signals/market-memory.js';
import { microPrice, topOf } from '../../src/signals/micro-price.js';
import { SampleCounter, scoreOf } from '../../src/signals/signal-engine.js';
import { signalEngines } from '../../src/signals/signal.stream.js';
import { specOf, viewOf } from './view-fixture.js';

describe('samples', () => {
  it('of a burst count once in 250 ms', () => {
    const samples = new SampleCounter();
    for (let at = 1_000; at < 2_000; at += 5) samples.observe(unixMs(at));
    expect(samples.count).toBe(4);
  });

  it('of history are credited, and a reset forgets all', () => {
    const samples = new SampleCounter();
    samples.credit(30);
    expect(samples.count).toBe(30);
    samples.reset();
    samples.observe(unixMs(0));
    expect(samples.count).toBe(1);
  });
});

describe('a score', () => {
  const base = { name: 'momentum', market: marketId('BTC-USD'), at: unixMs(1) } as const;

  it.each([
    [-3, 0],
    [0, 0],
    [61.5, 61.5],
    [100.1, 100],
  ])('of %d is bounded to %d', (value, expected) => {
    expect(scoreOf({ ...base, value, samples: 0 })?.value).toBe(expected);
  });

  it.each([Number.NaN, Infinity, -Infinity])('of %d is no score', (value) => {
    expect(scoreOf({ ...base, value, samples: 50 })).toBeUndefined();
  });

  it('is warm from the twentieth sample on', () => {
    const warm = (samples: number): boolean | undefined =>
      scoreOf({ ...base, value: 50, samples })?.warm;
    expect([warm(WARM_SAMPLES - 1), warm(WARM_SAMPLES)]).toEqual([false, true]);
  });
});

describe('the memory of markets', () => {
  it('keeps one state per market and forgets a dropped one', () => {
    const memory = new MarketMemory(() => ({ seen: 0 }));
    const first = memory.of(specOf('BTC-USD'));
    expect(memory.of(specOf('BTC-USD'))).toBe(first);
    expect(memory.of(specOf('ETH-USD'))).not.toBe(first);
    memory.drop(marketId('BTC-USD'));
    expect(memory.of(specOf('BTC-USD'))).not.toBe(first);
  });

  it('begins anew when governance changes the tick', () => {
    const memory = new MarketMemory(() => ({}));
    const before = memory.of(specOf('BTC-USD', 100_000n));
    expect(memory.of(specOf('BTC-USD', 1_000_000n))).not.toBe(before);
  });

  it('refuses markets beyond its limit and still serves those it has', () => {
    const memory = new MarketMemory(() => ({}));
    for (let i = 0; i < MARKETS_MAX; i += 1) memory.of(specOf(`M${i}-USD`));
    expect(memory.of(specOf('ONEMORE-USD'))).toBeUndefined();
    expect(memory.of(specOf('M7-USD'))).toBeDefined();
  });
});

describe('the micro-price', () => {
  it('leans to the side on which less is offered', () => {
    const top = topOf(viewOf({ bid: 100, ask: 102, bidSize: 300, askSize: 100 }).book);
    expect(top && microPrice(top)).toBe(101.5);
  });

  it.each([
    ['stale', viewOf({ state: 'stale' })],
    ['crossed', viewOf({ state: 'crossed' })],
    ['empty', viewOf({ state: 'empty', bids: [], asks: [] })],
    ['without bids', viewOf({ bids: [] })],
    ['without asks', viewOf({ asks: [] })],
    ['locked', viewOf({ bid: 100, ask: 100 })],
  ])('does not exist in a book that is %s', (_, view) => {
    expect(topOf(view.book)).toBeUndefined();
    for (const engine of signalEngines()) {
      for (let at = 0; at < 6_000; at += 300) engine.accept(viewOf({ ...view, at }));
      const broken = { ...view, at: unixMs(9_000) };
      expect(engine.accept(broken)).toBeUndefined();
    }
  });
});
