/** The machine and its sessions together in virtual time: cuts, dead epochs, gaps, stand-stills, drains. */
import { createActor } from 'xstate';
import { describe, expect, it } from 'vitest';
import type { ConnectionEmitted } from '../../machines/connection-context.js';
import { connectionMachine } from '../../machines/connection.machine.js';
import { HeapClock } from '../../src/clock/heap.clock.js';
import { socketSession, type SocketFrame } from '../../src/connection/socket-session.actor.js';
import { subscriptionKey, type Envelope } from '../../src/model/events.js';
import { book, fakeSockets, fakeWire, frame, height, type FakeSocket } from './fakes.js';

const BOOK = subscriptionKey(book());
const HEIGHT = subscriptionKey(height);

function start() {
  const clock = new HeapClock(0);
  const sockets = fakeSockets(() => clock.now());
  const frames: SocketFrame[] = [];
  const session = socketSession({
    sockets: sockets.port,
    wire: fakeWire,
    clock,
    frames: { next: (each) => frames.push(each) },
  });
  const machine = connectionMachine.provide({ actors: { socket: session } });
  const input = { name: 'market-0', url: 'wss://venue', wanted: [height, book()], jitter: [0.999] };
  const actor = createActor(machine, { input, clock });
  const emitted: ConnectionEmitted[] = [];
  actor.on('*', (event) => emitted.push(event));
  actor.start();
  actor.send({ type: 'connection.open' });

  const socket = (): FakeSocket => {
    const newest = sockets.opened.at(-1);
    if (newest === undefined) throw new Error('no socket was opened');
    return newest;
  };
  const hear = (envelope: Partial<Envelope>, on = socket()): void =>
    on.signals$.next({ type: 'frame', data: frame(envelope) });
  const wait = (ms: number): void => clock.advanceTo(clock.now() + ms);
  const greet = (connectionId: string): void => {
    socket().signals$.next({ type: 'opened' });
    hear({ kind: 'connected', connectionId });
    wait(100);
    hear({ kind: 'subscribed', subscription: height, messageId: 1, connectionId });
    hear({ kind: 'subscribed', subscription: book(), messageId: 2, connectionId });
  };
  const cut = (): void =>
    socket().signals$.next({ type: 'closed', code: 1006, reason: '', fatal: false });
  const isUsable = (): boolean => actor.getSnapshot().hasTag('usable');
  return { actor, sockets, frames, emitted, socket, hear, wait, greet, cut, isUsable };
}

describe('a connection with its session', () => {
  it('restores the wanted set on the next socket after a cut', () => {
    const { greet, cut, wait, socket, sockets, isUsable } = start();
    greet('c1');
    expect(isUsable()).toBe(true);
    cut();
    expect(isUsable()).toBe(false);
    wait(250);
    expect(sockets.opened.length).toBe(2);
    greet('c2');
    expect(socket().sent.map(({ text }) => text)).toEqual([`+${HEIGHT}`, `+${BOOK}`]);
    expect(isUsable()).toBe(true);
  });

  it('lets no frame of a dead epoch through', () => {
    const { greet, cut, wait, hear, socket, frames } = start();
    greet('c1');
    const dead = socket();
    cut();
    wait(250);
    greet('c2');
    const before = frames.length;
    hear({ kind: 'data', subscription: book(), messageId: 3, connectionId: 'c1' }, dead);
    hear({ kind: 'data', subscription: book(), messageId: 3, connectionId: 'c1' });
    expect([dead.isOpen, frames.length]).toEqual([false, before]);
    hear({ kind: 'data', subscription: book(), messageId: 3, connectionId: 'c2' });
    expect(frames.slice(before).map(({ epoch }) => epoch)).toEqual([2]);
  });

  it('is stale while no blocks come, and changes its socket when that lasts', () => {
    const { actor, greet, wait, hear, socket, isUsable, sockets } = start();
    const answerPings = (ms: number): void => {
      for (let waited = 0; waited < ms; waited += 1_000) {
        wait(1_000);
        socket().signals$.next({ type: 'pong' });
      }
    };
    greet('c1');
    answerPings(6_000);
    expect(actor.getSnapshot().value).toEqual({ session: { live: 'stale' } });
    hear({ kind: 'data', subscription: height, messageId: 3, connectionId: 'c1' });
    expect(isUsable()).toBe(true);
    answerPings(37_000);
    expect(actor.getSnapshot().context.lastError).toBe('the feed stood still');
    expect(sockets.opened.length).toBe(2);
  });

  it('repairs a gap by subscribing again what is suspect', () => {
    const { actor, emitted, greet, wait, hear, socket, isUsable } = start();
    greet('c1');
    for (const messageId of [4, 5, 6]) {
      hear({ kind: 'data', subscription: height, messageId, connectionId: 'c1' });
      wait(3_000);
      socket().signals$.next({ type: 'pong' });
    }
    hear({ kind: 'data', subscription: height, messageId: 7, connectionId: 'c1' });
    expect(actor.getSnapshot().value).toEqual({ session: { live: 'resyncing' } });
    wait(1_000);
    expect(
      socket()
        .sent.slice(2)
        .map(({ text }) => text),
    ).toEqual([`-${HEIGHT}`, `+${HEIGHT}`, `-${BOOK}`, `+${BOOK}`]);
    hear({ kind: 'subscribed', subscription: height, messageId: 9, connectionId: 'c1' });
    hear({ kind: 'subscribed', subscription: book(), messageId: 11, connectionId: 'c1' });
    expect(isUsable()).toBe(true);
    expect(emitted.filter(({ type }) => type === 'feed.up').length).toBe(2);
  });

  it('repairs a gap that it finds while it still subscribes before it is usable', () => {
    const { actor, wait, hear, socket, isUsable } = start();
    socket().signals$.next({ type: 'opened' });
    hear({ kind: 'connected' });
    wait(100);
    hear({ kind: 'subscribed', subscription: height, messageId: 1 });
    for (const messageId of [4, 5, 6, 7]) {
      hear({ kind: 'data', subscription: height, messageId });
      wait(2_000);
      socket().signals$.next({ type: 'pong' });
    }
    hear({ kind: 'subscribed', subscription: book(), messageId: 8 });
    expect([actor.getSnapshot().value, isUsable()]).toEqual([{ session: 'subscribing' }, false]);
    const sent = socket().sent.map(({ text }) => text);
    expect(sent).toEqual([`+${HEIGHT}`, `+${BOOK}`, `-${HEIGHT}`, `+${HEIGHT}`]);
    hear({ kind: 'subscribed', subscription: height, messageId: 10 });
    expect(isUsable()).toBe(true);
  });

  it('subscribes a market that is wanted later, and is usable again when it is confirmed', () => {
    const { actor, greet, wait, hear, socket, isUsable } = start();
    greet('c1');
    const eth = book('ETH-USD');
    actor.send({ type: 'connection.want', subscriptions: [height, eth] });
    expect(isUsable()).toBe(false);
    wait(100);
    expect(
      socket()
        .sent.slice(2)
        .map(({ text }) => text),
    ).toEqual([`-${BOOK}`, `+${subscriptionKey(eth)}`]);
    hear({ kind: 'unsubscribed', subscription: book(), messageId: 3, connectionId: 'c1' });
    hear({ kind: 'subscribed', subscription: eth, messageId: 4, connectionId: 'c1' });
    expect(isUsable()).toBe(true);
  });

  it('drains: unsubscribes, then closes its socket', () => {
    const { actor, greet, hear, socket } = start();
    greet('c1');
    actor.send({ type: 'connection.close' });
    hear({ kind: 'unsubscribed', subscription: height, messageId: 3, connectionId: 'c1' });
    expect(socket().isOpen).toBe(true);
    hear({ kind: 'unsubscribed', subscription: book(), messageId: 4, connectionId: 'c1' });
    expect([actor.getSnapshot().value, socket().isOpen]).toEqual(['idle', false]);
  });

  it('leaves no timer behind when it is stopped', () => {
    const clock = new HeapClock(0);
    const { port } = fakeSockets(() => clock.now());
    const session = socketSession({
      sockets: port,
      wire: fakeWire,
      clock,
      frames: { next: () => undefined },
    });
    const actor = createActor(connectionMachine.provide({ actors: { socket: session } }), {
      input: { name: 'market-0', url: 'wss://venue', wanted: [height], jitter: [] },
      clock,
    }).start();
    actor.send({ type: 'connection.open' });
    expect(clock.pending).toBeGreaterThan(0);
    actor.stop();
    expect(clock.pending).toBe(0);
  });
});
