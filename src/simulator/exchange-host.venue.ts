/**
 * The exchange with everything around it but sockets: it beats the blocks and the traders' turns on
 * the passed clock, answers RPC, REST and faucet, and sends what happened to whoever listens. Hosts
 * with sockets and without stand in front of it.
 */
import type { Clock } from '../ports/clock.js';
import type { Random } from '../ports/random.js';
import type { CheckResult, Exchange, ExchangeInput, ExchangeOutput } from './exchange-types.js';
import { ChainFaults } from './faults/chain-faults.js';
import { FaultDice } from './faults/fault-dice.js';
import type { FaultPlan } from './faults/fault-plan.js';
import { IndexerCopy } from './faults/indexer-copy.js';
import { Compliance } from './indexer/compliance.js';
import { DEFAULT_HABITS, type IndexerHabits } from './indexer/indexer-habits.js';
import { IndexerRest } from './indexer/indexer-rest.codec.js';
import { IndexerState } from './indexer/indexer-state.codec.js';
import { IndexerStream, type HostConnection } from './indexer/indexer-stream.venue.js';
import { repeat } from './repeat.js';
import { unknownRoute } from './indexer/rest-errors.js';
import type { Peer } from './indexer/socket-session.js';
import { isAddress } from './validator/addresses.codec.js';
import { ValidatorNode } from './validator/validator-node.codec.js';
import type { ValidatorSession } from './validator/validator-session.codec.js';

export const LOCAL_CHAIN_ID = 'localdydxprotocol';
const BLOCK_MS = 650;
/** Blocks come this much earlier or later than the mean. */
const BLOCK_JITTER = 0.15;
const FLOW_MS = 50;
const FAUCET_MAX_USDC = 1_000_000_000;
/** Enough for some thousand transactions: ten native coins, and ten USDC. */
const FAUCET_COINS = [
  ['native', 10n ** 19n],
  ['usdc', 10_000_000n],
] as const;

export interface ExchangeHostOptions {
  readonly exchange: Exchange;
  readonly clock: Clock;
  /** For block jitter and connection ids. */
  readonly random: Random;
  readonly chainId?: string | undefined;
  /** Mean time between blocks. */
  readonly blockMs?: number | undefined;
  /** Time between the seeded traders' turns. */
  readonly flowMs?: number | undefined;
  /** How the indexer keeps its clients waiting and where it errs; what is not given is small. */
  readonly habits?: Partial<IndexerHabits> | undefined;
  /** What goes wrong from the start; none unless given. */
  readonly faults?: FaultPlan | undefined;
  /** The chance of the faults; a fork of `random` unless given. */
  readonly faultRandom?: Random | undefined;
  /**
   * A second exchange with the same options, which only the indexer reads: it makes a lagging
   * indexer possible and doubles the work.
   */
  readonly indexerCopy?: Exchange | undefined;
  /** Whether the indexer's REST refuses clients that ask too often; on unless said otherwise. */
  readonly requestLimits?: boolean | undefined;
  /** Whether REST answers are kept for their `max-age`, as by a cache in front; off by default. */
  readonly responseCache?: boolean | undefined;
}

export interface HostRequest {
  readonly method: string;
  /** Path and query, such as `/v4/height`. */
  readonly target: string;
  readonly body: string;
  /** The client's network address; all who do not say count as one. */
  readonly client?: string | undefined;
  /** By lower-case name. */
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>> | undefined;
}

export interface HostAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface HostStats {
  readonly height: number;
  readonly connections: number;
  readonly subscriptions: number;
  /** Data frames written, control frames not counted. */
  readonly frames: number;
  /** Orders that came as transactions and passed or failed the exchange's checks. */
  readonly ordersAccepted: number;
  readonly ordersRejected: number;
  /** New absolute sizes of book levels, whether anybody listened or not. */
  readonly bookUpdates: number;
  readonly fills: number;
  /** Trades that liquidated somebody. */
  readonly liquidations: number;
}

export class ExchangeHost {
  readonly exchange: Exchange;
  readonly dice: FaultDice;
  readonly chainFaults: ChainFaults;
  /** Who is blocked from account data; may be changed at any time. */
  readonly compliance: Compliance;
  readonly #options: ExchangeHostOptions;
  /** Of the chain's newest height, and of the indexer's: the same unless it lags. */
  readonly #chainState: IndexerState;
  readonly #state: IndexerState;
  readonly #copy: IndexerCopy | undefined;
  readonly #node: ValidatorNode;
  readonly #stream: IndexerStream;
  readonly #rest: IndexerRest;
  #stops: readonly (() => void)[] = [];
  #ordersAccepted = 0;
  #ordersRejected = 0;
  readonly #counts = { bookUpdates: 0, fills: 0, liquidations: 0 };

  constructor(options: ExchangeHostOptions) {
    const { exchange, clock, indexerCopy, chainId = LOCAL_CHAIN_ID } = options;
    this.exchange = exchange;
    this.#options = options;
    const { faults: plan, faultRandom: random = options.random.fork('faults') } = options;
    this.dice = new FaultDice({ random, plan, canLag: indexerCopy !== undefined });
    const submit = (input: ExchangeInput): CheckResult => this.submit(input);
    const markets = exchange.markets().map(({ market }) => market);
    this.chainFaults = new ChainFaults({ dice: this.dice, clock, markets, submit });
    const chainState = new IndexerState(exchange);
    this.#chainState = chainState;
    this.#state = indexerCopy === undefined ? chainState : new IndexerState(indexerCopy);
    this.compliance = new Compliance(() => options.clock.now());
    this.#stream = new IndexerStream({
      state: this.#state,
      clock,
      random: options.random.fork('indexer'),
      habits: { ...DEFAULT_HABITS, ...options.habits },
      dice: this.dice,
      refusal: (address) => this.compliance.refusal(address)?.msg,
    });
    this.#copy = indexerCopy === undefined ? undefined : this.#follow(indexerCopy);
    this.#node = new ValidatorNode({
      chainId,
      state: chainState,
      timers: clock,
      submit,
      refusal: () => this.chainFaults.refusal(),
    });
    this.#rest = new IndexerRest({
      state: this.#state,
      compliance: this.compliance,
      hasLimits: options.requestLimits ?? true,
      hasCache: options.responseCache ?? false,
    });
  }

  /** Blocks and traders begin to move. */
  start(): void {
    this.stop();
    const { clock, random, blockMs = BLOCK_MS, flowMs = FLOW_MS } = this.#options;
    const jitter = random.fork('block');
    const blockInterval = (): number => {
      const factor = 1 - BLOCK_JITTER + 2 * BLOCK_JITTER * jitter.next();
      return blockMs * factor * this.dice.plan['chain.slowFactor'];
    };
    this.chainFaults.start();
    this.#stops = [
      repeat(clock, blockInterval, () => this.#block()),
      repeat(
        clock,
        () => flowMs,
        () => this.submit({ type: 'flow', timeMs: this.#timeMs() }),
      ),
    ];
    this.#stream.start();
  }

  stop(): void {
    this.chainFaults.stop();
    for (const stop of this.#stops) stop();
    this.#stops = [];
    this.#stream.stop();
  }

  /** Applies one input and tells the listeners what came of it. */
  submit(input: ExchangeInput): CheckResult {
    const ahead = this.chainFaults.ahead(input);
    if (ahead !== undefined) this.#apply(ahead);
    const check = this.#apply(input);
    const orders = ordersIn(input);
    if (check.code === 0) this.#ordersAccepted += orders;
    else this.#ordersRejected += orders;
    return check;
  }

  #apply(input: ExchangeInput): CheckResult {
    const { check, outputs } = this.exchange.apply(input);
    this.#chainState.note(input);
    for (const output of outputs) {
      this.#count(output);
      this.#node.note(output);
    }
    if (this.#copy === undefined) this.#stream.tell(outputs);
    else this.#copy.follow(input);
    return check;
  }

  #follow(copy: Exchange): IndexerCopy {
    const follower = new IndexerCopy({
      chain: this.exchange,
      copy,
      lagBlocks: () => this.dice.plan['indexer.lagBlocks'],
      onApplied: (input, outputs) => {
        this.#state.note(input);
        this.#stream.tell(outputs);
      },
    });
    this.dice.watch(() => follower.catchUp());
    return follower;
  }

  #count(output: ExchangeOutput): void {
    if (output.type === 'level') this.#counts.bookUpdates += 1;
    else if (output.type === 'fills') this.#counts.fills += output.fills.length;
    else if (output.type === 'trades') {
      const liquidations = output.trades.filter(({ type }) => type === 'LIQUIDATED');
      this.#counts.liquidations += liquidations.length;
    }
  }

  /**
   * On one port: the node's RPC and REST, the indexer's REST (`GET /v4/…`) and the faucet. Replies
   * once: at once, unless a transaction's sender waits for its block.
   */
  respond(request: HostRequest, reply: (answer: HostAnswer) => void): void {
    const isForNode = this.#node.respond(request, (answer) =>
      reply({ ...answer, headers: JSON_TYPE }),
    );
    if (!isForNode) reply(this.#answer(request));
  }

  #answer(request: HostRequest): HostAnswer {
    const { method, target, body } = request;
    if (method === 'GET' && target.startsWith('/v4/')) return this.#answerRest(request);
    const answer =
      method === 'POST' && target === '/faucet/tokens'
        ? this.#fund(body)
        : method === 'POST' && target === '/faucet/native-token'
          ? this.#fundWallet(body)
          : unknownRoute;
    return { status: answer.status, headers: JSON_TYPE, body: JSON.stringify(answer.body) };
  }

  /** A new WebSocket client of the node. */
  connectValidator(write: (frame: string) => void): ValidatorSession {
    return this.#node.connect(write);
  }

  /** The network in front of the real service says in a header whether it serves a country. */
  #answerRest({ target, client = '', headers = {} }: HostRequest): HostAnswer {
    const isRestricted = (headers['geo-origin-status'] ?? 'ok') !== 'ok';
    const question = { target: target.slice('/v4'.length), client, isRestricted };
    const answer = this.#rest.answer(question, this.#indexerMs());
    return { ...answer, headers: { ...JSON_TYPE, ...answer.headers } };
  }

  /** A new WebSocket client; its greeting is written at once. */
  connect(peer: Peer): HostConnection {
    return this.#stream.connect(peer);
  }

  stats(): HostStats {
    return {
      height: this.exchange.height,
      connections: this.#stream.connected,
      subscriptions: this.#stream.subscriptions,
      frames: this.#stream.frames,
      ordersAccepted: this.#ordersAccepted,
      ordersRejected: this.#ordersRejected,
      ...this.#counts,
    };
  }

  #block(): void {
    if (this.chainFaults.isHalted) return;
    this.submit({ type: 'block', timeMs: Math.max(this.#timeMs(), this.exchange.timeMs + 1) });
  }

  /** Testnet's faucet: `{address, subaccountNumber, amount}`, amount in whole USDC. */
  #fund(body: string): { readonly status: number; readonly body: object } {
    const request = readFunding(body);
    if (request === undefined || !this.#state.canFund(request.subaccount)) {
      const msg = `expected a dydx address and 1 to ${FAUCET_MAX_USDC} whole USDC`;
      return { status: 400, body: { errors: [{ msg }] } };
    }
    this.submit({ type: 'fund', ...request });
    return { status: 200, body: {} };
  }

  /** Testnet's other faucet: `{address}` gets coins that pay for gas. */
  #fundWallet(body: string): { readonly status: number; readonly body: object } {
    const { address } = readJson(body);
    if (typeof address !== 'string' || !isAddress(address)) {
      return { status: 400, body: { errors: [{ msg: 'expected a dydx address' }] } };
    }
    for (const [denom, amount] of FAUCET_COINS) {
      this.submit({ type: 'fundWallet', address, denom, amount });
    }
    return { status: 200, body: {} };
  }

  /** The chain's clock: whole milliseconds that never go back. */
  #timeMs(): number {
    const skewed = this.#options.clock.now() + this.dice.plan['chain.clockSkewMs'];
    return Math.max(this.exchange.timeMs, Math.floor(skewed));
  }

  #indexerMs(): number {
    return this.#options.clock.now() + this.dice.plan['indexer.clockSkewMs'];
  }
}

/** Orders that an input asks to place. */
function ordersIn(input: ExchangeInput): number {
  if (input.type === 'place') return 1;
  if (input.type !== 'transaction') return 0;
  return input.transaction.messages.filter(({ type }) => type === 'place').length;
}

const JSON_TYPE = {
  'content-type': 'application/json; charset=utf-8',
  'access-control-allow-origin': '*',
};

function readFunding(body: string) {
  const { address, subaccountNumber, amount } = readJson(body);
  if (typeof address !== 'string' || !isAddress(address)) return undefined;
  if (!isWithin(subaccountNumber, 0, 128_000) || !isWithin(amount, 1, FAUCET_MAX_USDC)) {
    return undefined;
  }
  return {
    subaccount: { owner: address, number: subaccountNumber },
    quoteQuantums: BigInt(amount) * 1_000_000n,
  };
}

const isWithin = (value: unknown, min: number, max: number): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max;

function readJson(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
