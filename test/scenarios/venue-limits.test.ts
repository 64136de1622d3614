/** The chain's limits, read from the chain: we refuse before it would, with the numbers. */
import { describe, expect, it } from 'vitest';
import { marketId } from '../../src/model/quantities.js';
import { DEFAULT_LIMITS } from '../../src/simulator/chain/chain-limits.js';
import { VirtualService } from '../support/virtual-service.js';

describe('the limits of the chain', () => {
  it('are read with the first comparison, and shown', async () => {
    const service = new VirtualService();
    await service.ready();
    expect(service.control.risk().venueLimits).toEqual([
      { what: 'short-term', used: 0, limit: 4_000, blocks: 5 },
      { what: 'stateful', used: 0, limit: 2, blocks: 1 },
      { what: 'stateful', used: 0, limit: 20, blocks: 100 },
      { what: 'equity-tier', used: 0, limit: 100, blocks: 0 },
    ]);
  });

  it('deny an entry that would use the reserve of the exits, and the exit still leaves', async () => {
    const limits = { ...DEFAULT_LIMITS, shortTerm: [{ blocks: 1_000, limit: 3 }] };
    const service = new VirtualService({ limits });
    await service.ready();
    service.decide('BTC-USD', 'buy');
    await service.until(() => service.position('BTC-USD') > 0n);
    service.decide('ETH-USD', 'buy');
    await service.clock.advance(1_000);
    expect(service.position('ETH-USD')).toBe(0n);
    expect(service.logged('order.denied')[0]).toMatchObject({
      market: 'ETH-USD',
      code: 'limit.block-rate',
      message: '2 of 3 short-term messages used in 1000 blocks, 1 of them kept free',
    });
    await service.until(() => service.control.risk().venueLimits[0]?.used === 3, 20_000);
    await service.clock.advance(2_000);
    const purposes = service.entries('order.intent').map(({ request }) => request.purpose);
    expect(purposes).toEqual(['entry', 'exit']);
    // With our claim that makes three: the chain has refused nothing.
    expect(service.sends).toBe(2);
    expect(service.logged('order.not-sent')).toEqual([]);
  });

  it('deny everything that adds risk while they are unknown', async () => {
    const service = new VirtualService();
    await service.ready();
    service.root.core.limits.learn({
      shortTerm: [{ blocks: 5, limit: Number.NaN }],
      stateful: [],
      leverageUpdates: [],
      equityTiers: [],
      marginPpm: [],
    });
    service.decide('BTC-USD', 'buy');
    await service.clock.advance(1_000);
    expect(service.sends).toBe(0);
    expect(service.control.risk().denials).toMatchObject([{ code: 'limit.block-rate' }]);
    expect(service.control.risk().venueLimits).toMatchObject([{ limit: null }]);
  });

  it('hold the margin that the account has asked for itself', async () => {
    const service = new VirtualService({ fundUsd: 400 });
    await service.ready();
    const spec = service.root.engine.spec(marketId('BTC-USD'));
    const venueNumber = spec?.venueNumber ?? 0;
    service.root.core.limits.learn({
      shortTerm: [{ blocks: 5, limit: 4_000 }],
      stateful: [],
      leverageUpdates: [],
      equityTiers: [],
      marginPpm: [{ venueNumber, ppm: 1_000_000 }],
    });
    service.decide('BTC-USD', 'buy');
    await service.clock.advance(1_000);
    expect(service.control.risk().denials).toMatchObject([{ code: 'free-collateral' }]);
    service.decide('ETH-USD', 'buy');
    await service.until(() => service.position('ETH-USD') > 0n);
  });
});
