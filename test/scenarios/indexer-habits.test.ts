/**
 * The indexer at its worst: snapshots that take long and lose what happens meanwhile, publishers
 * that are far behind and out of step, books that are crossed and full of ghosts. The service trades
 * all the same, and its books end equal to the exchange's.
 */
import { expect, it } from 'vitest';
import { hit, holding, rest, stateOf } from '../support/signed-trading.js';
import { VirtualService } from '../support/virtual-service.js';

const MARKETS = ['BTC-USD', 'ETH-USD'];
/** What a cut socket is told as: the account is stale. */
const CUT = 'risk.level';
const HARSH = {
  snapshotMs: 600,
  vulcanMs: 250,
  enderMs: 350,
  lateLevelPpm: 30_000,
  lateLevelMs: 2_000,
  lostLevelPpm: 2_000,
};

it.each([1, 2])('seed %i: a bad indexer costs trades, not the books', async (seed) => {
  const strategies = [{ minConfidence: 1, maxHoldSeconds: 4, coolDownSeconds: 1 }];
  const service = new VirtualService({
    seed,
    preset: 'busy',
    habits: HARSH,
    flags: { strategies },
  });
  await service.ready();
  for (let second = 0; second < 60; second += 1) {
    const [market = ''] = MARKETS.slice(second % 2);
    const isShown = service.control.markets().some((one) => one.market === market && one.bestAsk);
    if (isShown && second % 3 === 0) service.decide(market, second % 2 === 0 ? 'buy' : 'sell');
    if (second === 30) service.cutSockets();
    await service.clock.advance(1_000);
  }
  const isFlat = () =>
    MARKETS.every(
      (market) => service.position(market) === 0n && service.venuePosition(market) === 0n,
    );
  await service.until(isFlat);
  await service.clock.advance(20_000);
  expect(service.root.core.usdc()).toBe(service.venueUsdc());
  expect(service.root.core.orders.live()).toEqual([]);
  const fills = service.entries('fill').map(({ fill }) => fill.fillId);
  expect(fills.length).toBeGreaterThan(1);
  expect(new Set(fills).size).toBe(fills.length);
  const errors = service.log.filter(({ level, event }) => level === 'error' && event !== CUT);
  expect(errors).toEqual([]);
  const { received, applied, rejected, quarantined } = service.root.pipeline.counts;
  expect(received).toBe(applied + rejected + quarantined);
  expect(quarantined).toBe(0);
});

it('an account from a copy that lags is no proof of a drift, and is waited for', async () => {
  const { service } = await holding();
  await service.clock.advance(20_000);
  service.isAccountFrozen = true;
  const order = rest(service, undefined, { ofBid: 1.00001 });
  await service.until(() => stateOf(service, order)?.startsWith('working') ?? false);
  await hit(service, order, order.size * 1_000n);
  await service.until(() => service.position('BTC-USD') > 0n);
  await service.clock.advance(90_000);
  const causes = () => service.control.risk().breaches.map(({ cause }) => cause);
  expect(causes()).not.toContain('position.drift');
  service.isAccountFrozen = false;
  await service.until(() => service.root.state === 'trading');
  await service.until(() => service.root.riskLevel === 'active');
  expect(causes()).toEqual([]);
  expect(service.position('BTC-USD')).toBe(service.venuePosition('BTC-USD'));
});
