/**
 * The real signing thread with the real client library against the embedded exchange, which reads
 * the wire and checks the signatures with code of its own.
 */
import { Worker } from 'node:worker_threads';
import { filter, firstValueFrom } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RealClock, wallNow } from '../../src/clock/real.clock.js';
import { seededRandom } from '../../src/clock/seeded-random.js';
import type { OrderRequest } from '../../src/model/order.js';
import { blockHeight, clientId, price, size, unixMs, usd } from '../../src/model/quantities.js';
import { unwrap } from '../../src/model/result.js';
import { undiciHttp } from '../../src/connection/undici-http.client.js';
import { indexerReads } from '../../src/dydx/indexer.client.js';
import { addressOfKey, keyFromSeed, readPrivateKey } from '../../src/dydx/keys.codec.js';
import { liveVenue } from '../../src/dydx/live.venue.js';
import { embeddedNetwork } from '../../src/dydx/networks.js';
import { orderIdOf } from '../../src/dydx/order-id.codec.js';
import { startSigner, type ValidatorSigner } from '../../src/dydx/validator.client.js';
import { startDevnet, type Devnet } from '../../src/simulator/devnet.server.js';
import { createExchange } from '../../src/simulator/chain/exchange.js';
import { marketsOf } from '../../src/simulator/real-markets.js';
import { BTC, btc } from './samples.js';

const clock = new RealClock();
const http = undiciHttp();
const privateKey = keyFromSeed('signing thread');
const subaccount = { address: addressOfKey(unwrap(readPrivateKey(privateKey))), number: 0 };
let devnet: Devnet;
let signer: ValidatorSigner;
let venue: ReturnType<typeof liveVenue>;
let height = 0;

/** The thread from its source: only here is TypeScript loaded in one. */
const source = new URL('../../src/dydx/validator.worker.ts', import.meta.url);
const bootstrap = `import('tsx/esm/api').then(({ register }) => {
  register();
  return import('${source.href}');
});`;

beforeAll(async () => {
  const exchange = createExchange({
    ...marketsOf(1),
    seed: 7,
    startTimeMs: Math.floor(clock.now()),
    startHeight: 1000,
    takerFeePpm: 500,
    makerFeePpm: 100,
    preset: 'calm',
  });
  devnet = await startDevnet({ port: 0, clock, random: seededRandom(7), exchange, blockMs: 100 });
  const network = { ...embeddedNetwork(devnet.port) };
  // The first node is dead: the thread has to find the second.
  const rpcUrls = ['http://127.0.0.1:1', ...network.rpcUrls];
  const body = JSON.stringify({ ...subaccount, subaccountNumber: 0, amount: 50_000 });
  await fetch(`${devnet.urls.rest}/faucet/tokens`, { method: 'POST', body });
  signer = await startSigner({
    network: { ...network, rpcUrls },
    privateKey,
    subaccountNumber: 0,
    clock,
    log: { write: () => undefined },
    orderNotionalMax: usd(100_000_000n),
    startThread: (workerData) => new Worker(bootstrap, { eval: true, workerData, env: {} }),
  });
  const specOf = () => btc;
  const reads = indexerReads({ network, http, clock, subaccount, specOf });
  venue = liveVenue({ signer, reads, specOf });
  await firstValueFrom(signer.state$.pipe(filter((state) => state === 'ready')));
  height = await firstValueFrom(venue.chainHeight());
});

afterAll(async () => {
  await signer.close();
  await devnet.close();
  await http.close();
  clock.stop();
});

const order = (number: number, change: Partial<OrderRequest> = {}): OrderRequest => ({
  orderId: orderIdOf({ subaccount, clientId: clientId(number), venueNumber: btc.venueNumber }),
  clientId: clientId(number),
  intentId: 'i',
  strategy: 's',
  market: BTC,
  side: 'buy',
  size: size(2n * btc.step),
  price: price(10n * btc.tick),
  timeInForce: 'gtt',
  reduceOnly: false,
  purpose: 'entry',
  goodTilBlock: blockHeight(height + 30),
  newestFrameAt: unixMs(0),
  heldMs: 0,
  ...change,
});
const soon = () => unixMs(wallNow() + 5000);
const place = (request: OrderRequest, expiresAt = soon()) =>
  firstValueFrom(venue.place(request, expiresAt));

describe('the signing thread', () => {
  it('places an order that the exchange knows under the id that we computed, and cancels it', async () => {
    const before = wallNow();
    const answer = await place(order(1));
    expect(answer.type === 'accepted' && answer.txHash).toMatch(/^[0-9A-F]{64}$/);
    expect(answer.type === 'accepted' && answer.broadcastAt).toBeGreaterThanOrEqual(before);
    expect(await firstValueFrom(venue.openOrders())).toMatchObject([
      { orderId: order(1).orderId, clientId: 1, status: 'bestEffortOpened' },
    ]);
    const cancel = await firstValueFrom(venue.cancel(order(1)));
    expect(cancel.type).toBe('accepted');
    expect(await firstValueFrom(venue.openOrders())).toEqual([]);
  });

  it('signs no order whose permission has expired', async () => {
    expect(await place(order(2), unixMs(wallNow() - 1))).toMatchObject({ type: 'unsent' });
    expect(await firstValueFrom(venue.order(order(2).orderId))).toBeUndefined();
  });

  it('signs no order above the limit that it was started with', async () => {
    const big = order(3, { price: price(10n ** 6n * btc.tick) });
    expect(await place(big)).toMatchObject({ type: 'unsent' });
  });

  it('gives the word of the node for an order that it refuses', async () => {
    const late = order(4, { goodTilBlock: blockHeight(height - 1) });
    expect(await place(late)).toMatchObject({ type: 'rejected', code: 'clob.10' });
  });

  it('sends many messages at once, for their sequence is not checked', async () => {
    const answers = await Promise.all([5, 6, 7, 8, 9].map((number) => place(order(number))));
    expect(answers.map(({ type }) => type)).toEqual(Array.from({ length: 5 }, () => 'accepted'));
  });
});
