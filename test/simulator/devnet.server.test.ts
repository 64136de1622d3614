/** The devnet over real sockets on loopback, spoken to by plain HTTP and `ws`. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { seededRandom } from '../../src/clock/seeded-random.js';
import { SimulatedClock } from '../../src/clock/simulated.clock.js';
import { startDevnet, type Devnet } from '../../src/simulator/devnet.server.js';
import { FakeExchange } from '../support/fake-exchange.js';
import { PROMPT } from '../support/prompt-habits.js';
import { OWNER } from '../support/venue-story.js';

const devnets: Devnet[] = [];

async function start(port = 0) {
  const exchange = new FakeExchange();
  const clock = new SimulatedClock(exchange.timeMs);
  const devnet = await startDevnet({
    port,
    exchange,
    clock,
    random: seededRandom(1),
    habits: PROMPT,
  });
  devnets.push(devnet);
  return { exchange, clock, devnet };
}

afterEach(async () => {
  await Promise.all(devnets.splice(0).map((devnet) => devnet.close()));
});

async function openSocket(devnet: Devnet, options: { readonly autoPong?: boolean } = {}) {
  const socket = new WebSocket(devnet.urls.socket, options);
  const closed = once(socket, 'close');
  const [greeting] = await once(socket, 'message');
  return { socket, closed, greeting: JSON.parse(String(greeting)) as object };
}

test('REST, RPC and faucet answer on one port', async () => {
  const { devnet } = await start();
  const { rest, rpc } = devnet.urls;
  const height = await fetch(`${rest}/v4/height`);
  expect(height.headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(await height.json()).toMatchObject({ height: '66624203' });
  const status = await fetch(rpc, { method: 'POST', body: '{"id":1,"method":"status"}' });
  expect(await status.json()).toMatchObject({
    id: 1,
    result: { node_info: { version: '0.38.15' } },
  });
  const body = JSON.stringify({ address: OWNER, subaccountNumber: 0, amount: 1 });
  expect((await fetch(`${rest}/faucet/tokens`, { method: 'POST', body })).status).toBe(200);
  expect((await fetch(rest)).status).toBe(404);
});

test('a request that is too large is refused', async () => {
  const { devnet } = await start();
  const body = 'x'.repeat(1024 * 1024 + 1);
  expect((await fetch(devnet.urls.rpc, { method: 'POST', body })).status).toBe(413);
});

test('a request that breaks off does no harm', async () => {
  const { devnet } = await start();
  const socket = connect(devnet.port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf');
  await fetch(`${devnet.urls.rest}/v4/height`);
  socket.destroy();
  expect((await fetch(`${devnet.urls.rest}/v4/height`)).status).toBe(200);
});

test('a taken port is an error', async () => {
  const { devnet } = await start();
  await expect(start(devnet.port)).rejects.toThrow('EADDRINUSE');
});

test('a socket is greeted, subscribes and reads blocks', async () => {
  const { devnet, clock } = await start();
  const { socket, greeting } = await openSocket(devnet);
  expect(greeting).toMatchObject({ type: 'connected', message_id: 0 });
  socket.send(Buffer.from('ignored: binary'));
  socket.send('{"type":"subscribe","channel":"v4_block_height"}');
  const [snapshot] = await once(socket, 'message');
  expect(JSON.parse(String(snapshot))).toMatchObject({ type: 'subscribed', message_id: 1 });
  const next = once(socket, 'message');
  await clock.advance(800);
  const [update] = await next;
  expect(JSON.parse(String(update))).toMatchObject({ type: 'channel_data', message_id: 2 });
  expect(devnet.stats()).toMatchObject({ connections: 1, subscriptions: 1, frames: 1 });
});

test('a flood is closed with its reason', async () => {
  const { devnet } = await start();
  const { socket, closed } = await openSocket(devnet);
  for (let n = 0; n < 3; n += 1) socket.send('{bad');
  const [code, reason] = await closed;
  expect([code, String(reason)]).toEqual([1008, '{"message":"Rate limited"}']);
});

test('a client that answers pings stays, one that does not is lost after 10 s', async () => {
  const { devnet, clock } = await start();
  const alive = await openSocket(devnet);
  const dead = await openSocket(devnet, { autoPong: false });
  const pinged = [once(alive.socket, 'ping'), once(dead.socket, 'ping')];
  await clock.advance(30_000);
  await Promise.all(pinged);
  // The pong needs a real round trip before virtual time may pass.
  await fetch(`${devnet.urls.rest}/v4/height`);
  await clock.advance(10_000);
  const [code, reason] = await dead.closed;
  expect([code, String(reason)]).toEqual([1011, 'Heartbeat timeout']);
  expect(alive.socket.readyState).toBe(WebSocket.OPEN);
});

test('a cut ends all sockets without a word; a shutdown says that it restarts', async () => {
  const { devnet } = await start();
  const first = await openSocket(devnet);
  devnet.cutSockets();
  expect((await first.closed)[0]).toBe(1006);
  const second = await openSocket(devnet);
  await devnet.close();
  devnets.length = 0;
  expect((await second.closed)[0]).toBe(1012);
});

test('a client that does not read is closed once too much piles up', async () => {
  const { devnet, clock, exchange } = await start();
  const { socket, closed } = await openSocket(devnet);
  socket.send('{"type":"subscribe","channel":"v4_trades","id":"BTC-USD"}');
  await once(socket, 'message');
  socket.pause();
  const trade = {
    eventId: 'e'.repeat(100_000),
    type: 'LIMIT',
    clobPairId: 0,
    side: 'BUY',
    quantums: 1n,
    subticks: 1n,
    height: 1,
    timeMs: 0,
  } as const;
  const output = {
    type: 'trades',
    clobPairId: 0,
    trades: Array.from({ length: 50 }, () => trade),
  } as const;
  for (let n = 0; n < 6; n += 1) {
    exchange.outputs = [output, output];
    await clock.advance(50);
  }
  expect(devnet.stats().connections).toBe(0);
  socket.resume();
  expect((await closed)[0]).toBe(4000);
});
