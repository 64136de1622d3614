/** The cable is cut: nothing is lost, nothing is doubled, and trading goes on when we and the venue agree. */
import { describe, expect, it } from 'vitest';
import { hit, holding, rest, settled, stateOf } from '../support/signed-trading.js';
import { VirtualService } from '../support/virtual-service.js';

describe('a socket cut while an order is in flight', () => {
  it.each([0, 3, 40, 400])(
    '%i ms after the decision loses no fill and doubles none',
    async (ms) => {
      const service = new VirtualService();
      await service.ready();
      service.decide('BTC-USD', 'buy');
      await service.clock.advance(ms);
      service.cutSockets();
      await service.clock.advance(10);
      expect(service.control.state().connections[0]?.state).toBe('backingOff');
      expect(service.control.isReady().ready).toBe(false);
      await service.until(() => service.position('BTC-USD') > 0n);
      expect(service.position('BTC-USD')).toBe(service.venuePosition('BTC-USD'));
      await service.until(() => service.position('BTC-USD') === 0n, 30_000);
      await service.until(() => service.control.isReady().ready);
      await service.clock.advance(5_000);
      expect(service.venuePosition('BTC-USD')).toBe(0n);
      expect(service.root.core.usdc()).toBe(service.venueUsdc());
      const fills = service.entries('fill').map(({ fill }) => fill.fillId);
      expect(new Set(fills).size).toBe(fills.length);
      expect(
        service.entries('order.intent').filter(({ request }) => request.purpose === 'entry'),
      ).toHaveLength(1);
    },
  );

  it('denies what would add risk until the account was compared again', async () => {
    const service = new VirtualService();
    await service.ready();
    service.cutSockets();
    await service.clock.advance(10);
    service.decide('ETH-USD', 'sell');
    await service.clock.advance(100);
    expect(service.sends).toBe(0);
    expect(service.logged('gate.closed').at(-1)?.['reason']).toContain(
      'the account stream is not live',
    );
    await service.until(() => service.control.isReady().ready);
    expect(service.root.steps.isReconciled).toBe(true);
  });

  it('marks the books stale and trusts them again after their snapshots', async () => {
    const service = new VirtualService();
    await service.ready();
    service.cutSockets();
    await service.clock.advance(10);
    expect(service.control.markets().map(({ bookState }) => bookState)).toEqual(['stale', 'stale']);
    await service.until(() => service.control.isReady().ready);
    expect(service.control.markets().map(({ bookState }) => bookState)).toEqual(['live', 'live']);
  });
});

it('a fill during a cut is booked although a step of the comparison fails for ever', async () => {
  const { service } = await holding();
  const order = rest(service, undefined, { ofBid: 1.00001 });
  await service.until(() => stateOf(service, order)?.startsWith('working') ?? false);
  service.refusedPath = /abci_query|\/fills/;
  const cut = (): void => service.cutSockets();
  await hit(service, order, order.size * 1_000n, cut);
  for (let tenth = 0; tenth < 20; tenth += 1) {
    await service.clock.advance(100);
    cut();
  }
  expect(service.venuePosition('BTC-USD')).toBeGreaterThan(0n);
  await service.until(() => service.root.state === 'reconciling');
  expect(service.position('BTC-USD')).toBe(0n);
  service.refusedPath = /abci_query/;
  await service.until(() => service.position('BTC-USD') > 0n, 60_000);
  expect(service.root.state).toBe('reconciling');
  service.refusedPath = undefined;
  await service.until(() => service.root.state === 'trading');
  await settled(service, 120_000);
});

it('a minute without a word from a market that is held reduces, until it speaks again', async () => {
  const patient = { minConfidence: 1, maxHoldSeconds: 3_600, stopBps: 9_000, takeBps: 9_000 };
  const service = new VirtualService({ flags: { strategies: [patient] } });
  await service.ready();
  service.decide('BTC-USD', 'buy');
  await service.until(() => service.position('BTC-USD') > 0n);
  const isSilent = (): boolean =>
    service.control.risk().breaches.some(({ cause }) => cause === 'market-data.stale');
  for (let tenth = 0; tenth < 590; tenth += 1) {
    service.cutSockets();
    await service.clock.advance(100);
  }
  expect(isSilent()).toBe(false);
  for (let tenth = 0; tenth < 40; tenth += 1) {
    service.cutSockets();
    await service.clock.advance(100);
  }
  expect(isSilent()).toBe(true);
  expect(service.control.risk().level).not.toBe('active');
  await service.until(() => !isSilent(), 60_000);
});
