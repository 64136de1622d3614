/** The inspector: frames of the protocol, an allow-list that lets no secret out, tickets that work once. */
import { connect as connectTo, type Socket } from 'node:net';
import { createInspector, type StatelyInspectionEvent } from '@statelyai/inspect';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { assign, createActor, setup, type AnyActorRef, type InspectionEvent } from 'xstate';
import { isOwnHost, isOwnOrigin } from '../../src/admin/access.js';
import { startAdmin, type Admin } from '../../src/admin/admin.server.js';
import { createMetrics } from '../../src/admin/metrics.server.js';
import { HeapClock } from '../../src/clock/heap.clock.js';
import { frameOf, liveActors } from '../../src/inspector/inspection-frames.js';
import { addInspector, type Hub } from '../../src/inspector/inspection-hub.server.js';
import { inspectorPages } from '../../src/inspector/inspector-pages.store.js';
import { project } from '../../src/inspector/projection.js';
import { fakeControl, quietLog } from '../support/fake-control.js';

const SECRET = 'correct-horse-battery-staple';

const child = setup({ types: { events: {} as { type: 'child.go' } } }).createMachine({
  id: 'child',
  initial: 'idle',
  states: { idle: {} },
});
const parent = setup({
  types: {
    context: {} as { market: string; privateKey: string; size: bigint; wallet: object },
    events: {} as { type: 'go'; market: string; mnemonic: string } | { type: 'stop' },
  },
  actors: { child },
  actions: { mark: assign({ market: ({ event }) => (event.type === 'go' ? event.market : '') }) },
}).createMachine({
  id: 'parent',
  context: { market: 'BTC-USD', privateKey: SECRET, size: 12n, wallet: { mnemonic: SECRET } },
  invoke: { src: 'child', id: 'kid' },
  initial: 'one',
  states: {
    one: { on: { go: { target: 'two', actions: 'mark' } } },
    two: { on: { stop: 'over' } },
    over: { type: 'final' },
  },
});
const go = { type: 'go', market: 'ETH-USD', mnemonic: SECRET } as const;

function inspect(actor: AnyActorRef): { frames: unknown[]; raw: InspectionEvent[] } {
  const frames: unknown[] = [];
  const raw: InspectionEvent[] = [];
  actor.system.inspect({
    next: (event) => {
      raw.push(event);
      const frame = frameOf(event, 1000);
      if (frame) frames.push(JSON.parse(JSON.stringify(frame)));
    },
  });
  return { frames, raw };
}

describe('inspection frames', () => {
  it('have the fields that the official package gives them', async () => {
    const actor = createActor(parent);
    const { frames, raw } = inspect(actor);
    actor.start();
    actor.send(go);
    const official: StatelyInspectionEvent[] = [];
    const inspector = createInspector(
      { send: (event) => official.push(event) },
      { sanitizeContext: () => ({}) },
    );
    for (const event of raw) inspector.inspect.next?.(event);
    await expect.poll(() => official.length).toBeGreaterThan(4);
    const fields = (type: string, list: readonly object[]): string[] =>
      Object.keys(list.find((frame) => (frame as { type: string }).type === type) ?? {}).sort();
    for (const type of ['@xstate.actor', '@xstate.event', '@xstate.snapshot']) {
      const theirs = fields(type, official).filter(
        (name) => !['sourceId', 'parentId'].includes(name),
      );
      expect(fields(type, frames as object[])).toEqual(expect.arrayContaining(theirs));
    }
    actor.stop();
  });

  it('show the state and listed fields, and no secret from context, event or definition', () => {
    const actor = createActor(parent);
    const { frames } = inspect(actor);
    actor.start();
    actor.send(go);
    const text = JSON.stringify(frames);
    expect(text).not.toContain(SECRET);
    expect(text).toContain('ETH-USD');
    expect(frames).toContainEqual(
      expect.objectContaining({
        type: '@xstate.snapshot',
        snapshot: expect.objectContaining({
          value: 'two',
          context: { market: 'ETH-USD', size: '12' },
        }),
      }),
    );
    expect([...liveActors(actor)].map((ref) => ref.id)).toEqual([actor.id, 'kid']);
    actor.stop();
  });

  it('projects anything at all without throwing', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => void JSON.stringify(project({ value, reason: value }))),
    );
    const loop: Record<string, unknown> = { market: 'x' };
    loop['value'] = loop;
    expect(JSON.stringify(project(loop))).toContain('…');
    const trap = {
      get market() {
        throw new Error('no');
      },
    };
    expect(project(trap)).toBe('[unreadable]');
    expect(project({ name: 'stream-0', url: `wss://x/${SECRET}` })).toEqual({ name: 'stream-0' });
    expect(project(new Error(SECRET))).toEqual({ name: 'Error' });
    expect(project(Number.NaN)).toBe('NaN');
    expect(project(() => SECRET)).toBeUndefined();
  });
});

describe('the inspection socket', () => {
  const tokens = { read: 'read-token-0123456789', trade: 'trade-token-0123456789' };
  const clock = new HeapClock(1_000_000);
  const root = createActor(parent);
  let admin: Admin;
  let hub: Hub;
  beforeAll(async () => {
    root.start();
    const control = fakeControl();
    const own = { host: '127.0.0.1', port: 0 };
    admin = await startAdmin({
      ...own,
      control,
      metrics: createMetrics(control),
      log: quietLog,
      tokens,
      extend: (app) => {
        hub = addInspector(app, {
          root,
          clock,
          isOwnHost: (host) => isOwnHost(host, own),
          isOwnOrigin: (origin) => isOwnOrigin(origin, own),
          pages: inspectorPages(),
        });
      },
    });
    own.port = admin.port;
  });
  afterAll(async () => {
    hub.close();
    await admin.close();
  });

  const ticket = async (token = tokens.read): Promise<string> => {
    const answer = await fetch(`http://127.0.0.1:${admin.port}/inspect/ticket`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
    });
    return answer.ok
      ? ((await answer.json()) as { ticket: string }).ticket
      : `refused-${answer.status}`;
  };
  const connect = (pass: string, headers: Record<string, string> = {}) => {
    const socket = new WebSocket(
      `ws://127.0.0.1:${admin.port}/inspect/ws`,
      ['perpetua.inspect', `ticket.${pass}`],
      { headers },
    );
    const frames: { type: string; name?: string }[] = [];
    socket.on('message', (data: Buffer) => frames.push(JSON.parse(data.toString())));
    return {
      socket,
      frames,
      outcome: new Promise<string>((resolve) => {
        socket.on('open', () => resolve('open'));
        socket.on('error', (error) => resolve(error.message));
      }),
    };
  };

  it('shows a late viewer every live actor, then what happens, and lets go when it leaves', async () => {
    const { socket, frames, outcome } = connect(await ticket());
    expect(await outcome).toBe('open');
    await expect.poll(() => frames.map((frame) => frame.name)).toEqual([root.id, 'kid']);
    root.send(go);
    await expect.poll(() => frames.map((frame) => frame.type)).toContain('@xstate.snapshot');
    socket.send('resync');
    await expect.poll(() => frames.filter((frame) => frame.name === 'kid').length).toBe(2);
    expect(JSON.stringify(frames)).not.toContain(SECRET);
    expect(hub.viewers()).toBe(1);
    socket.close();
    await expect.poll(() => hub.viewers()).toBe(0);
  });

  it('takes a ticket once only', async () => {
    const pass = await ticket();
    const first = connect(pass);
    expect(await first.outcome).toBe('open');
    expect(await connect(pass).outcome).toContain('401');
    first.socket.close();
  });

  it('takes no ticket after 30 s, none that it did not give, none from a foreign page', async () => {
    const late = await ticket();
    clock.advanceTo(clock.now() + 30_001);
    expect(await connect(late).outcome).toContain('401');
    expect(await connect('made-up').outcome).toContain('401');
    expect(await connect(await ticket(), { origin: 'http://evil.example' }).outcome).toContain(
      '401',
    );
    expect(await ticket('wrong-token-0123456789')).toBe('refused-401');
  });

  const UPGRADE =
    'GET /inspect/ws HTTP/1.1\r\nHost: nobody\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
  /** Asks for an upgrade that is refused, and never closes its own side. */
  const intrude = (): Socket => {
    const peer = connectTo({ host: '127.0.0.1', port: admin.port, allowHalfOpen: true });
    peer.on('error', () => peer.destroy());
    onTestFinished(() => void peer.destroy());
    peer.write(UPGRADE);
    return peer;
  };
  const connections = (): Promise<number> =>
    new Promise((resolve) => void admin.app.server.getConnections((_, count) => resolve(count)));

  it.each([
    ['with its request', 'connect'],
    ['when it is refused', 'data'],
    ['when the other side is closed', 'end'],
  ])('lets a refused peer that resets %s end nothing but itself', async (_, when) => {
    const uncaught: unknown[] = [];
    const note = (error: unknown): void => void uncaught.push(error);
    process.on('uncaughtExceptionMonitor', note);
    onTestFinished(() => void process.off('uncaughtExceptionMonitor', note));
    const others = await connections();
    const upgraded = new Promise((resolve) => admin.app.server.once('upgrade', resolve));
    const peer = intrude();
    // What is written leaves before the reset.
    peer.once(when, () => setImmediate(() => peer.resetAndDestroy()));
    peer.resume();
    await upgraded;
    await expect.poll(connections).toBeLessThanOrEqual(others);
    expect(uncaught).toEqual([]);
    expect((await fetch(`http://127.0.0.1:${admin.port}/healthz`)).status).toBe(200);
  });

  it('hears the errors of a socket whose upgrade it has refused, or taken', async () => {
    const listeners = (): Promise<number> =>
      new Promise((resolve) =>
        admin.app.server.once('upgrade', (_, socket) => resolve(socket.listenerCount('error'))),
      );
    const refused = listeners();
    intrude();
    expect(await refused).toBeGreaterThan(0);
    const taken = listeners();
    const { socket, outcome } = connect(await ticket());
    expect(await taken).toBeGreaterThan(0);
    expect(await outcome).toBe('open');
    socket.close();
    await expect.poll(() => hub.viewers()).toBe(0);
  });

  it('keeps no connection of refused peers that never close theirs', async () => {
    const peers: Socket[] = [];
    const answers: string[] = [];
    while (peers.length <= admin.app.server.maxConnections) {
      const peer = intrude();
      peers.push(peer);
      let text = '';
      peer.on('data', (data: Buffer) => (text += data.toString()));
      await new Promise((resolve) => void peer.once('end', resolve).once('close', resolve));
      answers.push(text.split('\r\n')[0] ?? '');
    }
    expect(new Set(answers)).toEqual(new Set(['HTTP/1.1 401 Unauthorized']));
    await expect.poll(connections).toBeLessThan(peers.length / 2);
    expect(peers.filter(({ writable }) => writable).length).toBe(peers.length);
    expect((await fetch(`http://127.0.0.1:${admin.port}/healthz`)).status).toBe(200);
  });

  it.each([
    ['resets', (_: WebSocket, raw: Socket) => void raw.resetAndDestroy()],
    ['sends more than it may', (socket: WebSocket) => socket.send('x'.repeat(2_000))],
    ['breaks the protocol', (_: WebSocket, raw: Socket) => void raw.write('no frame at all')],
  ])('lets go of a viewer that %s', async (_, misbehave) => {
    const { socket, outcome } = connect(await ticket());
    const raw = new Promise<Socket>((resolve) =>
      socket.on('upgrade', (response) => resolve(response.socket)),
    );
    expect(await outcome).toBe('open');
    await expect.poll(() => hub.viewers()).toBe(1);
    misbehave(socket, await raw);
    await expect.poll(() => hub.viewers()).toBe(0);
  });

  it('serves its pages without a token and without data', async () => {
    for (const [path, { type }] of inspectorPages()) {
      const answer = await fetch(`http://127.0.0.1:${admin.port}${path}`);
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, type]);
    }
  });
});
