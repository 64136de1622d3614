/**
 * The exchange with everything around it but sockets: it beats the blocks and the traders' turns on
 * the passed clock, answers RPC, REST and faucet, and sends what happened to whoever listens. Hosts
 * with sockets and without stand in front of it.
 */
import type { Clock } from '../ports/clock.js';
import type { Random } from '../ports/random.js';
import type { CheckResult, Exchange, ExchangeInput } from './exchange-types.js';
import { answerRest } from './indexer/indexer-rest.codec.js';
import { DEFAULT_HABITS, type IndexerHabits } from './indexer/indexer-habits.js';
import { IndexerState } from './indexer/indexer-state.codec.js';
import { IndexerStream, type HostConnection } from './indexer/indexer-stream.venue.js';
import { Mempool } from './validator/mempool.codec.js';
import { repeat } from './repeat.js';
import { unknownRoute } from './indexer/rest-errors.js';
import type { Peer } from './indexer/socket-session.js';
import { answerNodeRest, isNodeRest } from './validator/node-rest.codec.js';
import { isAddress } from './validator/transaction.codec.js';
import { ValidatorRpc } from './validator/validator-rpc.codec.js';

export const LOCAL_CHAIN_ID = 'localdydxprotocol';
const BLOCK_MS = 650;
/** Blocks come this much earlier or later than the mean. */
const BLOCK_JITTER = 0.15;
const FLOW_MS = 50;
const FAUCET_MAX_USDC = 1_000_000_000;

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
}

export interface HostRequest {
  readonly method: string;
  /** Path and query, such as `/v4/height`. */
  readonly target: string;
  readonly body: string;
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
}

export class ExchangeHost {
  readonly exchange: Exchange;
  readonly #options: ExchangeHostOptions;
  readonly #state: IndexerState;
  readonly #mempool: Mempool;
  readonly #rpc: ValidatorRpc;
  readonly #stream: IndexerStream;
  #stops: readonly (() => void)[] = [];
  #ordersAccepted = 0;
  #ordersRejected = 0;

  constructor(options: ExchangeHostOptions) {
    const { exchange, chainId = LOCAL_CHAIN_ID } = options;
    this.exchange = exchange;
    this.#options = options;
    this.#state = new IndexerState(exchange);
    this.#stream = new IndexerStream({
      state: this.#state,
      clock: options.clock,
      random: options.random.fork('indexer'),
      habits: { ...DEFAULT_HABITS, ...options.habits },
    });
    this.#mempool = new Mempool({ chainId, exchange, submit: (input) => this.submit(input) });
    this.#rpc = new ValidatorRpc({ chainId, state: this.#state, mempool: this.#mempool });
  }

  /** Blocks and traders begin to move. */
  start(): void {
    this.stop();
    const { clock, random, blockMs = BLOCK_MS, flowMs = FLOW_MS } = this.#options;
    const jitter = random.fork('block');
    const blockInterval = (): number =>
      blockMs * (1 - BLOCK_JITTER + 2 * BLOCK_JITTER * jitter.next());
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
    for (const stop of this.#stops) stop();
    this.#stops = [];
    this.#stream.stop();
  }

  /** Applies one input and tells the listeners what came of it. */
  submit(input: ExchangeInput): CheckResult {
    const { check, outputs } = this.exchange.apply(input);
    this.#state.note(input);
    if (input.type === 'place') {
      if (check.code === 0) this.#ordersAccepted += 1;
      else this.#ordersRejected += 1;
    }
    this.#stream.tell(outputs);
    return check;
  }

  /** On one port: RPC (`POST /`), the node's REST, the indexer's (`GET /v4/…`) and the faucet. */
  answer({ method, target, body }: HostRequest): HostAnswer {
    if (method === 'POST' && target === '/')
      return { ...this.#rpc.answer(body), headers: JSON_TYPE };
    const rest =
      method === 'POST' && target === '/faucet/tokens'
        ? this.#fund(body)
        : isNodeRest(target)
          ? answerNodeRest(this.#rpc, { method, target, body })
          : method === 'GET' && target.startsWith('/v4/')
            ? answerRest(this.#state, target.slice('/v4'.length), this.#options.clock.now())
            : unknownRoute;
    return { status: rest.status, headers: JSON_TYPE, body: JSON.stringify(rest.body) };
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
    };
  }

  #block(): void {
    this.submit({ type: 'block', timeMs: Math.max(this.#timeMs(), this.exchange.timeMs + 1) });
    this.#mempool.commit();
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

  /** Whole milliseconds that never go back. */
  #timeMs(): number {
    return Math.max(this.exchange.timeMs, Math.floor(this.#options.clock.now()));
  }
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
