/** Sockets that choose their address anew with each session. */
import { describe, expect, it } from 'vitest';
import { failoverSockets } from '../../src/app/failover-sockets.js';
import { EndpointPool } from '../../src/dydx/endpoint-pool.js';
import type { SocketSignal } from '../../src/ports/socket.js';
import { fakeSockets } from '../connection/fakes.js';

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

  it('goes elsewhere after silence, but not when we let go of a live one', () => {
    const { open, wait } = setup();
    const live = open();
    live.fake.signals$.next({ type: 'opened' });
    wait(4_000);
    live.fake.signals$.next(frame);
    wait(4_999);
    live.session.unsubscribe();
    expect(live.fake.isOpen).toBe(false);
    const silent = open();
    expect(silent.fake.url).toBe(A);
    wait(5_000);
    silent.session.unsubscribe();
    expect(open().fake.url).toBe(B);
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
