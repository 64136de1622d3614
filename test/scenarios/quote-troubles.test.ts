/**
 * What goes wrong around quotes: the venue refuses those that would cross, limits are narrow. The
 * whole service on signed transactions, in virtual time.
 */
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/clock/seeded-random.js';
import { worstCase } from '../../src/risk/exposure.js';
import type { AuthoredStrategy } from '../../src/ports/strategy.js';
import { DEFAULT_HABITS } from '../../src/simulator/indexer/indexer-habits.js';
import { PROMPT } from '../support/prompt-habits.js';
import {
  atEnd,
  CLOSE,
  pause,
  quotes,
  quoting,
  resting,
  watch,
  type Quoting,
} from '../support/quoting-service.js';
import { change } from '../support/signed-trading.js';
import type { VirtualService } from '../support/virtual-service.js';

/** Bids as many ticks above the best ask as it is told, below it when that is negative. */
function bidder(habits: typeof PROMPT): Quoting & { above: number } {
  const authored = (): AuthoredStrategy => ({
    decide: ({ view: { book, spec } }) => {
      const [ask] = book.asks;
      if (ask === undefined) return { type: 'hold', reasons: ['no ask'] };
      const bid = { price: BigInt(ask.price + told.above) * spec.tick, size: spec.step * 10n };
      return { type: 'quote', confidence: 1, direction: 0, bid, reasons: ['told'] } as never;
    },
  });
  const flags = { strategies: [{ file: './mine.ts' }], markets: ['BTC-USD'] };
  const told = { ...quoting({}, { hosting: { habits }, flags, authored }), above: -500 };
  return told;
}

const ends = (service: VirtualService): string[] =>
  service.entries('order.end').map(({ end }) => end);

describe.each([
  ['before its answer', PROMPT],
  ['after its answer', DEFAULT_HABITS],
])('a venue that tells of a post-only order %s', (_name, habits) => {
  it('and refuses it for crossing: it rests, tries again, and nothing is halted', async () => {
    const bidding = bidder(habits);
    const { service } = bidding;
    bidding.above = 3;
    await service.ready();
    await watch(service, 20_000);
    const all = quotes(service);
    expect(all.length).toBeGreaterThan(5);
    const waits = all.slice(1).map((one, at) => one.newestFrameAt - (all[at]?.newestFrameAt ?? 0));
    expect(Math.min(...waits)).toBeGreaterThan(1_500);
    expect(new Set(ends(service))).toEqual(new Set(['rejected']));
    expect(service.root.riskLevel).toBe('active');
    bidding.above = -500;
    await service.until(() => resting(service).length === 1);
    pause(service);
    await atEnd(service);
  });

  it('and refuses its new price for crossing: the order ends by proof, then quotes go on', async () => {
    const bidding = bidder(habits);
    const { service } = bidding;
    await service.ready();
    await service.until(() => resting(service).length === 1);
    bidding.above = 3;
    await service.until(() => service.logged('order.not-replaced').length === 1);
    bidding.above = -500;
    expect(resting(service)).toEqual([]);
    await watch(service, 5_000);
    expect(new Set(quotes(service).map(({ orderId }) => orderId)).size).toBe(1);
    await service.until(() => resting(service).length === 1, 20_000);
    expect(ends(service)).toEqual(['canceled']);
    expect(service.root.riskLevel).toBe('active');
    pause(service);
    await atEnd(service);
  });
});

it('with as many entries a minute as it has sides, both are kept alive in place', async () => {
  const { service } = quoting({}, { flags: { risk: { maxOrdersPerMinute: 2 } } });
  await service.ready();
  await service.until(() => resting(service).length === 2);
  await watch(service, 20_000);
  expect(resting(service)).toHaveLength(2);
  expect(new Set(quotes(service).map(({ orderId }) => orderId)).size).toBe(2);
  expect(service.logged('order.denied')).toEqual([]);
  pause(service);
  await atEnd(service);
});

it('with room for two orders a side, its worst case never exceeds the limit', async () => {
  const risk = { maxPositionNotionalUsd: 250, maxOrdersPerMinute: 1_000 };
  const { service } = quoting(CLOSE, { preset: 'busy', markets: 1, flags: { risk } });
  await service.ready();
  const worst = (): number =>
    Number([...service.root.core.holdings().values()].map(worstCase)[0] ?? 0n) / 1e6;
  let most = 0;
  for (let at = 0; at < 300; at += 1) {
    await watch(service, 100);
    most = Math.max(most, worst());
  }
  expect(service.entries('fill').length).toBeGreaterThan(3);
  expect(most).toBeGreaterThan(150);
  // The oracle price moves after the order was checked.
  expect(most).toBeLessThan(251);
  expect(service.logged('order.denied')).not.toEqual([]);
  pause(service);
  await atEnd(service);
});

it.each([1, 2])('seed %i: killed again and again, it quotes on with equal books', async (seed) => {
  const random = seededRandom(seed);
  const settings = { ...CLOSE, maxPositions: 2 };
  const risk = { maxOrdersPerMinute: 1_000 };
  const { service } = quoting(settings, { preset: 'busy', seed, flags: { risk } });
  await service.ready();
  for (let kill = 0; kill < 5; kill += 1) {
    change(service, { 'broadcast.loseReply': 0.2, 'broadcast.loseRequest': 0.1 });
    await watch(service, 2_000);
    await service.clock.advance(random.integer(1_500));
    change(service, { 'broadcast.loseReply': 0, 'broadcast.loseRequest': 0 });
    await service.restart();
    await service.until(() => resting(service).length > 0, 30_000);
  }
  expect(service.entries('fill').length).toBeGreaterThan(3);
  expect(service.root.riskLevel).toBe('active');
  pause(service);
  await atEnd(service);
});
