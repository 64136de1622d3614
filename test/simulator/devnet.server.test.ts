/** The devnet over real sockets on loopback, spoken to by plain HTTP and `ws`. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { seededRandom } from '../../src/clock/seeded-random.js';
import { SimulatedClock } from '../../src/clock/simulated.clock.js';
import { startDevnet, type Devnet } from '../../src/simulator/devnet.server.js';
import { readFaultPlan } from '../../src/simulator/faults/fault-plan.js';
import { FakeExchange } from '../support/fake-exchange.js';
import { PROMPT } from '../support/prompt-habits.js';
import { OWNER } from '../support/venue-story.js';

const devnets: Devnet[] = [];

async function start(port = 0, changes: object = {}, flowMs = 50) {
  const exchange = new FakeExchange();
  const clock = new SimulatedClock(exchange.timeMs);
  const reading = readFaultPlan(changes);
  const faults = reading.ok ? reading.plan : undefined;
  const random = seededRandom(1);
  const options = { port, controlPort: 0, exchange, clock, random, faults, flowMs, habits: PROMPT };
  const devnet = await startDevnet(options);
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

test('a browser may ask beforehand, and a HEAD has headers only', async () => {
  const { devnet } = await start();
  const url = `${devnet.urls.rest}/v4/height`;
  const preflight = await fetch(url, { method: 'OPTIONS' });
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
  const head = await fetch(url, { method: 'HEAD' });
  const whole = await (await fetch(url)).text();
  expect([head.status, await head.text()]).toEqual([200, '']);
  expect(head.headers.get('content-length')).toBe(String(whole.length));
});

test('only the path of the indexer is a WebSocket', async () => {
  const { devnet } = await start();
  const socket = new WebSocket(`${devnet.urls.rest.replace('http', 'ws')}/elsewhere`);
  const [error] = await once(socket, 'error');
  expect(String(error)).toContain('404');
});

test('a refused connection never opens', async () => {
  const { devnet } = await start(0, { 'socket.refuse': 1 });
  const socket = new WebSocket(devnet.urls.socket);
  const [error] = await once(socket, 'error');
  expect(String(error)).toContain('socket hang up');
});

test('a broadcast whose answer is lost has been processed', async () => {
  const { devnet } = await start(0, { 'broadcast.loseReply': 1 });
  const params = { tx: 'AAAA' };
  const send = () =>
    fetch(devnet.urls.rpc, {
      method: 'POST',
      body: JSON.stringify({ id: 1, method: 'broadcast_tx_sync', params }),
    });
  await expect(send()).rejects.toThrow('fetch failed');
  expect(devnet.stats().faultsStruck).toEqual({ 'broadcast.loseReply': 1 });
  await fetch(`http://127.0.0.1:${devnet.controlPort}/reset`, { method: 'POST' });
  expect(await (await send()).text()).toContain('tx already exists in cache');
});

test('a truncated answer promises more than it brings', async () => {
  const { devnet } = await start(0, { 'rest.truncate': 1 });
  const answer = await fetch(`${devnet.urls.rest}/v4/height`);
  expect(answer.status).toBe(200);
  await expect(answer.text()).rejects.toThrow('terminated');
});

test('a half-open connection outlives the heartbeat and answers nothing', async () => {
  const { devnet, clock } = await start(0, { 'socket.halfOpenEveryMs': 1 }, 3_600_000);
  const { socket } = await openSocket(devnet);
  await clock.advance(1000);
  expect(devnet.stats()).toMatchObject({
    connections: 0,
    faultsStruck: { 'socket.halfOpen': 1 },
  });
  let heard = 0;
  for (const event of ['message', 'ping', 'pong', 'close']) socket.on(event, () => (heard += 1));
  socket.ping();
  await clock.advance(60_000);
  await fetch(`${devnet.urls.rest}/v4/height`);
  expect([heard, socket.readyState]).toEqual([0, WebSocket.OPEN]);
  const closed = once(socket, 'close');
  await clock.advance(15 * 60_000);
  expect((await closed)[0]).toBe(1006);
});

test('frames of one turn come whole and in order, long ones and letters of all kinds too', async () => {
  const { devnet, clock, exchange } = await start();
  const { socket } = await openSocket(devnet);
  socket.send('{"type":"subscribe","channel":"v4_trades","id":"BTC-USD"}');
  await once(socket, 'message');
  const texts = ['short', 'é'.repeat(60), 'x'.repeat(200), '€'.repeat(30_000), 'y'.repeat(70_000)];
  const heard: string[] = [];
  const allHeard = new Promise<void>((resolve) => {
    socket.on('message', (data) => {
      if (heard.push((data as Buffer).toString()) === texts.length) resolve();
    });
  });
  exchange.outputs = texts.map((eventId) => {
    const trade = { eventId, type: 'LIMIT', clobPairId: 0, side: 'BUY' } as const;
    const rest = { quantums: 1n, subticks: 1n, height: 1, timeMs: 0 };
    return { type: 'trades', clobPairId: 0, trades: [{ ...trade, ...rest }] };
  });
  await clock.advance(50);
  await allHeard;
  for (const [index, text] of texts.entries()) expect(heard[index]).toContain(`"${text}"`);
});
