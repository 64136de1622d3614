/** A position that moves is left by its stop or target, also after a restart; a wish beyond a limit is denied. */
import { describe, expect, it, vi } from 'vitest';
import type { Wish } from '../../src/model/order.js';
import type { PositionFact } from '../../src/model/facts.js';
import { clientId, marketId, orderId, type OrderId } from '../../src/model/quantities.js';
import { VirtualService } from '../support/virtual-service.js';

const patient = { minConfidence: 1, maxHoldSeconds: 3_600 };
const NO_MOVE = { stopBps: 9_000, takeBps: 9_000 };

/** Why the orders of a purpose were made, in the words of the positions. */
const purposes = (service: VirtualService): readonly string[] =>
  service.entries('order.intent').map(({ request }) => request.purpose);

describe('stops and targets', () => {
  it('leave a position that has moved so far, long before its age', async () => {
    const strategies = [{ ...patient, stopBps: 0.1, takeBps: 0.1 }];
    const service = new VirtualService({ flags: { strategies } });
    await service.ready();
    service.decide('BTC-USD', 'buy');
    await service.until(() => service.entries('fill').length >= 2);
    await service.until(() => service.position('BTC-USD') === 0n);
    expect(purposes(service)).toEqual(['entry', 'exit']);
  });

  it('hold for a position of an earlier run, too', async () => {
    const service = new VirtualService({ flags: { strategies: [{ ...patient, ...NO_MOVE }] } });
    await service.ready();
    service.decide('BTC-USD', 'buy');
    await service.until(() => service.position('BTC-USD') > 0n);
    await service.clock.advance(20);
    expect(service.entries('fill')).toHaveLength(1);
    const restarted = service.restart({ strategies: [{ ...patient, stopBps: 0.1, takeBps: 0.1 }] });
    const reasons: string[] = [];
    service.root.hub.positions.at('sniper/BTC-USD').subscribe((fact) => {
      if (fact.type === 'position.exit') reasons.push(fact.reason.code);
    });
    await restarted;
    await service.until(() => service.position('BTC-USD') === 0n);
    expect(['exit.stop', 'exit.take']).toContain(reasons[0]);
    expect(service.venuePosition('BTC-USD')).toBe(0n);
  });
});

describe('a wish', () => {
  it('beyond a limit is denied with its numbers, and nothing is sent', async () => {
    const service = new VirtualService({ flags: { risk: { maxOrderNotionalUsd: 100 } } });
    await service.ready();
    service.decide('BTC-USD', 'buy');
    await service.clock.advance(1_000);
    expect(service.sends).toBe(0);
    expect(service.control.risk().denials).toMatchObject([{ code: 'limit.order-notional' }]);
    expect(service.logged('order.denied')).toMatchObject([{ market: 'BTC-USD', purpose: 'entry' }]);
    expect(service.root.core.denials.count).toBe(1);
    await service.until(() => service.control.state().strategies[0]?.state === 'scouting');
  });

  it('keeps the newest hundred denials', async () => {
    const service = new VirtualService({ flags: { risk: { maxOrderNotionalUsd: 100 } } });
    await service.ready();
    const wishes: Wish[] = [];
    const { core } = service.root;
    const wishing = vi.spyOn(core, 'wish').mockImplementation((wish) => void wishes.push(wish));
    service.decide('BTC-USD', 'buy');
    await service.clock.advance(1_000);
    wishing.mockRestore();
    const [wish] = wishes;
    if (wish === undefined) throw new Error('no wish');
    for (let n = 0; n <= 100; n += 1) core.wish({ ...wish, wishId: `w/${n}` });
    expect(core.denials.newest.map(({ id }) => id).slice(0, 2)).toEqual(['w/1', 'w/2']);
    expect(core.denials.newest).toHaveLength(100);
  });

  it('that is overdue is answered with its end, its denial, or a sweep', async () => {
    const service = new VirtualService();
    await service.ready();
    service.decide('BTC-USD', 'buy');
    await service.until(() => service.entries('order.end').length === 1);
    const { core, hub } = service.root;
    const told: PositionFact[] = [];
    hub.positions.at('sniper/BTC-USD').subscribe((fact) => told.push(fact));
    const request = core.orders.all()[0]?.request;
    if (request === undefined) throw new Error('no order');
    core.overdue('sniper', request.intentId);
    core.overdue('sniper', 'sniper/BTC-USD/1.77');
    expect(told).toMatchObject([
      { type: 'order.ended', intentId: request.intentId, end: 'filled' },
      { type: 'intent.denied', wishId: 'sniper/BTC-USD/1.77' },
    ]);
    let sweeps = 0;
    core.sweepWanted$.subscribe(() => (sweeps += 1));
    const other: OrderId = orderId('00000000-0000-5000-8000-000000000000');
    core.orders.register({ ...request, orderId: other, clientId: clientId(5), intentId: 'open' });
    core.overdue('sniper', 'open');
    expect(sweeps).toBe(1);
    expect(told).toHaveLength(2);
  });
});

it('an anomaly of an order halts with its evidence', async () => {
  const service = new VirtualService();
  await service.ready();
  service.root.core.report('sniper', {
    type: 'order.anomaly',
    cause: 'order.overfill',
    evidence: 'expected at most 1 filled, was 2',
    market: marketId('BTC-USD'),
    orderId: orderId('00000000-0000-5000-8000-000000000000'),
    intentId: 'sniper/BTC-USD/1.1',
  });
  expect(service.control.risk()).toMatchObject({
    level: 'halted',
    breaches: [{ cause: 'order.overfill', evidence: 'expected at most 1 filled, was 2' }],
  });
});
