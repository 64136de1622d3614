/**
 * Starts the built devnet, lets subscribers follow all books over real sockets, counts what each of
 * them hears, checks that no message id is missing or doubled, and prints both sides' figures.
 *
 *     npm run load:devnet -- --for 60 --subscribers 10 --markets 250 --preset busy --seed 7
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { WebSocket } from 'ws';

/** The indexer's limit of ids per channel and connection. */
const IDS_PER_SOCKET = 32;
/** What the exchange has to keep up: book updates a second to every subscriber. */
const UPDATES_PER_SECOND_MIN = 5_000;
const MESSAGE_ID = /"message_id":(\d+)/;

const { values } = parseArgs({
  options: {
    for: { type: 'string', default: '60' },
    subscribers: { type: 'string', default: '10' },
    markets: { type: 'string', default: '250' },
    preset: { type: 'string', default: 'busy' },
    seed: { type: 'string', default: '7' },
  },
});

/** The message ids of one connection: in any order, each once, none missing in the end. */
class IdTally {
  readonly #early = new Set<number>();
  #next = 0;
  doubled = 0;

  add(id: number): void {
    if (id < this.#next || this.#early.has(id)) this.doubled += 1;
    else this.#early.add(id);
    while (this.#early.delete(this.#next)) this.#next += 1;
  }

  /** Numbers below the highest that never came. */
  get missing(): number {
    return this.#early.size === 0
      ? 0
      : Math.max(...this.#early) + 1 - this.#next - this.#early.size;
  }
}

/** One client of all books, on as many connections as the limit asks for. */
class Subscriber {
  readonly ids: IdTally[] = [];
  updates = 0;
  snapshots = 0;
  bytes = 0;
  closes = 0;

  async follow(url: string, tickers: readonly string[]): Promise<void> {
    for (let first = 0; first < tickers.length; first += IDS_PER_SOCKET) {
      const socket = new WebSocket(url, { perMessageDeflate: false });
      const tally = new IdTally();
      this.ids.push(tally);
      socket.on('message', (data) => this.#hear(data as Buffer, tally));
      socket.on('close', () => (this.closes += 1));
      socket.on('error', () => socket.terminate());
      await once(socket, 'open');
      for (const id of tickers.slice(first, first + IDS_PER_SOCKET)) {
        socket.send(JSON.stringify({ type: 'subscribe', channel: 'v4_orderbook', id }));
      }
    }
  }

  #hear(data: Buffer, tally: IdTally): void {
    this.bytes += data.length;
    const head = data.toString('latin1', 0, 160);
    const [, id] = MESSAGE_ID.exec(head) ?? [];
    if (id !== undefined) tally.add(Number(id));
    if (head.startsWith('{"type":"channel_data"')) this.updates += 1;
    else if (head.startsWith('{"type":"subscribed"')) this.snapshots += 1;
  }
}

const program = join(import.meta.dirname, '../dist/src/main.js');
const flags = ['--port', '0', '--seed', values.seed, '--preset', values.preset];
const child = spawn(
  process.execPath,
  [program, 'devnet', ...flags, '--markets', values.markets, '--for', `${values.for}s`, '--json'],
  { stdio: ['ignore', 'pipe', 'pipe'] },
);
let figures = '';
let told = '';
child.stdout.on('data', (chunk: Buffer) => (figures += chunk.toString()));
const socketUrl = new Promise<string>((resolve, reject) => {
  child.stderr.on('data', (chunk: Buffer) => {
    told += chunk.toString();
    const [, url] = /(ws:\/\/\S+)/.exec(told) ?? [];
    if (url !== undefined) resolve(url);
  });
  child.once('close', () => reject(new Error(`the devnet has ended:\n${told}`)));
});
process.once('exit', () => child.kill());
const ended = once(child, 'close');
const url = await socketUrl;
const rest = url.replace('ws:', 'http:').replace('/v4/ws', '/v4/perpetualMarkets');
const { markets } = (await (await fetch(rest)).json()) as { markets: Record<string, unknown> };
const subscribers = Array.from({ length: Number(values.subscribers) }, () => new Subscriber());
await Promise.all(subscribers.map((one) => one.follow(url, Object.keys(markets))));
const all = (count: (one: Subscriber) => number): number[] => subscribers.map(count);
const sum = (counts: readonly number[]): number => counts.reduce((a, b) => a + b, 0);
const connections = sum(all(({ ids }) => ids.length));
const closesAtStart = sum(all(({ closes }) => closes));
const before = all(({ updates }) => updates);
const startedAt = performance.now();
const cpuBefore = process.cpuUsage();
let measured = { seconds: 0, updates: before, closes: closesAtStart };
const timer = setInterval(() => {
  const seconds = (performance.now() - startedAt) / 1000;
  const closes = sum(all(({ closes }) => closes));
  if (closes === closesAtStart) measured = { seconds, updates: all((one) => one.updates), closes };
}, 250);
await ended;
clearInterval(timer);
const { user, system } = process.cpuUsage(cpuBefore);
const rates = measured.updates.map((count, at) => (count - (before[at] ?? 0)) / measured.seconds);
const devnet = JSON.parse(figures) as { readonly bookUpdatesPerSecond: number };
const report = {
  subscribers: subscribers.length,
  connections,
  markets: Object.keys(markets).length,
  seconds: Math.round(measured.seconds * 10) / 10,
  updates: sum(all(({ updates }) => updates)),
  updatesPerSecondMin: Math.floor(Math.min(...rates)),
  updatesPerSecondAll: Math.floor(sum(rates)),
  snapshots: sum(all(({ snapshots }) => snapshots)),
  bytes: sum(all(({ bytes }) => bytes)),
  idsMissing: sum(all(({ ids }) => sum(ids.map(({ missing }) => missing)))),
  idsDoubled: sum(all(({ ids }) => sum(ids.map(({ doubled }) => doubled)))),
  cpuSeconds: Math.round((user + system) / 1e5) / 10,
};
console.log(JSON.stringify({ devnet, subscribers: report }, null, 2));
const limits: readonly (readonly [what: string, isKept: boolean])[] = [
  ['every book has its snapshot', report.snapshots === report.markets * report.subscribers],
  ['no message id missing or doubled', report.idsMissing + report.idsDoubled === 0],
  [
    `${UPDATES_PER_SECOND_MIN} book updates a second to every subscriber`,
    report.updatesPerSecondMin >= UPDATES_PER_SECOND_MIN,
  ],
];
for (const [what, isKept] of limits) console.log(`${isKept ? 'kept  ' : 'BROKEN'} ${what}`);
process.exitCode = limits.every(([, isKept]) => isKept) ? 0 : 1;
