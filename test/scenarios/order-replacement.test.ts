/**
 * Orders that rest: replaced in place or by a cancel first, living on chain, gone by themselves
 * when the process dies. The whole service on signed transactions, in virtual time.
 */
import { describe, expect, it } from 'vitest';
import type { OrderRequest } from '../../src/model/order.js';
import { price, size } from '../../src/model/quantities.js';
import { ACCOUNT } from '../support/exchange-ground.js';
import {
  change,
  hit,
  longTerm,
  rest,
  settled,
  stateOf,
  tell,
  trading,
} from '../support/signed-trading.js';
import type { VirtualService } from '../support/virtual-service.js';

const lower = ({ price: old }: OrderRequest, { root }: VirtualService) => {
  const tick = root.pipeline.fold.spec('BTC-USD' as never)?.tick ?? 1n;
  return price(old - tick * 10n);
};
const replace = (service: VirtualService, order: OrderRequest, whole = order.size) => {
  const { root } = service;
  const results: unknown[] = [];
  root.world.inbox.enter('fact', 'test', () => {
    const terms = { price: lower(order, service), size: whole };
    results.push(root.core.replace(order.orderId, terms));
  });
  return results[0];
};
const atVenue = ({ host }: VirtualService) =>
  host.exchange
    .orders(ACCOUNT)
    .filter(({ status }) => status === 'BEST_EFFORT_OPENED' || status === 'OPEN')
    .map(({ id, subticks, quantums }) => [id.clientId, subticks, quantums]);
const record = ({ root }: VirtualService, { orderId }: OrderRequest) =>
  root.core.orders.get(orderId);
const isWorking = (service: VirtualService, request: OrderRequest): boolean =>
  stateOf(service, request)?.startsWith('working') ?? false;

describe('a resting short-term order', () => {
  it('is replaced under its id, and the larger size counts until the venue shows the new terms', async () => {
    const { service } = await trading();
    const order = rest(service);
    await service.until(() => isWorking(service, order));
    await service.until(() => service.root.core.orders.get(order.orderId)?.answer !== undefined);
    const larger = size(order.size * 2n);
    expect(replace(service, order, larger)).toEqual({ ok: true, value: 'in-place' });
    await service.clock.advance(1);
    expect(stateOf(service, order)).toMatch(/^pendingReplace/);
    expect(service.root.core.orders.get(order.orderId)?.request.size).toBe(larger);
    await service.until(() => isWorking(service, order));
    const now = service.root.core.orders.get(order.orderId)?.request;
    expect(now?.price).toBe(lower(order, service));
    expect(now?.goodTilBlock).toBeGreaterThan(order.goodTilBlock);
    expect(atVenue(service)).toEqual([[order.clientId, now?.price, larger]]);
    expect(service.entries('order.intent').map(({ request }) => request.orderId)).toEqual([
      order.orderId,
      order.orderId,
    ]);
    await settled(service);
  });

  it('whose replacement goes unanswered is fenced up to the later of both last blocks', async () => {
    const { service } = await trading();
    const order = rest(service);
    await service.until(() => isWorking(service, order));
    await service.until(() => service.root.core.orders.get(order.orderId)?.answer !== undefined);
    change(service, { 'broadcast.loseRequest': 1 });
    replace(service, order, size(order.size * 2n));
    await service.until(() => stateOf(service, order)?.startsWith('unknown') ?? false);
    change(service, { 'broadcast.loseRequest': 0 });
    expect(service.root.core.orders.get(order.orderId)?.request.size).toBe(order.size * 2n);
    await settled(service);
    const replacement = service.entries('order.intent')[1]?.request;
    const last = service.entries('cancel.intent').map(({ request }) => request.goodTilBlock);
    expect(Math.min(...last)).toBe(replacement?.goodTilBlock);
    expect(service.entries('order.end')).toHaveLength(1);
  });

  it('that is not working is not replaced, and says what it is instead', async () => {
    const { service } = await trading();
    const order = rest(service);
    expect(replace(service, order)).toMatchObject({
      ok: false,
      error: { code: 'order.not-working' },
    });
    await settled(service);
  });

  it('that was filled is renewed as long as the chain remembers its fills, and no longer', async () => {
    const { service } = await trading(false, 600);
    const order = rest(service, undefined, { ofBid: 1.00001 });
    await service.until(() => isWorking(service, order));
    await service.until(() => service.root.core.orders.get(order.orderId)?.answer !== undefined);
    await hit(service, order, (order.size * 4n) / 10n);
    await service.until(() => (record(service, order)?.filled ?? 0n) > 0n);
    const { tick = 1n } = service.root.pipeline.fold.spec('BTC-USD' as never) ?? {};
    // From now on far from where anybody trades.
    const far = { ...order, price: price((order.price / tick / 100n) * 99n * tick) };
    const { filled = size(0n), filledAt = 0 } = record(service, order) ?? {};
    expect(filled).toBeLessThan(order.size);
    const whole = size(filled + order.size);
    const renewed: unknown[] = [];
    while (renewed.every((one) => (one as { ok: boolean }).ok) && renewed.length < 20) {
      await service.until(() => isWorking(service, order));
      await service.clock.advance(3_000);
      renewed.push(replace(service, far, whole));
    }
    expect(renewed.length).toBeGreaterThan(3);
    expect(renewed.at(-1)).toMatchObject({ ok: false, error: { code: 'order.fills-forgotten' } });
    const last = record(service, order)?.request.goodTilBlock ?? 0;
    expect(last).toBeLessThanOrEqual(filledAt + 40);
    tell(service, order, { type: 'order.cancel' });
    await service.until(() => !(record(service, order)?.live ?? true), 30_000);
    expect(record(service, order)).toMatchObject({ end: 'canceled', filled });
  });

  it('is not replaced when the whole of it is more than one order may be', async () => {
    const { service } = await trading();
    const order = rest(service);
    await service.until(() => isWorking(service, order));
    await service.until(() => service.root.core.orders.get(order.orderId)?.answer !== undefined);
    const { step = 1n } = service.root.pipeline.fold.spec('BTC-USD' as never) ?? {};
    expect(replace(service, order, size(step * 1_000_000n))).toMatchObject({
      ok: false,
      error: { code: 'limit.order-notional' },
    });
    tell(service, order, { type: 'order.cancel' });
    await settled(service);
  });

  it('is gone from the venue ten blocks after the process died', async () => {
    const { service } = await trading();
    const order = rest(service);
    await service.until(() => isWorking(service, order));
    service.kill();
    expect(atVenue(service)).toHaveLength(1);
    for (let ms = 0; service.host.exchange.height <= order.goodTilBlock && ms < 20_000; ms += 50) {
      await service.clock.advance(50);
    }
    expect(atVenue(service)).toEqual([]);
  });
});

describe('an order on chain', () => {
  it('is replaced by a cancel first, and its rest is ordered anew when it is proved dead', async () => {
    const { service } = await trading();
    const order = rest(service, longTerm(service));
    await service.until(() => isWorking(service, order), 10_000);
    expect(replace(service, order)).toEqual({ ok: true, value: 'after-cancel' });
    await service.until(() => stateOf(service, order) === 'closed.canceled', 10_000);
    const successor = service.entries('order.intent').map(({ request }) => request)[1];
    await service.until(() => service.entries('order.intent').length === 2, 1_000);
    const next = service.entries('order.intent').map(({ request }) => request)[1] ?? successor;
    if (next === undefined) throw new Error('no successor');
    expect(next).toMatchObject({ intentId: `${order.intentId}+`, size: order.size });
    expect(next.clientId).not.toBe(order.clientId);
    await service.until(() => isWorking(service, next), 10_000);
    expect(atVenue(service)).toEqual([[next.clientId, lower(order, service), order.size]]);
    tell(service, next, { type: 'order.cancel' });
    await settled(service);
  });

  it('that a lost request never brought to a block is dead when no block can take it any more', async () => {
    const { service } = await trading();
    change(service, { 'broadcast.loseRequest': 1 });
    const order = rest(service, longTerm(service));
    await service.until(() => stateOf(service, order)?.startsWith('unknown') ?? false);
    change(service, { 'broadcast.loseRequest': 0 });
    await service.clock.advance(50_000);
    expect(stateOf(service, order)).toMatch(/^unknown/);
    await service.until(() => stateOf(service, order) === 'closed.expired', 40_000);
    expect(service.root.core.orders.get(order.orderId)?.reason).toBe('it never reached a block');
  });

  it('ends with its time by the clock of the blocks', async () => {
    const { service } = await trading();
    const order = rest(service, longTerm(service, 20));
    await service.until(() => isWorking(service, order), 10_000);
    await service.until(() => stateOf(service, order) === 'closed.expired', 60_000);
    expect(atVenue(service)).toEqual([]);
  });
});
