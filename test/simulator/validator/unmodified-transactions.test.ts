/** The unmodified v4-client-js sends every kind of transaction to a devnet and reads the chain back. */
import { createRequire } from 'node:module';
import type LongType from 'long';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RealClock } from '../../../src/clock/real.clock.js';
import { seededRandom } from '../../../src/clock/seeded-random.js';
import { createExchange } from '../../../src/simulator/chain/exchange.js';
import { startDevnet, type Devnet } from '../../../src/simulator/devnet.server.js';
import { marketsOf } from '../../../src/simulator/real-markets.js';
import { USDC_DENOM } from '../../../src/simulator/validator/coins.js';
import { client, networkOf, untilBooked } from '../../support/real-client.js';

const { CompositeClient, LocalWallet, OrderExecution, OrderSide, OrderTimeInForce } = client;
const { OrderType, SubaccountInfo, Order_TimeInForce, tradingKeyUtils } = client;
const require = createRequire(import.meta.url);
const Long = require('long') as typeof LongType;
/** What the client itself speaks to a node with. */
const { Tendermint37Client } = createRequire(require.resolve('@dydxprotocol/v4-client-js'))(
  '@cosmjs/tendermint-rpc',
) as {
  readonly Tendermint37Client: { connect(url: string): Promise<Tendermint> };
};
interface Tendermint {
  status(): Promise<{ readonly syncInfo: { readonly latestBlockHeight: number } }>;
  blockResults(height: number): Promise<{ readonly results: readonly { readonly code: number }[] }>;
  txSearchAll(query: { readonly query: string }): Promise<{ readonly totalCount: number }>;
  subscribeNewBlock(): Events<{ readonly header: { readonly height: number } }>;
  subscribeTx(query?: string): Events<{ readonly height: number; readonly hash: Uint8Array }>;
  disconnect(): void;
}
interface Events<T> {
  subscribe(listener: { next: (event: T) => void }): { unsubscribe(): void };
}

type Composite = Awaited<ReturnType<typeof CompositeClient.connect>>;
type Subaccount = ReturnType<typeof SubaccountInfo.forLocalWallet>;
interface Order {
  readonly id: string;
  readonly clientId: string;
  readonly status: string;
  readonly price: string;
  readonly orderFlags: string;
}

const clock = new RealClock();
let devnet: Devnet;
let composite: Composite;
let owner: Subaccount;
let address = '';
/** A round price below the market, at which nothing fills. */
let low = 0;

const faucet = (path: string, body: object) =>
  fetch(`${devnet.urls.rest}/faucet/${path}`, { method: 'POST', body: JSON.stringify(body) });

const height = () => composite.validatorClient.get.latestBlockHeight();

/** Waits for blocks, since what is true of the chain is true after one. */
async function nextBlock(blocks = 2): Promise<void> {
  const until = (await height()) + blocks;
  while ((await height()) < until) await new Promise((resolve) => setImmediate(resolve));
}

const orders = async (): Promise<readonly Order[]> =>
  (await composite.indexerClient.account.getSubaccountOrders(address, 0)) as readonly Order[];
const orderOf = async (clientId: number) =>
  (await orders()).find((order) => order.clientId === String(clientId));

const usdcOf = async (number: number): Promise<number> => {
  const { subaccount } = await composite.validatorClient.get.getSubaccount(address, number);
  const [sign = 2, ...digits] = subaccount?.assetPositions[0]?.quantums ?? [];
  const magnitude = digits.reduce((sum, digit) => sum * 256 + digit, 0);
  return (sign === 3 ? -magnitude : magnitude) / 1e6;
};

beforeAll(async () => {
  const exchange = createExchange({
    ...marketsOf(2),
    seed: 9,
    startTimeMs: Math.floor(clock.now()),
    startHeight: 2_000,
    takerFeePpm: 500,
    makerFeePpm: 100,
    preset: 'calm',
  });
  const random = seededRandom(9);
  devnet = await startDevnet({ port: 0, clock, random, exchange, blockMs: 120 });
  const wallet = await LocalWallet.fromPrivateKey('33'.repeat(32), client.BECH32_PREFIX);
  address = wallet.address ?? '';
  owner = SubaccountInfo.forLocalWallet(wallet, 0);
  await faucet('tokens', { address, subaccountNumber: 0, amount: 50_000 });
  await faucet('native-token', { address });
  composite = await CompositeClient.connect(networkOf(devnet));
  const [best = NaN] = await untilBooked(composite);
  low = Math.floor((best * 0.8) / 1_000) * 1_000;
});

afterAll(async () => {
  await devnet.close();
  clock.stop();
});

test("the chain's parameters and the account's money are read", async () => {
  const { get } = composite.validatorClient;
  const { params } = await get.getFeeTiers();
  expect(params?.tiers[0]).toMatchObject({ takerFeePpm: 500, makerFeePpm: 100 });
  expect(await get.getUserFeeTier(address)).toMatchObject({ tier: { takerFeePpm: 500 } });
  const { equityTierLimitConfig } = await get.getEquityTierLimitConfiguration();
  expect(equityTierLimitConfig?.statefulOrderEquityTiers.length).toBeGreaterThan(3);
  const stats = await get.getUserStats(address);
  expect(stats?.takerNotional.toNumber()).toBe(0);
  const balances = await get.getAccountBalances(address);
  expect(balances.map(({ denom }) => denom)).toEqual(['adydx', USDC_DENOM]);
  expect(await get.getAccountBalance(address, USDC_DENOM)).toMatchObject({ amount: '10000000' });
  expect(await usdcOf(0)).toBe(50_000);
  expect((await get.getSubaccounts()).subaccount.length).toBeGreaterThan(0);
  const { clobPair } = await get.getClobPair(1);
  expect(clobPair).toMatchObject({ id: 1, subticksPerTick: 100_000, status: 1 });
  expect((await get.getAllClobPairs()).clobPair).toHaveLength(2);
  const { perpetual } = await get.getAllPerpetuals();
  expect(perpetual[0]?.params).toMatchObject({ ticker: 'BTC-USD', atomicResolution: -10 });
  const { marketPrice } = await get.getPrice(0);
  const dollars = Number(marketPrice?.price) * 10 ** (marketPrice?.exponent ?? 0);
  expect(dollars / low).toBeGreaterThan(1);
  expect(dollars / low).toBeLessThan(2);
  await expect(get.getClobPair(77)).rejects.toThrow('Query failed with (22)');
});

test('a short-term order is placed, replaced, and canceled in a batch', async () => {
  const good = (await height()) + 15;
  const place = (price: number, goodTilBlock: number) =>
    composite.placeShortTermOrder(
      owner,
      'BTC-USD',
      OrderSide.BUY,
      price,
      0.01,
      21,
      goodTilBlock,
      Order_TimeInForce.TIME_IN_FORCE_POST_ONLY,
      false,
    );
  expect(await place(low, good)).toMatchObject({ code: 0 });
  expect(await orderOf(21)).toMatchObject({ price: String(low), status: 'BEST_EFFORT_OPENED' });
  await expect(place(low + 1, good - 1)).rejects.toMatchObject({ code: 20, codespace: 'clob' });
  expect(await place(low + 2, good + 1)).toMatchObject({ code: 0 });
  expect(await orderOf(21)).toMatchObject({ price: String(low + 2) });
  const batch = [{ clobPairId: 0, clientIds: [21, 22] }];
  const canceled = composite.batchCancelShortTermOrdersWithClobPairId(owner, batch, good + 2);
  expect(await canceled).toMatchObject({ code: 0 });
  expect(await orderOf(21)).toBeUndefined();
});

test('a long-term order is on the chain after its block, and gone after its cancel', async () => {
  const placed = await composite.placeOrder(
    owner,
    'BTC-USD',
    OrderType.LIMIT,
    OrderSide.BUY,
    low,
    0.01,
    31,
    OrderTimeInForce.GTT,
    120,
    OrderExecution.DEFAULT,
    false,
    false,
  );
  expect(placed).toMatchObject({ code: 0 });
  await nextBlock();
  expect(await orderOf(31)).toMatchObject({ status: 'OPEN', orderFlags: '64' });
  const seconds = 240;
  const canceled = await composite.cancelOrder(owner, 31, 64, 'BTC-USD', 0, seconds);
  expect(canceled).toMatchObject({ code: 0 });
  await nextBlock();
  expect(await orderOf(31)).toMatchObject({ status: 'CANCELED' });
  const again = composite.cancelOrder(owner, 31, 64, 'BTC-USD', 0, seconds);
  await expect(again).rejects.toMatchObject({ codespace: 'clob', code: 3006 });
});

test('a stop order waits for its trigger; a TWAP order is taken', async () => {
  const stop = await composite.placeOrder(
    owner,
    'BTC-USD',
    OrderType.STOP_LIMIT,
    OrderSide.SELL,
    low,
    0.01,
    41,
    OrderTimeInForce.GTT,
    120,
    OrderExecution.DEFAULT,
    false,
    false,
    low,
  );
  expect(stop).toMatchObject({ code: 0 });
  await nextBlock();
  expect(await orderOf(41)).toMatchObject({ status: 'UNTRIGGERED', orderFlags: '32' });
  const twap = await composite.placeOrder(
    owner,
    'BTC-USD',
    OrderType.TWAP,
    OrderSide.BUY,
    low,
    0.1,
    42,
    OrderTimeInForce.GTT,
    900,
    OrderExecution.DEFAULT,
    false,
    false,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
    { duration: 300, interval: 30, priceTolerance: 10_000 },
  );
  expect(twap).toMatchObject({ code: 0 });
  await nextBlock();
  expect(await orderOf(42)).toMatchObject({ orderFlags: '128' });
});

test('money goes to another subaccount, out and in again, and each pays its gas', async () => {
  const before = Number((await balance()).amount);
  expect(await composite.transferToSubaccount(owner, address, 1, '100')).toMatchObject({ code: 0 });
  await nextBlock();
  expect([await usdcOf(0), await usdcOf(1)]).toEqual([49_900, 100]);
  expect(await composite.withdrawFromSubaccount(owner, '40')).toMatchObject({ code: 0 });
  await nextBlock();
  expect(await usdcOf(0)).toBe(49_860);
  const between = Number((await balance()).amount);
  expect(between).toBeGreaterThan(before + 39_000_000);
  expect(between).toBeLessThan(before + 40_000_000);
  expect(await composite.depositToSubaccount(owner, '30')).toMatchObject({ code: 0 });
  await nextBlock();
  expect(await usdcOf(0)).toBe(49_890);
});

const balance = async () =>
  (await composite.validatorClient.get.getAccountBalance(address, USDC_DENOM)) ?? { amount: '0' };

test("the client's library hears of blocks and transactions over the node's socket", async () => {
  const node = await Tendermint37Client.connect(devnet.urls.rpc.replace('http', 'ws'));
  const next = <T>(events: Events<T>): Promise<T> =>
    new Promise((resolve) => {
      const subscription = events.subscribe({
        next: (event) => {
          subscription.unsubscribe();
          resolve(event);
        },
      });
    });
  const { syncInfo } = await node.status();
  const { header } = await next(node.subscribeNewBlock());
  expect(header.height).toBeGreaterThan(syncInfo.latestBlockHeight);
  const heard = next(node.subscribeTx("message.action='/dydxprotocol.sending.MsgCreateTransfer'"));
  const sent = await composite.transferToSubaccount(owner, address, 1, '1');
  const event = await heard;
  const hash = Buffer.from(event.hash).toString('hex').toUpperCase();
  expect(hash).toBe(sent.hash);
  const { results } = await node.blockResults(event.height);
  expect(results.map(({ code }) => code)).toEqual([0, 0]);
  expect(await node.txSearchAll({ query: `tx.hash='${hash}'` })).toMatchObject({ totalCount: 1 });
  node.disconnect();
});

test('leverage is set and read', async () => {
  const entries = [{ clobPairId: 0, customImfPpm: 100_000 }];
  await composite.validatorClient.post.updatePerpetualMarketsLeverage(owner, address, entries);
  await nextBlock();
  const { clobPairLeverage } = await composite.validatorClient.get.getPerpetualMarketsLeverage(
    address,
    0,
  );
  expect(clobPairLeverage).toEqual(entries);
});

test('a permissioned key is authorized, trades, and is removed', async () => {
  const made = await tradingKeyUtils.createNewRandomDydxWallet();
  const { publicKey = '', privateKeyHex = '' } = made ?? {};
  const { type, data } = tradingKeyUtils.getAuthorizeNewTradingKeyArguments({
    generatedWalletPubKey: publicKey,
  });
  await composite.addAuthenticator(owner, type, data);
  await nextBlock();
  const { accountAuthenticators } = await composite.getAuthenticators(address);
  const [known] = tradingKeyUtils.getAuthorizedTradingKeysMetadata(accountAuthenticators);
  expect(known).toMatchObject({ publicKey, address: made?.address });
  const trader = await LocalWallet.fromPrivateKey(privateKeyHex.slice(2), client.BECH32_PREFIX);
  const ids = [Long.fromString(known?.id ?? '')];
  const permitted = SubaccountInfo.forPermissionedWallet(trader, address, 0, ids);
  const place = async (subaccount: Subaccount, clientId: number) =>
    composite.placeShortTermOrder(
      subaccount,
      'BTC-USD',
      OrderSide.BUY,
      low,
      0.01,
      clientId,
      (await height()) + 10,
      Order_TimeInForce.TIME_IN_FORCE_UNSPECIFIED,
      false,
    );
  expect(await place(permitted, 51)).toMatchObject({ code: 0 });
  expect(await orderOf(51)).toMatchObject({ status: 'BEST_EFFORT_OPENED' });
  const elsewhere = place(permitted.cloneWithSubaccount(1), 52);
  await expect(elsewhere).rejects.toMatchObject({ codespace: 'accountplus', code: 104 });
  await composite.removeAuthenticator(owner, known?.id ?? '');
  await nextBlock();
  await expect(place(permitted, 53)).rejects.toMatchObject({ codespace: 'sdk', code: 4 });
});

test('twenty transactions at once pass with timestamps of their own, and none with one twice', async () => {
  const { post, get } = composite.validatorClient;
  const { accountNumber } = await get.getAccount(address);
  const before = await usdcOf(1);
  const now = Date.parse((await get.latestBlock()).header.time);
  const transfer = (nonce: number) =>
    post.send(
      owner,
      () =>
        Promise.resolve([post.composer.composeMsgTransfer(address, 0, address, 1, 0, Long.ONE)]),
      false,
      undefined,
      String(nonce),
      undefined,
      () => Promise.resolve({ address, pubkey: null, accountNumber, sequence: nonce }),
    );
  const sent = await Promise.all(Array.from({ length: 20 }, (_, index) => transfer(now + index)));
  expect(sent.map((answer) => ('code' in answer ? answer.code : -1))).toEqual(Array(20).fill(0));
  await expect(transfer(now + 5)).rejects.toThrow(`timestamp nonce ${now + 5} rejected`);
  await nextBlock();
  expect((await usdcOf(1)) - before).toBeCloseTo(20e-6, 8);
});
