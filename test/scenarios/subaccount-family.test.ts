/** Several subaccounts of one address: all in view, each traded by a process of its own. */
import { describe, expect, it } from 'vitest';
import { VirtualService } from '../support/virtual-service.js';

const CHILD = 128;
const MINUTE_MS = 60_000;
const fundUsd = 10_000;

/** The first market is isolated; the second is not. */
async function isolate({ host, clock }: VirtualService): Promise<void> {
  host.submit({ type: 'market', clobPairId: 0, change: { marketType: 'ISOLATED' } });
  await clock.advance(1_000);
}

const fund = ({ host, account }: VirtualService, number: number, dollars: number): void => {
  const quoteQuantums = BigInt(dollars) * 1_000_000n;
  host.submit({ type: 'fund', subaccount: { ...account, number }, quoteQuantums });
};

/** A short that is there before the service is: it belongs to no strategy, and nobody leaves it. */
function hold({ host, account }: VirtualService, number: number, clobPairId: number): void {
  const [bid] = host.exchange.book(clobPairId, 1).bids;
  const order = {
    id: { subaccount: { ...account, number }, clientId: 99, orderFlags: 0, clobPairId },
    side: 'SELL',
    quantums: (host.exchange.markets()[clobPairId]?.market.stepBaseQuantums ?? 0n) * 10n,
    subticks: bid?.subticks ?? 0n,
    goodTilBlock: host.exchange.height + 5,
    goodTilBlockTime: 0,
    timeInForce: 'IOC',
    reduceOnly: false,
    clientMetadata: 0,
  } as const;
  host.submit({ type: 'place', order });
}

/** The parent trades the cross market, its child the isolated one, on one exchange. */
async function both(prepare: (parent: VirtualService) => void = () => undefined) {
  const parent = new VirtualService({ flags: { markets: ['ETH-USD'] } });
  await isolate(parent);
  fund(parent, CHILD, fundUsd);
  prepare(parent);
  await parent.clock.advance(15_000);
  const child = new VirtualService({
    beside: parent,
    subaccount: CHILD,
    claimChance: 500,
    flags: { markets: ['BTC-USD'] },
  });
  await parent.ready();
  await child.ready();
  return { parent, child };
}

describe('two processes, a cross market and an isolated one of the same address,', () => {
  it('trade beside each other, and neither takes the other for a stranger', async () => {
    const { parent, child } = await both();
    for (let round = 0; round < 3; round += 1) {
      parent.decide('ETH-USD', 'buy');
      child.decide('BTC-USD', 'sell');
      await parent.until(() => parent.position('ETH-USD') > 0n && child.position('BTC-USD') < 0n);
      await parent.until(
        () => parent.position('ETH-USD') === 0n && child.position('BTC-USD') === 0n,
      );
      await parent.clock.advance(2_000);
    }
    await child.restart();
    await child.until(() => child.control.isReady().ready);
    await parent.clock.advance(20_000);
    for (const service of [parent, child]) {
      expect(service.control.risk()).toMatchObject({ level: 'active', breaches: [], denials: [] });
      expect(service.root.core.usdc()).toBe(service.venueUsdc());
      expect(service.log.filter(({ level }) => level === 'error')).toEqual([]);
    }
    const advices = [parent, child].map(({ control }) => control.family().advice);
    expect(advices).toEqual([null, null]);
  });

  it('each see both, valued as they value themselves and as the venue does', async () => {
    const { parent, child } = await both((service) => {
      hold(service, 0, 1);
      hold(service, CHILD, 0);
    });
    await parent.clock.advance(MINUTE_MS);
    for (const service of [parent, child]) {
      const family = service.control.family();
      expect(family).toMatchObject({ parent: 0, failure: null });
      expect(family.ageMs).toBeLessThanOrEqual(MINUTE_MS);
      expect(family.traded).toBe(service.account.number);
      const [eth, btc] = family.subaccounts;
      expect(eth).toMatchObject({
        subaccount: 0,
        venue: { agrees: true },
        positions: [{ market: 'ETH-USD', isolated: false }],
      });
      expect(btc).toMatchObject({
        subaccount: CHILD,
        venue: { agrees: true },
        positions: [{ market: 'BTC-USD', isolated: true }],
      });
      expect(family.totals?.venue.agrees).toBe(true);
      const sum = Number(eth?.equityUsd) + Number(btc?.equityUsd);
      expect(Number(family.totals?.equityUsd)).toBeCloseTo(sum, 5);
      expect(btc?.venue.compared.map(({ figure }) => figure)).toEqual(['equity', 'freeCollateral']);
      // Both by the same oracle prices: what differs is rounding.
      const differences = btc?.venue.compared.map((each) => Math.abs(Number(each.differenceUsd)));
      expect(Math.max(...(differences ?? []))).toBeLessThan(0.000_01);
      const [own] = child.control.account().positions;
      expect(btc?.positions[0]?.size).toBe(own?.size);
      const apart = Number(btc?.positions[0]?.liquidationPrice) / Number(own?.liquidationPrice);
      expect(apart).toBeCloseTo(1, 3);
    }
  });
});

describe('the family in view', () => {
  it('counts what a sibling has asked for, and a market that is not watched here', async () => {
    const { parent, child } = await both((service) => hold(service, CHILD, 0));
    const entries = [{ clobPairId: 0, customImfPpm: 500_000 }];
    parent.host.submit({
      type: 'transaction',
      transaction: {
        hash: 'AB',
        messages: [{ type: 'updateLeverage', subaccount: child.account, entries }],
        feePayer: child.account.owner,
        feeDenom: 'usdc',
        fee: 0n,
      },
    });
    await parent.clock.advance(MINUTE_MS + 1_000);
    const seen = parent.control.family().subaccounts[1];
    const half = Number(seen?.positions[0]?.notionalUsd) / 2;
    expect(Number(seen?.initialMarginUsd)).toBeCloseTo(half, 4);
    expect(seen?.venue.agrees).toBe(true);
  });

  it('ages, with a warning, while it cannot be read, and nothing else happens', async () => {
    const service = new VirtualService();
    await service.ready();
    await service.until(() => service.control.family().readAt !== null);
    const { readAt } = service.control.family();
    service.refusedPath = /\/parentSubaccountNumber\//;
    await service.clock.advance(2 * MINUTE_MS);
    expect(service.control.family()).toMatchObject({ readAt, failure: 'connection refused' });
    expect(service.control.family().ageMs).toBeGreaterThan(MINUTE_MS);
    expect(service.logged('family.unread')[0]).toEqual({ reason: 'connection refused' });
    expect(service.control.risk()).toMatchObject({ level: 'active', breaches: [] });
    service.refusedPath = undefined;
    await service.clock.advance(MINUTE_MS);
    expect(service.control.family()).toMatchObject({ failure: null });
    expect(service.control.family().subaccounts).toHaveLength(1);
  });

  it('is empty for an address that was never funded, and in mode paper', async () => {
    const paper = new VirtualService({ flags: { mode: 'paper' } });
    const flags = { mode: 'shadow' };
    const unfunded = new VirtualService({ beside: paper, subaccount: 3, flags });
    await paper.start();
    await unfunded.start();
    await paper.clock.advance(5_000);
    for (const { control } of [unfunded, paper]) {
      expect(control.family()).toMatchObject({ totals: null, subaccounts: [], failure: null });
    }
  });
});

describe('a start with an isolated market', () => {
  it('beside cross ones warns once, with the number to use', async () => {
    const service = new VirtualService();
    await isolate(service);
    await service.ready();
    await service.clock.advance(3 * MINUTE_MS);
    const advice =
      'an isolated market stands alone, and subaccount 0 trades ETH-USD: trade BTC-USD with subaccount: 128';
    expect(service.logged('subaccount.unfit')).toEqual([{ advice }]);
    expect(service.control.family()).toMatchObject({ advice });
  });

  it('where a cross one is traded names the subaccount that is free of it', async () => {
    const service = new VirtualService({ subaccount: CHILD, flags: { markets: ['ETH-USD'] } });
    await isolate(service);
    hold(service, CHILD, 0);
    await service.start();
    await service.until(() => service.control.family().advice !== null);
    expect(service.control.family().advice).toBe(
      'subaccount 128 holds BTC-USD, which is isolated: trade ETH-USD with subaccount: 0',
    );
  });

  it('says so in mode paper, too', async () => {
    const service = new VirtualService({ flags: { mode: 'paper' } });
    await isolate(service);
    await service.start();
    await service.until(() => service.logged('subaccount.unfit').length > 0);
  });
});
