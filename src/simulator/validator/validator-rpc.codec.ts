/** CometBFT's JSON-RPC as a function: the text of a request in, the text of the answer out. */
import { BaseAccount } from 'cosmjs-types/cosmos/auth/v1beta1/auth.js';
import {
  QueryAccountRequest,
  QueryAccountResponse,
} from 'cosmjs-types/cosmos/auth/v1beta1/query.js';
import { SimulateResponse } from 'cosmjs-types/cosmos/tx/v1beta1/service.js';
import type { Exchange } from '../exchange-types.js';
import type { IndexerState } from '../indexer/indexer-state.codec.js';
import type { Mempool } from './mempool.codec.js';
import { publicKeyMessage } from './transaction.codec.js';
import { sha256Hex } from '../indexer/venue-ids.codec.js';
import { isoText } from '../indexer/wire-units.js';

export interface TextAnswer {
  readonly status: number;
  readonly body: string;
}

interface RpcRequest {
  readonly id: string | number;
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

interface RpcFault {
  readonly code: number;
  readonly message: string;
  readonly data?: string;
}

type RpcAnswer = { readonly result: object } | { readonly error: RpcFault };

const internalError = (data: string): RpcAnswer => ({
  error: { code: -32_603, message: 'Internal error', data },
});

export interface ValidatorRpcOptions {
  readonly chainId: string;
  readonly state: IndexerState;
  readonly mempool: Mempool;
}

export class ValidatorRpc {
  readonly #chainId: string;
  readonly #state: IndexerState;
  readonly #exchange: Exchange;
  readonly #mempool: Mempool;

  constructor({ chainId, state, mempool }: ValidatorRpcOptions) {
    this.#chainId = chainId;
    this.#state = state;
    this.#exchange = state.exchange;
    this.#mempool = mempool;
  }

  /** Status 200 also for JSON-RPC errors, as CometBFT has it; 500 only for unreadable JSON. */
  answer(text: string): TextAnswer {
    const request = readRequest(text);
    if (request === undefined) {
      const error = { code: -32_700, message: 'Parse error. Invalid JSON' };
      return { status: 500, body: JSON.stringify({ jsonrpc: '2.0', id: -1, error }) };
    }
    const answer = this.#dispatch(request);
    return { status: 200, body: JSON.stringify({ jsonrpc: '2.0', id: request.id, ...answer }) };
  }

  #dispatch({ method, params }: RpcRequest): RpcAnswer {
    switch (method) {
      case 'status':
        return { result: this.#status() };
      case 'block':
        return this.#block(params['height']);
      case 'abci_query':
        return { result: { response: this.#query(params) } };
      case 'broadcast_tx_sync':
        return this.#broadcast(params['tx'], 'sync');
      case 'broadcast_tx_async':
        return this.#broadcast(params['tx'], 'async');
      case 'tx':
        return this.#transaction(params['hash']);
      default:
        return { error: { code: -32_601, message: 'Method not found' } };
    }
  }

  #status(): object {
    const { height, timeMs } = this.#exchange;
    return {
      node_info: { network: this.#chainId, version: '0.38.15', moniker: 'perpetua-devnet' },
      sync_info: {
        latest_block_hash: blockHash(height),
        latest_block_height: String(height),
        latest_block_time: isoText(timeMs),
        catching_up: false,
      },
    };
  }

  #block(asked: unknown): RpcAnswer {
    const newest = this.#exchange.height;
    const height = asked === undefined || asked === null ? newest : Number(asked);
    if (!Number.isSafeInteger(height) || height <= 0) {
      return internalError(`height must be greater than 0, but got ${String(asked)}`);
    }
    if (height > newest) {
      return internalError(
        `height ${height} must be less than or equal to the current blockchain height ${newest}`,
      );
    }
    const timeMs = this.#state.timeOf(height);
    if (timeMs === undefined) return internalError(`height ${height} is not available`);
    return { result: blockObject({ chainId: this.#chainId, height, timeMs }) };
  }

  #query(params: Readonly<Record<string, unknown>>): object {
    const path = String(params['path']);
    const data = Buffer.from(textOf(params['data']), 'hex');
    switch (path) {
      case '/cosmos.auth.v1beta1.Query/Account':
        return this.#account(data);
      case '/cosmos.tx.v1beta1.Service/Simulate':
        return this.#found(
          SimulateResponse.encode(
            SimulateResponse.fromPartial({ gasInfo: { gasWanted: 0n, gasUsed: 60_000n } }),
          ).finish(),
        );
      default:
        return this.#missing(6, `unknown query path: ${path}`);
    }
  }

  #account(data: Uint8Array): object {
    const address = readAddress(data);
    const accountNumber = this.#exchange.accountNumber(address);
    if (accountNumber === undefined) {
      const reason = `account ${address} not found: key not found`;
      return this.#missing(22, `rpc error: code = NotFound desc = ${reason}`);
    }
    const key = this.#mempool.sequences.publicKey(address);
    const account = BaseAccount.fromPartial({
      address,
      ...(key === undefined ? {} : { pubKey: publicKeyMessage(key) }),
      accountNumber: BigInt(accountNumber),
      sequence: this.#mempool.sequences.committed(address),
    });
    const value = BaseAccount.encode(account).finish();
    const typeUrl = '/cosmos.auth.v1beta1.BaseAccount';
    return this.#found(QueryAccountResponse.encode({ account: { typeUrl, value } }).finish());
  }

  #found(value: Uint8Array): object {
    return { ...this.#missing(0, ''), value: Buffer.from(value).toString('base64'), codespace: '' };
  }

  #missing(code: number, log: string): object {
    return {
      code,
      log,
      info: '',
      index: '0',
      key: null,
      value: null,
      proofOps: null,
      height: String(this.#exchange.height),
      codespace: 'sdk',
    };
  }

  #broadcast(tx: unknown, mode: 'sync' | 'async'): RpcAnswer {
    const broadcast = this.#mempool.broadcast(Buffer.from(textOf(tx), 'base64'));
    if (broadcast.type === 'seen') return internalError('tx already exists in cache');
    const { hash, result } = broadcast;
    const told = mode === 'sync' ? result : { code: 0, codespace: '', log: '' };
    return { result: { ...told, data: '', hash } };
  }

  #transaction(asked: unknown): RpcAnswer {
    const hash = Buffer.from(textOf(asked), 'base64').toString('hex').toUpperCase();
    const included = this.#mempool.included(hash);
    if (included === undefined) return internalError(`tx (${hash}) not found`);
    const action = { key: 'action', value: '/dydxprotocol.clob', index: true };
    const tx_result = {
      code: 0,
      data: null,
      log: '',
      info: '',
      gas_wanted: '1000000',
      gas_used: '60000',
      events: [{ type: 'message', attributes: [action] }],
      codespace: '',
    };
    const tx = Buffer.from(included.bytes).toString('base64');
    return { result: { hash, height: String(included.height), index: 0, tx_result, tx } };
  }
}

function readRequest(text: string): RpcRequest | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return undefined;
    const { id, method, params } = value as Partial<Record<string, unknown>>;
    if (typeof method !== 'string') return undefined;
    return {
      id: typeof id === 'string' || typeof id === 'number' ? id : -1,
      method,
      params: typeof params === 'object' && params !== null ? { ...params } : {},
    };
  } catch {
    return undefined;
  }
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

function readAddress(data: Uint8Array): string {
  try {
    return QueryAccountRequest.decode(data).address;
  } catch {
    return '';
  }
}

const blockHash = (height: number): string => sha256Hex(`block/${height}`);

function blockObject(block: {
  readonly chainId: string;
  readonly height: number;
  readonly timeMs: number;
}): object {
  const hash = blockHash(block.height);
  const previous = { hash: blockHash(block.height - 1), parts: { total: 1, hash } };
  const header = {
    version: { block: '11', app: '0' },
    chain_id: block.chainId,
    height: String(block.height),
    time: isoText(block.timeMs),
    last_block_id: previous,
    last_commit_hash: hash,
    data_hash: hash,
    validators_hash: hash,
    next_validators_hash: hash,
    consensus_hash: hash,
    app_hash: hash,
    last_results_hash: hash,
    evidence_hash: hash,
    proposer_address: hash.slice(0, 40),
  };
  return {
    block_id: { hash, parts: { total: 1, hash } },
    block: {
      header,
      data: { txs: [] },
      evidence: { evidence: [] },
      last_commit: {
        height: String(block.height - 1),
        round: 0,
        block_id: previous,
        signatures: [],
      },
    },
  };
}
