/**
 * The venue's side of a socket, in a process of its own: greets, confirms, and then sends a storm
 * that was made beforehand, as fast as it is taken or at a pace, with many frames in one write.
 * Message ids, trade ids and times are those of the moment.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { START_MS } from './bench-session.js';
import { monotonicMs, tell, type SenderOrder, type StormPlan } from './bench-wire.js';
import { FrameStorm } from './frame-storm.js';

const CHUNK_BYTES = 65_536;
/** Room for head, message id and the header of the frame. */
const EXTRA_BYTES = 128;
const UNSENT_MAX = 1_000_000;
const LOOK_EVERY = 2_000;
const TICK_MS = 1;
const TEXT_FRAME = 0x81;
const LENGTH_IN_TWO_BYTES = 126;

interface Made {
  readonly connection: number;
  readonly rest: Buffer;
  /** Where the last digits of a trade's id begin; −1 where there is none. */
  readonly idAt: number;
  readonly timeAt: number;
}

/** One connection: its number of messages, and what is written together. */
class Line {
  readonly head: Buffer;
  readonly greeting: (type: string) => string;
  sentAt = new Float64Array(0);
  #socket: Duplex | undefined;
  #chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  #used = 0;
  #next = 0;
  #stampFrom = 0;

  constructor(storm: FrameStorm, connection: number) {
    this.head = Buffer.from(storm.head(connection));
    this.greeting = (type) => storm.head(connection, type);
  }

  open(socket: Duplex): void {
    this.#socket = socket;
    this.#next = 0;
    this.#used = 0;
    this.sentAt = new Float64Array(0);
  }

  nextId(): number {
    return this.#next++;
  }

  get unsent(): number {
    return this.#socket?.writableLength ?? 0;
  }

  /** Stamps from here on: room for so many frames. */
  expect(frames: number): void {
    this.sentAt = new Float64Array(this.#next + frames);
    this.#stampFrom = this.#next;
  }

  add({ rest, idAt, timeAt }: Made, tradeId: string, time: string): void {
    const id = String(this.nextId());
    const length = this.head.length + id.length + rest.length;
    if (this.#used + length + EXTRA_BYTES > CHUNK_BYTES) this.flush();
    const chunk = this.#chunk;
    let at = this.#used;
    chunk[at] = TEXT_FRAME;
    chunk[at + 1] = LENGTH_IN_TWO_BYTES;
    chunk.writeUInt16BE(length, at + 2);
    at += 4;
    at += this.head.copy(chunk, at);
    at += chunk.write(id, at, 'latin1');
    rest.copy(chunk, at);
    if (idAt >= 0) chunk.write(tradeId, at + idAt, 'latin1');
    if (timeAt >= 0) chunk.write(time, at + timeAt, 'latin1');
    this.#used = at + rest.length;
  }

  flush(): void {
    if (this.#used === 0) return;
    const now = monotonicMs();
    this.sentAt.fill(now, this.#stampFrom, this.#next);
    this.#stampFrom = this.#next;
    this.#socket?.write(this.#chunk.subarray(0, this.#used));
    this.#chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
    this.#used = 0;
  }
}

const plan = JSON.parse(process.argv[2] ?? '') as StormPlan;
const storm = new FrameStorm({ ...plan, startMs: START_MS });
const lines = storm.connectionIds.map((_, connection) => new Line(storm, connection));
const opening = new Map(
  storm.opening().map(({ rest }) => [/"id":"([^"]+)"/.exec(rest)?.[1] ?? 'v4_markets', rest]),
);
const made = prepared();
const ID_DIGITS = 12;
let next = 0;
let tradeId = 0;

function prepared(): readonly Made[] {
  const frames = Array.from({ length: plan.frames }, () => storm.next());
  return [...frames, ...storm.restored()].map(({ connection, kind, rest }) => {
    const isTrade = kind === 'trade';
    const timeKey = kind === 'trade' ? '"createdAt":"' : kind === 'height' ? '"time":"' : '';
    return {
      connection,
      rest: Buffer.from(rest),
      idAt: isTrade ? rest.indexOf('"id":"0') + '"id":"'.length + 12 : -1,
      timeAt: timeKey === '' ? -1 : rest.indexOf(timeKey) + timeKey.length,
    };
  });
}

function addOne(time: string): void {
  const frame = made[next] as Made;
  next = (next + 1) % made.length;
  let id = '';
  if (frame.idAt >= 0) {
    tradeId += 1;
    id = String(tradeId).padStart(ID_DIGITS, '0');
  }
  (lines[frame.connection] as Line).add(frame, id, time);
}

const nowText = (): string => new Date().toISOString();
const flushAll = (): void => lines.forEach((line) => line.flush());
const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
const breath = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

async function blast(frames: number): Promise<void> {
  let time = nowText();
  for (let sent = 1; sent <= frames; sent += 1) {
    addOne(time);
    if (sent % LOOK_EVERY !== 0) continue;
    flushAll();
    time = nowText();
    await breath();
    while (lines.some(({ unsent }) => unsent > UNSENT_MAX)) await breath();
  }
  flushAll();
}

async function pace(framesPerSecond: number, seconds: number): Promise<void> {
  const begun = monotonicMs();
  const total = framesPerSecond * seconds;
  for (let sent = 0; sent < total;) {
    const due = Math.min(total, ((monotonicMs() - begun) * framesPerSecond) / 1_000);
    const time = nowText();
    for (; sent < due; sent += 1) addOne(time);
    flushAll();
    await pause(TICK_MS);
  }
}

function answer(line: Line, socket: WebSocket, text: string): void {
  const { type, channel, id } = JSON.parse(text) as Record<string, string>;
  if (type !== 'subscribe') return;
  const height = `{"height":"50000000","time":"${nowText()}"}`;
  const rest =
    channel === 'v4_markets' || channel === 'v4_orderbook'
      ? (opening.get(id ?? 'v4_markets') ?? '')
      : channel === 'v4_block_height'
        ? `,"channel":"v4_block_height","id":"v4_block_height","contents":${height}}`
        : `,"channel":"${channel}","id":"${id}","contents":{"trades":[]}}`;
  socket.send(`${line.greeting('subscribed')}${line.nextId()}${rest}`);
}

const http = createServer();
const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
http.on('upgrade', (request, socket, head) => {
  const number = Number(/\?connection=(\d+)$/.exec(request.url ?? '')?.[1]);
  const line = lines[number];
  if (line === undefined) {
    socket.destroy();
    return;
  }
  sockets.handleUpgrade(request, socket, head, (webSocket) => {
    // The session begins anew with each reader.
    next = 0;
    line.open(socket);
    socket.on('error', () => undefined);
    webSocket.on('error', () => undefined);
    webSocket.on('message', (data: Buffer) => answer(line, webSocket, data.toString()));
    webSocket.send(`${line.greeting('connected')}${line.nextId()}}`);
  });
});
http.listen(0, '127.0.0.1', () => {
  tell({ type: 'listening', port: (http.address() as AddressInfo).port });
});

async function obey(order: SenderOrder): Promise<void> {
  const isPaced = order.type === 'pace';
  for (const line of lines) line.expect(isPaced ? order.framesPerSecond * order.seconds : 0);
  if (isPaced) await pace(order.framesPerSecond, order.seconds);
  else await blast(order.frames);
  tell({ type: 'sent', at: isPaced ? lines.map(({ sentAt }) => sentAt) : [] });
}
process.on('message', (order: SenderOrder) => void obey(order));
process.on('disconnect', () => process.exit());
