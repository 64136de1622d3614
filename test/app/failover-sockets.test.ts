/** Sockets that choose their address anew with each session, alone and under a connection. */
import { describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import { connectionMachine } from '../../machines/connection.machine.js';
import { failoverSockets } from '../../src/app/failover-sockets.js';
import { Inbox } from '../../src/app/inbox.js';
import { sessionWiring } from '../../src/app/session-wiring.js';
import type { World } from '../../src/app/world.js';
import { HeapClock } from '../../src/clock/heap.clock.js';
import { socketSession } from '../../src/connection/socket-session.actor.js';
import { EndpointPool } from '../../src/dydx/endpoint-pool.js';
import type { Subscription } from '../../src/model/events.js';
import type { SocketSignal } from '../../src/ports/socket.js';
import { book, fakeSockets, height } from '../connection/fakes.js';

const [A, B] = ['wss://a.example', 'wss://b.example'] as const;

function setup(urls: readonly string[] = [A, B]) {
  let now = 0;
  const { port, opened } = fakeSockets(() => now);
  const pool = new EndpointPool({ kind: 'socket', urls, hasProbes: false });
  const sockets = failoverSockets({ sockets: port, pool: () => pool, now: () => now });
  const open = () => {
    const heard: SocketSignal[] = [];
    const socket = sockets.socket('wss://nominal.example');
    const session = socket.signals$.subscribe((signal) => heard.push(signal));
    const fake = opened.at(-1);
    if (fake === undefined) throw new Error('no socket');
    return { fake, heard, session, socket };
  };
  return { open, opened, pool, port, wait: (ms: number) => (now += ms), now: () => now };
}
const closed = (fatal = false): SocketSignal => ({
  type: 'closed',
  code: 1006,
  reason: 'refused',
  fatal,
});
const frame: SocketSignal = { type: 'frame', data: new Uint8Array() };

describe('a session', () => {
  it('begins at the preferred address, and the next one elsewhere when it was cut', () => {
    const { open, pool } = setup();
    const { fake, heard } = open();
    fake.signals$.next({ type: 'opened' });
    fake.signals$.next(frame);
    fake.signals$.next({ type: 'pong' });
    fake.signals$.next(closed());
    expect([fake.url, open().fake.url]).toEqual([A, B]);
    expect(heard.map(({ type }) => type)).toEqual(['opened', 'frame', 'pong', 'closed']);
    expect(pool.states(0)[0]).toMatchObject({ state: 'failing', lastError: '1006 refused' });
  });

  it('comes back to the preferred address when that has rested', () => {
    const { open, wait } = setup();
    open().fake.signals$.next(closed());
    wait(999);
    expect(open().fake.url).toBe(B);
    wait(1);
    expect(open().fake.url).toBe(A);
  });

  it('goes elsewhere when it was blamed, but not when it was let go of without a word', () => {
    const { open, pool, wait } = setup();
    const silent = open();
    wait(60_000);
    silent.session.unsubscribe();
    expect(silent.fake.isOpen).toBe(false);
    const blamed = open();
    expect(blamed.fake.url).toBe(A);
    blamed.socket.blame?.('no greeting in time');
    blamed.session.unsubscribe();
    expect(open().fake.url).toBe(B);
    expect(pool.states(0)[0]).toMatchObject({ lastError: 'no greeting in time' });
  });

  it('that was cut and is then blamed counts as one failure', () => {
    const { open, pool } = setup();
    const { fake, socket } = open();
    fake.signals$.next(closed());
    socket.blame?.('the feed stood still');
    expect(pool.states(0)[0]).toMatchObject({ errors: 1, lastError: '1006 refused' });
  });

  it('that ends as we asked leaves the address well', () => {
    const { open } = setup();
    open().fake.signals$.next({ type: 'closed', code: 1000, reason: '', fatal: false });
    expect(open().fake.url).toBe(A);
  });

  it('is fatal only where there is no other address', () => {
    const several = setup().open();
    several.fake.signals$.next(closed(true));
    expect(several.heard).toEqual([closed(false)]);
    const single = setup([A]).open();
    single.fake.signals$.next(closed(true));
    expect(single.heard).toEqual([closed(true)]);
  });

  it('sends and pings through the socket that it has', () => {
    const { open } = setup();
    const { fake, socket } = open();
    socket.send('hello');
    socket.ping();
    expect(fake.sent).toMatchObject([{ text: 'hello' }]);
    expect(fake.pings).toHaveLength(1);
  });

  it('goes where it is told to before the network is known', () => {
    const { port, opened } = setup();
    failoverSockets({ sockets: port, pool: () => undefined, now: () => 0 }).socket('wss://x');
    expect(opened.at(-1)?.url).toBe('wss://x');
  });
});

const account: Subscription = { channel: 'v4_subaccounts', id: 'dydx1/0' };

/** A connection of the service, wired as there, on two addresses that answer each ping. */
function connect(wanted: readonly Subscription[]) {
  const clock = new HeapClock(0);
  const now = () => clock.now();
  const { port, opened } = fakeSockets(now);
  const pool = new EndpointPool({ kind: 'socket', urls: [A, B], hasProbes: false });
  const world: Partial<World> = {
    clock,
    inbox: new Inbox({ clock, stamp: now, atTurnEnd: () => undefined }),
    meter: { observe: () => undefined },
    sockets: failoverSockets({ sockets: port, pool: () => pool, now }),
    subscribesPerSecond: 10,
  };
  const session = sessionWiring(world as World, () => undefined);
  const machine = connectionMachine.provide({ actors: { socket: socketSession(session) } });
  const input = { name: 'stream-0', url: 'wss://nominal.example', wanted, jitter: [0.5] };
  const actor = createActor(machine, { input, clock }).start();
  actor.send({ type: 'connection.open' });
  const speak = (signal: SocketSignal): void => opened.at(-1)?.signals$.next(signal);
  let id = 0;
  const say = (type: string, rest: object = {}): void => {
    const words = { type, connection_id: 'c1', message_id: id++, ...rest };
    speak({ type: 'frame', data: Buffer.from(JSON.stringify(words)) });
  };
  speak({ type: 'opened' });
  say('connected');
  /** Goes on for this long, or until the connection has left its first socket. */
  const goOn = (ms: number, each: () => void): void => {
    for (let at = 0; at < ms && opened.length === 1; at += 100) {
      speak({ type: 'pong' });
      each();
      clock.advanceTo(now() + 100);
    }
  };
  return { actor, goOn, opened, pool, say, urls: () => opened.map(({ url }) => url), now };
}

describe('a connection of two addresses', () => {
  it('goes elsewhere when the blocks of one stand still, though its books go on', () => {
    const { goOn, now, pool, say, urls } = connect([height, book()]);
    say('subscribed', { ...height, contents: {} });
    say('subscribed', { ...book(), contents: {} });
    goOn(60_000, () => say('channel_data', { ...book(), version: '1.0.0', contents: {} }));
    expect([urls(), now()]).toEqual([[A, B], 35_200]);
    const [left] = pool.states(now());
    expect(left).toMatchObject({ state: 'failing', lastError: 'the feed stood still' });
  });

  it('goes elsewhere when one has refused the account three times', () => {
    const { goOn, opened, pool, say, urls, now } = connect([height, account]);
    say('subscribed', { ...height, contents: {} });
    let refused = 0;
    goOn(60_000, () => {
      const asked = opened[0]?.sent.filter(
        ({ text }) => text.includes('"subscribe"') && text.includes(account.channel),
      );
      if (asked?.length === refused) return;
      refused += 1;
      say('error', { ...account, message: 'Internal error' });
    });
    expect([refused, urls()]).toEqual([3, [A, B]]);
    const [left] = pool.states(now());
    expect(left?.lastError).toBe('v4_subaccounts:dydx1/0 refused: Internal error');
  });

  it('leaves an address well that the operator closes while it is silent', () => {
    const { actor, goOn, now, pool, say } = connect([height]);
    say('subscribed', { ...height, contents: {} });
    goOn(10_000, () => undefined);
    expect(actor.getSnapshot().value).toEqual({ session: { live: 'stale' } });
    actor.send({ type: 'connection.close' });
    goOn(3_000, () => undefined);
    expect(actor.getSnapshot().value).toBe('idle');
    expect(pool.states(now())[0]).toMatchObject({ state: 'healthy', errors: 0 });
  });
});
