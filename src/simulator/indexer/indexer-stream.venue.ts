/**
 * The indexer's socket service without sockets: clients connect, what the exchange tells reaches
 * them by way of the publishers, snapshots take their time.
 *
 * The off-chain publisher's messages keep one order. The on-chain publisher writes the parts of a
 * block side by side: order holds within accounts, trades, candles, markets and heights, not
 * between them, nor between the two publishers.
 */
import type { Clock } from '../../ports/clock.js';
import type { Random } from '../../ports/random.js';
import type { ExchangeOutput } from '../exchange-types.js';
import type { FaultDice } from '../faults/fault-dice.js';
import { repeat } from '../repeat.js';
import type { LevelChange } from './book-cache.js';
import { GEOBLOCKED_TEXT } from './compliance.js';
import { DelayedLane } from './delayed-lane.js';
import type { IndexerHabits } from './indexer-habits.js';
import type { IndexerState } from './indexer-state.codec.js';
import { isAccount, type Topic } from './socket-channels.js';
import { SocketSession, type Peer, type Snapshot } from './socket-session.js';
import { isValidTopic, topicSnapshot } from './topic-contents.codec.js';
import { TopicHub } from './topic-hub.js';
import { topicMessage, topicsOf, type Moment } from './topic-updates.codec.js';
import { TradingChanges } from './trading-changes.js';
import { uuidOf } from './venue-ids.codec.js';

const BATCH_MS = 250;
const TRADING_MS = 30_000;
const UNCROSS_MS = 15_000;
/** The sweep for expired orders comes every two minutes and takes those of 20 blocks ago. */
const SWEEP_MS = 120_000;
const EXPIRED_MS = 13_000;
/** REST is not waited for any longer. */
const SNAPSHOT_MS_MAX = 5_000;
const PER_MILLION = 1_000_000;

export interface IndexerStreamOptions {
  readonly state: IndexerState;
  readonly clock: Clock;
  readonly random: Random;
  readonly habits: IndexerHabits;
  /** For what goes wrong beyond the habits. */
  readonly dice: FaultDice;
  /** Why an account's address is not served; nobody is refused unless given. */
  readonly refusal?: ((address: string) => string | undefined) | undefined;
}

export interface HostConnection {
  receive(text: string): void;
  /** The client has gone: nothing more is written. */
  detach(): void;
}

/** Outputs of one moment on their way to the sockets. */
interface Parcel {
  readonly outputs: ExchangeOutput[];
  readonly moment: Moment;
}

type LaneName = 'vulcan' | 'accounts' | 'trades' | 'candles' | 'markets' | 'heights';

export class IndexerStream {
  readonly #options: IndexerStreamOptions;
  readonly #hub = new TopicHub();
  readonly #trading = new TradingChanges();
  readonly #lanes: Readonly<Record<LaneName, DelayedLane<Parcel>>>;
  readonly #snapshotChance: Random;
  readonly #levelChance: Random;
  #stops: readonly (() => void)[] = [];
  #tickers: ReadonlySet<string> = new Set();
  #vulcanHeight: number | undefined;
  #connections = 0;
  #connected = 0;

  constructor(options: IndexerStreamOptions) {
    this.#options = options;
    const { random, habits } = options;
    this.#snapshotChance = random.fork('snapshots');
    this.#levelChance = random.fork('levels');
    const { vulcanMs, enderMs } = habits;
    this.#lanes = {
      vulcan: this.#lane('vulcan', vulcanMs),
      accounts: this.#lane('accounts', enderMs),
      trades: this.#lane('trades', enderMs),
      candles: this.#lane('candles', enderMs),
      markets: this.#lane('markets', enderMs),
      heights: this.#lane('heights', enderMs),
    };
    this.#readMarkets();
  }

  get connected(): number {
    return this.#connected;
  }

  get subscriptions(): number {
    return this.#hub.subscriptions;
  }

  /** Data frames written. */
  get frames(): number {
    return this.#hub.frames;
  }

  /** The periodic jobs begin. */
  start(): void {
    this.stop();
    const { clock, state, habits } = this.#options;
    const { vulcanHeightMs, marketListMs } = habits;
    const every = (ms: number, work: () => void): readonly (() => void)[] =>
      ms > 0 ? [repeat(clock, () => ms, work)] : [];
    this.#stops = [
      ...every(BATCH_MS, () => this.#hub.flushBatches()),
      ...every(TRADING_MS, () => this.#publishTrading()),
      ...every(UNCROSS_MS, () => state.books.uncross(clock.now())),
      ...every(vulcanHeightMs, () => {
        this.#vulcanHeight = state.exchange.height;
      }),
      ...every(marketListMs, () => this.#readMarkets()),
    ];
  }

  stop(): void {
    for (const stop of this.#stops) stop();
    for (const lane of Object.values(this.#lanes)) lane.stop();
    this.#stops = [];
  }

  /** A new client; its greeting is written at once. */
  connect(peer: Peer): HostConnection {
    const { clock } = this.#options;
    const session = new SocketSession(
      this.#nextConnectionId(),
      {
        isValid: (topic) => this.#isValid(topic),
        fetch: (topic, done) => this.#fetch(topic, done),
        subscribe: (topic, listener, batched) => this.#hub.subscribe(topic, listener, batched),
        unsubscribe: (topic, listener) => this.#hub.unsubscribe(topic, listener),
      },
      {
        write: (frame) => peer.write(frame),
        close: (code, reason) => {
          this.#connected -= 1;
          peer.close(code, reason);
        },
      },
    );
    this.#connected += 1;
    session.greet();
    return {
      receive: (text) => session.receive(text, clock.now()),
      detach: () => {
        if (!session.isOpen) return;
        session.end();
        this.#connected -= 1;
      },
    };
  }

  /** What the exchange has told sets out for the sockets. */
  tell(outputs: readonly ExchangeOutput[]): void {
    const parcels = new Map<LaneName, ExchangeOutput[]>();
    for (const output of outputs) {
      this.#options.state.noteOutput(output);
      const heard = output.type === 'level' ? this.#heardLevel(output) : output;
      const lane = heard === undefined ? undefined : laneOf(heard);
      if (heard === undefined || lane === undefined) continue;
      const parcel = parcels.get(lane);
      if (parcel === undefined) parcels.set(lane, [heard]);
      else parcel.push(heard);
    }
    for (const [lane, told] of parcels) this.#send(lane, told);
  }

  #send(lane: LaneName, outputs: ExchangeOutput[]): void {
    const { exchange } = this.#options.state;
    const height = lane === 'vulcan' ? this.#heightOfVulcan() : exchange.height;
    this.#lanes[lane].push({ outputs, moment: { height, timeMs: exchange.timeMs } });
  }

  #heightOfVulcan(): number | undefined {
    const { state, habits } = this.#options;
    return habits.vulcanHeightMs > 0 ? this.#vulcanHeight : state.exchange.height;
  }

  /** The books' memory hears of every level, and of some removals late. */
  #heardLevel(output: ExchangeOutput & LevelChange): ExchangeOutput | undefined {
    const { clock, state } = this.#options;
    const lateMs = output.level.quantums === 0n ? this.#mishapMs() : 0;
    const heard = state.books.apply(output, clock.now(), lateMs);
    if (heard === undefined) clock.setTimeout(() => this.#hearLate(), lateMs);
    return heard === undefined ? undefined : { type: 'level', ...heard };
  }

  #hearLate(): void {
    const { clock, state } = this.#options;
    const levels = state.books.heard(clock.now());
    const outputs = levels.map((change): ExchangeOutput => ({ type: 'level', ...change }));
    if (outputs.length > 0) this.#send('vulcan', outputs);
  }

  /** 0: none. */
  #mishapMs(): number {
    const { habits, dice } = this.#options;
    const { lateLevelPpm, lateLevelMs, lostLevelPpm } = habits;
    const chance = this.#levelChance;
    const draw = lateLevelPpm + lostLevelPpm === 0 ? PER_MILLION : chance.integer(PER_MILLION);
    if (draw < lostLevelPpm || dice.strikes('book.lost')) {
      return EXPIRED_MS + SWEEP_MS * chance.next();
    }
    const isLate = draw < lostLevelPpm + lateLevelPpm || dice.strikes('book.late');
    return isLate ? chance.exponential(lateLevelMs) : 0;
  }

  #lane(name: LaneName, meanMs: number): DelayedLane<Parcel> {
    const { clock, random } = this.#options;
    const chance = random.fork(`lane/${name}`);
    return new DelayedLane({
      clock,
      delayMs: () => around(meanMs, chance),
      deliver: (parcel) => this.#publish(parcel),
    });
  }

  #publish({ outputs, moment }: Parcel): void {
    const { state } = this.#options;
    for (const output of outputs) {
      for (const address of topicsOf(state, output)) {
        if (!this.#hub.hasListeners(address)) continue;
        this.#hub.publish(topicMessage(state, address, output, moment));
      }
    }
  }

  #publishTrading(): void {
    const trading = this.#trading.next(this.#options.state.views().values());
    if (trading === undefined) return;
    const topic = { channel: 'v4_markets', id: 'v4_markets' } as const;
    this.#hub.publish({ topic, contents: JSON.stringify({ trading }) });
  }

  /** The state is read half-way between question and answer. */
  #fetch(topic: Topic, done: (snapshot: Snapshot) => void): void {
    const { clock, habits, dice } = this.#options;
    const ms = around(habits.snapshotMs, this.#snapshotChance) + dice.wait('snapshot.slowMs');
    if (ms > SNAPSHOT_MS_MAX) clock.setTimeout(() => done({ type: 'failed' }), SNAPSHOT_MS_MAX);
    else if (ms === 0) done(this.#read(topic));
    else {
      clock.setTimeout(() => {
        const snapshot = this.#read(topic);
        clock.setTimeout(() => done(snapshot), ms / 2);
      }, ms / 2);
    }
  }

  #read(topic: Topic): Snapshot {
    const { state, dice } = this.#options;
    const message = isAccount(topic) ? this.#refusalOf(topic) : undefined;
    if (message !== undefined) return { type: 'blocked', message };
    return dice.strikes('snapshot.fail') ? { type: 'failed' } : topicSnapshot(state, topic);
  }

  /** Why an account's topic is not served. */
  #refusalOf({ id }: Topic): string | undefined {
    const { refusal, dice } = this.#options;
    const [address = ''] = id.split('/');
    return dice.strikes('snapshot.forbidden') ? GEOBLOCKED_TEXT : refusal?.(address);
  }

  #isValid(topic: Topic): boolean {
    const { state, habits } = this.#options;
    if (!isValidTopic(state, topic)) return false;
    if (habits.marketListMs === 0) return true;
    const [ticker = ''] = topic.id.split('/');
    return state.marketOf(ticker) === undefined || this.#tickers.has(ticker);
  }

  #readMarkets(): void {
    const views = this.#options.state.exchange.markets();
    this.#tickers = new Set(views.map(({ market }) => market.ticker));
  }

  #nextConnectionId(): string {
    this.#connections += 1;
    const { clock, random } = this.#options;
    const nonce = random.fork(`connection/${this.#connections}`).next();
    return uuidOf(`connection/${clock.now()}/${this.#connections}/${nonce}`);
  }
}

/** Undefined: nobody is told. */
function laneOf(output: ExchangeOutput): LaneName | undefined {
  switch (output.type) {
    case 'level':
      return 'vulcan';
    case 'order':
      return output.publisher === 'vulcan' ? 'vulcan' : 'accounts';
    case 'fills':
    case 'subaccount':
    case 'transfer':
      return 'accounts';
    case 'trades':
      return 'trades';
    case 'candle':
      return 'candles';
    case 'oracle':
    case 'market':
      return 'markets';
    case 'block':
      return 'heights';
    case 'funding':
    case 'transaction':
      return undefined;
  }
}

/** Half of it certain, half of it chance with a long tail; no chance is drawn for 0. */
const around = (meanMs: number, chance: Random): number =>
  meanMs === 0 ? 0 : meanMs / 2 + Math.min(chance.exponential(meanMs / 2), 4 * meanMs);
