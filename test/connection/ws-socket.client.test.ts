/** The real `ws` client against a real local server: frames, cuts, refusals, and what is too large. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { firstValueFrom, lastValueFrom, toArray } from 'rxjs';
import { WebSocketServer, type WebSocket } from 'ws';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { wsSockets } from '../../src/connection/ws-socket.client.js';
import type { SocketSignal } from '../../src/ports/socket.js';

let http: Server;
let server: WebSocketServer;
let url: string;
let refuseWith: number | undefined;

beforeEach(async () => {
  refuseWith = undefined;
  http = createServer();
  server = new WebSocketServer({ noServer: true });
  http.on('upgrade', (request, socket, head) => {
    if (refuseWith === undefined) {
      server.handleUpgrade(request, socket, head, (peer) => server.emit('connection', peer));
    } else {
      socket.end(`HTTP/1.1 ${refuseWith} Refused\r\nContent-Length: 0\r\n\r\n`);
    }
  });
  await new Promise<void>((resolve) => {
    http.listen(0, '127.0.0.1', resolve);
  });
  url = `ws://127.0.0.1:${(http.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.clients.forEach((peer) => peer.terminate());
  await new Promise((resolve) => {
    http.close(resolve);
  });
});

const whenConnected = (work: (peer: WebSocket) => void): void => {
  server.on('connection', work);
};
const allSignals = (address = url): Promise<SocketSignal[]> =>
  lastValueFrom(wsSockets().socket(address).signals$.pipe(toArray()));

describe('a real socket', () => {
  it('brings frames as bytes, and the reason for its close', async () => {
    whenConnected((peer) => {
      peer.send('{"type":"connected"}');
      peer.close(1012, 'Service restarting');
    });
    const [opened, frame, closed] = await allSignals();
    expect(opened).toEqual({ type: 'opened' });
    expect(frame?.type === 'frame' && Buffer.from(frame.data).toString()).toBe(
      '{"type":"connected"}',
    );
    expect(closed).toEqual({
      type: 'closed',
      code: 1012,
      reason: 'Service restarting',
      fatal: false,
    });
  });

  it('hands on what is no text: it is the decoder’s to quarantine', async () => {
    whenConnected((peer) => {
      peer.send(Buffer.from([0x7b, 0xff, 0x7d]), { binary: false });
      peer.close(1000);
    });
    const [, frame, closed] = await allSignals();
    expect(frame?.type === 'frame' && [...frame.data]).toEqual([0x7b, 0xff, 0x7d]);
    expect(closed).toMatchObject({ code: 1000, fatal: false });
  });

  it('that is cut is closed, and may be tried again', async () => {
    whenConnected((peer) => peer.terminate());
    expect((await allSignals()).at(-1)).toMatchObject({ type: 'closed', code: 1006, fatal: false });
  });

  it('sends text and pings once it is open, and drops both before and after', async () => {
    const heard: string[] = [];
    whenConnected((peer) => {
      peer.on('message', (data: Buffer) => heard.push(data.toString()));
    });
    const socket = wsSockets().socket(url);
    socket.send('too early');
    socket.ping();
    const ponged = new Promise<void>((resolve) => {
      const subscription = socket.signals$.subscribe((signal) => {
        if (signal.type === 'opened') {
          socket.send('hello');
          socket.ping();
        }
        if (signal.type !== 'pong') return;
        subscription.unsubscribe();
        resolve();
      });
    });
    await ponged;
    socket.send('too late');
    expect(heard).toEqual(['hello']);
  });

  it('is terminated when nobody listens any more', async () => {
    const gone = new Promise<number>((resolve) => {
      whenConnected((peer) => peer.on('close', resolve));
    });
    await firstValueFrom(wsSockets().socket(url).signals$);
    expect(await gone).toBe(1006);
  });

  it('may be given up while it is still connecting', async () => {
    const signals: SocketSignal[] = [];
    const subscription = wsSockets()
      .socket(url)
      .signals$.subscribe((signal) => signals.push(signal));
    subscription.unsubscribe();
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    expect(signals).toEqual([]);
  });

  it.each([
    [403, true],
    [503, false],
  ])('whose upgrade is refused with %i is closed, fatal: %s', async (status, fatal) => {
    refuseWith = status;
    expect(await allSignals()).toEqual([
      { type: 'closed', code: 1006, reason: `HTTP ${status}`, fatal },
    ]);
  });

  it('is closed by a frame above 4 MiB', async () => {
    whenConnected((peer) => peer.send(Buffer.alloc(4 * 1024 * 1024 + 1)));
    const signals = await allSignals();
    expect(signals.map((signal) => signal.type)).toEqual(['opened', 'closed']);
    expect(signals.at(-1)).toMatchObject({
      code: 1006,
      reason: expect.stringContaining('payload'),
    });
  });

  it('that finds nobody listening is closed, and may be tried again', async () => {
    const nobody = createServer();
    await new Promise<void>((resolve) => {
      nobody.listen(0, '127.0.0.1', resolve);
    });
    const { port } = nobody.address() as AddressInfo;
    await new Promise((resolve) => {
      nobody.close(resolve);
    });
    const [closed] = await allSignals(`ws://127.0.0.1:${port}`);
    expect(closed).toMatchObject({ type: 'closed', code: 1006, fatal: false });
  });

  it.each(['not a url', 'ftp://venue'])('cannot have the URL %s: fatal', async (address) => {
    const [closed] = await allSignals(address);
    expect(closed).toMatchObject({ type: 'closed', fatal: true });
    expect(JSON.stringify(closed)).not.toContain(address);
  });
});
