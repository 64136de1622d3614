/** An account that the venue serves less, or no more: it is asked for, and its refusals are heard. */
import { describe, expect, it } from 'vitest';
import { ADDRESS } from '../support/exchange-ground.js';
import { VirtualService } from '../support/virtual-service.js';

const breachOf = ({ control }: VirtualService, cause: string) =>
  control.risk().breaches.find((breach) => breach.cause === cause);
const FIVE_MINUTES_MS = 301_000;

describe('an address', () => {
  it('that may only close reduces while it is so', async () => {
    const service = new VirtualService({ markets: 1 });
    service.host.compliance.set(ADDRESS, 'CLOSE_ONLY');
    await service.start();
    await service.until(() => service.control.risk().level === 'reducing');
    expect(breachOf(service, 'compliance.close-only')).toMatchObject({
      severity: 'reduce',
      latched: false,
      evidence: 'the venue says CLOSE_ONLY: COMPLIANCE_PROVIDER',
    });
    service.host.compliance.set(ADDRESS, 'FIRST_STRIKE');
    await service.clock.advance(FIVE_MINUTES_MS);
    expect(breachOf(service, 'compliance.close-only')).toBeUndefined();
    await service.until(() => service.control.risk().level === 'active');
  });

  it('that is blocked halts, latched, with the next read that is refused', async () => {
    const service = new VirtualService();
    await service.ready();
    service.host.compliance.set(ADDRESS, 'BLOCKED');
    await service.clock.advance(20_000);
    expect(service.control.risk().level).toBe('halted');
    const breach = breachOf(service, 'compliance.blocked');
    expect(breach).toMatchObject({ severity: 'halt', latched: true });
    expect(breach?.evidence).toContain('COMPLIANCE_BLOCKED');
    expect(service.entries('risk.latched').map(({ breach: { cause } }) => cause)).toEqual([
      'compliance.blocked',
    ]);
  });

  it('that is blocked before the start halts by the word that is asked for', async () => {
    const service = new VirtualService();
    service.host.compliance.set(ADDRESS, 'BLOCKED');
    service.root.start();
    await service.clock.advance(10_000);
    expect(breachOf(service, 'compliance.blocked')).toMatchObject({ latched: true });
    expect(service.root.state).not.toBe('trading');
  });

  it('whose word cannot be read warns, and is traded on', async () => {
    const service = new VirtualService();
    service.refusedPath = /\/compliance\//;
    await service.ready();
    expect(service.logged('compliance.unread').length).toBeGreaterThan(0);
    expect(service.control.risk().level).toBe('active');
  });

  it('that something before the venue refuses once is traded on, and halts when it goes on', async () => {
    const service = new VirtualService();
    await service.ready();
    service.isForbidden = true;
    await service.until(() => service.logged('compliance.refused').length > 0);
    service.isForbidden = false;
    await service.clock.advance(60_000);
    expect(service.control.risk().breaches).toEqual([]);
    service.isForbidden = true;
    await service.until(() => breachOf(service, 'compliance.blocked') !== undefined, 120_000);
    expect(service.logged('compliance.refused').length).toBeGreaterThan(3);
  });

  it('from a restricted country halts as a blocked one does', async () => {
    const service = new VirtualService();
    await service.ready();
    service.host.compliance.isRestricted = true;
    await service.clock.advance(20_000);
    expect(breachOf(service, 'compliance.blocked')?.evidence).toContain('GEOBLOCKED');
  });
});

it('is not asked for in shadow mode', async () => {
  const service = new VirtualService({ flags: { mode: 'shadow' } });
  service.refusedPath = /\/compliance\//;
  await service.start();
  await service.clock.advance(5_000);
  expect(service.logged('compliance.unread')).toEqual([]);
});
