/** The chain takes a position: recognised, booked once, and nothing new is opened after it. */
import { expect, it } from 'vitest';
import { VirtualService } from '../support/virtual-service.js';

it('a liquidation is booked to the position that it takes, and halts with its fill', async () => {
  const strategies = [{ minConfidence: 1, maxHoldSeconds: 3_600, stopBps: 9_000, takeBps: 9_000 }];
  const service = new VirtualService({ fundUsd: 55, flags: { strategies } });
  await service.ready();
  service.decide('BTC-USD', 'buy');
  await service.until(() => service.position('BTC-USD') > 0n);
  const held = service.position('BTC-USD');
  // Nothing of ours may be in the way of the chain.
  service.sendFault = 'rejected';
  service.host.submit({ type: 'oracleJump', clobPairId: 0, ratioPpm: 895_000 });
  await service.until(() => service.position('BTC-USD') < held);
  expect(service.control.risk()).toMatchObject({ level: 'halted' });
  const breaches = service.control.risk().breaches;
  const breach = breaches.find(({ cause }) => cause === 'account.liquidated');
  expect(breach?.latched).toBe(true);
  expect(breach?.evidence).toMatch(/^BTC-USD: LIQUIDATED sell [\d.]+ at [\d.]+ in block \d+/);
  await service.clock.advance(20_000);
  expect(service.position('BTC-USD')).toBe(service.venuePosition('BTC-USD'));
  const seized = service.entries('fill').filter(({ fill }) => fill.orderId === undefined);
  expect(seized.length).toBeGreaterThan(0);
  expect(service.control.positions()).toMatchObject([{ market: 'BTC-USD', strategy: 'sniper' }]);
  expect(breaches.map(({ cause }) => cause)).not.toContain('position.drift');
});
