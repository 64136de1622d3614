/** What happens before the first comparison with the venue: nothing of it is lost or counted twice. */
import { describe, expect, it } from 'vitest';
import { buyByHand } from '../support/by-hand.js';
import { VirtualService } from '../support/virtual-service.js';

const causesOf = (service: VirtualService): readonly string[] =>
  service.control.risk().breaches.map(({ cause }) => cause);

describe('a fault', () => {
  it.each(['recovering', 'connecting'])(
    'while the service is %s latches, is journaled, and outlives a restart',
    async (state) => {
      const service = new VirtualService();
      service.root.start();
      const { core, world } = service.root;
      if (state === 'connecting') await service.until(() => service.root.state === state);
      const at = world.clock.now();
      world.inbox.enter('fact', 'test', () =>
        core.observations$.next({ type: 'fault', cause: 'order.unexplained', evidence: 'x', at }),
      );
      await service.until(() => service.root.state === 'trading');
      expect(service.control.risk()).toMatchObject({
        level: 'halted',
        breaches: [{ cause: 'order.unexplained', latched: true, evidence: 'x' }],
      });
      await service.clock.advance(5);
      expect(service.entries('risk.latched')).toHaveLength(1);
      await service.restart();
      expect(causesOf(service)).toEqual(['order.unexplained']);
    },
  );

  it('before anything has started latches, too', async () => {
    const service = new VirtualService();
    const at = service.clock.now();
    const fault = { type: 'fault', cause: 'strategy.fault', evidence: 'early', at } as const;
    service.root.core.observations$.next(fault);
    await service.start();
    expect(causesOf(service)).toEqual(['strategy.fault']);
  });
});

describe('a fill that comes while the service connects', () => {
  it.each([
    ['before the account is read is a part of what is adopted', /addresses/, 0],
    ['between the account and the fills is a fill', /fills/, 1],
  ])('on a first run, %s, once', async (_, refusedPath, fills) => {
    const service = new VirtualService();
    await service.start('connecting');
    service.refusedPath = refusedPath;
    await service.until(() => service.root.accountLive());
    await service.clock.advance(1_000);
    buyByHand(service);
    await service.clock.advance(3_000);
    service.refusedPath = undefined;
    await service.until(() => service.root.state === 'trading');
    await service.clock.advance(20_000);
    expect(service.position('BTC-USD')).toBe(service.venuePosition('BTC-USD'));
    expect(service.position('BTC-USD')).toBeGreaterThan(0n);
    expect(service.entries('fill')).toHaveLength(fills);
    expect(causesOf(service)).not.toContain('position.drift');
  });

  it('on a later run is booked once, beside those of earlier runs', async () => {
    const service = new VirtualService();
    await service.ready();
    service.decide('BTC-USD', 'buy');
    await service.until(() => service.position('BTC-USD') > 0n);
    await service.clock.advance(20);
    service.refusedPath = /\/fills/;
    const restarted = service.restart();
    await service.until(() => service.root.accountLive());
    buyByHand(service);
    await service.clock.advance(3_000);
    service.refusedPath = undefined;
    await restarted;
    expect(service.position('BTC-USD')).toBe(service.venuePosition('BTC-USD'));
    expect(causesOf(service)).not.toContain('position.drift');
    await service.clock.advance(5);
    const ids = service.entries('fill').map(({ fill }) => fill.fillId);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
