/** A venue in miniature for the connection's tests: JSON envelopes, and sockets that a test speaks through. */
import { Observable, Subject, type SchedulerLike } from 'rxjs';
import type { SessionOrder, SessionOrders } from '../../src/model/connection.js';
import { subscriptionKey, type Envelope, type Subscription } from '../../src/model/events.js';
import type { UnixMs } from '../../src/model/quantities.js';
import type { Clock } from '../../src/ports/clock.js';
import type { Socket, SocketPort, SocketSignal } from '../../src/ports/socket.js';
import type { Wire } from '../../src/ports/wire.js';

export const height: Subscription = { channel: 'v4_block_height', id: undefined };
export const book = (id = 'BTC-USD'): Subscription => ({ channel: 'v4_orderbook', id });

export const frame = (envelope: Partial<Envelope>): Uint8Array =>
  Buffer.from(JSON.stringify({ connectionId: 'c1', messageId: 0, ...envelope }));

export const fakeWire: Wire = {
  readEnvelope: (data) => {
    const text = Buffer.from(data).toString();
    return text.startsWith('{') ? (JSON.parse(text) as Envelope) : undefined;
  },
  dataFrames: (connectionId) => (data) => {
    const envelope = fakeWire.readEnvelope(data);
    if (envelope?.kind !== 'data' || envelope.connectionId !== connectionId) return -1;
    return envelope.subscription?.channel === 'v4_block_height' ? -1 : envelope.messageId;
  },
  writeSubscribe: (subscription) => `+${subscriptionKey(subscription)}`,
  writeUnsubscribe: (subscription) => `-${subscriptionKey(subscription)}`,
  idsPerSocket: () => 32,
};

export interface FakeSocket {
  readonly url: string;
  readonly signals$: Subject<SocketSignal>;
  readonly sent: { readonly at: number; readonly text: string }[];
  readonly pings: number[];
  isOpen: boolean;
}

/** Every socket that was ever asked for, in order. */
export function fakeSockets(now: () => number): { port: SocketPort; opened: FakeSocket[] } {
  const opened: FakeSocket[] = [];
  const open = (url: string): Socket => {
    const fake: FakeSocket = { url, signals$: new Subject(), sent: [], pings: [], isOpen: false };
    opened.push(fake);
    return {
      signals$: new Observable((subscriber) => {
        fake.isOpen = true;
        subscriber.add(() => (fake.isOpen = false));
        return fake.signals$.subscribe(subscriber);
      }),
      send: (text) => fake.sent.push({ at: now(), text }),
      ping: () => fake.pings.push(now()),
    };
  };
  return { port: { socket: open }, opened };
}

/** Orders without a machine. */
export function fakeOrders(): { connection: SessionOrders; order: (order: SessionOrder) => void } {
  const orders$ = new Subject<SessionOrder>();
  return {
    order: (order) => orders$.next(order),
    connection: {
      on: (type, listener) =>
        orders$.subscribe((order) => (order.type === type ? listener(order) : undefined)),
    },
  };
}

/** A test scheduler as the clock port. Nothing here sets a timer but through the scheduler. */
export const clockOf = (scheduler: SchedulerLike): Clock => {
  const refuse = (): never => {
    throw new Error('expected timers through the scheduler only');
  };
  return {
    now: () => scheduler.now() as UnixMs,
    scheduler,
    setTimeout: refuse,
    clearTimeout: refuse,
  };
};
