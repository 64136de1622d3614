/** Money that no fill explains: funding, transfers, and a balance that nobody can explain. */
import { describe, expect, it } from 'vitest';
import { ACCOUNT } from '../support/exchange-ground.js';
import { VirtualService } from '../support/virtual-service.js';

const MINUTE_MS = 60_000;
/** A minute before one o'clock: the first funding is near. */
const NEARLY_ONE = Date.UTC(2026, 0, 5, 0, 59);

/** About 945 USD long, from before the first run: no strategy leaves it. */
async function holding(service: VirtualService): Promise<void> {
  await service.clock.advance(2_000);
  const [ask] = service.host.exchange.book(0, 1).asks;
  service.placeByHand({
    side: 'BUY',
    quantums: 100_000_000n,
    subticks: (((ask?.subticks ?? 0n) * 101n) / 100n / 1_000_000n) * 1_000_000n,
  });
  await service.clock.advance(3_000);
  await service.ready();
  expect(service.position('BTC-USD')).toBeGreaterThan(0n);
}

describe('the account’s money', () => {
  it('is explained by hourly funding and transfers, and a restart remembers both', async () => {
    const service = new VirtualService({ markets: 1, startMs: NEARLY_ONE });
    service.host.submit({ type: 'market', clobPairId: 0, change: { defaultFundingPpm: 800 } });
    await holding(service);
    await service.clock.advance(3 * MINUTE_MS);
    const [paid] = service.entries('funding');
    expect(paid?.payment).toMatchObject({ market: 'BTC-USD' });
    expect(paid?.payment.payment).toBeLessThan(0n);
    const address = ACCOUNT.owner;
    const deposit = { type: 'deposit', fromAddress: address, to: ACCOUNT } as const;
    service.host.submit({ type: 'fundWallet', address, denom: 'usdc', amount: 9_000_000n });
    service.host.submit({
      type: 'transaction',
      transaction: {
        hash: 'AA',
        messages: [{ ...deposit, quoteQuantums: 5_000_000n }],
        feePayer: address,
        feeDenom: 'usdc',
        fee: 0n,
      },
    });
    await service.until(() => service.entries('transfer').length > 0);
    await service.clock.advance(16_000);
    const account = service.control.account();
    expect(account).toMatchObject({
      transfersUsd: '5',
      adjustmentsUsd: '0',
      venue: { agrees: true, differences: [] },
      positions: [{ market: 'BTC-USD', fundingUsd: account.fundingUsd }],
    });
    expect(service.root.core.usdc()).toBe(service.venueUsdc());
    expect(Number(account.fundingUsd)).toBeLessThan(0);
    expect(Number(account.dayPnlUsd)).toBeLessThan(0);
    await service.restart();
    const { fundingUsd, transfersUsd, feesUsd } = service.control.account();
    expect({ fundingUsd, transfersUsd, feesUsd }).toEqual({
      fundingUsd: account.fundingUsd,
      transfersUsd: '5',
      feesUsd: account.feesUsd,
    });
    expect(service.root.core.usdc()).toBe(service.venueUsdc());
    expect(service.control.risk().breaches).toEqual([]);
  });

  it('that nothing explains for three minutes halts with both figures, until it is accepted', async () => {
    const service = new VirtualService({ markets: 1 });
    await service.ready();
    service.host.submit({ type: 'fund', subaccount: ACCOUNT, quoteQuantums: 7_000_000n });
    await service.until(() => service.control.account().venue?.agrees === false);
    expect(service.control.risk().level).toBe('active');
    await service.until(() => service.control.risk().level === 'halted', 5 * MINUTE_MS);
    const [breach] = service.control.risk().breaches;
    expect(breach).toMatchObject({ cause: 'account.drift', latched: true });
    expect(breach?.evidence).toContain('usdc: ours 10000, venue 10007, at most 0.000002 apart');
    service.control.command({ type: 'resume', by: 'ada', reason: 'a gift' }).subscribe();
    await service.until(() => service.control.isReady().ready);
    await service.until(() => service.control.account().venue?.agrees === true);
    expect(service.control.account()).toMatchObject({ usdc: '10007', adjustmentsUsd: '7' });
    expect(service.entries('balance.adjustment')).toHaveLength(1);
    await service.restart();
    expect(service.control.account()).toMatchObject({ usdc: '10007', adjustmentsUsd: '7' });
  });

  it('is waited for while late rows of funding can explain the difference, and then booked', async () => {
    const service = new VirtualService({ markets: 1, startMs: NEARLY_ONE });
    service.host.submit({ type: 'market', clobPairId: 0, change: { defaultFundingPpm: 800 } });
    await holding(service);
    service.refusedPath = /fundingPayments/;
    await service.until(() => service.control.account().venue?.agrees === false, 3 * MINUTE_MS);
    await service.clock.advance(10 * MINUTE_MS);
    expect(service.control.account().venue).toMatchObject({
      agrees: false,
      differences: [{ figure: 'usdc' }],
    });
    expect(service.control.risk().breaches).toEqual([]);
    service.refusedPath = undefined;
    await service.until(() => service.control.account().venue?.agrees === true);
    expect(service.entries('funding')).toHaveLength(1);
    expect(service.control.risk().breaches).toEqual([]);
  });

  it('halts after three minutes where the difference is more than funding can be', async () => {
    const service = new VirtualService({ markets: 1, startMs: NEARLY_ONE });
    await holding(service);
    service.refusedPath = /fundingPayments/;
    await service.clock.advance(2 * MINUTE_MS);
    service.host.submit({ type: 'fund', subaccount: ACCOUNT, quoteQuantums: 1_000_000n });
    await service.until(() => service.control.risk().level === 'halted', 5 * MINUTE_MS);
    expect(service.control.risk().breaches).toMatchObject([{ cause: 'account.drift' }]);
  });

  it('of which funding cannot be read is not believed for longer than it may be', async () => {
    const service = new VirtualService({ markets: 1 });
    await service.ready();
    service.refusedPath = /fundingPayments/;
    service.host.submit({ type: 'fund', subaccount: ACCOUNT, quoteQuantums: 1_000_000n });
    await service.until(() => service.logged('money.unread').length > 0);
    await service.until(() => service.control.risk().level === 'halted', 5 * MINUTE_MS);
    expect(service.control.risk().breaches).toMatchObject([{ cause: 'account.drift' }]);
  });
});

describe('the day’s loss', () => {
  it('goes on counting after a restart, and halts where one run alone would not', async () => {
    const flags = { risk: { maxDailyLossUsd: 100 } };
    const service = new VirtualService({ markets: 1, flags });
    await holding(service);
    const fall = (): void =>
      void service.host.submit({ type: 'oracleJump', clobPairId: 0, ratioPpm: 930_000 });
    fall();
    await service.until(() => Number(service.control.account().dayPnlUsd) < -50);
    expect(service.control.risk().level).toBe('active');
    const before = Number(service.control.account().dayPnlUsd);
    await service.restart();
    await service.clock.advance(2_000);
    expect(Number(service.control.account().dayPnlUsd)).toBeLessThan(before / 2);
    expect(service.control.risk().level).toBe('active');
    fall();
    await service.until(() => service.control.risk().level === 'halted');
    const causes = service.control.risk().breaches.map(({ cause }) => cause);
    expect(causes).toContain('loss.daily');
  });
});

describe('the worst if the process dies now', () => {
  it('counts an order of unknown fate at its full size until its last block', async () => {
    const service = new VirtualService({ markets: 1 });
    await service.ready();
    service.sendFault = 'request-lost';
    service.decide('BTC-USD', 'buy');
    await service.until(() => service.control.risk().ifDead.orders > 0);
    const { ifDead, exposureUsd } = service.control.risk();
    expect(ifDead).toMatchObject({
      heldUsd: '0',
      worstUsd: exposureUsd,
      markets: [{ market: 'BTC-USD', orders: 1, position: '0', shortest: '0' }],
    });
    expect(Number(ifDead.worstUsd)).toBeGreaterThan(400);
    expect(Number(ifDead.markets[0]?.longest)).toBeGreaterThan(0);
    const height = service.control.state().chainHeight ?? 0;
    expect(ifDead.lastBlock).toBe((ifDead.blocks ?? 0) + height);
    expect(ifDead.blocks).toBeGreaterThan(0);
    expect(ifDead.seconds).toBeGreaterThan(0.5 * (ifDead.blocks ?? 0));
    expect(ifDead.seconds).toBeLessThan(1 * (ifDead.blocks ?? 0));
    await service.until(() => service.control.risk().ifDead.orders === 0, 30_000);
    expect(service.control.risk().ifDead).toMatchObject({ worstUsd: '0', blocks: 0, seconds: 0 });
  });

  it('shows the margin that the account has asked for itself, which the indexer leaves out', async () => {
    const service = new VirtualService({ markets: 1 });
    await holding(service);
    const before = Number(service.control.account().initialMarginUsd);
    service.host.submit({
      type: 'transaction',
      transaction: {
        hash: 'AB',
        messages: [
          {
            type: 'updateLeverage',
            subaccount: ACCOUNT,
            entries: [{ clobPairId: 0, customImfPpm: 500_000 }],
          },
        ],
        feePayer: ACCOUNT.owner,
        feeDenom: 'usdc',
        fee: 0n,
      },
    });
    await service.clock.advance(2_000);
    service.root.hub.service$.next({ type: 'reconcile.needed', reason: 'test' });
    await service.until(() => Number(service.control.account().initialMarginUsd) > 2 * before);
    const account = service.control.account();
    const half = Number(account.positions[0]?.notionalUsd) / 2;
    expect(Number(account.initialMarginUsd)).toBeCloseTo(half, 4);
    expect(account.positions[0]?.initialMarginUsd).toBe(account.initialMarginUsd);
    const free = Number(account.equityUsd) - half;
    expect(Number(account.freeCollateralUsd)).toBeCloseTo(free, 4);
    await service.until(() => service.control.state().state === 'trading');
    await service.clock.advance(60_000);
    expect(service.control.account().venue).toMatchObject({ agrees: true, differences: [] });
  });
});
