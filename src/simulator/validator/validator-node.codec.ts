/**
 * The node that clients send transactions to and ask for the chain's state: its mempool behind its
 * RPC and its REST door, over HTTP and for WebSocket clients.
 */
import type { Timers } from '../../ports/clock.js';
import type { CheckResult, ExchangeInput, ExchangeOutput } from '../exchange-types.js';
import type { IndexerState } from '../indexer/indexer-state.codec.js';
import { Mempool, type MempoolOptions } from './mempool.codec.js';
import { answerNodeRest, isNodeRest } from './node-rest.codec.js';
import type { TextAnswer } from './rpc-protocol.js';
import { ValidatorRpc } from './validator-rpc.codec.js';
import { ValidatorSession } from './validator-session.codec.js';

export interface NodeRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly body: string;
}

export interface ValidatorNodeOptions {
  readonly chainId: string;
  readonly state: IndexerState;
  readonly timers: Timers;
  /** Applies one input to the exchange and tells everybody what came of it. */
  readonly submit: (input: ExchangeInput) => CheckResult;
  readonly refusal?: MempoolOptions['refusal'];
}

export class ValidatorNode {
  readonly #chainId: string;
  readonly #mempool: Mempool;
  readonly #rpc: ValidatorRpc;

  constructor({ chainId, state, timers, submit, refusal }: ValidatorNodeOptions) {
    this.#chainId = chainId;
    this.#mempool = new Mempool({ chainId, exchange: state.exchange, submit, refusal });
    this.#rpc = new ValidatorRpc({ chainId, state, mempool: this.#mempool, timers });
  }

  /** Takes note of what the exchange did; to be called before anybody else hears of it. */
  note(output: ExchangeOutput): void {
    this.#mempool.note(output);
  }

  /** False if the request is not for a node; else `reply` is called once, perhaps later. */
  respond(request: NodeRequest, reply: (answer: TextAnswer) => void): boolean {
    const { method, target, body } = request;
    if (method === 'POST' && target === '/') {
      this.#rpc.respond(body, reply);
      return true;
    }
    if (isNodeRest(target)) {
      const answer = answerNodeRest(this.#rpc, request);
      reply({ status: answer.status, body: JSON.stringify(answer.body) });
      return true;
    }
    return method === 'GET' && this.#rpc.respondUri(target, reply);
  }

  /** A new WebSocket client. */
  connect(write: (frame: string) => void): ValidatorSession {
    return new ValidatorSession({
      chainId: this.#chainId,
      rpc: this.#rpc,
      archive: this.#mempool.archive,
      write,
    });
  }
}
