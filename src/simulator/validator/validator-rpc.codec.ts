/**
 * CometBFT's RPC as a function: a request in, its answer out. All answers but that of
 * `broadcast_tx_commit`, which waits for a block, come at once.
 */
import type { Timers } from '../../ports/clock.js';
import type { IndexerState } from '../indexer/indexer-state.codec.js';
import { isoText } from '../indexer/wire-units.js';
import { AbciQueries } from './abci-queries.codec.js';
import type { ArchivedBlock, ExecutedTransaction } from './block-archive.codec.js';
import {
  appHash,
  blockObject,
  EMPTY_RESULT,
  eventMapOf,
  headerObject,
  resultObject,
  resultObjects,
  transactionObject,
  VALIDATOR_ADDRESS,
} from './block-objects.codec.js';
import { PASSED } from './check-results.js';
import { parseEventQuery } from './event-query.js';
import type { Mempool } from './mempool.codec.js';
import {
  answerText,
  internalError,
  invalidParams,
  METHOD_NOT_FOUND,
  PARSE_ERROR,
  readRequests,
  RpcParams,
  uriParams,
  type RpcAnswer,
  type RpcRequest,
  type TextAnswer,
} from './rpc-protocol.js';

const VERSION = '0.38.15';
/** `broadcast_tx_commit` waits no longer for its block. */
const COMMIT_TIMEOUT_MS = 10_000;
const PER_PAGE = { usual: 30, max: 100 } as const;

/** Parameters in the order of positional calls. */
const METHODS: Readonly<Record<string, readonly string[]>> = {
  status: [],
  health: [],
  abci_info: [],
  block: ['height'],
  header: ['height'],
  block_results: ['height'],
  abci_query: ['path', 'data', 'height', 'prove'],
  broadcast_tx_sync: ['tx'],
  broadcast_tx_async: ['tx'],
  broadcast_tx_commit: ['tx'],
  tx: ['hash', 'prove'],
  tx_search: ['query', 'prove', 'page', 'per_page', 'order_by'],
};

/** How JSON carries bytes. */
const BYTES = { tx: 'base64', hash: 'base64', data: 'hex' } as const;

export interface ValidatorRpcOptions {
  readonly chainId: string;
  readonly state: IndexerState;
  readonly mempool: Mempool;
  readonly timers: Timers;
}

type Reply<T> = (answer: T) => void;

export class ValidatorRpc {
  readonly #options: ValidatorRpcOptions;
  readonly #queries: AbciQueries;

  constructor(options: ValidatorRpcOptions) {
    this.#options = options;
    this.#queries = new AbciQueries(options);
  }

  /** For those who cannot wait: a call that has to is answered with its timeout. */
  answer(text: string): TextAnswer {
    let answer: TextAnswer | undefined;
    this.respond(text, (given) => {
      answer = given;
    });
    return answer ?? { status: 200, body: answerText(-1, TIMED_OUT) };
  }

  /**
   * Calls `reply` exactly once. Status 200 also for JSON-RPC errors, as CometBFT has it; 500 only
   * for unreadable JSON. Several requests are answered in their order, a single one by itself.
   */
  respond(text: string, reply: Reply<TextAnswer>): void {
    const requests = readRequests(text);
    if (requests === undefined) {
      reply({ status: 500, body: answerText(-1, PARSE_ERROR) });
      return;
    }
    const asked = requests.filter(({ id }) => id !== undefined);
    const answers: string[] = [];
    let missing = asked.length;
    if (missing === 0) reply({ status: 200, body: '' });
    for (const [index, request] of asked.entries()) {
      this.dispatch(request, (answer) => {
        answers[index] = answerText(request.id ?? -1, answer);
        missing -= 1;
        if (missing > 0) return;
        const body = answers.length === 1 ? (answers[0] ?? '') : `[${answers.join(',')}]`;
        reply({ status: 200, body });
      });
    }
  }

  /** `GET /method?name=value`; undefined if there is no such method. Errors have status 500. */
  respondUri(target: string, reply: Reply<TextAnswer>): boolean {
    const { pathname, searchParams } = new URL(target, 'http://node');
    const method = pathname.slice(1);
    if (METHODS[method] === undefined) return false;
    const params = uriParams(searchParams, BYTES);
    this.dispatch({ id: -1, method, params }, (answer) => {
      reply({ status: 'error' in answer ? 500 : 200, body: answerText(-1, answer) });
    });
    return true;
  }

  /** Calls `reply` exactly once. */
  dispatch({ method, params: given }: RpcRequest, reply: Reply<RpcAnswer>): void {
    const names = METHODS[method];
    if (names === undefined) {
      reply(METHOD_NOT_FOUND);
      return;
    }
    const params = new RpcParams(given, names);
    if (method === 'broadcast_tx_commit') this.#commit(params, reply);
    else reply(this.#answer(method, params));
  }

  #answer(method: string, params: RpcParams): RpcAnswer {
    switch (method) {
      case 'status':
        return { result: this.#status() };
      case 'abci_info':
        return { result: { response: this.#info() } };
      case 'block':
      case 'header':
      case 'block_results':
        return this.#atHeight(method, params);
      case 'abci_query':
        return this.#query(params);
      case 'broadcast_tx_sync':
      case 'broadcast_tx_async':
        return this.#broadcast(method, params);
      case 'tx':
        return this.#transaction(params);
      case 'tx_search':
        return this.#search(params);
      default:
        return { result: {} };
    }
  }

  #status(): object {
    const { newest, oldestHeight } = this.#options.mempool.archive;
    const oldest = this.#options.mempool.archive.at(oldestHeight) ?? newest;
    return {
      node_info: {
        protocol_version: { p2p: '8', block: '11', app: '0' },
        id: VALIDATOR_ADDRESS.toLowerCase(),
        listen_addr: 'tcp://127.0.0.1:26656',
        network: this.#options.chainId,
        version: VERSION,
        channels: '40202122233038606100',
        moniker: 'perpetua-devnet',
        other: { tx_index: 'on', rpc_address: 'tcp://127.0.0.1:26657' },
      },
      sync_info: {
        latest_block_hash: newest.hash,
        latest_app_hash: appHash(newest),
        latest_block_height: String(newest.height),
        latest_block_time: isoText(newest.timeMs),
        earliest_block_hash: oldest.hash,
        earliest_app_hash: appHash(oldest),
        earliest_block_height: String(oldest.height),
        earliest_block_time: isoText(oldest.timeMs),
        catching_up: false,
      },
      validator_info: {
        address: VALIDATOR_ADDRESS,
        pub_key: {
          type: 'tendermint/PubKeyEd25519',
          value: Buffer.from(VALIDATOR_ADDRESS.slice(0, 32)).toString('base64'),
        },
        voting_power: '1',
      },
    };
  }

  #info(): object {
    const { newest } = this.#options.mempool.archive;
    return {
      data: 'dydxprotocol',
      version: '8.0.0',
      last_block_height: String(newest.height),
      last_block_app_hash: Buffer.from(appHash(newest), 'hex').toString('base64'),
    };
  }

  #atHeight(method: 'block' | 'header' | 'block_results', params: RpcParams): RpcAnswer {
    const block = this.#blockAt(params);
    if ('error' in block) return block;
    const { chainId, mempool } = this.#options;
    if (method === 'block') return { result: blockObject(chainId, mempool.archive, block) };
    if (method === 'header') return { result: { header: headerObject(chainId, block) } };
    return {
      result: {
        height: String(block.height),
        txs_results: resultObjects(block),
        finalize_block_events: [],
        validator_updates: null,
        consensus_param_updates: null,
        app_hash: Buffer.from(appHash(block), 'hex').toString('base64'),
      },
    };
  }

  #blockAt(params: RpcParams): ArchivedBlock | Extract<RpcAnswer, { readonly error: object }> {
    const { archive } = this.#options.mempool;
    const newest = archive.newest.height;
    const height = params.number('height', newest);
    if (!(height > 0)) return fault(`height must be greater than 0, but got ${height}`);
    if (height > newest) {
      return fault(
        `height ${height} must be less than or equal to the current blockchain height ${newest}`,
      );
    }
    const lowest = archive.oldestHeight;
    return (
      archive.at(height) ?? fault(`height ${height} is not available, lowest height is ${lowest}`)
    );
  }

  #query(params: RpcParams): RpcAnswer {
    const data = params.bytes('data', BYTES.data);
    if (data === undefined) return invalidParams('expected data in hex');
    const height = params.number('height', 0);
    const path = params.text('path');
    return { result: { response: this.#queries.answer({ path, data, height }) } };
  }

  #broadcast(method: 'broadcast_tx_sync' | 'broadcast_tx_async', params: RpcParams): RpcAnswer {
    const bytes = params.bytes('tx', BYTES.tx);
    if (bytes === undefined) return invalidParams('expected tx in base64');
    const broadcast = this.#options.mempool.broadcast(bytes);
    if (broadcast.type === 'seen') return internalError('tx already exists in cache');
    if (broadcast.type === 'full') return internalError(broadcast.reason);
    const { hash, result } = broadcast;
    const told = method === 'broadcast_tx_sync' ? result : PASSED;
    const { code, codespace, log } = told;
    return { result: { code, data: '', log, codespace, hash } };
  }

  /** Answers when the transaction is refused, executed, or has waited for too long. */
  #commit(params: RpcParams, reply: Reply<RpcAnswer>): void {
    const bytes = params.bytes('tx', BYTES.tx);
    if (bytes === undefined) {
      reply(invalidParams('expected tx in base64'));
      return;
    }
    const { mempool, timers } = this.#options;
    const broadcast = mempool.broadcast(bytes);
    if (broadcast.type !== 'checked') {
      const isSeen = broadcast.type === 'seen';
      reply(internalError(isSeen ? 'tx already exists in cache' : broadcast.reason));
      return;
    }
    const { hash, result } = broadcast;
    if (result.code !== 0) {
      reply(committed({ check: result, hash }));
      return;
    }
    const finish = (answer: RpcAnswer): void => {
      stopListening();
      timers.clearTimeout(timer);
      reply(answer);
    };
    const stopListening = mempool.archive.listen(() => {
      const executed = mempool.archive.transaction(hash);
      if (executed !== undefined) finish(committed({ check: result, hash, executed }));
    });
    const timer = timers.setTimeout(() => finish(TIMED_OUT), COMMIT_TIMEOUT_MS);
  }

  #transaction(params: RpcParams): RpcAnswer {
    const bytes = params.bytes('hash', BYTES.hash);
    if (bytes === undefined) return invalidParams('expected hash in base64');
    const hash = Buffer.from(bytes).toString('hex').toUpperCase();
    const executed = this.#options.mempool.archive.transaction(hash);
    if (executed === undefined) return internalError(`tx (${hash}) not found`);
    return { result: transactionObject(executed) };
  }

  #search(params: RpcParams): RpcAnswer {
    const query = parseEventQuery(params.text('query'));
    if (query === undefined) {
      return internalError(`failed to parse query: ${params.text('query')}`);
    }
    const perPage = Math.min(params.number('per_page', PER_PAGE.usual), PER_PAGE.max);
    const page = params.number('page', 1);
    if (!(page >= 1 && perPage >= 1)) return internalError('page should be within [1, …] range');
    const found = this.#options.mempool.archive
      .transactions()
      .filter((executed) => query(eventMapOf(executed)));
    const ordered = params.text('order_by') === 'desc' ? found.toReversed() : found;
    const txs = ordered.slice((page - 1) * perPage, page * perPage).map(transactionObject);
    return { result: { txs, total_count: String(found.length) } };
  }
}

const TIMED_OUT = internalError('timed out waiting for tx to be included in a block');

const fault = (data: string) => internalError(data) as Extract<RpcAnswer, { error: object }>;

function committed(outcome: {
  readonly check: { readonly code: number; readonly codespace: string; readonly log: string };
  readonly hash: string;
  readonly executed?: ExecutedTransaction;
}): RpcAnswer {
  const { check, hash, executed } = outcome;
  const { code, codespace, log } = check;
  return {
    result: {
      check_tx: { ...EMPTY_RESULT, code, codespace, log },
      tx_result: executed === undefined ? EMPTY_RESULT : resultObject(executed),
      hash,
      height: String(executed?.height ?? 0),
    },
  };
}
