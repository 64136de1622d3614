/** One contract for both engines: given the same, they say the same, of everything. */
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { replay } from '../../src/app/replay.js';
import { CANDLE_RESOLUTIONS, type Candle, type Trade } from '../../src/model/book.js';
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
import type { RecordedFrame } from '../../src/ports/recording.js';
import { createSniper } from '../../src/strategy/sniper.js';
import { EnginePair, PAIR_START } from '../support/engine-pair.js';
import { VirtualService } from '../support/virtual-service.js';

vi.setConfig({ testTimeout: 60_000 });

const MARKETS = [marketId('BTC-USD'), marketId('ETH-USD')] as const;
const specOf = (market = MARKETS[0], tick = 50_000n): MarketSpec => ({
  market,
  venueNumber: market === MARKETS[0] ? 0 : 1,
  status: 'ACTIVE',
  priceExponent: -5,
  sizeExponent: -4,
  tick: price(tick),
  step: size(100n),
  initialMarginPpm: 50_000,
  maintenanceMarginPpm: 30_000,
  isolated: false,
});

/** The frames of the exchange of our own, as the service received them. */
async function record(options: {
  readonly seed: number;
  readonly preset: 'storm' | 'trend' | 'crash';
  readonly forMs: number;
}): Promise<RecordedFrame[]> {
  const frames: RecordedFrame[] = [];
  const service = new VirtualService({
    ...options,
    markets: 2,
    record: ({ receivedAt, data }) => frames.push({ receivedAt, data: Uint8Array.from(data) }),
  });
  await service.start();
  await service.clock.advance(options.forMs);
  service.kill();
  return frames;
}

async function* each(frames: readonly RecordedFrame[]) {
  yield* frames;
}

const eager = () => createSniper({ confidenceMin: 0.1, rankMax: 3 });

describe('both engines', () => {
  it.each([
    { seed: 3, preset: 'storm' },
    { seed: 11, preset: 'trend' },
    { seed: 5, preset: 'crash' },
  ] as const)('say the same of a seeded $preset ($seed)', async ({ seed, preset }) => {
    const frames = await record({ seed, preset, forMs: 25_000 });
    const report = await replay(each(frames), { engine: 'both', strategy: eager });
    expect(report.divergences).toEqual([]);
    expect(report.divergent).toBe(0);
    expect(report.compared).toBeGreaterThan(15);
    expect(report.decisions).toBeGreaterThan(2);
    const alone = await replay(each(frames), { engine: 'batch', strategy: eager });
    const { compared, divergent, divergences, ...same } = report;
    expect(alone).toEqual(same);
    expect([compared, divergent, divergences?.length]).toEqual([expect.any(Number), 0, 0]);
  });

  it('enter at the same moments when something is worth it', async () => {
    const frames = await record({ seed: 11, preset: 'trend', forMs: 40_000 });
    const report = await replay(each(frames), {
      engine: 'both',
      strategy: () => createSniper({ confidenceMin: 0.01 }),
    });
    expect(report.divergences).toEqual([]);
    expect(report.entries).toBeGreaterThan(0);
  });

  it('say the same of broken and unknown frames', async () => {
    const at = (ms: number, text: string) => ({
      receivedAt: unixMs(ms),
      data: Buffer.from(text),
    });
    const report = await replay(
      each([
        at(1_000, '{"type":"connected","connection_id":"x","message_id":0}'),
        at(2_000, '{"broken'),
        at(3_000, '{"type":"channel_data","channel":"v4_orderbook","id":"A-USD","contents":{}}'),
      ]),
      { engine: 'both' },
    );
    expect(report.divergences).toEqual([]);
    expect(report.frames.quarantined).toBeGreaterThan(0);
  });
});

/** Bids and asks that overlap a little: books are live most of the time, and cross now and then. */
const levels = (min: number, max: number) =>
  fc.array(
    fc.record({
      price: fc.integer({ min, max }).map(ticks),
      size: fc.integer({ min: 0, max: 5 }).map(steps),
    }),
    { maxLength: 6 },
  );
const sides = { bids: levels(985, 1_001), asks: levels(1_000, 1_015) };
const market = fc.constantFrom(...MARKETS);
const trade = fc
  .record({
    id: fc.integer({ min: 1, max: 400 }).map((n) => String(n).padStart(6, '0')),
    side: fc.constantFrom('buy' as const, 'sell' as const),
    price: fc.integer({ min: 985, max: 1_015 }).map(ticks),
    size: fc.integer({ min: 1, max: 9 }).map(steps),
    at: fc.integer({ min: -200_000, max: 300_000 }).map((ms) => unixMs(PAIR_START + ms)),
  })
  .map((each): Trade => each);
const candle = fc
  .record({ minute: fc.integer({ min: -5, max: 6 }), trades: fc.integer({ min: 0, max: 40 }) })
  .map(({ minute, trades }): Candle => ({
    startedAt: unixMs(PAIR_START + minute * 60_000),
    open: ticks(100),
    high: ticks(101 + (trades % 4)),
    low: ticks(101 - (trades % 2)),
    close: ticks(101),
    volume: steps(trades * 3),
    trades,
  }));

const event: fc.Arbitrary<MarketEvent> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({ type: fc.constant('book.update' as const), market, ...sides }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constantFrom('book.snapshot' as const, 'book.reread' as const),
      market,
      ...sides,
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constant('trades' as const),
      market,
      trades: fc.array(trade, { maxLength: 4 }),
      snapshot: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('candles' as const),
      market,
      resolution: fc.constantFrom(...CANDLE_RESOLUTIONS),
      candles: fc.array(candle, { maxLength: 3 }),
    }),
  },
  fc.record({
    type: fc.constant('oracle' as const),
    market,
    price: fc.bigInt(1n, 10n ** 20n).map(oraclePrice),
  }),
  fc.record({
    type: fc.constant('status' as const),
    market,
    status: fc.constantFrom('ACTIVE' as const, 'PAUSED' as const),
  }),
  fc.constant({ type: 'height', height: blockHeight(7), time: unixMs(0) } as const),
);

const step = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.record({ event, afterMs: fc.constantFrom(0, 1, 40, 130, 260, 900) }),
  },
  { weight: 2, arbitrary: fc.record({ waitMs: fc.constantFrom(2_500, 11_000, 35_000, 61_000) }) },
  fc.record({ stale: market }),
  fc.record({ backfill: market, candles: fc.array(candle, { minLength: 1, maxLength: 8 }) }),
  fc.record({ retick: market, tick: fc.constantFrom(50_000n, 100_000n) }),
);

describe('whatever comes, in whatever order', () => {
  it('both engines keep the same books, candles, scores, verdicts and decisions', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 150 }), (script) => {
        const pair = new EnginePair();
        pair.fact({ type: 'specs', specs: MARKETS.map((each) => specOf(each)) });
        for (const each of script) {
          if ('event' in each) pair.fact(each.event, each.afterMs);
          else if ('waitMs' in each) pair.wait(each.waitMs);
          else if ('stale' in each)
            pair.enter(0, ({ fold }) => fold.markStale([each.stale], 'test'));
          else if ('backfill' in each)
            pair.backfill({
              spec: pair.batch.fold.spec(each.backfill) ?? specOf(each.backfill),
              candles: each.candles,
            });
          else pair.fact({ type: 'specs', specs: [specOf(each.retick, each.tick)] });
          if (!('event' in each) || each.afterMs !== 1) pair.turn();
        }
        expect(pair.differences()).toEqual([]);
        expect(pair.resyncs.batch).toEqual(pair.resyncs.streaming);
      }),
      { numRuns: 60 },
    );
  });

  it('a level that only one of them has is found, with both words for it', () => {
    const pair = new EnginePair();
    pair.fact({ type: 'specs', specs: [specOf()] });
    const at = (bid: number) => [{ price: ticks(bid), size: steps(1) }];
    pair.fact({ type: 'book.snapshot', market: MARKETS[0], bids: at(99), asks: at(101) });
    pair.turn();
    expect(pair.differences()).toEqual([]);
    const update = { type: 'book.update', market: MARKETS[0], bids: at(98), asks: [] } as const;
    pair.batch.facts$.next({ event: update, at: pair.clock.now() });
    pair.turn();
    expect(pair.differences()).toContainEqual({
      at: pair.clock.now(),
      place: 'BTC-USD/levels/bids/length',
      streaming: '1',
      batch: '2',
    });
  });
});
