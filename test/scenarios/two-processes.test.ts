/** Two processes on one account, on two machines: neither goes on as if it were alone. */
import { describe, expect, it } from 'vitest';
import { buyByHand } from '../support/by-hand.js';
import { VirtualService } from '../support/virtual-service.js';

const causesOf = (service: VirtualService): readonly string[] =>
  service.control.risk().breaches.map(({ cause }) => cause);

/** As on another machine: an own journal, an own chance, and the same number of its run. */
const besides = (first: VirtualService): VirtualService =>
  new VirtualService({ beside: first, claimChance: 500 });

describe('a second process on the same account', () => {
  it('halts both before it has sent anything, with a latch', async () => {
    const first = new VirtualService();
    await first.ready();
    const second = besides(first);
    await second.start();
    await first.clock.advance(1_000);
    expect(causesOf(first)).toEqual(['foreign.run']);
    expect(causesOf(second)).toEqual(['foreign.run']);
    const [breach] = first.control.risk().breaches;
    expect(breach).toMatchObject({ severity: 'halt', latched: true });
    expect(breach?.evidence).toMatch(/^claim \d+ of run 1 in BTC-USD, we are run 1$/);
    for (const service of [first, second]) {
      expect(service.control.isReady().ready).toBe(false);
      service.decide('BTC-USD', 'buy');
    }
    await first.clock.advance(2_000);
    expect([first.sends, second.sends]).toEqual([0, 0]);
    // They do not answer each other for ever.
    expect(first.logged('foreign.run').length).toBeLessThanOrEqual(3);
  });

  it('is found out by the next claim, when the first could not hear it begin', async () => {
    const first = new VirtualService();
    await first.ready();
    first.cutSockets();
    const second = besides(first);
    const started = second.start();
    await first.until(() => causesOf(first).includes('foreign.run'), 30_000);
    await started;
    await first.until(() => causesOf(second).includes('foreign.run'), 30_000);
  });

  it('is no other process when it is the next run of the same journal', async () => {
    const service = new VirtualService();
    await service.ready();
    await service.restart();
    await service.restart();
    await service.until(() => service.control.isReady().ready);
    await service.clock.advance(20_000);
    expect(causesOf(service)).toEqual([]);
    const claims = service.entries('run').map(({ claim }) => claim);
    expect(new Set(claims).size).toBe(3);
  });
});

it('an order that nobody here made has our claim made again, so that its maker hears it', async () => {
  const service = new VirtualService();
  await service.ready();
  let claims = 0;
  service.root.core.claim.wanted$.subscribe(() => (claims += 1));
  buyByHand(service);
  await service.until(() => causesOf(service).includes('foreign.activity'));
  expect(claims).toBe(1);
});

it('without a key, or in shadow, no claim is made', async () => {
  const service = new VirtualService({ flags: { mode: 'shadow' } });
  await service.start();
  const steps = service.logged('reconcile.step').filter(({ step }) => step === 'claim');
  expect(steps).toMatchObject([{ text: 'none is made' }]);
});
