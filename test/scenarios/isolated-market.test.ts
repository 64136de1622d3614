/** Several subaccounts: an isolated market on a child of its own, and never beside another. */
import { describe, expect, it } from 'vitest';
import { VirtualService } from '../support/virtual-service.js';

const CHILD = 128;

async function isolated(service: VirtualService): Promise<void> {
  for (const { market } of service.host.exchange.markets().slice(0, 1)) {
    const { clobPairId } = market;
    service.host.submit({ type: 'market', clobPairId, change: { marketType: 'ISOLATED' } });
  }
  await service.clock.advance(1_000);
}

describe('an isolated market', () => {
  it('is traded on the child subaccount that is configured, and its parent stays as it is', async () => {
    const service = new VirtualService({ subaccount: CHILD, markets: 2 });
    const parent = { ...service.account, number: 0 };
    service.host.submit({ type: 'fund', subaccount: parent, quoteQuantums: 7_000_000n });
    await isolated(service);
    await service.ready();
    service.decide('BTC-USD', 'buy');
    await service.until(() => service.position('BTC-USD') > 0n);
    expect(service.position('BTC-USD')).toBe(service.venuePosition('BTC-USD'));
    service.decide('ETH-USD', 'buy');
    await service.until(() => service.control.risk().denials.length > 0);
    expect(service.control.risk().denials).toMatchObject([{ code: 'market.isolated' }]);
    await service.until(() => service.position('BTC-USD') === 0n, 30_000);
    await service.clock.advance(3_000);
    expect(service.root.core.usdc()).toBe(service.venueUsdc());
    expect(service.control.account().subaccount).toBe(CHILD);
    expect(service.host.exchange.subaccount(parent)).toMatchObject({
      quoteQuantums: 7_000_000n,
      positions: [],
    });
    expect(service.log.filter(({ level }) => level === 'error')).toEqual([]);
  });
});
