/** The disk is full while a position is held: nothing is entered any more, and the position is left. */
import { expect, it } from 'vitest';
import { VirtualService } from '../support/virtual-service.js';

it('entries stop, the position is left by journaled exits, and a restart is still halted', async () => {
  const service = new VirtualService();
  await service.ready();
  service.decide('BTC-USD', 'buy');
  await service.until(() => service.position('BTC-USD') > 0n);
  service.journalStrained$.next('the disk is full; the reserve is in use');
  expect(service.control.risk()).toMatchObject({
    level: 'halted',
    breaches: [{ cause: 'journal.failed', latched: true }],
  });
  const entries = service.sends;
  service.decide('ETH-USD', 'buy');
  await service.until(() => service.venuePosition('BTC-USD') === 0n, 30_000);
  expect(service.position('ETH-USD')).toBe(0n);
  const sent = service.placed.slice(entries);
  expect(sent.length).toBeGreaterThan(0);
  expect(sent.every(({ reduceOnly }) => reduceOnly)).toBe(true);
  const journaled = service.entries('order.intent').map(({ request }) => request.clientId);
  expect(journaled).toEqual(service.placed.map(({ clientId }) => clientId));
  await service.restart();
  expect(service.control.risk().level).toBe('halted');
});
