/** Somebody else trades on our account, or the books differ: both halt, with evidence. */
import { describe, expect, it } from 'vitest';
import { marketId } from '../../src/model/quantities.js';
import { buyByHand } from '../support/by-hand.js';
import { VirtualService } from '../support/virtual-service.js';

describe('the account', () => {
  it('on which somebody else trades halts with a latch, and their fill is booked all the same', async () => {
    const service = new VirtualService();
    await service.ready();
    buyByHand(service);
    await service.until(() => service.control.risk().level === 'halted');
    const causes = service.control.risk().breaches.map(({ cause }) => cause);
    expect(causes).toContain('foreign.activity');
    await service.until(() => service.position('BTC-USD') > 0n);
    expect(service.position('BTC-USD')).toBe(service.venuePosition('BTC-USD'));
  });

  it('that differs from the books in two sweeps halts with the difference as evidence', async () => {
    const service = new VirtualService();
    await service.ready();
    const market = service.root.pipeline.fold.markets[0];
    if (market === undefined) throw new Error('no market');
    service.root.core.books.adopt(market, 1_000_000n as never, 0n as never);
    await service.until(() => service.control.risk().level === 'halted', 60_000);
    const [breach] = service.control.risk().breaches;
    expect(breach).toMatchObject({ cause: 'position.drift', latched: true });
    expect(breach?.evidence).toContain('BTC-USD: ours 0.0001, venue 0');
  });
});

describe('a market', () => {
  it('that falls silent is held with the reason, and silences no other', async () => {
    const service = new VirtualService();
    await service.ready();
    service.root.pipeline.fold.markStale([marketId('ETH-USD')], 'test');
    await service.clock.advance(3_000);
    const reasons = (market: string) =>
      service.control
        .decisions()
        .find((one) => one.market === market)
        ?.reasons.map(({ text }) => text)
        .join() ?? '';
    expect(reasons('ETH-USD')).toContain('stale');
    expect(reasons('BTC-USD')).not.toContain('stale');
    service.decide('BTC-USD', 'buy');
    await service.until(() => service.position('BTC-USD') > 0n);
  });

  it('that nobody lists ends the start with its name', async () => {
    const service = new VirtualService({ flags: { markets: 'BTC-USD,NONE-USD' } });
    await service.start('faulted');
    expect(service.logged('service.faulted')).toMatchObject([
      { reason: 'markets.unknown: not listed by the venue: NONE-USD' },
    ]);
  });

  it('that is not chosen is not subscribed', async () => {
    const service = new VirtualService({ flags: { markets: 'ETH-USD' } });
    await service.start();
    expect(service.control.markets().map(({ market }) => market)).toEqual(['ETH-USD']);
  });
});
