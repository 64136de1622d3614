/** The node's door: JSON-RPC as CometBFT speaks it, and every check that comes before the order. */
import { BaseAccount } from 'cosmjs-types/cosmos/auth/v1beta1/auth.js';
import {
  QueryAccountRequest,
  QueryAccountResponse,
} from 'cosmjs-types/cosmos/auth/v1beta1/query.js';
import { describe, expect, test } from 'vitest';
import type { PlaceOrder } from '../../../src/simulator/order-terms.js';
import { IndexerState } from '../../../src/simulator/indexer/indexer-state.codec.js';
import { Mempool } from '../../../src/simulator/validator/mempool.codec.js';
import { ValidatorRpc } from '../../../src/simulator/validator/validator-rpc.codec.js';
import { sha256Hex } from '../../../src/simulator/indexer/venue-ids.codec.js';
import { FakeExchange } from '../../support/fake-exchange.js';
import { message, placeMessage, Wallet, type Message } from '../../support/sign-transaction.js';
import { TAKEN, VIEW } from '../../support/venue-story.js';

const CHAIN = 'localdydxprotocol';
const alice = new Wallet('alice');
const bob = new Wallet('bob');
const SIGNING = { chainId: CHAIN, accountNumber: 100 };

function startNode() {
  const exchange = new FakeExchange();
  exchange.subaccounts.push({ ...VIEW, subaccount: { owner: alice.address, number: 0 } });
  const state = new IndexerState(exchange);
  const mempool = new Mempool({
    chainId: CHAIN,
    exchange,
    submit: (input) => exchange.apply(input).check,
  });
  const rpc = new ValidatorRpc({ chainId: CHAIN, state, mempool });
  const call = (method: string, params: object = {}) =>
    JSON.parse(rpc.answer(JSON.stringify({ jsonrpc: '2.0', id: 5, method, params })).body) as {
      readonly result?: Record<string, never>;
      readonly error?: object;
    };
  const broadcast = (bytes: Buffer) => call('broadcast_tx_sync', { tx: bytes.toString('base64') });
  const commit = () => {
    const input = { type: 'block', timeMs: exchange.timeMs + 650 } as const;
    exchange.apply(input);
    state.note(input);
    mempool.commit();
  };
  return { exchange, mempool, rpc, call, broadcast, commit };
}

const orderOf = (owner: string, change: Partial<PlaceOrder['id']> = {}): PlaceOrder => ({
  id: { ...TAKEN.id, subaccount: { owner, number: 0 }, ...change },
  side: 'BUY',
  quantums: 1_000_000n,
  subticks: 8_995_000_000n,
  goodTilBlock: change.orderFlags === undefined ? 66_624_210 : 0,
  goodTilBlockTime: change.orderFlags === undefined ? 0 : 1_800_000_000,
  timeInForce: 'IOC',
  reduceOnly: false,
  clientMetadata: 1,
});

const placed = placeMessage(orderOf(alice.address));

test('an accepted order reaches the exchange and is answered with its hash', () => {
  const node = startNode();
  const bytes = alice.sign([placed], SIGNING);
  expect(node.broadcast(bytes)).toEqual({
    jsonrpc: '2.0',
    id: 5,
    result: { code: 0, codespace: '', log: '', data: '', hash: sha256Hex(bytes) },
  });
  expect(node.exchange.inputs).toEqual([{ type: 'place', order: orderOf(alice.address) }]);
});

const invalidSide = message('MsgPlaceOrder', {
  order: { orderId: { subaccountId: { owner: alice.address, number: 0 } } },
});
const invalidTime = message('MsgPlaceOrder', {
  order: {
    orderId: { subaccountId: { owner: alice.address, number: 0 } },
    side: 1,
    timeInForce: 9,
  },
});
const cancel = message('MsgCancelOrder', {
  orderId: { subaccountId: { owner: alice.address, number: 0 }, clientId: 1 },
  goodTilBlock: 66_624_210,
});
const transfer: Message = {
  typeUrl: '/dydxprotocol.sending.MsgCreateTransfer',
  value: new Uint8Array(),
};

test.each([
  ['no transaction', Buffer.from('hello'), 'sdk', 2],
  ['a message of another kind', alice.sign([transfer], SIGNING), 'sdk', 2],
  ['no side', alice.sign([invalidSide], SIGNING), 'clob', 3],
  ['an unknown time in force', alice.sign([invalidTime], SIGNING), 'clob', 44],
  [
    'an account nobody has funded',
    bob.sign([placeMessage(orderOf(bob.address))], SIGNING),
    'sdk',
    9,
  ],
  ["another's order", bob.sign([placed], SIGNING), 'sdk', 4],
  ['another chain id', alice.sign([placed], { ...SIGNING, chainId: 'dydx-mainnet-1' }), 'sdk', 4],
  ['another account number', alice.sign([placed], { ...SIGNING, accountNumber: 101 }), 'sdk', 4],
  [
    'a body changed after signing',
    alice.sign([placed], SIGNING, (raw) => {
      const bodyBytes = Buffer.from(raw.bodyBytes);
      const last = bodyBytes.length - 1;
      bodyBytes[last] = (bodyBytes[last] ?? 0) ^ 2;
      return { ...raw, bodyBytes };
    }),
    'sdk',
    4,
  ],
  [
    'a changed signature',
    alice.sign([placed], SIGNING, (raw) => ({
      ...raw,
      signatures: raw.signatures.map((bytes) => Uint8Array.from(bytes).fill(1, 0, 1)),
    })),
    'sdk',
    4,
  ],
  ['two short-term messages', alice.sign([placed, cancel], SIGNING), 'sdk', 18],
])('%s is refused and never reaches the exchange', (_what, bytes, codespace, code) => {
  const node = startNode();
  expect(node.broadcast(bytes).result).toMatchObject({ codespace, code });
  expect(node.exchange.inputs).toEqual([]);
});

test("the exchange's own refusal is passed on", () => {
  const node = startNode();
  node.exchange.check = { code: 2001, codespace: 'clob', log: 'would increase' };
  expect(node.broadcast(alice.sign([placed], SIGNING)).result).toMatchObject({
    code: 2001,
    log: 'would increase',
  });
});

test('a batch cancel is answered with 0 even if the exchange refuses', () => {
  const node = startNode();
  node.exchange.check = { code: 46, codespace: 'clob', log: 'none succeeded' };
  const batch = message('MsgBatchCancel', {
    subaccountId: { owner: alice.address, number: 0 },
    shortTermCancels: [{ clobPairId: 0, clientIds: [1] }],
    goodTilBlock: 66_624_210,
  });
  expect(node.broadcast(alice.sign([batch], SIGNING)).result).toMatchObject({ code: 0 });
  expect(node.exchange.inputs).toMatchObject([{ type: 'batchCancel' }]);
});

test('the same bytes twice are in the cache already, also when they were refused', () => {
  const node = startNode();
  const cached = { code: -32_603, message: 'Internal error', data: 'tx already exists in cache' };
  for (const bytes of [alice.sign([placed], SIGNING), Buffer.from('hello')]) {
    node.broadcast(bytes);
    expect(node.broadcast(bytes).error).toEqual(cached);
  }
});

test('an asynchronous broadcast says nothing about the check', () => {
  const node = startNode();
  const tx = bob.sign([placed], SIGNING).toString('base64');
  expect(node.call('broadcast_tx_async', { tx }).result).toMatchObject({ code: 0, log: '' });
});

describe('sequences', () => {
  const longTerm = (sequence: bigint, clientId: number) =>
    alice.sign([placeMessage(orderOf(alice.address, { orderFlags: 64, clientId }))], {
      ...SIGNING,
      sequence,
    });
  const codeOf = (answer: { readonly result?: Record<string, never> }) => answer.result?.['code'];

  test('short-term orders need none', () => {
    const node = startNode();
    expect(codeOf(node.broadcast(alice.sign([placed], { ...SIGNING, sequence: 99n })))).toBe(0);
  });

  test('stateful orders count up within a block; queries see the count after it', () => {
    const node = startNode();
    const query = () => {
      const data = Buffer.from(
        QueryAccountRequest.encode({ address: alice.address }).finish(),
      ).toString('hex');
      const { response } = (node.call('abci_query', {
        path: '/cosmos.auth.v1beta1.Query/Account',
        data,
      }).result ?? {}) as unknown as { readonly response: { readonly value: string } };
      const { account } = QueryAccountResponse.decode(Buffer.from(response.value, 'base64'));
      return BaseAccount.decode(account?.value ?? new Uint8Array());
    };
    expect(query()).toMatchObject({ address: alice.address, accountNumber: 100n, sequence: 0n });
    expect(codeOf(node.broadcast(longTerm(1n, 1)))).toBe(32);
    expect(codeOf(node.broadcast(longTerm(0n, 2)))).toBe(0);
    expect(codeOf(node.broadcast(longTerm(0n, 3)))).toBe(32);
    expect(codeOf(node.broadcast(longTerm(1n, 4)))).toBe(0);
    expect(query().sequence).toBe(0n);
    node.commit();
    expect(query().sequence).toBe(2n);
  });

  test('a timestamp serves once, within its window, above the ones that were forgotten', () => {
    const node = startNode();
    const now = BigInt(node.exchange.timeMs);
    expect(codeOf(node.broadcast(longTerm(now - 30_001n, 1)))).toBe(32);
    expect(codeOf(node.broadcast(longTerm(now + 30_001n, 2)))).toBe(32);
    for (let n = 0n; n < 21n; n += 1n) {
      expect(codeOf(node.broadcast(longTerm(now + n, 10 + Number(n))))).toBe(0);
    }
    expect(codeOf(node.broadcast(longTerm(now + 20n, 90)))).toBe(32);
    expect(codeOf(node.broadcast(longTerm(now, 91)))).toBe(32);
    node.exchange.height += 1;
    expect(codeOf(node.broadcast(longTerm(now - 5n, 92)))).toBe(32);
    expect(codeOf(node.broadcast(longTerm(0n, 93)))).toBe(0);
  });

  test('a refused order does not use up its sequence', () => {
    const node = startNode();
    node.exchange.check = { code: 3006, codespace: 'clob', log: 'no' };
    expect(codeOf(node.broadcast(longTerm(0n, 1)))).toBe(3006);
    node.exchange.check = { code: 0, codespace: '', log: '' };
    expect(codeOf(node.broadcast(longTerm(0n, 2)))).toBe(0);
  });

  test('a stateful transaction is found after its block, and not before', () => {
    const node = startNode();
    const bytes = longTerm(0n, 1);
    node.broadcast(bytes);
    const hash = Buffer.from(sha256Hex(bytes), 'hex').toString('base64');
    expect(node.call('tx', { hash }).error).toMatchObject({
      data: `tx (${sha256Hex(bytes)}) not found`,
    });
    node.commit();
    expect(node.call('tx', { hash }).result).toMatchObject({
      hash: sha256Hex(bytes),
      height: '66624204',
      tx: bytes.toString('base64'),
      tx_result: { code: 0 },
    });
  });
});

test('status and block tell chain id, height and time', () => {
  const node = startNode();
  expect(node.call('status').result).toMatchObject({
    node_info: { network: CHAIN, version: '0.38.15' },
    sync_info: { latest_block_height: '66624203' },
  });
  const header = { chain_id: CHAIN, height: '66624203', time: '2025-12-08T16:12:43.000Z' };
  expect(node.call('block').result).toMatchObject({ block: { header } });
  node.commit();
  expect(node.call('block', { height: '66624203' }).result).toMatchObject({ block: { header } });
});

test.each([
  [
    'block',
    { height: '99999999' },
    'height 99999999 must be less than or equal to the current blockchain height 66624203',
  ],
  ['block', { height: '0' }, 'height must be greater than 0, but got 0'],
  ['block', { height: '5' }, 'height 5 is not available'],
  ['broadcast_tx_sync', { tx: 7 }, undefined],
])('%s with %o', (method, params, data) => {
  const { error, result } = startNode().call(method, params);
  if (data === undefined) expect(result).toMatchObject({ code: 2 });
  else expect(error).toEqual({ code: -32_603, message: 'Internal error', data });
});

test.each([
  [
    '/cosmos.auth.v1beta1.Query/Account',
    Buffer.from(QueryAccountRequest.encode({ address: bob.address }).finish()).toString('hex'),
    22,
  ],
  ['/cosmos.auth.v1beta1.Query/Account', 'ffff', 22],
  ['/cosmos.tx.v1beta1.Service/Simulate', '', 0],
  ['/dydxprotocol.nothing', '', 6],
])('a query of %s with data "%s" is answered with code %i', (path, data, code) => {
  const { result } = startNode().call('abci_query', { path, data });
  expect(result).toMatchObject({ response: { code, height: '66624203' } });
});

test.each([
  ['{bad', -32_700],
  ['7', -32_700],
  ['{"id":1}', -32_700],
  ['{"id":1,"method":"nope"}', -32_601],
])('%s is answered with JSON-RPC error %i', (text, code) => {
  const { status, body } = startNode().rpc.answer(text);
  expect(status).toBe(code === -32_700 ? 500 : 200);
  expect(JSON.parse(body)).toMatchObject({ jsonrpc: '2.0', error: { code } });
});
