/** The control port over real loopback sockets: the plan while it runs, faults now, the figures. */
import { once } from 'node:events';
import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { seededRandom } from '../../../src/clock/seeded-random.js';
import { SimulatedClock } from '../../../src/clock/simulated.clock.js';
import { startDevnet, type Devnet } from '../../../src/simulator/devnet.server.js';
import { FakeExchange } from '../../support/fake-exchange.js';

let devnet: Devnet;
let exchange: FakeExchange;
let clock: SimulatedClock;
let base: string;

beforeEach(async () => {
  exchange = new FakeExchange();
  clock = new SimulatedClock(exchange.timeMs);
  const random = seededRandom(1);
  devnet = await startDevnet({ port: 0, controlPort: 0, exchange, clock, random });
  base = `http://127.0.0.1:${devnet.controlPort}`;
});

afterEach(() => devnet.close());

async function ask(method: string, path: string, body?: unknown) {
  const text = body === undefined ? {} : { body: JSON.stringify(body) };
  const answer = await fetch(base + path, { method, ...text });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

async function connect() {
  const socket = new WebSocket(devnet.urls.socket);
  const closed = once(socket, 'close');
  await once(socket, 'message');
  return { socket, closed };
}

describe('the plan', () => {
  it('is read and changed, and counts what has struck', async () => {
    expect(await ask('GET', '/faults')).toMatchObject({ body: { active: {}, struck: {} } });
    const changed = await ask('PATCH', '/faults', { 'rest.tooMany': 1 });
    expect(changed).toMatchObject({ status: 200, body: { active: { 'rest.tooMany': 1 } } });
    expect((await fetch(`${devnet.urls.rest}/v4/height`)).status).toBe(429);
    const kept = await ask('PATCH', '/faults', { 'rest.slowMs': 5 });
    expect(kept.body['active']).toEqual({ 'rest.tooMany': 1, 'rest.slowMs': 5 });
    const replaced = await ask('PUT', '/faults', { 'chain.slowFactor': 2 });
    expect(replaced.body).toMatchObject({
      active: { 'chain.slowFactor': 2 },
      struck: { 'rest.tooMany': 1 },
    });
    expect((await ask('POST', '/reset')).body).toMatchObject({ active: {} });
    expect((await fetch(`${devnet.urls.rest}/v4/height`)).status).toBe(200);
  });

  it('stays as it was when a change has mistakes, and all of them are told', async () => {
    const changes = { 'socket.drop': 7, 'indexer.lag': 1, 'rest.hang': 0.5 };
    expect(await ask('PATCH', '/faults', changes)).toEqual({
      status: 400,
      body: {
        problems: [
          { path: 'socket.drop', value: 7, expected: 'a share from 0 to 1' },
          {
            path: 'indexer.lag',
            value: 'indexer.lag',
            expected: 'the name of a fault: one of indexer.lagBlocks, indexer.clockSkewMs',
          },
        ],
      },
    });
    expect(await ask('PATCH', '/faults', { 'indexer.lagBlocks': 5 })).toMatchObject({
      status: 400,
      body: { problems: [{ path: 'indexer.lagBlocks', value: 5 }] },
    });
    expect((await ask('GET', '/faults')).body).toMatchObject({ active: {} });
  });

  it('explains itself', async () => {
    const { body } = await ask('GET', '/faults/table');
    const { faults, now } = body as { faults: object[]; now: object[] };
    expect(faults).toContainEqual({
      name: 'socket.drop',
      unit: 'share',
      off: 0,
      expected: 'a share from 0 to 1',
      meaning: 'Frames that are lost.',
    });
    expect(now).toContainEqual(
      expect.objectContaining({ name: 'oracle-jump', settings: ['market', 'ratioPpm'] }),
    );
  });
});

describe('a fault now', () => {
  it.each([
    ['cut-sockets', {}, 1006, ''],
    ['close', { code: 1008 }, 1008, '{"message":"Rate limited"}'],
    ['close', { code: 4001, reason: 'why not' }, 4001, 'why not'],
  ])('%s with %j ends all connections', async (name, settings, code, reason) => {
    const lines = [await connect(), await connect()];
    expect((await ask('POST', `/faults/now/${name}`, settings)).status).toBe(200);
    for (const { closed } of lines) {
      const [closeCode, closeReason] = await closed;
      expect([closeCode, String(closeReason)]).toEqual([code, reason]);
    }
    expect((await ask('GET', '/stats')).body).toMatchObject({ connections: 0 });
  });

  it('mute and half-open leave the connections where they are', async () => {
    const { socket } = await connect();
    await ask('POST', '/faults/now/mute', { forMs: 1000 });
    await ask('POST', '/faults/now/half-open');
    const { body } = await ask('GET', '/faults');
    expect(body['struck']).toMatchObject({ 'socket.muteAll': 1, 'socket.halfOpen': 1 });
    expect(socket.readyState).toBe(WebSocket.OPEN);
    socket.terminate();
  });

  it.each([
    [
      'oracle-jump',
      { market: 'ETH-USD', ratioPpm: 900_000 },
      { type: 'oracleJump', clobPairId: 1, ratioPpm: 900_000 },
    ],
    [
      'market-status',
      { market: 'BTC-USD', status: 'FINAL_SETTLEMENT' },
      { type: 'market', clobPairId: 0, change: { status: 'FINAL_SETTLEMENT' } },
    ],
    ['late-cancels', { count: 3 }, { type: 'lateCancels', count: 3 }],
    ['missed-matches', { count: 2 }, { type: 'missedMatches', count: 2 }],
  ])('%s reaches the exchange', async (name, settings, input) => {
    expect((await ask('POST', `/faults/now/${name}`, settings)).status).toBe(200);
    expect(exchange.inputs).toContainEqual(input);
  });

  it('halts the blocks and lets them go on', async () => {
    await ask('POST', '/faults/now/halt-blocks', { forMs: 60_000 });
    const { height } = exchange;
    await clock.advance(10_000);
    expect(exchange.height).toBe(height);
    await ask('POST', '/faults/now/resume-blocks');
    await clock.advance(10_000);
    expect(exchange.height).toBeGreaterThan(height + 10);
  });

  it.each([
    [
      'oracle-jump',
      { market: 'BTC', ratioPpm: 1 },
      [{ path: 'market', value: 'BTC', expected: 'a market, such as BTC-USD, ETH-USD' }],
    ],
    [
      'oracle-jump',
      { ratioPpm: 0, size: 1 },
      [
        { path: 'market', expected: 'a ticker like BTC-USD' },
        { path: 'ratioPpm', value: 0, expected: 'a whole number from 1 to 1000000000' },
        { path: 'size', value: 1, expected: 'one of market, ratioPpm' },
      ],
    ],
    ['close', { code: 99 }, [{ path: 'code', value: 99, expected: 'a code from 1000 to 4999' }]],
    ['cut-sockets', { all: true }, [{ path: 'all', value: true, expected: 'one of nothing' }]],
  ])('%s with %j is refused with all that is wrong', async (name, settings, problems) => {
    const answer = await ask('POST', `/faults/now/${name}`, settings);
    expect(answer).toEqual({ status: 400, body: { problems } });
  });

  it('that nobody knows is named', async () => {
    expect(await ask('POST', '/faults/now/rain')).toMatchObject({
      status: 404,
      body: { problems: [{ path: 'name', value: 'rain' }] },
    });
  });
});

describe('the door', () => {
  const statusOf = (headers: Readonly<Record<string, string>>): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      request(`${base}/faults`, { headers }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      })
        .on('error', reject)
        .end();
    });

  it.each([
    [{}, 200],
    [{ host: 'localhost:1' }, 200],
    [{ host: 'evil.example' }, 403],
    [{ origin: 'https://evil.example' }, 403],
  ])('with the headers %j answers %i', async (headers, status) => {
    expect(await statusOf(headers)).toBe(status);
  });

  it('says what is not JSON and what it does not know', async () => {
    const broken = await fetch(`${base}/faults`, { method: 'PATCH', body: '{' });
    expect([broken.status, await broken.json()]).toEqual([
      400,
      { message: 'expected a body in JSON' },
    ]);
    expect((await ask('GET', '/weather')).status).toBe(404);
  });

  it('that is taken ends the start, and frees the other port', async () => {
    const options = { exchange, clock, random: seededRandom(1) };
    const start = (port: number) =>
      startDevnet({ ...options, port, controlPort: devnet.controlPort });
    await expect(start(0)).rejects.toThrow('EADDRINUSE');
  });
});
