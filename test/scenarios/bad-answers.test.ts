/** The venue answers badly, or not at all: unknown is a state, and nothing is sent twice. */
import { describe, expect, it } from 'vitest';
import { VirtualService } from '../support/virtual-service.js';

describe('a bad answer to a send', () => {
  it('that is lost after the exchange took the order ends in one fill, booked once', async () => {
    const service = new VirtualService();
    await service.ready();
    service.sendFault = 'reply-lost';
    service.decide('BTC-USD', 'buy');
    await service.clock.advance(100);
    service.sendFault = 'none';
    await service.until(() => service.position('BTC-USD') > 0n);
    expect(service.position('BTC-USD')).toBe(service.venuePosition('BTC-USD'));
    expect(service.sends).toBe(1);
    const ids = service.entries('fill').map(({ fill }) => fill.fillId);
    expect(ids.length).toBeGreaterThan(0);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('that never reached the exchange counts as exposure until height and sweep prove it dead', async () => {
    const service = new VirtualService();
    await service.ready();
    service.sendFault = 'request-lost';
    service.decide('BTC-USD', 'buy');
    await service.until(() => service.control.orders()[0]?.state.startsWith('unknown') ?? false);
    expect(Number(service.control.risk().exposureUsd)).toBeGreaterThan(400);
    await service.until(() => service.root.core.orders.live().length === 0, 30_000);
    expect(service.entries('cancel.intent')).not.toHaveLength(0);
    const [order] = service.entries('order.intent');
    for (const { request } of service.entries('cancel.intent')) {
      expect(request.goodTilBlock).toBeGreaterThanOrEqual(order?.request.goodTilBlock ?? Infinity);
    }
    expect(service.entries('order.end').map(({ end }) => end)).toEqual(['expired']);
    expect(service.entries('order.intent')).toHaveLength(1);
    expect(service.control.risk().exposureUsd).toBe('0');
  });

  it('that is a no ends the order as rejected and asks the account again', async () => {
    const service = new VirtualService();
    await service.ready();
    service.sendFault = 'rejected';
    service.decide('BTC-USD', 'buy');
    await service.until(() => service.entries('order.end').length === 1);
    expect(service.control.orders()).toMatchObject([
      { state: 'closed.rejected', reason: 'clob.2005: no' },
    ]);
    expect(service.logged('order.not-sent')).toMatchObject([{ answer: 'rejected' }]);
  });

  it('that is a no, five times within a minute, halts with a latch', async () => {
    const service = new VirtualService();
    await service.ready();
    service.sendFault = 'rejected';
    for (let round = 0; round < 5; round += 1) {
      service.decide('BTC-USD', 'buy');
      await service.clock.advance(2_500);
    }
    expect(service.control.risk()).toMatchObject({
      level: 'halted',
      breaches: [{ cause: 'rejects.repeated', latched: true }],
    });
    expect(service.entries('risk.latched')).toHaveLength(1);
  });
});

describe('a journal that cannot be written', () => {
  it('sends nothing that adds risk, and halts', async () => {
    const service = new VirtualService();
    await service.ready();
    service.isJournalBroken = true;
    service.decide('BTC-USD', 'buy');
    await service.clock.advance(2_000);
    expect(service.sends).toBe(0);
    expect(service.control.risk()).toMatchObject({
      level: 'halted',
      breaches: [{ cause: 'journal.failed' }],
    });
    expect(service.control.state().permission.reasons).toContain('the journal cannot be written');
    expect(service.control.orders()).toMatchObject([{ state: 'closed.denied' }]);
  });
});
