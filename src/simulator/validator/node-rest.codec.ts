/**
 * A node's REST door (LCD): the chain's queries and broadcast as JSON over HTTP. As on a real node
 * it is a gateway that only translates; what it says, the node's own RPC has said.
 */
import { BaseAccount } from 'cosmjs-types/cosmos/auth/v1beta1/auth.js';
import {
  QueryAccountRequest,
  QueryAccountResponse,
} from 'cosmjs-types/cosmos/auth/v1beta1/query.js';
import { PubKey } from 'cosmjs-types/cosmos/crypto/secp256k1/keys.js';
import { SimulateRequest, SimulateResponse } from 'cosmjs-types/cosmos/tx/v1beta1/service.js';
import type { RestAnswer } from '../indexer/rest-errors.js';
import { sha256Hex } from '../indexer/venue-ids.codec.js';
import { isAddress } from './addresses.codec.js';

export interface NodeRestRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly body: string;
}

/** The node behind the gateway. */
export interface NodeRpc {
  answer(text: string): { readonly body: string };
}

interface RpcReply {
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly data?: string };
}

/** What a query brought: protobuf, or the refusal in the gateway's words. */
type Queried = { readonly value: Uint8Array } | { readonly refusal: RestAnswer };

/** gRPC status codes and the HTTP status that the gateway gives them. */
const STATUS = {
  unknown: [2, 500],
  invalidArgument: [3, 400],
  notFound: [5, 404],
  unimplemented: [12, 501],
  unauthenticated: [16, 401],
} as const;

/** Codes of the chain's queries that have a gRPC status of their own. */
const STATUS_OF_CODE: Readonly<Record<number, keyof typeof STATUS>> = {
  4: 'unauthenticated',
  18: 'invalidArgument',
  22: 'notFound',
};

/** The codes of the chain's own errors for what the node's cache and mempool refuse. */
const IN_CACHE = 19;
const MEMPOOL_FULL = 20;

export const isNodeRest = (target: string): boolean =>
  target.startsWith('/cosmos/') || target.startsWith('/dydxprotocol/');

export function answerNodeRest(rpc: NodeRpc, request: NodeRestRequest): RestAnswer {
  const [path = ''] = request.target.split('?');
  switch (`${request.method} ${path.slice(0, path.lastIndexOf('/'))}`) {
    case 'GET /cosmos/auth/v1beta1/account_info':
      return accountOf(rpc, path, ({ account }) => ({ info: account }));
    case 'GET /cosmos/auth/v1beta1/accounts':
      return accountOf(rpc, path, ({ typeUrl, account }) => ({
        account: { '@type': typeUrl, ...account },
      }));
    default:
      break;
  }
  switch (`${request.method} ${path}`) {
    case 'POST /cosmos/tx/v1beta1/simulate':
      return simulate(rpc, request.body);
    case 'POST /cosmos/tx/v1beta1/txs':
      return broadcast(rpc, request.body);
    default:
      return refusal('unimplemented', 'Not Implemented');
  }
}

function accountOf(
  rpc: NodeRpc,
  path: string,
  shape: (found: { readonly typeUrl: string; readonly account: object }) => object,
): RestAnswer {
  const address = path.slice(path.lastIndexOf('/') + 1);
  if (!isAddress(address)) return refusal('unknown', `decoding bech32 failed: ${address}`);
  const request = QueryAccountRequest.encode({ address }).finish();
  const queried = query(rpc, '/cosmos.auth.v1beta1.Query/Account', request);
  if ('refusal' in queried) return queried.refusal;
  const { account } = QueryAccountResponse.decode(queried.value);
  if (account === undefined) return refusal('unknown', 'no account');
  const { pubKey, accountNumber, sequence } = BaseAccount.decode(account.value);
  const key =
    pubKey === undefined
      ? null
      : { '@type': pubKey.typeUrl, key: base64(PubKey.decode(pubKey.value).key) };
  const body = {
    address,
    pub_key: key,
    account_number: String(accountNumber),
    sequence: String(sequence),
  };
  return { status: 200, body: shape({ typeUrl: account.typeUrl, account: body }) };
}

function simulate(rpc: NodeRpc, text: string): RestAnswer {
  const bytes = readTransaction(text);
  if (bytes === undefined) return refusal('invalidArgument', 'invalid empty tx');
  const request = SimulateRequest.encode(SimulateRequest.fromPartial({ txBytes: bytes })).finish();
  const queried = query(rpc, '/cosmos.tx.v1beta1.Service/Simulate', request);
  if ('refusal' in queried) return queried.refusal;
  const { gasInfo, result } = SimulateResponse.decode(queried.value);
  const body = {
    gas_info: {
      gas_wanted: String(gasInfo?.gasWanted ?? 0n),
      gas_used: String(gasInfo?.gasUsed ?? 0n),
    },
    result: {
      data: base64(result?.data ?? new Uint8Array()),
      log: result?.log ?? '',
      events: [],
      msg_responses: [],
    },
  };
  return { status: 200, body };
}

function broadcast(rpc: NodeRpc, text: string): RestAnswer {
  const bytes = readTransaction(text);
  if (bytes === undefined) return refusal('invalidArgument', 'invalid empty tx');
  const isAsync = readJson(text)['mode'] === 'BROADCAST_MODE_ASYNC';
  const method = isAsync ? 'broadcast_tx_async' : 'broadcast_tx_sync';
  const { result, error } = call(rpc, method, { tx: base64(bytes) });
  const isFull = error?.data?.startsWith('mempool is full') === true;
  const refused = { codespace: 'sdk', code: isFull ? MEMPOOL_FULL : IN_CACHE, log: error?.data };
  const { codespace, code, log } = result ?? refused;
  const tx_response = {
    height: '0',
    txhash: sha256Hex(bytes),
    codespace,
    code,
    data: '',
    raw_log: log,
    logs: [],
    info: '',
    gas_wanted: '0',
    gas_used: '0',
    tx: null,
    timestamp: '',
    events: [],
  };
  return { status: 200, body: { tx_response } };
}

function query(rpc: NodeRpc, path: string, data: Uint8Array): Queried {
  const { result } = call(rpc, 'abci_query', { path, data: hex(data), prove: false });
  const { code, log, value } = (result?.['response'] ?? {}) as {
    readonly code?: number;
    readonly log?: string;
    readonly value?: string | null;
  };
  if (code !== 0) return { refusal: refusal(STATUS_OF_CODE[code ?? 0] ?? 'unknown', log ?? '') };
  return { value: Buffer.from(value ?? '', 'base64') };
}

const call = (rpc: NodeRpc, method: string, params: object): RpcReply =>
  JSON.parse(
    rpc.answer(JSON.stringify({ jsonrpc: '2.0', id: -1, method, params })).body,
  ) as RpcReply;

function refusal(name: keyof typeof STATUS, message: string): RestAnswer {
  const [code, status] = STATUS[name];
  return { status, body: { code, message, details: [] } };
}

/** `tx_bytes` by either of the names that protobuf's JSON allows; undefined when there are none. */
function readTransaction(text: string): Uint8Array | undefined {
  const request = readJson(text);
  const encoded = request['tx_bytes'] ?? request['txBytes'];
  return typeof encoded === 'string' && encoded !== '' ? Buffer.from(encoded, 'base64') : undefined;
}

function readJson(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
