/** The real core on real sockets and the unmodified v4-client-js: connect, read, trade, cancel. */
import { createRequire } from 'node:module';
import type LongType from 'long';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RealClock } from '../../../src/clock/real.clock.js';
import { seededRandom } from '../../../src/clock/seeded-random.js';
import { startDevnet, type Devnet } from '../../../src/simulator/devnet.server.js';
import { createExchange } from '../../../src/simulator/chain/exchange.js';
import { marketsOf } from '../../../src/simulator/real-markets.js';
import { client, networkOf, untilBooked } from '../../support/real-client.js';

const { BECH32_PREFIX, CompositeClient, LocalWallet, OrderSide, SubaccountInfo } = client;
const { Order_Side, Order_TimeInForce, SocketClient } = client;
const Long = createRequire(import.meta.url)('long') as typeof LongType;

type Composite = Awaited<ReturnType<typeof CompositeClient.connect>>;
type Contents = Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;

const clock = new RealClock();
let devnet: Devnet;
let composite: Composite;
let subaccount: ReturnType<typeof SubaccountInfo.forLocalWallet>;
let listening: ReturnType<typeof listen>;
let address = '';

const fetchJson = async (path: string): Promise<unknown> =>
  (await fetch(`${devnet.urls.rest}${path}`)).json();

const fund = (owner: string) => {
  const body = JSON.stringify({ address: owner, subaccountNumber: 0, amount: 50_000 });
  return fetch(`${devnet.urls.rest}/faucet/tokens`, { method: 'POST', body });
};

/** The account's updates as the client's own socket hands them out. */
function listen(id: string) {
  const updates: Contents[] = [];
  const waiting = new Set<() => void>();
  const socket: InstanceType<typeof SocketClient> = new SocketClient(
    networkOf(devnet).indexerConfig,
    () => socket.subscribeToSubaccount(id, 0),
    () => undefined,
    (message) => {
      const { contents } = JSON.parse(message.data as string) as { readonly contents?: Contents };
      if (contents !== undefined) updates.push(contents);
      for (const wake of waiting) wake();
    },
    () => undefined,
  );
  socket.connect();
  const seen = async <T>(find: (contents: Contents) => T | undefined): Promise<T> => {
    for (;;) {
      for (const contents of updates) {
        const result = find(contents);
        if (result !== undefined) return result;
      }
      await new Promise<void>((resolve) => {
        waiting.add(resolve);
      });
      waiting.clear();
    }
  };
  return { socket, seen };
}

const orderWith = (clientId: number, status: string) => (contents: Contents) =>
  contents['orders']?.find((o) => o['clientId'] === String(clientId) && o['status'] === status);

beforeAll(async () => {
  const exchange = createExchange({
    ...marketsOf(2),
    seed: 7,
    startTimeMs: Math.floor(clock.now()),
    startHeight: 1000,
    takerFeePpm: 500,
    makerFeePpm: 100,
    preset: 'busy',
  });
  const random = seededRandom(7);
  devnet = await startDevnet({ port: 0, clock, random, exchange, blockMs: 150 });
  const wallet = await LocalWallet.fromPrivateKey('11'.repeat(32), BECH32_PREFIX);
  address = wallet.address ?? '';
  subaccount = SubaccountInfo.forLocalWallet(wallet, 0);
  await fund(address);
  composite = await CompositeClient.connect(networkOf(devnet));
  await untilBooked(composite);
  listening = listen(address);
  await listening.seen((contents) => contents['subaccount']);
});

afterAll(async () => {
  listening.socket.close();
  await devnet.close();
  clock.stop();
});

test('height, account and markets are read', async () => {
  expect(await composite.validatorClient.get.latestBlockHeight()).toBeGreaterThan(999);
  const account = await composite.validatorClient.get.getAccount(address);
  expect(account).toMatchObject({ address, sequence: 0 });
  const { markets } = await composite.indexerClient.markets.getPerpetualMarkets();
  expect(markets['BTC-USD']).toMatchObject({ clobPairId: '0', tickSize: '1', stepSize: '0.0001' });
  const book = await composite.indexerClient.markets.getPerpetualMarketOrderbook('BTC-USD');
  expect(book.bids.length).toBeGreaterThan(5);
  expect(Number(book.bids[0].price)).toBeLessThan(Number(book.asks[0].price));
});

test('an immediate order by composer and send is filled and seen on the account', async () => {
  const { post, get } = composite.validatorClient;
  const account = await get.getAccount(address);
  const height = await get.latestBlockHeight();
  const price = await askTimes(1.01);
  const compose = post.composer.composeMsgPlaceOrder(
    address,
    0,
    11,
    0,
    0,
    height + 10,
    0,
    Order_Side.SIDE_BUY,
    Long.fromNumber(100_000_000),
    Long.fromNumber(price).mul(100_000),
    Order_TimeInForce.TIME_IN_FORCE_IOC,
    false,
    1,
  );
  await post.send(
    subaccount,
    () => Promise.resolve([compose]),
    true,
    undefined,
    undefined,
    undefined,
    () => Promise.resolve(account),
  );
  const order = await listening.seen(orderWith(11, 'FILLED'));
  expect(order).toMatchObject({
    size: '0.01',
    totalFilled: '0.01',
    timeInForce: 'IOC',
    orderFlags: '0',
  });
  expect(await fetchJson(`/v4/orders/${String(order['id'])}`)).toMatchObject({ status: 'FILLED' });
  const fills = (await fetchJson(`/v4/fills?address=${address}&subaccountNumber=0`)) as Contents;
  expect(fills['fills']?.[0]).toMatchObject({
    market: 'BTC-USD',
    side: 'BUY',
    liquidity: 'TAKER',
    orderId: order['id'],
  });
  const path = `/v4/addresses/${address}/subaccountNumber/0`;
  expect(await fetchJson(path)).toMatchObject({
    subaccount: {
      openPerpetualPositions: { 'BTC-USD': { side: 'LONG', size: '0.01', maxSize: '0.01' } },
    },
  });
});

async function askTimes(factor: number): Promise<number> {
  const book = await composite.indexerClient.markets.getPerpetualMarketOrderbook('BTC-USD');
  return Math.floor(Number(book.asks[0].price) * factor);
}

test('a resting order by placeShortTermOrder is opened, and canceled by cancelOrder', async () => {
  const height = await composite.validatorClient.get.latestBlockHeight();
  const price = await askTimes(0.9);
  const tif = Order_TimeInForce.TIME_IN_FORCE_UNSPECIFIED;
  await composite.placeShortTermOrder(
    subaccount,
    'BTC-USD',
    OrderSide.BUY,
    price,
    0.01,
    12,
    height + 15,
    tif,
    false,
  );
  const opened = await listening.seen(orderWith(12, 'BEST_EFFORT_OPENED'));
  expect(opened).toMatchObject({ price: String(price), side: 'BUY', timeInForce: 'GTT' });
  const uuid = String(opened['id']);
  expect(await fetchJson(`/v4/orders/${uuid}`)).toMatchObject({ status: 'BEST_EFFORT_OPENED' });
  await composite.cancelOrder(subaccount, 12, 0, 'BTC-USD', height + 18);
  const canceled = await listening.seen(orderWith(12, 'BEST_EFFORT_CANCELED'));
  expect(canceled).toMatchObject({ removalReason: 'ORDER_REMOVAL_REASON_USER_CANCELED' });
  expect((await fetch(`${devnet.urls.rest}/v4/orders/${uuid}`)).status).toBe(404);
});

test('a client of another chain is refused', async () => {
  const wrong = await CompositeClient.connect(networkOf(devnet, 'dydx-mainnet-1'));
  const height = await composite.validatorClient.get.latestBlockHeight();
  const { post } = wrong.validatorClient;
  const sent = post.placeOrder(
    subaccount,
    13,
    0,
    Order_Side.SIDE_BUY,
    Long.fromNumber(100_000_000),
    Long.fromNumber(9_000_000_000),
    Order_TimeInForce.TIME_IN_FORCE_IOC,
    0,
    false,
    height + 10,
  );
  await expect(sent).rejects.toMatchObject({ name: 'BroadcastError', code: 4, codespace: 'sdk' });
});

test('a client without funds is unknown to the chain', async () => {
  const stranger = await LocalWallet.fromPrivateKey('22'.repeat(32), BECH32_PREFIX);
  const account = composite.validatorClient.get.getAccount(stranger.address ?? '');
  await expect(account).rejects.toThrow('Query failed with (22)');
});
