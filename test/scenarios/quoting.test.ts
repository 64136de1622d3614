/**
 * A strategy that quotes: two orders rest around the fair price, follow it in place, are filled,
 * and are pulled when they may not rest. The whole service on signed transactions, in virtual time.
 */
import { describe, expect, it } from 'vitest';
import { marketId, unixMs } from '../../src/model/quantities.js';
import {
  atEnd,
  CLOSE,
  pause,
  pulled,
  quotes,
  quoting,
  requests,
  resting,
  sides,
  watch,
} from '../support/quoting-service.js';
import { change } from '../support/signed-trading.js';
import type { VirtualService } from '../support/virtual-service.js';

const operate = (service: VirtualService, type: 'operator.halt' | 'operator.resume'): void =>
  service.root.world.inbox.enter('command', 'test', () => {
    const at = service.clock.now();
    service.root.hub.risk$.next({ type, by: 'me', reason: 'test', at });
  });

/** Timers run as they do in a real process: within an input. */
const tick = ({ root, clock }: VirtualService, ms: number): void =>
  root.world.inbox.enter('tick', 'clock', () => undefined, unixMs(clock.now() + ms));

describe('a market maker', () => {
  it('rests a bid and an ask in as many markets as it may, and keeps them alive in place', async () => {
    const { service } = quoting();
    await service.ready();
    await watch(service, 20_000);
    expect(sides(service)).toEqual(['BUY', 'SELL']);
    const all = quotes(service);
    expect(new Set(all.map(({ orderId }) => orderId)).size).toBe(2);
    expect(new Set(all.map(({ market }) => market)).size).toBe(1);
    expect(all.length).toBeGreaterThan(6);
    expect(new Set(all.map(({ price }) => price)).size).toBeGreaterThan(4);
    const looks = service.control.decisions().find(({ market }) => market === all[0]?.market);
    expect(looks?.reasons.map(({ code }) => code)).toEqual(['width', 'skew']);
    const left = resting(service).map(
      ({ goodTilBlock }) => goodTilBlock - service.host.exchange.height,
    );
    expect(Math.min(...left)).toBeGreaterThan(2);
    pause(service);
    await atEnd(service);
  });

  it('pulls both sides when it is paused, and quotes again afterwards', async () => {
    const { service } = quoting();
    await service.ready();
    await service.until(() => resting(service).length === 2);
    pause(service);
    await service.until(() => resting(service).length === 0, 2_000);
    expect(pulled(service)).toEqual(['the strategy may not enter']);
    await watch(service, 5_000);
    expect(resting(service)).toEqual([]);
    service.root.hub.strategies.next('marketMaker', { type: 'strategy.unpause' });
    await service.until(() => resting(service).length === 2, 10_000);
    pause(service);
    await atEnd(service);
  });

  it('cancels both sides with one message when the service ends', async () => {
    const { service, sends } = quoting();
    await service.ready();
    await service.until(() => resting(service).length === 2);
    const { inbox } = service.root.world;
    inbox.enter('command', 'test', () => service.root.hub.service$.next({ type: 'service.drain' }));
    await service.until(() => service.root.state === 'stopped');
    expect(sends()?.batches.map((cancels) => cancels.length)).toEqual([2]);
    expect(service.entries('cancel.intent')).toHaveLength(2);
    await atEnd(service);
  });

  it('is filled, leans against what it holds, and agrees with the exchange to the last 1e-6', async () => {
    const { service } = quoting(CLOSE, { preset: 'busy' });
    await service.ready();
    await watch(service, 60_000);
    const fills = service.entries('fill').map(({ fill }) => fill);
    expect(fills.length).toBeGreaterThan(3);
    expect(new Set(fills.map(({ liquidity }) => liquidity))).toEqual(new Set(['maker']));
    expect(new Set(fills.map(({ side }) => side))).toEqual(new Set(['buy', 'sell']));
    expect(requests(service).every(({ purpose }) => purpose === 'entry')).toBe(true);
    pause(service);
    await atEnd(service);
  });

  it('that is to leave a position pulls its quotes first and leaves at once', async () => {
    const { service } = quoting(CLOSE, { preset: 'busy', markets: 1 });
    await service.ready();
    await service.until(() => service.position('BTC-USD') !== 0n && resting(service).length > 0);
    const before = service.rows.length;
    service.root.world.inbox.enter('command', 'test', () => {
      const reason = { code: 'operator.flatten', text: 'me: flatten' };
      const market = marketId('BTC-USD');
      service.root.hub.strategies.next('marketMaker', { type: 'strategy.flatten', market, reason });
    });
    await service.until(() => service.position('BTC-USD') === 0n, 5_000);
    const steps = service.rows.slice(before).map(({ entry }) => entry.type);
    const exit = steps.indexOf('order.intent');
    expect(steps.indexOf('cancel.intent')).toBeGreaterThanOrEqual(0);
    expect(steps.indexOf('cancel.intent')).toBeLessThan(exit);
    expect(requests(service).at(-1)).toMatchObject({ reduceOnly: true, purpose: 'exit' });
    expect(pulled(service)[0]).toBe('me: flatten');
    await watch(service, 10_000);
    pause(service);
    await atEnd(service);
  });

  it('orders nothing more on a side whose order may be there, though nobody answered', async () => {
    const { service } = quoting();
    await service.start();
    change(service, { 'broadcast.loseReply': 1 });
    await service.until(() => quotes(service).length >= 2);
    await watch(service, 4_000);
    expect(new Set(quotes(service).map(({ orderId }) => orderId)).size).toBe(2);
    change(service, { 'broadcast.loseReply': 0 });
    await watch(service, 20_000);
    expect(sides(service)).toEqual(['BUY', 'SELL']);
    pause(service);
    await atEnd(service);
  });

  it('pulls both sides at once when the gate closes, and all is gone when the process dies', async () => {
    const { service, sends } = quoting();
    await service.ready();
    await service.until(() => resting(service).length === 2);
    operate(service, 'operator.halt');
    tick(service, 1_000);
    await service.until(() => resting(service).length === 0, 3_000);
    expect(pulled(service)).toHaveLength(1);
    expect(sends()?.batches.map((cancels) => cancels.length)).toEqual([2]);
    operate(service, 'operator.resume');
    await service.until(() => resting(service).length === 2, 20_000);
    service.kill();
    await service.clock.advance(15_000);
    expect(resting(service)).toEqual([]);
    await service.restart();
    await service.until(() => resting(service).length === 2, 20_000);
    await watch(service, 5_000);
    pause(service);
    await atEnd(service);
  });

  it('killed and started again at once waits for its old orders before it places new ones', async () => {
    const { service } = quoting();
    await service.ready();
    await service.until(() => resting(service).length === 2);
    await service.restart();
    await watch(service, 20_000);
    expect(sides(service)).toEqual(['BUY', 'SELL']);
    pause(service);
    await atEnd(service);
  });

  it('is refused on paper, and sends nothing in shadow mode', async () => {
    expect(() => quoting({}, { flags: { mode: 'paper' } })).toThrow(
      'paper has no queue in which an order could rest',
    );
    const { service } = quoting({}, { flags: { mode: 'shadow' } });
    await service.start();
    await service.clock.advance(10_000);
    expect(service.root.decided.quote).toBeGreaterThan(0);
    expect(requests(service)).toEqual([]);
  });
});

it('quotes no other market while an order of a pulled one may still be filled', async () => {
  const { service } = quoting();
  await service.ready();
  await watch(service, 5_000);
  const [first] = quotes(service);
  if (first === undefined) throw new Error('no quote');
  change(service, { 'broadcast.loseRequest': 1 });
  service.root.pipeline.fold.markStale([first.market], 'test');
  await watch(service, 3_000);
  expect(pulled(service)).toHaveLength(1);
  expect(new Set(quotes(service).map(({ market }) => market)).size).toBe(1);
});

it.each([1, 2, 3])('storm %i: never two orders on a side, and the books agree', async (seed) => {
  const { service } = quoting({ ...CLOSE, maxPositions: 2 }, { preset: 'storm', seed });
  await service.ready();
  change(service, { 'broadcast.loseReply': 0.1, 'broadcast.loseRequest': 0.1 });
  await watch(service, 60_000);
  expect(service.entries('fill').length).toBeGreaterThan(3);
  change(service, { 'broadcast.loseReply': 0, 'broadcast.loseRequest': 0 });
  pause(service);
  await atEnd(service);
});
