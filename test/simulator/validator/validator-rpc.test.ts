/** The node's door: JSON-RPC as CometBFT speaks it, and every check that comes before the order. */
import { BaseAccount } from 'cosmjs-types/cosmos/auth/v1beta1/auth.js';
import {
  QueryAccountRequest,
  QueryAccountResponse,
} from 'cosmjs-types/cosmos/auth/v1beta1/query.js';
import { describe, expect, test } from 'vitest';
import { sha256Hex } from '../../../src/simulator/indexer/venue-ids.codec.js';
import { message } from '../../support/sign-transaction.js';
import {
  alice,
  bob,
  CHAIN,
  hashParam,
  orderOf,
  placed,
  SIGNING,
  startNode,
  stateful,
} from '../../support/validator-driver.js';

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
    alice.sign([stateful(clientId)], { ...SIGNING, sequence });
  const codeOf = (answer: ReturnType<ReturnType<typeof startNode>['call']>) =>
    answer.result?.['code'];

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
    const hash = hashParam(sha256Hex(bytes));
    expect(node.call('tx', hash).error).toMatchObject({
      data: `tx (${sha256Hex(bytes)}) not found`,
    });
    node.commit();
    expect(node.call('tx', hash).result).toMatchObject({
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
  ['block', { height: '5' }, 'height 5 is not available, lowest height is 66624203'],
  ['tx_search', { query: 'nonsense' }, 'failed to parse query: nonsense'],
  ['tx_search', { query: "tm.event='Tx'", page: '0' }, 'page should be within [1, …] range'],
])('%s with %o is an internal error that says why', (method, params, data) => {
  const { error } = startNode().call(method, params);
  expect(error).toEqual({ code: -32_603, message: 'Internal error', data });
});

test.each([
  ['broadcast_tx_sync', { tx: 7 }],
  ['broadcast_tx_commit', { tx: 'ä' }],
  ['tx', { hash: [] }],
  ['abci_query', { path: '/x', data: 'xyz' }],
])('%s with %o has invalid parameters', (method, params) => {
  expect(startNode().call(method, params).error).toMatchObject({ code: -32_602 });
});

test.each([
  [
    '/cosmos.auth.v1beta1.Query/Account',
    Buffer.from(QueryAccountRequest.encode({ address: bob.address }).finish()).toString('hex'),
    22,
  ],
  ['/cosmos.auth.v1beta1.Query/Account', '', 22],
  ['/cosmos.auth.v1beta1.Query/Account', 'ffff', 18],
  ['/cosmos.tx.v1beta1.Service/Simulate', '', 18],
  ['/dydxprotocol.nothing', '', 6],
])('a query of %s with data "%s" is answered with code %i', (path, data, code) => {
  const { result } = startNode().call('abci_query', { path, data });
  expect(result).toMatchObject({ response: { code, height: '66624203' } });
});

test.each([
  ['{bad', -32_700],
  ['7', -32_700],
  ['{"id":1}', -32_601],
  ['{"id":1,"method":"nope"}', -32_601],
])('%s is answered with JSON-RPC error %i', (text, code) => {
  const { status, body } = startNode().rpc.answer(text);
  expect(status).toBe(code === -32_700 ? 500 : 200);
  expect(JSON.parse(body)).toMatchObject({ jsonrpc: '2.0', error: { code } });
});
