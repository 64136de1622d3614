/** Nothing gets out: the venue refuses every exit, or the key is not let sign any more. */
import { expect, it } from 'vitest';
import { VirtualService } from '../support/virtual-service.js';

it('exits that are refused again and again halt entries, never exits', async () => {
  const service = new VirtualService();
  await service.ready();
  service.decide('BTC-USD', 'buy');
  await service.until(() => service.position('BTC-USD') > 0n);
  service.sendFault = 'rejected';
  await service.until(() => service.control.risk().level === 'halted');
  expect(service.control.risk().breaches).toMatchObject([
    { cause: 'rejects.repeated', latched: true },
  ]);
  const tried = () => service.entries('order.intent').length;
  const before = tried();
  await service.clock.advance(8_000);
  expect(tried()).toBeGreaterThan(before + 8);
  const purposes = service.entries('order.intent').map(({ request }) => request.purpose);
  expect(purposes.slice(1).every((purpose) => purpose === 'exit')).toBe(true);
  service.sendFault = 'none';
  await service.until(() => service.position('BTC-USD') === 0n, 10_000);
  expect(service.venuePosition('BTC-USD')).toBe(0n);
  service.decide('BTC-USD', 'buy');
  await service.clock.advance(5_000);
  expect(service.position('BTC-USD')).toBe(0n);
});

it('a key that is not let sign any more halts, latched, with the reason', async () => {
  const service = new VirtualService();
  await service.ready();
  service.signerFaults$.next('expected the key of dydx1a, was that of dydx1b');
  await service.until(() => service.control.risk().level === 'halted');
  expect(service.control.risk().breaches).toMatchObject([
    {
      cause: 'signer.failed',
      severity: 'halt',
      latched: true,
      evidence: expect.stringContaining('expected the key'),
    },
  ]);
  service.decide('BTC-USD', 'buy');
  await service.clock.advance(5_000);
  expect(service.entries('risk.latched')).toMatchObject([{ breach: { cause: 'signer.failed' } }]);
  expect(service.sends).toBe(0);
});
