/**
 * Orders on chain by the real signing thread with the real client library, over real sockets,
 * against the embedded exchange: it reads the wire, checks signatures and nonces by itself.
 */
import { firstValueFrom } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { wallNow } from '../../src/clock/real.clock.js';
import { undiciHttp } from '../../src/connection/undici-http.client.js';
import { indexerReads } from '../../src/dydx/indexer.client.js';
import { keyFromSeed } from '../../src/dydx/keys.codec.js';
import { liveVenue } from '../../src/dydx/live.venue.js';
import { embeddedNetwork } from '../../src/dydx/networks.js';
import type { OrderRequest } from '../../src/model/order.js';
import { price, size, unixMs } from '../../src/model/quantities.js';
import { cancelOf } from '../../src/model/replacement.js';
import { NO_BLOCK, type StatefulTerms } from '../../src/model/stateful-order.js';
import { poll } from '../support/built-program.js';
import { startNodeProxy, type NodeProxy } from '../support/node-proxy.js';
import { client, networkOf } from '../support/real-client.js';
import { addressOfHex, restingOrder, settled, soon, startPeer } from '../support/signing-peer.js';
import { BTC, btc } from './samples.js';

const http = undiciHttp();
const privateKey = keyFromSeed('orders on chain');
const subaccount = { address: addressOfHex(privateKey), number: 0 };
let peer: Awaited<ReturnType<typeof startPeer>>;
let node: NodeProxy;
let venue: ReturnType<typeof liveVenue>;

beforeAll(async () => {
  peer = await startPeer();
  await peer.fund(subaccount.address);
  node = await startNodeProxy(peer.devnet.urls.rpc);
  const { address } = subaccount;
  const signer = peer.sign({
    network: { chainId: 'localdydxprotocol', rpcUrls: [node.url] },
    key: { type: 'plain', privateKey },
    account: { address, subaccountNumber: 0, signer: address, authenticator: undefined },
    now: wallNow,
  });
  const specOf = () => btc;
  const network = embeddedNetwork(peer.devnet.port);
  const reads = indexerReads({ network, http, clock: peer.clock, subaccount, specOf });
  venue = liveVenue({ signer, reads, specOf });
  expect(await settled(signer)).toBe('ready');
});

afterAll(async () => {
  await peer.close();
  await node.close();
  await http.close();
});

const lasting = (change: Partial<StatefulTerms> = {}): StatefulTerms => ({
  kind: 'longTerm',
  goodTilTime: unixMs((Math.floor(wallNow() / 1000) + 600) * 1000),
  includeBy: unixMs(wallNow() + 60_000),
  ...(change as object),
});
const order = (number: number, stateful = lasting(), change: Partial<OrderRequest> = {}) =>
  restingOrder(number, subaccount, { goodTilBlock: NO_BLOCK, stateful, ...change });
const place = (request: OrderRequest) => firstValueFrom(venue.place(request, soon()));
const cancel = (request: OrderRequest) => firstValueFrom(venue.cancel(cancelOf(request)));
const becomes = (request: OrderRequest, status: string) =>
  poll(`${request.clientId} ${status}`, async () => {
    const found = await firstValueFrom(venue.order(request.orderId));
    return found?.status === status ? found : undefined;
  });

describe('the signing thread, for orders on chain', () => {
  it('places a long-term order that a block opens, and cancels it for good', async () => {
    const request = order(1);
    expect(await place(request)).toMatchObject({ type: 'accepted' });
    expect(await becomes(request, 'open')).toMatchObject({ orderId: request.orderId, clientId: 1 });
    expect(await cancel(request)).toMatchObject({ type: 'accepted' });
    await becomes(request, 'canceled');
  });

  it('places a stop that waits for its trigger and then fills, all of it and no more', async () => {
    const { asks } = await firstValueFrom(venue.book(BTC));
    const ask = Math.min(...asks.map((level) => Number(level.price)));
    const trigger = { type: 'stopLoss', price: price(BigInt(Math.ceil(ask * 1.01)) * btc.tick) };
    const terms = lasting({ kind: 'conditional', trigger } as Partial<StatefulTerms>);
    const limit = price(BigInt(Math.ceil(ask * 1.1)) * btc.tick);
    const request = order(2, terms, { price: limit });
    const since = await firstValueFrom(venue.indexerHeight());
    expect(await place(request)).toMatchObject({ type: 'accepted' });
    await becomes(request, 'untriggered');
    peer.devnet.submit({ type: 'oracleJump', clobPairId: 0, ratioPpm: 1_030_000 });
    await becomes(request, 'filled');
    const fills = (await firstValueFrom(venue.fillsSince(since))).filter(
      ({ orderId }) => orderId === request.orderId,
    );
    expect(size(fills.reduce((sum, fill) => sum + fill.size, 0n))).toBe(request.size);
  });

  it('signs none that a block could take after it is held for dead, nor beyond its horizon', async () => {
    const sent = node.broadcasts.length;
    const late = order(3, lasting({ includeBy: unixMs(wallNow() + 29_000) }));
    expect(await place(late)).toMatchObject({
      type: 'unsent',
      reason: expect.stringContaining('could take it') as string,
    });
    const goodTilTime = unixMs((Math.floor(wallNow() / 1000) + 4_000) * 1000);
    expect(await place(order(3, lasting({ goodTilTime })))).toMatchObject({
      type: 'unsent',
      reason: expect.stringContaining('good-til-time ≤') as string,
    });
    expect(node.broadcasts).toHaveLength(sent);
  });

  it('does not notice that the sequence is used up by somebody else with its key', async () => {
    const wallet = await client.LocalWallet.fromPrivateKey(privateKey, 'dydx');
    const outside = await client.CompositeClient.connect(networkOf(peer.devnet));
    const owner = client.SubaccountInfo.forLocalWallet(wallet, 0);
    const { sequence } = await outside.validatorClient.get.getAccount(subaccount.address);
    await outside.depositToSubaccount(owner, '1');
    await poll('the sequence', async () => {
      const account = await outside.validatorClient.get.getAccount(subaccount.address);
      return account.sequence > sequence ? account : undefined;
    });
    const request = order(4);
    expect(await place(request)).toMatchObject({ type: 'accepted' });
    await becomes(request, 'open');
    await cancel(request);
    await becomes(request, 'canceled');
    const after = await outside.validatorClient.get.getAccount(subaccount.address);
    expect(after.sequence).toBe(sequence + 1);
  });

  it('leaves one whose answer is lost unknown; it is there, and its cancel ends it', async () => {
    node.mode = 'loseReplies';
    const request = order(5);
    expect(await place(request)).toMatchObject({ type: 'unknown' });
    node.mode = 'pass';
    await becomes(request, 'open');
    expect(await cancel(request)).toMatchObject({ type: 'accepted' });
    await becomes(request, 'canceled');
  });

  it('signs cancels of one moment with nonces of their own', async () => {
    const requests = [order(6), order(7)];
    const placed = await Promise.all(requests.map(place));
    expect(placed.map(({ type }) => type)).toEqual(['accepted', 'accepted']);
    await Promise.all(requests.map((request) => becomes(request, 'open')));
    const canceled = await Promise.all(requests.map(cancel));
    expect(canceled.map(({ type }) => type)).toEqual(['accepted', 'accepted']);
    await Promise.all(requests.map((request) => becomes(request, 'canceled')));
  });
});
