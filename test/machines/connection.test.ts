/** The connection's statechart: every reachable state, what holds in each, and random walks with a clock. */
import fc from 'fast-check';
import { EMPTY, NEVER } from 'rxjs';
import { createActor, fromEventObservable, type AnyMachineSnapshot } from 'xstate';
import { describe, expect, it } from 'vitest';
import {
  CONNECTION_TIMING,
  backoffMs,
  missingKeys,
  type ConnectionContext,
  type ConnectionEmitted,
  type ConnectionEvent,
  type ConnectionInput,
} from '../../machines/connection-context.js';
import { connectionMachine } from '../../machines/connection.machine.js';
import { HeapClock } from '../../src/clock/heap.clock.js';
import type { SessionInput, SocketFact } from '../../src/model/connection.js';
import type { Subscription } from '../../src/model/events.js';
import { explore, nodeIds, type Fact } from './explore.js';

const height: Subscription = { channel: 'v4_block_height', id: undefined };
const book: Subscription = { channel: 'v4_orderbook', id: 'BTC-USD' };
const HEIGHT = 'v4_block_height';
const BOOK = 'v4_orderbook:BTC-USD';

const input: ConnectionInput = {
  name: 'market-0',
  url: 'wss://venue',
  wanted: [height, book],
  jitter: [0.5],
};
const machine = connectionMachine.provide({
  actors: { socket: fromEventObservable<SocketFact, SessionInput>(() => NEVER) },
});

const world: readonly ConnectionEvent[] = [
  { type: 'connection.open' },
  { type: 'connection.close' },
  { type: 'connection.reset' },
  { type: 'connection.want', subscriptions: [height] },
  { type: 'connection.want', subscriptions: [height, book] },
  { type: 'connection.refresh', keys: [BOOK] },
  { type: 'socket.opened' },
  { type: 'socket.welcomed', connectionId: 'c' },
  { type: 'socket.subscribed', key: HEIGHT },
  { type: 'socket.subscribed', key: BOOK },
  { type: 'socket.unsubscribed', key: HEIGHT },
  { type: 'socket.unsubscribed', key: BOOK },
  { type: 'subscribe.failed', key: HEIGHT, message: 'internal' },
  { type: 'subscribe.failed', key: BOOK, message: 'unknown market' },
  { type: 'socket.closed', code: 1006, reason: '', fatal: false },
  { type: 'socket.closed', code: 1008, reason: 'Rate limited', fatal: false },
  { type: 'socket.closed', code: 1006, reason: 'HTTP 403', fatal: true },
  { type: 'feed.stale' },
  { type: 'feed.fresh' },
  { type: 'feed.gap', keys: [HEIGHT, BOOK] },
];

const contextOf = (state: AnyMachineSnapshot): ConnectionContext => state.context;
const graph = explore(machine, {
  input,
  world: world as readonly unknown[] as readonly Fact[],
  abstract: (state) => {
    const { wanted, confirmed, refused, silent, attempts, rateLimited } = contextOf(state);
    const sorted = [confirmed, refused].map((keys) => [...keys].sort());
    return [wanted, sorted, silent, Math.min(attempts, 2), rateLimited];
  },
});
const describeState = (state: AnyMachineSnapshot): string =>
  JSON.stringify([state.value, state.context]);

describe('in every reachable state of a connection', () => {
  it('nothing of the chart is out of reach', () => {
    expect(graph.states.length).toBeGreaterThan(50);
    expect(graph.unreached).toEqual([]);
  });

  it('a socket exists exactly inside the session', () => {
    for (const state of graph.states) {
      expect('socket' in state.children, describeState(state)).toBe(state.matches('session'));
    }
  });

  it('usable means that all wanted is confirmed, but for refused markets, and the feed is heard', () => {
    for (const state of graph.states.filter((each) => each.hasTag('usable'))) {
      const context = contextOf(state);
      expect(missingKeys(context), describeState(state)).toEqual([]);
      expect(context.silent, describeState(state)).toBe(false);
      expect(context.refused.filter((key) => key !== BOOK)).toEqual([]);
    }
  });

  it('down and connected never hold together', () => {
    for (const state of graph.states) {
      expect(state.hasTag('down') && state.hasTag('connected'), describeState(state)).toBe(false);
    }
  });

  it('time alone leads from everywhere to a new attempt or to rest', () => {
    const isRest = (state: AnyMachineSnapshot): boolean =>
      state.matches('idle') ||
      state.matches('failed') ||
      state.hasTag('usable') ||
      state.matches('backingOff');
    const isTimer = (event: Fact): boolean => event.type.startsWith('xstate.after');
    expect(graph.stuck(isRest, isTimer)).toEqual([]);
    const retries = graph.steps.filter(
      ({ from, event }) => from.matches('backingOff') && isTimer(event),
    );
    expect(retries.length).toBeGreaterThan(0);
    expect(retries.every(({ to }) => to.matches('session'))).toBe(true);
  });

  it('only a fatal close fails it', () => {
    const failing = graph.steps.filter(
      ({ from, to }) => !from.matches('failed') && to.matches('failed'),
    );
    expect(new Set(failing.map(({ event }) => JSON.stringify(event)))).toEqual(
      new Set([
        JSON.stringify({ type: 'socket.closed', code: 1006, reason: 'HTTP 403', fatal: true }),
      ]),
    );
  });

  it('whoever asked for it to be closed is not reconnected', () => {
    for (const { from, event, to } of graph.steps) {
      const isClosed = from.matches('idle') || from.matches({ session: 'draining' });
      if (!isClosed || event.type === 'connection.open') continue;
      expect(nodeIds(to).some((id) => id.includes('idle') || id.includes('draining'))).toBe(true);
    }
  });

  it('a new session starts with nothing confirmed, one epoch later', () => {
    for (const { from, to } of graph.steps) {
      const { epoch, confirmed, refused } = contextOf(to);
      if (epoch === contextOf(from).epoch) continue;
      expect([epoch, confirmed, refused]).toEqual([contextOf(from).epoch + 1, [], []]);
      expect(to.matches({ session: 'connecting' })).toBe(true);
    }
  });
});

function start(overrides: Partial<ConnectionInput> = {}) {
  const clock = new HeapClock(0);
  const actor = createActor(machine, { input: { ...input, ...overrides }, clock });
  const emitted: ConnectionEmitted[] = [];
  actor.on('*', (event) => emitted.push(event));
  actor.start();
  const send = (...events: readonly ConnectionEvent[]): void =>
    events.forEach((event) => actor.send(event));
  const goLive = (): void =>
    send(
      { type: 'connection.open' },
      { type: 'socket.opened' },
      { type: 'socket.welcomed', connectionId: 'c' },
      { type: 'socket.subscribed', key: HEIGHT },
      { type: 'socket.subscribed', key: BOOK },
    );
  return { actor, clock, emitted, send, goLive, state: () => actor.getSnapshot() };
}

const opened: ConnectionEvent = { type: 'socket.opened' };
const welcomed: ConnectionEvent = { type: 'socket.welcomed', connectionId: 'c' };
const refused: ConnectionEvent = { type: 'subscribe.failed', key: HEIGHT, message: 'no' };
const subscribed: readonly ConnectionEvent[] = [
  opened,
  welcomed,
  { type: 'socket.subscribed', key: HEIGHT },
  { type: 'socket.subscribed', key: BOOK },
];

describe('a connection', () => {
  it('that was never provided with a socket backs off and names the hole', () => {
    const actor = createActor(connectionMachine, { input, clock: new HeapClock(0) }).start();
    actor.send({ type: 'connection.open' });
    expect(actor.getSnapshot().value).toBe('backingOff');
    expect(actor.getSnapshot().context.lastError).toContain('"socket"');
  });

  it('whose session ends without a close backs off', () => {
    const ended = connectionMachine.provide({
      actors: { socket: fromEventObservable<SocketFact, SessionInput>(() => EMPTY) },
    });
    const actor = createActor(ended, { input, clock: new HeapClock(0) }).start();
    actor.send({ type: 'connection.open' });
    expect(actor.getSnapshot().value).toBe('backingOff');
  });

  it('orders the whole wanted set in each epoch', () => {
    const { emitted, goLive, send, clock } = start();
    goLive();
    send({ type: 'socket.closed', code: 1012, reason: 'Service restarting', fatal: false });
    clock.advanceTo(125);
    send({ type: 'socket.opened' }, { type: 'socket.welcomed', connectionId: 'd' });
    const orders = emitted.filter((event) => event.type === 'session.want');
    expect(orders.map((order) => order.subscriptions)).toEqual([
      [height, book],
      [height, book],
    ]);
  });

  it('announces its feed up and down once in each epoch', () => {
    const { emitted, goLive, send } = start();
    goLive();
    send({ type: 'socket.closed', code: 1006, reason: '', fatal: false });
    expect(emitted.filter((event) => event.type.startsWith('feed.'))).toEqual([
      { type: 'feed.up', name: 'market-0', epoch: 1 },
      { type: 'feed.down', name: 'market-0', epoch: 1 },
    ]);
  });

  it('with a gap is not usable until everything suspect is subscribed again', () => {
    const { emitted, goLive, send, state } = start();
    goLive();
    send({ type: 'feed.gap', keys: [HEIGHT, BOOK] });
    expect(emitted.slice(-2)).toEqual([
      { type: 'session.renew', keys: [HEIGHT, BOOK] },
      { type: 'feed.down', name: 'market-0', epoch: 1 },
    ]);
    expect(state().value).toEqual({ session: { live: 'resyncing' } });
    send({ type: 'socket.subscribed', key: BOOK });
    expect(state().hasTag('usable')).toBe(false);
    send({ type: 'socket.subscribed', key: HEIGHT });
    expect(state().hasTag('usable')).toBe(true);
  });

  it('with a gap while it subscribes is not usable before what is suspect has come back', () => {
    const { emitted, send, state } = start();
    send({ type: 'connection.open' }, { type: 'socket.opened' });
    send({ type: 'socket.welcomed', connectionId: 'c' });
    send({ type: 'socket.subscribed', key: HEIGHT }, { type: 'feed.gap', keys: [HEIGHT] });
    expect(emitted.at(-1)).toEqual({ type: 'session.renew', keys: [HEIGHT] });
    send({ type: 'socket.subscribed', key: BOOK });
    expect(state().value).toEqual({ session: 'subscribing' });
    send({ type: 'socket.subscribed', key: HEIGHT });
    expect(state().hasTag('usable')).toBe(true);
  });

  it('that is to refresh a book while it subscribes orders that at once', () => {
    const { emitted, send, state } = start();
    send({ type: 'connection.open' }, { type: 'socket.opened' });
    send({ type: 'socket.welcomed', connectionId: 'c' });
    send({ type: 'socket.subscribed', key: BOOK }, { type: 'connection.refresh', keys: [BOOK] });
    expect(emitted.at(-1)).toEqual({ type: 'session.renew', keys: [BOOK] });
    expect(state().context.confirmed).toEqual([BOOK]);
  });

  it('that fell silent during a resync is stale after it', () => {
    const { goLive, send, state } = start();
    goLive();
    send({ type: 'feed.gap', keys: [BOOK] }, { type: 'feed.stale' });
    send({ type: 'socket.subscribed', key: BOOK });
    expect(state().value).toEqual({ session: { live: 'stale' } });
    send({ type: 'feed.fresh' });
    expect(state().hasTag('usable')).toBe(true);
  });

  it('refreshes one book without ceasing to be usable', () => {
    const { emitted, goLive, send, state } = start();
    goLive();
    send({ type: 'connection.refresh', keys: [BOOK] });
    expect(emitted.at(-1)).toEqual({ type: 'session.renew', keys: [BOOK] });
    expect(state().hasTag('usable')).toBe(true);
  });

  it('does without a market that the venue refuses, and says so', () => {
    const { emitted, send, state } = start();
    send({ type: 'connection.open' }, { type: 'socket.opened' });
    send({ type: 'socket.welcomed', connectionId: 'c' });
    send({ type: 'subscribe.failed', key: BOOK, message: 'unknown' });
    expect(emitted.at(-1)).toMatchObject({ type: 'feed.refused', key: BOOK, message: 'unknown' });
    send({ type: 'socket.subscribed', key: HEIGHT });
    expect(state().hasTag('usable')).toBe(true);
    send({ type: 'socket.subscribed', key: BOOK });
    expect(state().context.refused).toEqual([]);
  });

  it('that drains is idle as soon as everything is unsubscribed, and at the latest after 2 s', () => {
    const quick = start();
    quick.goLive();
    quick.send({ type: 'connection.close' });
    expect(quick.emitted.at(-1)).toEqual({ type: 'session.want', subscriptions: [] });
    quick.send({ type: 'socket.unsubscribed', key: BOOK });
    expect(quick.state().value).toEqual({ session: 'draining' });
    quick.send({ type: 'socket.unsubscribed', key: HEIGHT });
    expect(quick.state().value).toBe('idle');

    const slow = start();
    slow.goLive();
    slow.send({ type: 'connection.close' });
    slow.clock.advanceTo(CONNECTION_TIMING.drainMs);
    expect(slow.state().value).toBe('idle');
  });

  it.each<readonly [reason: string, facts: readonly ConnectionEvent[], ms: number]>([
    ['the socket did not open in time', [], 10_000],
    ['no greeting in time', [opened], 10_000],
    ['the subscribing took too long', [opened, welcomed], 15_200],
    ['v4_block_height refused: no', [opened, welcomed, refused], 0],
    ['the resync took too long', [...subscribed, { type: 'feed.gap', keys: [BOOK] }], 10_200],
    ['the feed stood still', [...subscribed, { type: 'feed.stale' }], 30_000],
  ])('leaves by itself and blames the address: %s', (reason, facts, ms) => {
    const { clock, emitted, send, state } = start();
    send({ type: 'connection.open' }, ...facts);
    clock.advanceTo(ms);
    expect([state().value, state().context.lastError]).toEqual(['backingOff', reason]);
    const orders = emitted.filter(({ type }) => type.startsWith('session.'));
    expect(orders.at(-1)).toEqual({ type: 'session.blame', reason });
  });

  it.each([
    ['is asked to close', { type: 'connection.close' }],
    ['is cut', { type: 'socket.closed', code: 1006, reason: '', fatal: false }],
    ['fails', { type: 'socket.closed', code: 1006, reason: 'HTTP 403', fatal: true }],
  ] as const)('blames nobody when it %s', (_, event) => {
    const { clock, emitted, goLive, send } = start();
    goLive();
    send({ type: 'feed.stale' }, event);
    clock.advanceTo(CONNECTION_TIMING.drainMs);
    expect(emitted.some(({ type }) => type === 'session.blame')).toBe(false);
  });

  it('forgets its failed attempts only after a stable minute', () => {
    const { clock, goLive, send, state } = start();
    goLive();
    for (let cut = 0; cut < 5; cut += 1) {
      send({ type: 'socket.closed', code: 1006, reason: '', fatal: false });
      clock.advanceTo(clock.now() + CONNECTION_TIMING.backoffCapMs);
      goLive();
    }
    expect(state().context.attempts).toBe(6);
    clock.advanceTo(clock.now() + CONNECTION_TIMING.stableMs - 1);
    expect(state().context.attempts).toBe(6);
    clock.advanceTo(clock.now() + 1);
    expect(state().context.attempts).toBe(0);
  });

  it.each([
    ['the first retry', { attempts: 1 }, 125],
    ['the second', { attempts: 2 }, 250],
    ['the hundredth', { attempts: 100 }, 5_000],
    ['no jitter drawn', { attempts: 100, jitter: [] }, 10_000],
    ['a rate limit', { attempts: 1, rateLimited: true }, 5_000],
  ])('waits before %s', (_, part, ms) => {
    const { context } = start().state();
    expect(backoffMs({ ...context, ...part })).toBe(ms);
  });

  it('gives a large wanted set the time that its spacing takes', () => {
    const many = Array.from({ length: 100 }, (_, i): Subscription => ({
      ...book,
      id: `M${i}-USD`,
    }));
    const { clock, send, state } = start({ wanted: many });
    send({ type: 'connection.open' }, { type: 'socket.opened' });
    send({ type: 'socket.welcomed', connectionId: 'c' });
    clock.advanceTo(24_999);
    expect(state().matches({ session: 'subscribing' })).toBe(true);
    clock.advanceTo(25_000);
    expect(state().value).toBe('backingOff');
    expect(state().context.lastError).toBe('the subscribing took too long');
  });
});

describe('on a random walk', () => {
  const step = fc.oneof(fc.constantFrom(...world), fc.integer({ min: 1, max: 20_000 }));

  it('every feed up has its feed down, of the same epoch, before the next', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { clock, emitted, send, state } = start();
        for (const each of steps) {
          if (typeof each === 'number') clock.advanceTo(clock.now() + each);
          else send(each);
        }
        let up: number | undefined;
        for (const event of emitted) {
          if (event.type === 'feed.up') {
            expect(up).toBeUndefined();
            up = event.epoch;
          } else if (event.type === 'feed.down') {
            expect(event.epoch).toBe(up);
            up = undefined;
          }
        }
        expect(up !== undefined).toBe(state().hasTag('usable'));
        expect(state().status).toBe('active');
      }),
      { numRuns: 300 },
    );
  });
});
