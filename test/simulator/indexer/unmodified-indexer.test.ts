/** The unmodified v4-client-js reads every indexer endpoint it has from the real core. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RealClock } from '../../../src/clock/real.clock.js';
import { seededRandom } from '../../../src/clock/seeded-random.js';
import { createExchange } from '../../../src/simulator/chain/exchange.js';
import { startDevnet, type Devnet } from '../../../src/simulator/devnet.server.js';
import { marketsOf } from '../../../src/simulator/real-markets.js';
import { client, networkOf } from '../../support/real-client.js';

const OWNER = 'dydx199tqg4wdlnu4qjlxchpd7seg454937hjrknju4';
const { IndexerClient } = client;

const clock = new RealClock();
let devnet: Devnet;
let indexer: InstanceType<typeof IndexerClient>;

beforeAll(async () => {
  const exchange = createExchange({
    ...marketsOf(2),
    seed: 7,
    startTimeMs: Math.floor(clock.now()),
    startHeight: 1000,
    takerFeePpm: 500,
    makerFeePpm: 100,
    preset: 'none',
  });
  devnet = await startDevnet({ port: 0, clock, random: seededRandom(7), exchange, blockMs: 20 });
  indexer = new IndexerClient(networkOf(devnet).indexerConfig);
  const body = JSON.stringify({ address: OWNER, subaccountNumber: 0, amount: 50_000 });
  await fetch(`${devnet.urls.rest}/faucet/tokens`, { method: 'POST', body });
});

afterAll(async () => {
  await devnet.close();
  clock.stop();
});

type Read = () => Promise<unknown>;

test('markets', async () => {
  const { markets } = indexer;
  const reads: readonly (readonly [Read, object])[] = [
    [() => markets.getPerpetualMarkets(), { markets: { 'BTC-USD': {}, 'ETH-USD': {} } }],
    [() => markets.getPerpetualMarkets('BTC-USD'), { markets: { 'BTC-USD': {} } }],
    [() => markets.getPerpetualMarketOrderbook('BTC-USD'), { bids: [], asks: [] }],
    [() => markets.getPerpetualMarketTrades('BTC-USD', 9999, undefined, 10, 1), { pageSize: 10 }],
    [() => markets.getPerpetualMarketCandles('BTC-USD', '1MIN'), { candles: [] }],
    [() => markets.getPerpetualMarketHistoricalFunding('BTC-USD'), { historicalFunding: [] }],
    [() => markets.getPerpetualMarketSparklines(), { 'BTC-USD': [], 'ETH-USD': [] }],
  ];
  for (const [read, expected] of reads) expect(await read()).toMatchObject(expected);
});

describe('an account', () => {
  test('and what it has', async () => {
    const { account } = indexer;
    const subaccount = { equity: '50000', freeCollateral: '50000' };
    const reads: readonly (readonly [Read, object])[] = [
      [() => account.getSubaccounts(OWNER), { subaccounts: [subaccount] }],
      [() => account.getSubaccount(OWNER, 0), { subaccount }],
      [() => account.getParentSubaccount(OWNER, 0), { subaccount: { childSubaccounts: [{}] } }],
      [() => account.getSubaccountPerpetualPositions(OWNER, 0), { positions: [] }],
      [() => account.getSubaccountAssetPositions(OWNER, 0), { positions: [{ size: '50000' }] }],
    ];
    for (const [read, expected] of reads) expect(await read()).toMatchObject(expected);
  });

  test('and what it did', async () => {
    const { account } = indexer;
    const reads: readonly (readonly [Read, object])[] = [
      [() => account.getTransfersBetween(OWNER, '0', OWNER, '1'), { totalNetTransfers: '0' }],
      [() => account.getSubaccountTransfers(OWNER, 0), { transfers: [] }],
      [() => account.getParentSubaccountNumberTransfers(OWNER, 0), { transfers: [] }],
      [() => account.getSubaccountOrders(OWNER, 0), []],
      [() => account.getParentSubaccountNumberOrders(OWNER, 0), []],
      [() => account.getSubaccountFills(OWNER, 0, 'BTC-USD'), { fills: [] }],
      [() => account.getParentSubaccountNumberFills(OWNER, 0), { fills: [] }],
      [() => account.getSubaccountHistoricalPNLs(OWNER, 0), { historicalPnl: [] }],
      [() => account.getParentSubaccountNumberHistoricalPNLs(OWNER, 0), { historicalPnl: [] }],
      [() => account.getSubaccountHistoricalPNLsV2(OWNER, 0), { pnl: [] }],
      [() => account.getSubaccountFundingPayments(OWNER, 0), { fundingPayments: [] }],
      [() => account.getParentSubaccountNumberFundingPayments(OWNER, 0), { fundingPayments: [] }],
      [() => account.getSubaccountTradeHistory(OWNER, 0), { tradeHistory: [], totalResults: 0 }],
      [() => account.getParentSubaccountNumberTradeHistory(OWNER, 0), { tradeHistory: [] }],
      [() => account.getHistoricalBlockTradingRewards(OWNER), { rewards: [] }],
    ];
    for (const [read, expected] of reads) expect(await read()).toMatchObject(expected);
  });

  test('without looks at its profit or without a known order is not found', async () => {
    const { account } = indexer;
    const status = { status: 404 };
    const pnl = account.getParentSubaccountNumberHistoricalPNLsV2(OWNER, 0);
    await expect(pnl).rejects.toMatchObject(status);
    const order = account.getOrder('00000000-0000-5000-8000-000000000000');
    await expect(order).rejects.toMatchObject(status);
  });
});

test('clocks, compliance and vaults', async () => {
  const { utility, vault } = indexer;
  const reads: readonly (readonly [Read, object])[] = [
    [() => utility.getTime(), { epoch: expect.any(Number) as number }],
    [() => utility.getHeight(), { height: expect.stringMatching(/^\d+$/) as string }],
    [() => utility.screen(OWNER), { restricted: false }],
    [() => utility.complianceScreen(OWNER), { status: 'COMPLIANT' }],
    [() => vault.getMegavaultHistoricalPnl(), { megavaultPnl: [] }],
    [() => vault.getVaultsHistoricalPnl(), { vaultsPnl: [] }],
    [() => vault.getMegavaultPositions(), { positions: [] }],
  ];
  for (const [read, expected] of reads) expect(await read()).toMatchObject(expected);
});
