/**
 * A strategy that quotes: two orders rest around the fair price, follow it in place, are filled,
 * and are pulled when they may not rest. The whole service on signed transactions, in virtual time.
 */
import { describe, expect, it } from 'vitest';
import type { OrderRequest } from '../../src/model/order.js';
import { marketId } from '../../src/model/quantities.js';
import { ACCOUNT } from '../support/exchange-ground.js';
import { PROMPT } from '../support/prompt-habits.js';
import { SignedSends } from '../support/signed-sends.js';
import { change } from '../support/signed-trading.js';
import { VirtualService, type VirtualOptions } from '../support/virtual-service.js';

interface Setting {
  readonly service: VirtualService;
  readonly sends: () => SignedSends | undefined;
}

const MAKER = { name: 'marketMaker', orderNotionalUsd: 100, maxPositions: 1, halfSpreadBps: 20 };

function quoting(settings: object = {}, options: VirtualOptions = {}): Setting {
  const made: { sends?: SignedSends } = {};
  const service = new VirtualService({
    hosting: { habits: PROMPT },
    flags: { strategies: [{ ...MAKER, ...settings }] },
    sends: (owner, http) => (made.sends = new SignedSends(owner, http)),
    ...options,
  });
  return { service, sends: () => made.sends };
}

/** Quotes so close that they are hit again and again. */
const CLOSE = { halfSpreadBps: 0.1, edgeBpsMin: 0, makerFeeBps: 0, volatilityFactor: 0 };

const resting = ({ host }: VirtualService) =>
  host.exchange
    .orders(ACCOUNT)
    .filter(({ status }) => status === 'BEST_EFFORT_OPENED' || status === 'OPEN');
const sides = (service: VirtualService): string[] => resting(service).map(({ side }) => side);
const requests = (service: VirtualService): OrderRequest[] =>
  service.entries('order.intent').map(({ request }) => request);
const quotes = (service: VirtualService): OrderRequest[] =>
  requests(service).filter(({ timeInForce }) => timeInForce === 'postOnly');
const pulled = (service: VirtualService): unknown[] =>
  service.logged('quotes.pulled').map(({ reason }) => reason);

/** Looks at every block: never two orders on a side, ours or the venue's. */
async function watch(service: VirtualService, ms: number): Promise<void> {
  for (let at = 0; at < ms; at += 100) {
    await service.clock.advance(100);
    const live = service.root.core.orders
      .live()
      .filter(({ request }) => request.timeInForce === 'postOnly')
      .map(({ request }) => `${request.market} ${request.side}`);
    expect(new Set(live).size).toBe(live.length);
    const there = resting(service).map(({ id, side }) => `${id.clobPairId} ${side}`);
    expect(new Set(there).size).toBe(there.length);
  }
}

/** Nothing is open, every fill is booked once, and the exchange has the same figures. */
async function atEnd(service: VirtualService): Promise<void> {
  await service.until(() => service.root.core.orders.live().length === 0);
  await service.clock.advance(5_000);
  expect(resting(service)).toEqual([]);
  const fills = service.entries('fill').map(({ fill }) => fill.fillId);
  expect(new Set(fills).size).toBe(fills.length);
  expect(fills).toHaveLength(service.host.exchange.fills(ACCOUNT).length);
  expect(service.position('BTC-USD')).toBe(service.venuePosition('BTC-USD'));
  expect(service.root.core.usdc()).toBe(service.venueUsdc());
  const errors = service.log.filter(({ level }) => level === 'error');
  expect(errors.filter(({ event }) => !event.startsWith('risk.'))).toEqual([]);
}

const pause = (service: VirtualService): void =>
  service.root.world.inbox.enter('command', 'test', () => {
    service.root.hub.strategies.next('marketMaker', { type: 'strategy.pause' });
  });

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
    await service.until(() => service.position('BTC-USD') !== 0n);
    service.root.world.inbox.enter('command', 'test', () => {
      const reason = { code: 'operator.flatten', text: 'me: flatten' };
      const market = marketId('BTC-USD');
      service.root.hub.strategies.next('marketMaker', { type: 'strategy.flatten', market, reason });
    });
    await service.until(() => service.position('BTC-USD') === 0n, 5_000);
    expect(requests(service).filter(({ reduceOnly }) => reduceOnly).length).toBeGreaterThan(0);
    expect(pulled(service)[0]).toBe('the position is exiting');
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

  it('pulls when the gate closes, and everything is gone when the process dies', async () => {
    const { service } = quoting();
    await service.ready();
    await service.until(() => resting(service).length === 2);
    service.root.hub.risk$.next({
      type: 'operator.halt',
      by: 'me',
      reason: 'test',
      at: service.clock.now(),
    });
    await service.until(() => resting(service).length === 0, 3_000);
    expect(pulled(service)).toHaveLength(1);
    service.root.hub.risk$.next({
      type: 'operator.resume',
      by: 'me',
      reason: 'test',
      at: service.clock.now(),
    });
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
    expect(() => quoting({}, { flags: { mode: 'paper', strategies: [MAKER] } })).toThrow(
      'paper has no queue in which an order could rest',
    );
    const { service } = quoting({}, { flags: { mode: 'shadow', strategies: [MAKER] } });
    await service.start();
    await service.clock.advance(10_000);
    expect(service.root.decided.quote).toBeGreaterThan(0);
    expect(requests(service)).toEqual([]);
  });
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
