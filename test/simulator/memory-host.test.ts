/** The exchange host in virtual time: blocks, turns, faucet, sockets and requests, no network. */
import { firstValueFrom } from 'rxjs';
import { expect, test } from 'vitest';
import { seededRandom } from '../../src/clock/seeded-random.js';
import { SimulatedClock } from '../../src/clock/simulated.clock.js';
import type { SocketSignal } from '../../src/ports/socket.js';
import { createExchange } from '../../src/simulator/chain/exchange.js';
import { ExchangeHost } from '../../src/simulator/exchange-host.venue.js';
import { connectInMemory } from '../../src/simulator/memory-host.venue.js';
import { marketsOf } from '../../src/simulator/real-markets.js';
import { FakeExchange } from '../support/fake-exchange.js';
import { PROMPT } from '../support/prompt-habits.js';
import { OPENED, OWNER, SUBACCOUNT } from '../support/venue-story.js';

function startHost({ latencyMs = 0 } = {}) {
  const exchange = new FakeExchange();
  const clock = new SimulatedClock(exchange.timeMs);
  const host = new ExchangeHost({ exchange, clock, random: seededRandom(1), habits: PROMPT });
  const ports = connectInMemory({ host, clock, latencyMs });
  host.start();
  const open = () => {
    const socket = ports.sockets.socket('ws://memory/v4/ws');
    const signals: SocketSignal[] = [];
    const subscription = socket.signals$.subscribe((signal) => signals.push(signal));
    const frames = () =>
      signals.flatMap((signal) =>
        signal.type === 'frame'
          ? [JSON.parse(new TextDecoder().decode(signal.data)) as Record<string, unknown>]
          : [],
      );
    const subscribe = (channel: string, more: object = {}) =>
      socket.send(JSON.stringify({ type: 'subscribe', channel, ...more }));
    return { socket, signals, frames, subscribe, subscription };
  };
  const request = async (method: 'GET' | 'POST', path: string, body?: object) => {
    const url = `http://memory${path}`;
    const text = body === undefined ? {} : { body: JSON.stringify(body) };
    const answer = firstValueFrom(ports.http.send({ method, url, deadlineMs: 1000, ...text }));
    await clock.advance(2 * latencyMs);
    const { status, body: reply } = await answer;
    return { status, body: JSON.parse(reply) as unknown };
  };
  return { exchange, clock, host, ports, open, request };
}

test('blocks come about every 650 ms and the traders act every 50 ms', async () => {
  const { exchange, clock, host } = startHost();
  await clock.advance(65_000);
  const blocks = exchange.inputs.filter(({ type }) => type === 'block');
  expect(blocks.length).toBeGreaterThan(92);
  expect(blocks.length).toBeLessThan(108);
  expect(exchange.inputs.filter(({ type }) => type === 'flow')).toHaveLength(1300);
  host.stop();
  const before = exchange.inputs.length;
  await clock.advance(10_000);
  expect(exchange.inputs).toHaveLength(before);
});

test('block times are strictly increasing even when the clock stands behind', async () => {
  const { exchange, clock } = startHost();
  exchange.timeMs = clock.now() + 100_000;
  const before = exchange.timeMs;
  await clock.advance(1_500);
  const times = exchange.inputs.flatMap((input) => (input.type === 'block' ? [input.timeMs] : []));
  expect(times).toEqual([before + 1, before + 2]);
});

test('a subscriber reads greeting, snapshot and updates with ids that count up', async () => {
  const { clock, open, host } = startHost();
  const { frames, subscribe, signals } = open();
  subscribe('v4_block_height');
  await clock.advance(1_500);
  expect(signals[0]).toEqual({ type: 'opened' });
  expect(frames()).toMatchObject([
    { type: 'connected', message_id: 0 },
    { type: 'subscribed', message_id: 1, contents: { height: '66624203' } },
    { type: 'channel_data', message_id: 2, contents: { blockHeight: '66624204' } },
    { type: 'channel_data', message_id: 3, contents: { blockHeight: '66624205' } },
  ]);
  expect(host.stats()).toEqual({
    height: 66_624_205,
    connections: 1,
    subscriptions: 1,
    frames: 2,
    ordersAccepted: 0,
    ordersRejected: 0,
    bookUpdates: 0,
    fills: 0,
    liquidations: 0,
  });
});

test('every message travels for the latency, and a ping comes back', async () => {
  const { clock, open } = startHost({ latencyMs: 20 });
  const { socket, signals, subscribe, frames } = open();
  subscribe('v4_markets');
  socket.ping();
  await clock.advance(19);
  expect(signals).toEqual([]);
  await clock.advance(20);
  expect(signals.map(({ type }) => type)).toEqual(['opened', 'frame']);
  await clock.advance(1);
  expect(signals.map(({ type }) => type)).toEqual(['opened', 'frame', 'frame', 'pong']);
  expect(frames()[1]).toMatchObject({ type: 'subscribed', channel: 'v4_markets' });
});

test('statistics of the markets come every 30 s, only what has changed', async () => {
  const { clock, open, exchange } = startHost();
  const { frames, subscribe } = open();
  subscribe('v4_markets', { batched: true });
  const trading = () => frames().filter(({ type }) => type === 'channel_batch_data');
  await clock.advance(30_300);
  expect(trading()).toMatchObject([
    {
      contents: [
        { trading: { 'BTC-USD': { trades24H: 63_071 }, 'ETH-USD': { volume24H: '247511020.19' } } },
      ],
    },
  ]);
  await clock.advance(30_000);
  expect(trading()).toHaveLength(1);
  exchange.views = exchange.views.map((view, index) =>
    Object.assign({}, view, { trades24h: 63_071 + index }),
  );
  await clock.advance(30_000);
  expect(trading()[1]).toMatchObject({
    contents: [{ trading: { 'ETH-USD': { trades24H: 63_072 } } }],
  });
  expect(JSON.stringify(trading()[1])).not.toContain('BTC-USD');
});

test('orders are counted, and what they cause reaches the account', async () => {
  const { clock, open, host, exchange } = startHost();
  const { frames, subscribe } = open();
  subscribe('v4_subaccounts', { id: `${OWNER}/0` });
  await clock.advance(1);
  exchange.outputs = [{ type: 'order', order: OPENED, publisher: 'vulcan' }];
  host.submit({ type: 'place', order: OPENED });
  exchange.check = { code: 11, codespace: 'clob', log: 'too far' };
  expect(host.submit({ type: 'place', order: OPENED }).code).toBe(11);
  await clock.advance(1);
  expect(frames().at(-1)).toMatchObject({
    contents: { orders: [{ status: 'BEST_EFFORT_OPENED' }] },
  });
  expect(host.stats()).toMatchObject({ ordersAccepted: 1, ordersRejected: 1 });
});

test('a cut ends the socket as the network would, and its subscriptions are gone', async () => {
  const { clock, open, ports, host } = startHost();
  const { signals, subscribe, socket } = open();
  subscribe('v4_block_height');
  await clock.advance(1);
  ports.cutSockets();
  await clock.advance(1);
  expect(signals.at(-1)).toEqual({ type: 'closed', code: 1006, reason: '', fatal: false });
  expect(host.stats()).toMatchObject({ connections: 0, subscriptions: 0 });
  socket.send('{"type":"subscribe","channel":"v4_markets"}');
  await clock.advance(1000);
  expect(signals.filter(({ type }) => type === 'frame')).toHaveLength(2);
});

test('leaving the signals leaves the exchange', async () => {
  const { clock, open, host } = startHost();
  const { subscription, subscribe } = open();
  subscribe('v4_block_height');
  await clock.advance(1);
  subscription.unsubscribe();
  expect(host.stats()).toMatchObject({ connections: 0, subscriptions: 0 });
});

test('a flood of subscribes is told why and closed', async () => {
  const { clock, open } = startHost();
  const { signals, frames, subscribe } = open();
  for (let n = 0; n < 4; n += 1) subscribe('v4_trades', { id: 'BTC-USD' });
  await clock.advance(1);
  expect(frames().map(({ type }) => type)).toEqual(['connected', 'subscribed', 'error', 'error']);
  expect(signals.at(-1)).toMatchObject({ type: 'closed', code: 1008 });
});

test('connections have different ids', async () => {
  const { clock, open } = startHost();
  const [one, two] = [open(), open()];
  await clock.advance(1);
  expect(one.frames()[0]?.['connection_id']).not.toBe(two.frames()[0]?.['connection_id']);
});

test('requests find RPC, REST and faucet by method and path', async () => {
  const { request, exchange } = startHost({ latencyMs: 5 });
  expect(await request('GET', '/v4/height')).toMatchObject({
    status: 200,
    body: { height: '66624203' },
  });
  expect(await request('POST', '/', { id: 1, method: 'status' })).toMatchObject({
    body: { result: { node_info: {} } },
  });
  expect(await request('GET', '/cosmos/nothing')).toMatchObject({
    status: 501,
    body: { code: 12 },
  });
  expect(await request('GET', '/metrics')).toEqual({
    status: 404,
    body: { error: 'Not Found', errorCode: 404 },
  });
  const funding = { address: OWNER, subaccountNumber: 0, amount: 2000 };
  expect(await request('POST', '/faucet/tokens', funding)).toEqual({ status: 200, body: {} });
  expect(exchange.inputs).toContainEqual({
    type: 'fund',
    subaccount: SUBACCOUNT,
    quoteQuantums: 2_000_000_000n,
  });
});

test.each([
  [{ address: 'nobody', subaccountNumber: 0, amount: 1 }],
  [{ address: OWNER, subaccountNumber: 128_001, amount: 1 }],
  [{ address: OWNER, subaccountNumber: 0, amount: 0.5 }],
  [{ address: OWNER, subaccountNumber: 0, amount: -1 }],
  [{ address: OWNER, subaccountNumber: 0, amount: 1_000_000_001 }],
  [{ address: OWNER, subaccountNumber: 0, amount: '1' }],
  [undefined],
  [[]],
])('the faucet refuses %o', async (body) => {
  const { request, exchange } = startHost();
  expect((await request('POST', '/faucet/tokens', body)).status).toBe(400);
  expect(exchange.inputs).toEqual([]);
});

/** Half a minute of the real core in virtual time, as a subscriber of book and trades reads it. */
async function watch(seed: number): Promise<readonly string[]> {
  const clock = new SimulatedClock(1_765_210_000_000);
  const exchange = createExchange({
    ...marketsOf(1),
    seed,
    startTimeMs: clock.now(),
    startHeight: 1000,
    takerFeePpm: 500,
    makerFeePpm: 100,
    preset: 'busy',
  });
  const host = new ExchangeHost({ exchange, clock, random: seededRandom(seed) });
  const { sockets } = connectInMemory({ host, clock, latencyMs: 5 });
  const frames: string[] = [];
  const socket = sockets.socket('ws://memory/v4/ws');
  socket.signals$.subscribe((signal) => {
    if (signal.type === 'frame') frames.push(new TextDecoder().decode(signal.data));
  });
  for (const channel of ['v4_orderbook', 'v4_trades']) {
    socket.send(JSON.stringify({ type: 'subscribe', channel, id: 'BTC-USD' }));
  }
  host.start();
  for (let second = 0; second < 30; second += 1) await clock.advance(1000);
  return frames;
}

test('equal seeds give equal frames to the byte, other seeds others', async () => {
  const [first, again, other] = [await watch(1), await watch(1), await watch(2)];
  expect(first.length).toBeGreaterThan(100);
  expect(again).toEqual(first);
  expect(other).not.toEqual(first);
});
