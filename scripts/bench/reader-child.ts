/**
 * The client's side of the sockets, in a process of its own. `empty` is `ws` and nothing else;
 * `ours` is the service's own way from the socket to the decision: sockets, sessions and machines,
 * the door, the pipeline with the sniper, on real time.
 */
import { WebSocket } from 'ws';
import { createActor } from 'xstate';
import { connectionMachine } from '../../machines/connection.machine.js';
import { Inbox } from '../../src/app/inbox.js';
import { MarketPipeline } from '../../src/app/market-pipeline.js';
import { sessionWiring } from '../../src/app/session-wiring.js';
import type { World } from '../../src/app/world.js';
import { RealClock, wallNow } from '../../src/clock/real.clock.js';
import { socketSession } from '../../src/connection/socket-session.actor.js';
import { planSockets, type WantedPlan } from '../../src/connection/wanted-plan.js';
import { wsSockets } from '../../src/connection/ws-socket.client.js';
import { createFrameDecoder } from '../../src/dydx/frame.codec.js';
import { dydxWire } from '../../src/dydx/indexer-wire.codec.js';
import type { Subscription } from '../../src/model/events.js';
import { createSniper } from '../../src/strategy/sniper.js';
import { backfillsOf, specsIn } from './bench-session.js';
import { monotonicMs, tell, type ReaderOrder, type ReaderPlan } from './bench-wire.js';
import { FrameStorm } from './frame-storm.js';

const SUBSCRIBES_PER_SECOND = 2_000;
const MAX_PAYLOAD_BYTES = 4 * 1024 * 1024;
/** Offsets in a data frame's head: its connection's number, and its message id. */
const CONNECTION_AT = '{"type":"channel_data","connection_id":"'.length + 34;
const MESSAGE_ID_AT = CONNECTION_AT + 2 + '","message_id":'.length;
const DATA_AT = 9;
const LETTER_C = 0x63;
const STAMPS_PER_CONNECTION = 300_000;
const TURN_FRAMES_MAX = 1_000_000;

const plan = JSON.parse(process.argv[2] ?? '') as ReaderPlan;
const storm = new FrameStorm({ ...plan, startMs: Date.now() });

/** Counts the data frames and measures from one count to another. */
class Gauge {
  frames = 0;
  #cpu = process.cpuUsage();
  #wall = monotonicMs();

  note(): void {
    this.frames += 1;
    if (this.frames === plan.measureFrom) this.begin();
    if (this.frames === plan.measureTo) {
      tell({ type: 'measured', ...this.usage(), frames: plan.measureTo - plan.measureFrom });
    }
  }

  begin(): void {
    this.#cpu = process.cpuUsage();
    this.#wall = monotonicMs();
  }

  usage() {
    const { user, system } = process.cpuUsage(this.#cpu);
    const wallMs = monotonicMs() - this.#wall;
    const { rss } = process.memoryUsage();
    return { frames: this.frames, cpuMs: (user + system) / 1_000, wallMs, rss };
  }
}

/** When each data frame was dealt with, by connection and message id. */
class StampBook {
  readonly at = storm.connectionIds.map(() => new Float64Array(STAMPS_PER_CONNECTION));
  readonly #connections = new Uint8Array(TURN_FRAMES_MAX);
  readonly #ids = new Uint32Array(TURN_FRAMES_MAX);
  #count = 0;

  /** Dealt with when the turn ends. */
  note(frame: Uint8Array): void {
    let id = 0;
    for (let at = MESSAGE_ID_AT; ; at += 1) {
      const digit = (frame[at] ?? 0) - 48;
      if (digit < 0 || digit > 9) break;
      id = id * 10 + digit;
    }
    const connection = hex(frame[CONNECTION_AT]) * 16 + hex(frame[CONNECTION_AT + 1]);
    this.#connections[this.#count] = connection;
    this.#ids[this.#count] = id;
    this.#count += 1;
  }

  endTurn(): void {
    const now = monotonicMs();
    for (let index = 0; index < this.#count; index += 1) {
      const stamps = this.at[this.#connections[index] ?? 0];
      if (stamps !== undefined) stamps[this.#ids[index] ?? 0] = now;
    }
    this.#count = 0;
  }
}

const hex = (code = 0): number => (code < 58 ? code - 48 : code - 87);
const isData = (frame: Uint8Array): boolean =>
  frame[DATA_AT] === LETTER_C && frame[DATA_AT + 1] === 0x68;

const gauge = new Gauge();
const book = plan.keepsStamps ? new StampBook() : undefined;
const url = (connection: number): string =>
  `ws://127.0.0.1:${plan.port}/v4/ws?connection=${connection}`;

function wantedPlan(): WantedPlan {
  const wanted: Subscription[] = [
    { channel: 'v4_markets', id: undefined },
    ...storm.markets.flatMap(({ ticker }): Subscription[] => [
      { channel: 'v4_orderbook', id: ticker },
      { channel: 'v4_trades', id: ticker },
    ]),
  ];
  return planSockets(wanted, (one) => dydxWire.idsPerSocket(one));
}

/** The same client with the same settings, which looks at nothing. */
function readNothing(wanted: WantedPlan): void {
  let waiting = wanted.reduce((sum, subscriptions) => sum + subscriptions.length, 0);
  wanted.forEach((subscriptions, connection) => {
    const options = { perMessageDeflate: false, maxPayload: MAX_PAYLOAD_BYTES };
    const socket = new WebSocket(url(connection), options);
    socket.on('open', () => {
      for (const one of subscriptions) socket.send(dydxWire.writeSubscribe(one));
    });
    socket.on('message', (data: Buffer) => {
      if (isData(data)) {
        gauge.note();
        if (book === undefined) return;
        book.note(data);
        return book.endTurn();
      }
      if (!data.subarray(0, 24).includes('"subscribed"')) return;
      waiting -= 1;
      if (waiting === 0) tell({ type: 'ready' });
    });
  });
}

function trade(wanted: WantedPlan): void {
  let knock = (): void => undefined;
  const clock = new RealClock(() => knock());
  const inbox = new Inbox({ clock, stamp: wallNow, atTurnEnd: (work) => setImmediate(work) });
  knock = () => inbox.tick();
  const specs = specsIn(storm.opening().map(({ rest }) => openingFrame(rest)));
  const decoder = createFrameDecoder();
  decoder.learn(specs);
  const pipeline = new MarketPipeline({
    decoder,
    strategy: createSniper(),
    scheduler: clock.scheduler,
    flush$: inbox.flush$,
  });
  pipeline.verdicts$.subscribe();
  pipeline.decisions$.subscribe();
  pipeline.facts$.next({ at: clock.now(), event: { type: 'specs', specs } });
  for (const history of backfillsOf(specs, storm, Date.now())) pipeline.backfills$.next(history);
  // Behind the pipeline's own subscription: every decision of the turn has been taken.
  if (book !== undefined) inbox.flush$.subscribe(() => book.endTurn());
  const world: Pick<World, 'clock' | 'inbox' | 'meter' | 'sockets' | 'subscribesPerSecond'> = {
    clock,
    inbox,
    meter: { observe: () => undefined },
    sockets: wsSockets({}),
    subscribesPerSecond: SUBSCRIBES_PER_SECOND,
  };
  const session = sessionWiring(world as World, (frame) => {
    pipeline.receive(frame);
    if (!isData(frame.data)) return;
    gauge.note();
    book?.note(frame.data);
  });
  const machine = connectionMachine.provide({ actors: { socket: socketSession(session) } });
  let down = wanted.length;
  wanted.forEach((subscriptions, connection) => {
    const timing = { subscribeSpacingMs: 1_000 / SUBSCRIBES_PER_SECOND };
    const name = `stream-${connection}`;
    const input = { name, url: url(connection), wanted: subscriptions, jitter: [0.5], timing };
    const actor = createActor(machine, { input, clock });
    actor.on('feed.up', () => {
      down -= 1;
      if (down === 0) tell({ type: 'ready' });
    });
    actor.on('feed.down', () => {
      // On a machine that leaves this process no time, a feed looks as if it stood still.
      console.error(`${name} went down: ${JSON.stringify(actor.getSnapshot().value)}`);
    });
    actor.start();
    actor.send({ type: 'connection.open' });
  });
}

const openingFrame = (rest: string): Buffer =>
  Buffer.from(`${storm.head(0, 'subscribed')}0${rest}`);

process.on('message', ({ type }: ReaderOrder) => {
  if (type === 'mark') {
    tell({ type: 'marked', ...gauge.usage() });
    return gauge.begin();
  }
  tell({ type: 'stamps', at: book?.at ?? [] });
});
process.on('disconnect', () => process.exit());

const wanted = wantedPlan();
if (plan.mode === 'empty') readNothing(wanted);
else trade(wanted);
