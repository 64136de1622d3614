/**
 * The real signing thread with the real client library against the embedded exchange, which reads
 * the wire and checks the signatures with code of its own.
 */
import { firstValueFrom } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { wallNow } from '../../src/clock/real.clock.js';
import type { OrderRequest } from '../../src/model/order.js';
import { blockHeight, clientId, marketId, price, unixMs } from '../../src/model/quantities.js';
import { undiciHttp } from '../../src/connection/undici-http.client.js';
import { indexerReads } from '../../src/dydx/indexer.client.js';
import { keyFromSeed } from '../../src/dydx/keys.codec.js';
import { liveVenue } from '../../src/dydx/live.venue.js';
import { embeddedNetwork } from '../../src/dydx/networks.js';
import { EndpointPool } from '../../src/dydx/endpoint-pool.js';
import type { ValidatorSigner } from '../../src/dydx/validator.client.js';
import { startNodeProxy, type NodeProxy } from '../support/node-proxy.js';
import { poll } from '../support/built-program.js';
import {
  addressOfHex,
  restingOrder,
  settled,
  soon,
  startPeer,
  type Peer,
} from '../support/signing-peer.js';
import { btc } from './samples.js';

const http = undiciHttp();
const privateKey = keyFromSeed('signing thread');
const subaccount = { address: addressOfHex(privateKey), number: 0 };
const account = {
  address: subaccount.address,
  subaccountNumber: 0,
  signer: subaccount.address,
  authenticator: undefined,
};
let peer: Peer;
let signer: ValidatorSigner;
let venue: ReturnType<typeof liveVenue>;
let nodes: readonly [NodeProxy, NodeProxy];
let pool: EndpointPool;
let height = 0;

beforeAll(async () => {
  peer = await startPeer(2);
  const { devnet, clock } = peer;
  await peer.fund(subaccount.address);
  nodes = [await startNodeProxy(devnet.urls.rpc), await startNodeProxy(devnet.urls.rpc)];
  // The first node is dead: the thread has to find the second.
  const rpcUrls = ['http://127.0.0.1:1', nodes[0].url, nodes[1].url];
  pool = new EndpointPool({ kind: 'rpc', urls: rpcUrls, hasProbes: true });
  pool.failed('http://127.0.0.1:1', { now: wallNow(), reason: 'refused' });
  signer = peer.sign({
    network: { chainId: 'localdydxprotocol', rpcUrls },
    key: { type: 'plain', privateKey },
    account,
    nodes: pool,
    now: wallNow,
  });
  const specOf = () => btc;
  const network = embeddedNetwork(devnet.port);
  const reads = indexerReads({ network, http, clock, subaccount, specOf });
  venue = liveVenue({ signer, reads, specOf });
  expect(await settled(signer)).toBe('ready');
  height = await firstValueFrom(venue.chainHeight());
});

afterAll(async () => {
  await peer.close();
  await Promise.all(nodes.map((node) => node.close()));
  await http.close();
});

const order = (number: number, change: Partial<OrderRequest> = {}): OrderRequest =>
  restingOrder(number, subaccount, { goodTilBlock: blockHeight(height + 30), ...change });
const place = (request: OrderRequest, expiresAt = soon()) =>
  firstValueFrom(venue.place(request, expiresAt));
const broadcasts = (): number => nodes[0].broadcasts.length + nodes[1].broadcasts.length;

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

  it.each<[string, Partial<OrderRequest>, RegExp]>([
    ['above the notional', { price: price(10n ** 6n * btc.tick) }, /notional ≤ 100000000/],
    ['beyond the horizon', { goodTilBlock: blockHeight(9_999_999) }, /good-til-block ≤ \d+/],
  ])('signs no order %s that it was started with', async (_what, change, words) => {
    const sent = broadcasts();
    const answer = await place(order(2, change));
    expect(answer).toMatchObject({
      type: 'unsent',
      reason: expect.stringMatching(words) as string,
    });
    expect(broadcasts()).toBe(sent);
  });

  it('signs no order in a market off its list, nor in units other than those of the chain', async () => {
    const eth = { ...btc, market: marketId('ETH-USD'), venueNumber: 1 };
    const off = signer.place(order(2), { ...eth, priceExponent: -6 }, soon());
    expect(await firstValueFrom(off)).toMatchObject({
      reason: expect.stringContaining('exponent') as string,
    });
    const odd = signer.place(order(2), { ...btc, sizeExponent: -9 }, soon());
    expect(await firstValueFrom(odd)).toMatchObject({
      reason: 'expected a notional exponent of -9 in BTC-USD, was -8',
    });
    const listed = signer.place(order(2), eth, soon());
    expect(await firstValueFrom(listed)).toMatchObject({
      reason: 'ETH-USD is not on the list of markets',
    });
  });

  it('signs no order whose permission has expired', async () => {
    expect(await place(order(2), unixMs(wallNow() - 1))).toMatchObject({ type: 'unsent' });
    expect(await firstValueFrom(venue.order(order(2).orderId))).toBeUndefined();
  });

  it('gives the word of the node for an order that it refuses', async () => {
    const late = order(4, { goodTilBlock: blockHeight(height - 1) });
    expect(await place(late)).toMatchObject({ type: 'rejected', code: 'clob.10' });
  });

  it('sends many messages at once, and cancels them by one', async () => {
    const numbers = [5, 6, 7, 8, 9];
    const answers = await Promise.all(numbers.map((number) => place(order(number))));
    expect(answers.map(({ type }) => type)).toEqual(Array.from({ length: 5 }, () => 'accepted'));
    const cancels = [{ spec: btc, clientIds: numbers.map((number) => clientId(number)) }];
    const batch = signer.batchCancel({ cancels, goodTilBlock: blockHeight(height + 30) });
    expect(await firstValueFrom(batch)).toMatchObject({ type: 'accepted' });
    expect(await firstValueFrom(venue.openOrders())).toEqual([]);
  });
});

describe('a node that loses its answers', () => {
  it('leaves the order unknown, which no other node is ever sent, and is left for the next', async () => {
    nodes[0].mode = 'loseReplies';
    const before = nodes.map(({ broadcasts: sent }) => sent.length);
    expect(await place(order(20))).toMatchObject({ type: 'unknown' });
    const found = await poll('the order', async () =>
      (await firstValueFrom(venue.openOrders())).find(({ clientId }) => clientId === 20),
    );
    expect(found).toMatchObject({ orderId: order(20).orderId });
    expect(await place(order(21))).toMatchObject({ type: 'accepted' });
    expect(nodes.map(({ broadcasts: sent }, index) => sent.length - (before[index] ?? 0))).toEqual([
      1, 1,
    ]);
    const [lost, next] = [nodes[0].broadcasts.at(-1), nodes[1].broadcasts.at(-1)];
    expect(next).not.toBe(lost);
    expect(pool.states(wallNow())).toMatchObject([
      { state: 'failing' },
      { state: 'failing', errors: 1, lastError: expect.stringContaining('fetch failed') as string },
      { state: 'healthy', isCurrent: true },
    ]);
    nodes[0].mode = 'pass';
  });

  it('sends nothing to a node that cannot be reached, and says that it did not', async () => {
    // All of them rest; the dead one is the next to be asked.
    for (const { url } of nodes) {
      for (let again = 0; again < 9; again += 1) {
        pool.failed(url, { now: wallNow() + again * 100_000, reason: 'test' });
      }
    }
    const sent = broadcasts();
    expect(await place(order(22))).toMatchObject({ type: 'unsent' });
    expect(broadcasts()).toBe(sent);
  });
});

describe('a node that stands still but answers', () => {
  it('keeps no order from another node that knows of newer blocks, but one beyond all of them', async () => {
    nodes[0].standsAt = 500;
    const rpcUrls = [nodes[0].url, nodes[1].url];
    const lagging = new EndpointPool({ kind: 'rpc', urls: rpcUrls, hasProbes: true });
    const other = peer.sign({
      network: { chainId: 'localdydxprotocol', rpcUrls },
      key: { type: 'plain', privateKey },
      account,
      nodes: lagging,
      now: wallNow,
    });
    expect(await settled(other)).toBe('ready');
    const now = await firstValueFrom(venue.chainHeight());
    rpcUrls.forEach((url, rank) =>
      lagging.stoodAt(url, { now: wallNow(), height: rank === 0 ? 500 : now }),
    );
    const until = (blocks: number) =>
      firstValueFrom(
        other.place(order(30, { goodTilBlock: blockHeight(now + blocks) }), btc, soon()),
      );
    expect(await until(1_000)).toMatchObject({
      type: 'unsent',
      reason: expect.stringMatching(/good-til-block ≤ 1\d\d\d/) as string,
    });
    expect(await until(30)).toMatchObject({ type: 'accepted' });
  });
});
