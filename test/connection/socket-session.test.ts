/** One life of one socket as marbles: what comes in as frames, what goes out as facts, and when. */
import { Subject, merge, tap } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { describe, expect, it } from 'vitest';
import { HeapClock } from '../../src/clock/heap.clock.js';
import {
  sessionFacts,
  type SocketFrame,
  type SocketSessionOptions,
} from '../../src/connection/socket-session.actor.js';
import type { SessionOrder, SocketFact } from '../../src/model/connection.js';
import { subscriptionKey, type Envelope, type Subscription } from '../../src/model/events.js';
import type { SocketSignal } from '../../src/ports/socket.js';
import { book, clockOf, fakeOrders, fakeSockets, fakeWire, frame, height } from './fakes.js';

const BOOK = subscriptionKey(book());
const opened: SocketSignal = { type: 'opened' };
const pong: SocketSignal = { type: 'pong' };
const closed: SocketSignal = { type: 'closed', code: 1012, reason: 'restarting', fatal: false };
const received = (envelope: Partial<Envelope>): SocketSignal => ({
  type: 'frame',
  data: frame(envelope),
});
const connected = received({ kind: 'connected' });
const subscribed = (subscription: Subscription, messageId: number): SocketSignal =>
  received({ kind: 'subscribed', subscription, messageId });
const block = (messageId: number): SocketSignal =>
  received({ kind: 'data', subscription: height, messageId });
const data = (messageId: number): SocketSignal =>
  received({ kind: 'data', subscription: book(), messageId });
const refusal = received({ kind: 'error', subscription: book(), message: 'no such market' });
const want = (...subscriptions: readonly Subscription[]): SessionOrder => ({
  type: 'session.want',
  subscriptions,
});

interface Script {
  /** Marbles of signals and of orders. */
  readonly heard: string;
  readonly signals: Readonly<Record<string, SocketSignal>>;
  readonly ordered?: string;
  readonly orders?: Readonly<Record<string, SessionOrder>>;
  readonly until?: string;
  readonly expected: string;
  readonly facts: Readonly<Record<string, SocketFact>>;
  readonly options?: Partial<SocketSessionOptions>;
}

/** Plays the script against one session, and hands back what it did to its socket. */
function play(script: Script) {
  const scheduler = new TestScheduler((actual, expected) => expect(actual).toEqual(expected));
  const clock = clockOf(scheduler);
  const sockets = fakeSockets(() => clock.now());
  const { connection, order } = fakeOrders();
  const frames: SocketFrame[] = [];
  scheduler.run(({ hot, expectObservable }) => {
    const facts$ = sessionFacts(
      {
        sockets: sockets.port,
        wire: fakeWire,
        clock,
        frames: { next: (each) => frames.push(each) },
        ...script.options,
      },
      { name: 'market-0', url: 'wss://venue', epoch: 1, connection },
    );
    const signals$ = hot(script.heard, script.signals).pipe(
      tap((signal) => sockets.opened[0]?.signals$.next(signal)),
    );
    const orders$ = hot(script.ordered ?? '-', script.orders).pipe(tap(order));
    expectObservable(facts$, script.until ?? '^ 100s !').toBe(script.expected, script.facts);
    merge(signals$, orders$).subscribe();
  });
  const socket = sockets.opened[0];
  if (socket === undefined) throw new Error('no socket was opened');
  return { socket, frames };
}

const welcome = {
  o: { type: 'socket.opened' },
  w: { type: 'socket.welcomed', connectionId: 'c1' },
} as const;
const stale: SocketFact = { type: 'feed.stale' };

describe('a session', () => {
  it('reports the greeting and what is subscribed, and hands on every frame as it came', () => {
    const { socket, frames } = play({
      heard: '   o-c-----h-b--x',
      signals: {
        o: opened,
        c: connected,
        h: subscribed(height, 1),
        b: subscribed(book(), 2),
        x: closed,
      },
      ordered: ' ---w',
      orders: { w: want(height, book()) },
      expected: 'o-w-----h-b--(x|)',
      facts: {
        ...welcome,
        h: { type: 'socket.subscribed', key: 'v4_block_height' },
        b: { type: 'socket.subscribed', key: BOOK },
        x: { ...closed, type: 'socket.closed' },
      },
    });
    expect(frames.map(({ name, epoch, at }) => [name, epoch, at])).toEqual([
      ['market-0', 1, 2],
      ['market-0', 1, 8],
      ['market-0', 1, 10],
    ]);
    expect(socket.isOpen).toBe(false);
  });

  it('spaces its subscribes', () => {
    const ids = ['A-USD', 'B-USD', 'C-USD'].map((id) => book(id));
    const { socket } = play({
      heard: '   -',
      signals: {},
      ordered: ' w',
      orders: { w: want(...ids) },
      until: '   ^ 4s !',
      expected: '-',
      facts: {},
      options: { subscribesPerSecond: 2 },
    });
    expect(socket.sent.map(({ at }) => at)).toEqual([0, 500, 1000]);
  });

  it('is closed when the peer does not answer a ping', () => {
    const { socket } = play({
      heard: '   o 5099ms p',
      signals: { o: opened, p: pong },
      expected: 'o 4999ms s 10099ms (x|)',
      facts: {
        ...welcome,
        s: stale,
        x: { type: 'socket.closed', code: 1006, reason: 'pong missing', fatal: false },
      },
    });
    expect(socket.pings).toEqual([5_000, 10_100]);
    expect(socket.isOpen).toBe(false);
  });

  it('is stale without blocks for 5 s though the book still speaks, and fresh with the next', () => {
    play({
      heard: '   c 999ms h 3s d 3s b',
      signals: { c: connected, h: subscribed(height, 1), d: data(2), b: block(3) },
      ordered: ' w',
      orders: { w: want(height, book()) },
      until: '   ^ 9s !',
      expected: 'w 999ms h 4999ms s 1001ms f',
      facts: {
        ...welcome,
        h: { type: 'socket.subscribed', key: 'v4_block_height' },
        s: stale,
        f: { type: 'feed.fresh' },
      },
    });
  });

  it('without the block height takes any frame as a sign of life', () => {
    play({
      heard: '   c 4s d 4s d',
      signals: { c: connected, d: data(1) },
      until: '   ^ 9s !',
      expected: 'w',
      facts: welcome,
    });
  });

  it('finds a gap in the ids and renews what is suspect when told to', () => {
    const { socket } = play({
      heard: '   c 9ms h 9ms d 2s b 2s b 2s b 99ms h',
      signals: { c: connected, h: subscribed(book(), 1), d: data(3), b: data(4) },
      ordered: ' w 6100ms r',
      orders: { w: want(book()), r: { type: 'session.renew', keys: [BOOK] } },
      until: '   ^ 8s !',
      expected: 'w 9ms h 6012ms g 99ms h',
      facts: {
        ...welcome,
        h: { type: 'socket.subscribed', key: BOOK },
        g: { type: 'feed.gap', keys: [BOOK] },
      },
    });
    expect(socket.sent.map(({ at, text }) => [at, text])).toEqual([
      [0, `+${BOOK}`],
      [6_101, `-${BOOK}`],
      [6_101, `+${BOOK}`],
    ]);
  });

  it('takes no gap for one while a subscribe is in flight whose id is reserved', () => {
    play({
      heard: '   c 9ms d 3s d 3s e 9ms h',
      signals: { c: connected, d: data(2), e: data(3), h: subscribed(book(), 1) },
      ordered: ' w',
      orders: { w: want(book()) },
      until: '   ^ 8s !',
      expected: 'w 6021ms h',
      facts: { ...welcome, h: { type: 'socket.subscribed', key: BOOK } },
    });
  });

  it('renews again, when told to, what was answered with an error that names nothing', () => {
    const renew: SessionOrder = { type: 'session.renew', keys: [BOOK] };
    const { socket } = play({
      heard: '   c 9ms h 989ms e',
      signals: {
        c: connected,
        h: subscribed(book(), 1),
        e: received({ kind: 'error', message: 'Internal error', messageId: 2 }),
      },
      ordered: ' w 899ms r 29999ms r',
      orders: { w: want(book()), r: renew },
      until: '   ^ 32s !',
      expected: 'w 9ms h 5989ms s',
      facts: { ...welcome, h: { type: 'socket.subscribed', key: BOOK }, s: stale },
    });
    const asks = socket.sent.filter(({ text }) => text.startsWith('+'));
    expect(asks.map(({ at }) => at)).toEqual([0, 900, 30_900]);
  });

  it('finds the gap behind a subscribe whose answer never comes', () => {
    play({
      heard: '   c 9ms d 4s d 4s d 4s d',
      signals: { c: connected, d: data(2) },
      ordered: ' w',
      orders: { w: want(book()) },
      until: '   ^ 14s !',
      expected: 'w 12012ms g',
      facts: { ...welcome, g: { type: 'feed.gap', keys: [] } },
    });
  });

  it('blames the address when told to, and when it answers no ping though it speaks', () => {
    const blamed: string[] = [];
    const signals$ = new Subject<SocketSignal>();
    const clock = new HeapClock(0);
    const { connection, order } = fakeOrders();
    const socket = {
      signals$,
      send: () => undefined,
      ping: () => undefined,
      blame: (reason: string) => void blamed.push(reason),
    };
    const session = sessionFacts(
      {
        sockets: { socket: () => socket },
        wire: fakeWire,
        clock,
        frames: { next: () => undefined },
      },
      { name: 'market-0', url: 'wss://venue', epoch: 1, connection },
    ).subscribe();
    signals$.next(opened);
    order({ type: 'session.blame', reason: 'the feed stood still' });
    for (let at = 1_000; at <= 10_000; at += 1_000) {
      signals$.next(connected);
      clock.advanceTo(at);
    }
    expect([blamed, session.closed]).toEqual([['the feed stood still', 'pong missing'], true]);
  });

  it('tells of a refusal only the third time, and then asks slowly', () => {
    const { socket } = play({
      heard: '   c 9ms r 1999ms r 2999ms r',
      signals: { c: connected, r: refusal },
      ordered: ' w',
      orders: { w: want(book()) },
      until: '   ^ 70s !',
      expected: 'w 5009ms f 4999ms s',
      facts: {
        ...welcome,
        f: { type: 'subscribe.failed', key: BOOK, message: 'no such market' },
        s: stale,
      },
    });
    const asks = socket.sent.filter(({ text }) => text.startsWith('+'));
    expect(asks.map(({ at }) => at)).toEqual([0, 1_010, 4_010, 65_010]);
  });

  it('hears nothing of an error that concerns nobody, nor of a subscription that nobody wants', () => {
    const { socket } = play({
      heard: '   cehu',
      signals: {
        c: connected,
        e: received({ kind: 'error', message: 'Internal error' }),
        h: subscribed(book(), 1),
        u: received({ kind: 'unsubscribed', subscription: book(), messageId: 2 }),
      },
      until: '   ^ 1s !',
      expected: 'w--u',
      facts: { ...welcome, u: { type: 'socket.unsubscribed', key: BOOK } },
    });
    expect(socket.sent.map(({ text }) => text)).toEqual([`-${BOOK}`]);
  });

  it('unsubscribes everything when nothing is wanted any more', () => {
    const { socket } = play({
      heard: '   c--b---u',
      signals: {
        c: connected,
        b: subscribed(book(), 1),
        u: received({ kind: 'unsubscribed', subscription: book(), messageId: 2 }),
      },
      ordered: ' -w---n',
      orders: { w: want(book()), n: want() },
      until: '   ^ 1s !',
      expected: 'w--b---u',
      facts: {
        ...welcome,
        b: { type: 'socket.subscribed', key: BOOK },
        u: { type: 'socket.unsubscribed', key: BOOK },
      },
    });
    expect(socket.sent.map(({ text }) => text)).toEqual([`+${BOOK}`, `-${BOOK}`]);
  });

  it('drops frames of another connection, and hands on what it cannot read', () => {
    const { frames } = play({
      heard: '   ecfu',
      signals: {
        e: data(1),
        c: connected,
        f: received({ kind: 'data', connectionId: 'c0', messageId: 9 }),
        u: { type: 'frame', data: Buffer.from('not an envelope') },
      },
      until: '   ^ 1s !',
      expected: '-w',
      facts: welcome,
    });
    expect(frames.map(({ at }) => at)).toEqual([1, 3]);
  });

  it('that is unsubscribed closes its socket, and says nothing more', () => {
    const { socket, frames } = play({
      heard: '   o-c--d',
      signals: { o: opened, c: connected, d: data(1) },
      ordered: ' ---w',
      orders: { w: want(height, book()) },
      until: '   ^--!',
      expected: 'o-w',
      facts: welcome,
    });
    expect([socket.isOpen, socket.sent, frames.length]).toEqual([false, [], 1]);
  });

  it('whose socket ends without a close is closed all the same', () => {
    const ended$ = new Subject<SocketSignal>();
    const { connection } = fakeOrders();
    const facts: SocketFact[] = [];
    sessionFacts(
      {
        sockets: {
          socket: () => ({ signals$: ended$, send: () => undefined, ping: () => undefined }),
        },
        wire: fakeWire,
        clock: clockOf(new TestScheduler(() => undefined)),
        frames: { next: () => undefined },
      },
      { name: 'market-0', url: 'wss://venue', epoch: 1, connection },
    ).subscribe((fact) => facts.push(fact));
    ended$.complete();
    expect(facts).toMatchObject([{ type: 'socket.closed', code: 1006, fatal: false }]);
  });
});
