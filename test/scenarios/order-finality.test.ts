/**
 * The ways in which an order's end is told wrongly, late or not at all, each under its own name:
 * the whole service on signed transactions, against the exchange behind its faults, in virtual
 * time.
 */
import { describe, expect, it } from 'vitest';
import type { SendAnswer } from '../../src/ports/venue.js';
import {
  change,
  longTerm,
  placed,
  rest,
  settled,
  stateOf,
  tell,
  trading,
} from '../support/signed-trading.js';
import { ACCOUNT } from '../support/exchange-ground.js';
import type { SignedSends } from '../support/signed-sends.js';
import type { VirtualService } from '../support/virtual-service.js';

describe('accept-then-lose-reply', () => {
  it('is one order at the venue, unknown to us until its fills say more', async () => {
    const { service, sends } = await trading();
    change(service, { 'broadcast.loseReply': 1 });
    service.decide('BTC-USD', 'buy');
    await service.until(() => sends().answers.length > 0);
    expect(sends().answers[0]).toMatchObject({ type: 'unknown' });
    change(service, { 'broadcast.loseReply': 0 });
    await service.until(() => service.position('BTC-USD') > 0n);
    expect(service.position('BTC-USD')).toBe(service.venuePosition('BTC-USD'));
    const entries = service.entries('order.intent').filter(({ request }) => !request.reduceOnly);
    expect(entries).toHaveLength(1);
    expect(service.entries('cancel.intent').map(({ request }) => request.orderId)).toContain(
      placed(service).orderId,
    );
    await settled(service);
    expect(service.host.exchange.fills(ACCOUNT).length).toBeGreaterThan(0);
  });
});

describe('late fill after best-effort cancel', () => {
  it('reaches the position, because a cancel that was taken is not an end', async () => {
    const { service } = await trading();
    const request = rest(service);
    await service.until(() => stateOf(service, request) === 'working.bestEffortOpened');
    service.host.chainFaults.lateCancels(1);
    tell(service, request, { type: 'order.cancel' });
    await service.until(() => stateOf(service, request) === 'cancelUnconfirmed', 5_000);
    expect(Number(service.control.risk().exposureUsd)).toBeGreaterThan(0);
    await service.until(() => stateOf(service, request) === 'closed.filled', 10_000);
    expect(service.entries('fill').map(({ fill }) => fill.orderId)).toContain(request.orderId);
    await settled(service);
  });
});

describe('fill before acknowledgement', () => {
  it('is booked while the order still waits for its answer, which then changes nothing', async () => {
    const { service, sends } = await trading();
    sends().answerMs = 2_500;
    service.decide('BTC-USD', 'buy');
    await service.until(() => service.entries('fill').length > 0, 10_000);
    expect(sends().answers).toEqual([]);
    expect(service.position('BTC-USD')).toBe(service.venuePosition('BTC-USD'));
    sends().answerMs = 0;
    await service.until(() => service.entries('order.sent').length > 0, 10_000);
    const order = service.rows.map(({ entry }) => entry.type);
    expect(order.indexOf('fill')).toBeLessThan(order.indexOf('order.sent'));
    expect(service.root.core.orders.get(placed(service).orderId)?.end).toBeDefined();
    expect(service.logged('order.unexplained')).toEqual([]);
    await settled(service);
  });
});

describe('indexer 300 blocks behind', () => {
  it('keeps an order open long after the chain has passed its last block, then books its fills', async () => {
    const { service } = await trading(true);
    change(service, { 'indexer.lagBlocks': 300 });
    service.decide('BTC-USD', 'buy');
    await service.until(() => service.venuePosition('BTC-USD') > 0n);
    const request = placed(service);
    await service.until(() => service.host.exchange.height > request.goodTilBlock + 250, 240_000);
    expect(service.root.core.orders.get(request.orderId)?.end).toBeUndefined();
    expect(Number(service.control.risk().exposureUsd)).toBeGreaterThan(0);
    expect(service.position('BTC-USD')).toBe(0n);
    expect(service.control.isReady().ready).toBe(false);
    expect(service.entries('order.intent')).toHaveLength(1);
    change(service, { 'indexer.lagBlocks': 0 });
    await service.until(() => service.position('BTC-USD') > 0n, 30_000);
    expect(service.position('BTC-USD')).toBe(service.venuePosition('BTC-USD'));
    await settled(service);
  }, 60_000);
});

describe('chain halted 10 minutes', () => {
  it('ends no order by the clock, sends none meanwhile, and is made up for by blocks alone', async () => {
    const { service } = await trading();
    const request = rest(service);
    await service.until(() => stateOf(service, request) === 'working.bestEffortOpened');
    service.host.chainFaults.halt(600_000);
    service.decide('BTC-USD', 'buy');
    await service.clock.advance(5_000);
    const sent = service.entries('order.intent').length;
    for (let minute = 0; minute < 9; minute += 1) {
      await service.clock.advance(60_000);
      service.decide('BTC-USD', 'buy');
      expect(service.root.core.orders.get(request.orderId)?.end).toBeUndefined();
    }
    expect(service.entries('order.intent')).toHaveLength(sent);
    expect(service.control.isReady().ready).toBe(false);
    await service.until(() => service.host.exchange.height > request.goodTilBlock + 3, 120_000);
    await settled(service, 120_000);
    expect(service.entries('order.end').map(({ orderId }) => orderId)).toContain(request.orderId);
  }, 60_000);
});

describe('sequence bumped from outside', () => {
  it('is noticed by no order, on chain or not: a time stands in its place', async () => {
    const { service, sends } = await trading();
    const first = rest(service, longTerm(service));
    await service.until(() => stateOf(service, first) === 'working.open', 10_000);
    const paid = await pay(service, sends());
    expect(paid).toMatchObject([{ type: 'accepted' }]);
    const second = rest(service, longTerm(service));
    const short = rest(service);
    await service.until(() => stateOf(service, second) === 'working.open', 10_000);
    await service.until(() => stateOf(service, short) === 'working.bestEffortOpened', 10_000);
    for (const request of [first, second]) tell(service, request, { type: 'order.cancel' });
    await service.until(() => stateOf(service, first) === 'closed.canceled', 20_000);
    await service.until(() => stateOf(service, second) === 'closed.canceled', 20_000);
    await settled(service);
  });

  it('with the very time that ours would carry leaves ours unknown until it is proved dead', async () => {
    const { service, sends } = await trading();
    // It will be the next: a millisecond that lies ahead of the clock is counted on from.
    sends().nonce = service.clock.now() + 10_000;
    expect(await pay(service, sends(), BigInt(sends().nonce + 1))).toMatchObject([
      { type: 'accepted' },
    ]);
    const refused = rest(service, longTerm(service));
    await service.until(() => stateOf(service, refused)?.startsWith('unknown') === true, 10_000);
    expect(sends().answers[0]).toMatchObject({ type: 'unknown' });
    const next = rest(service, longTerm(service));
    await service.until(() => stateOf(service, next) === 'working.open', 10_000);
    tell(service, next, { type: 'order.cancel' });
    await service.until(() => stateOf(service, next) === 'closed.canceled', 20_000);
    await service.until(() => stateOf(service, refused)?.startsWith('closed') === true, 120_000);
    await settled(service);
  });
});

async function pay(service: VirtualService, sends: SignedSends, sequence?: bigint) {
  const answers: SendAnswer[] = [];
  sends.payOutside(sequence).subscribe((answer) => answers.push(answer));
  await service.clock.advance(2_000);
  return answers;
}
