/**
 * Long-term and conditional orders from the intent to the end: the whole service on signed
 * transactions with the thread's own limits and nonces, against the exchange behind its faults, in
 * virtual time.
 */
import { describe, expect, it } from 'vitest';
import type { OrderRequest } from '../../src/model/order.js';
import { price } from '../../src/model/quantities.js';
import type { Lifetime } from '../../src/model/stateful-order.js';
import {
  change,
  longTerm,
  rest,
  settled,
  stateOf,
  tell,
  trading,
} from '../support/signed-trading.js';
import { ACCOUNT } from '../support/exchange-ground.js';
import { type VirtualService } from '../support/virtual-service.js';

const statusAtVenue = ({ host }: VirtualService, { clientId }: OrderRequest): string | undefined =>
  host.exchange.orders(ACCOUNT).find(({ id }) => id.clientId === clientId)?.status;

/** A buy that waits for the price to rise by one per cent. */
function stopAbove(service: VirtualService): Lifetime {
  const spec = service.root.pipeline.fold.spec('BTC-USD' as never);
  const view = service.root.pipeline.fold.view('BTC-USD' as never, service.clock.now());
  const ask = view?.book.asks[0]?.price;
  if (spec === undefined || ask === undefined) throw new Error('no book');
  const trigger = price(BigInt(Math.ceil(ask * 1.01)) * spec.tick);
  const { goodTilTime } = longTerm(service);
  return { kind: 'conditional', goodTilTime, trigger: { type: 'stopLoss', price: trigger } };
}

const fillsOf = (service: VirtualService, { orderId }: OrderRequest) =>
  service.entries('fill').filter(({ fill }) => fill.orderId === orderId);

describe('a long-term order', () => {
  it('is opened by a block, and canceled by one', async () => {
    const { service, sends } = await trading();
    const order = rest(service, longTerm(service));
    await service.until(() => stateOf(service, order) === 'working.open', 10_000);
    expect(statusAtVenue(service, order)).toBe('OPEN');
    tell(service, order, { type: 'order.cancel' });
    await service.until(() => stateOf(service, order) === 'closed.canceled', 20_000);
    expect(statusAtVenue(service, order)).toBe('CANCELED');
    expect(sends().answers.map(({ type }) => type)).toEqual(['accepted', 'accepted']);
    await settled(service);
  });

  it('that is missing among the open ones twice is asked for by name, and believed alive', async () => {
    const { service } = await trading();
    const order = rest(service, longTerm(service));
    await service.until(() => stateOf(service, order) === 'working.open', 10_000);
    service.hidesOpenOrders = true;
    await service.clock.advance(20_000);
    expect(service.logged('order.unlisted')).toEqual([]);
    await service.clock.advance(16_000);
    expect(service.logged('order.unlisted')).toEqual([{ orderId: order.orderId, status: 'open' }]);
    expect(stateOf(service, order)).toBe('working.open');
    service.refusedPath = /\/orders\//;
    await service.clock.advance(16_000);
    expect(service.logged('sweep.failed').length).toBeGreaterThan(0);
    service.refusedPath = undefined;
    service.hidesOpenOrders = false;
    tell(service, order, { type: 'order.cancel' });
    await settled(service);
  });

  it('is as true without an answer: found open, and canceled because nobody knew', async () => {
    const { service, sends } = await trading();
    change(service, { 'broadcast.loseReply': 1 });
    const order = rest(service, longTerm(service));
    await service.until(() => stateOf(service, order)?.startsWith('unknown') ?? false, 10_000);
    expect(sends().answers[0]).toMatchObject({ type: 'unknown' });
    expect(Number(service.control.risk().exposureUsd)).toBeGreaterThan(0);
    change(service, { 'broadcast.loseReply': 0 });
    await service.until(() => stateOf(service, order) === 'closed.canceled', 60_000);
    expect(statusAtVenue(service, order)).toBe('CANCELED');
    expect(service.entries('order.intent')).toHaveLength(1);
    await settled(service);
  });

  it('whose answer is lost and that fills meanwhile is booked once, and never sent again', async () => {
    const { service, sends } = await trading();
    change(service, { 'broadcast.loseReply': 1 });
    sends().answerMs = 2_000;
    const order = rest(service, longTerm(service), { ofBid: 1.02 });
    await service.until(() => stateOf(service, order) === 'closed.filled', 10_000);
    change(service, { 'broadcast.loseReply': 0 });
    expect(sends().answers).toEqual([]);
    await service.until(() => sends().answers.length > 0, 10_000);
    expect(sends().answers[0]).toMatchObject({ type: 'unknown' });
    expect(stateOf(service, order)).toBe('closed.filled');
    sends().answerMs = 0;
    const sent = service
      .entries('order.intent')
      .filter(({ request }) => request.orderId === order.orderId);
    expect(sent).toHaveLength(1);
    const booked = fillsOf(service, order).reduce((sum, { fill }) => sum + fill.size, 0n);
    expect(booked).toBe(order.size);
    await settled(service);
  });

  it('is not signed when a block could take it after it is held for dead', async () => {
    const { service, sends } = await trading();
    const late = rest(service, longTerm(service), { includeMs: 29_000 });
    await service.until(() => stateOf(service, late) === 'closed.denied', 10_000);
    expect(sends().answers).toMatchObject([{ type: 'unsent' }]);
    expect(statusAtVenue(service, late)).toBeUndefined();
    await settled(service);
  });
});

describe('a conditional order', () => {
  it('waits for its price, then is filled and booked once', async () => {
    const { service } = await trading();
    const order = rest(service, stopAbove(service), { ofBid: 1.04 });
    await service.until(() => stateOf(service, order) === 'working.untriggered', 10_000);
    await service.clock.advance(5_000);
    expect(statusAtVenue(service, order)).toBe('UNTRIGGERED');
    expect(fillsOf(service, order)).toEqual([]);
    service.host.submit({ type: 'oracleJump', clobPairId: 0, ratioPpm: 1_030_000 });
    await service.until(() => stateOf(service, order) === 'closed.filled', 30_000);
    const booked = fillsOf(service, order).reduce((sum, { fill }) => sum + fill.size, 0n);
    expect(booked).toBe(order.size);
    await settled(service);
  });

  it('that was never triggered is canceled by a block', async () => {
    const { service } = await trading();
    const order = rest(service, stopAbove(service));
    await service.until(() => stateOf(service, order) === 'working.untriggered', 10_000);
    tell(service, order, { type: 'order.cancel' });
    await service.until(() => stateOf(service, order) === 'closed.canceled', 20_000);
    expect(statusAtVenue(service, order)).toBe('CANCELED');
    await settled(service);
  });
});
