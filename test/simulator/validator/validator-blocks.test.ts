/** Blocks, executed transactions and the ways to hear of them, as CometBFT 0.38 tells them. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { parseEventQuery } from '../../../src/simulator/validator/event-query.js';
import { merkleRoot } from '../../../src/simulator/validator/block-archive.codec.js';
import { ValidatorSession } from '../../../src/simulator/validator/validator-session.codec.js';
import { FEE, message, sendMessage } from '../../support/sign-transaction.js';
import {
  alice,
  bob,
  CHAIN,
  hashParam,
  placed,
  SIGNING,
  startNode,
  stateful,
} from '../../support/validator-driver.js';

const base64 = (bytes: Buffer): string => bytes.toString('base64');
const sending = sendMessage(alice.address, bob.address, { denom: 'adydx', amount: '1' });
type Json = Readonly<Record<string, unknown>>;

/** A node with one block of two transactions, the second of which failed. */
function startedNode() {
  const node = startNode();
  const sent = [
    alice.sign([stateful(1)], SIGNING),
    alice.sign([sendMessage(alice.address, bob.address, { denom: 'uatom', amount: '1' })], {
      ...SIGNING,
      sequence: 1n,
      fee: FEE,
    }),
  ] as const;
  for (const bytes of sent) expect(node.broadcast(bytes).result).toMatchObject({ code: 0 });
  node.commit();
  return { ...node, sent };
}

test('a block carries its transactions behind the proposer’s operations, and their root', () => {
  const node = startedNode();
  const { block, block_id } = node.call('block').result as unknown as {
    block: { header: Json; data: { txs: string[] } };
    block_id: Json;
  };
  expect(block.data.txs.slice(1)).toEqual(node.sent.map(base64));
  const root = merkleRoot(block.data.txs.map((text) => Buffer.from(text, 'base64')));
  expect(block.header).toMatchObject({ chain_id: CHAIN, height: '66624204', data_hash: root });
  node.commit();
  const next = node.call('header').result as unknown as { header: Json };
  expect(next.header['last_block_id']).toEqual(block_id);
  expect(node.call('block', { height: '66624204' }).result).toMatchObject({ block_id });
});

test('the root of transactions is that of RFC 6962', () => {
  const sha = (...parts: Uint8Array[]) => {
    const hash = createHash('sha256');
    for (const part of parts) hash.update(part);
    return hash.digest();
  };
  const leaf = (text: string) => sha(Buffer.of(0), sha(Buffer.from(text)));
  const inner = (left: Buffer, right: Buffer) => sha(Buffer.of(1), left, right);
  const [a, b, c] = [leaf('a'), leaf('b'), leaf('c')];
  const upper = (bytes: Buffer) => bytes.toString('hex').toUpperCase();
  const root = (...texts: string[]) => merkleRoot(texts.map((text) => Buffer.from(text)));
  expect(root()).toBe(upper(sha()));
  expect(root('a')).toBe(upper(a));
  expect(root('a', 'b', 'c')).toBe(upper(inner(inner(a, b), c)));
});

test('results tell code, gas, data and events; a failed message leaves only those before it', () => {
  const node = startedNode();
  const results = node.call('block_results', { height: 66_624_204 }).result as unknown as Json;
  expect(results).toMatchObject({
    height: '66624204',
    txs_results: [
      { code: 0, events: [] },
      { code: 0, gas_wanted: '1000000', gas_used: '0' },
      { code: 5, codespace: 'sdk', data: null, gas_wanted: '200000' },
    ],
  });
  const [, good, bad] = results['txs_results'] as { events: { type: string }[]; data: string }[];
  expect(good?.events.map(({ type }) => type)).toEqual(['tx', 'tx', 'tx', 'message']);
  expect(bad?.events.map(({ type }) => type)).toEqual(['tx', 'tx', 'tx']);
  expect(Buffer.from(good?.data ?? '', 'base64').toString()).toContain('MsgPlaceOrderResponse');
  const { result } = node.call('tx_search', { query: 'tx.height=66624204', order_by: 'desc' });
  expect(result).toMatchObject({ total_count: '2', txs: [{ index: 2 }, { index: 1 }] });
  const search = (query: string, page: object = {}) =>
    node.call('tx_search', { query, ...page }).result as unknown as { txs: Json[] };
  const action = "message.action='/dydxprotocol.clob.MsgPlaceOrder'";
  expect(search(action).txs).toHaveLength(1);
  expect(search('tx.height>1', { page: '2', per_page: '1' }).txs).toMatchObject([{ index: 2 }]);
});

test.each([
  ["tm.event='Tx'", true],
  ["tm.event = 'Tx' AND tx.height >= 7", true],
  ['tx.height<7', false],
  ['tx.height<=7 AND tx.height>6', true],
  ["tx.memo CONTAINS 'ell'", true],
  ["tx.memo CONTAINS 'x'", false],
  ['tx.memo EXISTS', true],
  ['tx.none EXISTS', false],
  ["tm.event='Tx' OR tx.height=7", undefined],
  ["tx.memo EXISTS 'x'", undefined],
  ['tx.memo =', undefined],
])('the query %s is answered with %s', (text, matches) => {
  const events = new Map([
    ['tm.event', ['Tx']],
    ['tx.height', ['7']],
    ['tx.memo', ['hello', 'you']],
  ]);
  expect(parseEventQuery(text)?.(events)).toBe(matches);
});

describe('a broadcast that waits for its block', () => {
  const ask = (node: ReturnType<typeof startNode>, bytes: Buffer) => {
    const answers: Json[] = [];
    const params = { tx: base64(bytes) };
    const request = { jsonrpc: '2.0', id: 1, method: 'broadcast_tx_commit', params };
    node.rpc.respond(JSON.stringify(request), ({ body }) => {
      answers.push(JSON.parse(body) as Json);
    });
    return answers;
  };

  test('is answered with both results when it is executed', () => {
    const node = startNode();
    const answers = ask(node, alice.sign([stateful(1)], SIGNING));
    expect(answers).toEqual([]);
    node.exchange.delivered = { code: 3007, codespace: 'clob', log: 'no collateral' };
    node.commit();
    node.commit();
    expect(answers).toMatchObject([
      {
        result: {
          check_tx: { code: 0 },
          tx_result: { code: 3007, codespace: 'clob' },
          height: '66624204',
        },
      },
    ]);
  });

  test('is answered at once when it is refused or known', () => {
    const node = startNode();
    const wrong = alice.sign([stateful(1)], { ...SIGNING, sequence: 9n });
    expect(ask(node, wrong)).toMatchObject([{ result: { check_tx: { code: 32 }, height: '0' } }]);
    expect(ask(node, wrong)).toMatchObject([{ error: { data: 'tx already exists in cache' } }]);
    const full = startNode(0);
    expect(ask(full, wrong)).toMatchObject([{ error: { code: -32_603 } }]);
  });

  test('times out for a short-term order, which no block has', async () => {
    const node = startNode();
    const answers = ask(node, alice.sign([placed], SIGNING));
    await node.clock.advance(10_000);
    const data = 'timed out waiting for tx to be included in a block';
    expect(answers).toMatchObject([{ error: { data } }]);
    const bytes = alice.sign([stateful(3)], SIGNING);
    expect(node.call('broadcast_tx_commit', { tx: base64(bytes) }).error).toMatchObject({ data });
  });
});

test('several requests are answered in their order, and those without id not at all', () => {
  const { rpc } = startNode();
  const batch = [
    { jsonrpc: '2.0', id: 'a', method: 'health' },
    { jsonrpc: '2.0', method: 'health' },
    { jsonrpc: '2.0', id: 2, method: 'block', params: ['66624203'] },
    { jsonrpc: '2.0', id: 3, method: 'abci_info', params: [] },
  ];
  const answers = JSON.parse(rpc.answer(JSON.stringify(batch)).body) as Json[];
  expect(answers).toMatchObject([
    { id: 'a', result: {} },
    { id: 2, result: { block: { header: { height: '66624203' } } } },
    { id: 3, result: { response: { last_block_height: '66624203' } } },
  ]);
  expect(JSON.parse(rpc.answer(JSON.stringify(batch.slice(0, 1))).body)).toMatchObject({ id: 'a' });
  expect(rpc.answer('{"jsonrpc":"2.0","method":"health"}')).toEqual({ status: 200, body: '' });
});

test.each([
  ['/health', 200, { result: {} }],
  ['/block?height=66624203', 200, { result: { block: { header: { height: '66624203' } } } }],
  ['/block?height=5', 500, { error: { code: -32_603 } }],
  ['/abci_query?path="/nothing"&data=0x00', 200, { result: { response: { code: 6 } } }],
  ['/broadcast_tx_sync?tx="hello"', 200, { result: { code: 2, codespace: 'sdk' } }],
  ['/tx?hash=0xAB', 500, { error: { data: 'tx (AB) not found' } }],
])('GET %s is answered with status %i', (target, status, body) => {
  const answers: { status: number; body: string }[] = [];
  expect(startNode().rpc.respondUri(target, (answer) => answers.push(answer))).toBe(true);
  expect(answers).toMatchObject([{ status }]);
  expect(JSON.parse(answers[0]?.body ?? '')).toMatchObject({ jsonrpc: '2.0', id: -1, ...body });
});

test('a URI of another service is left to it', () => {
  const { rpc } = startNode();
  expect(rpc.respondUri('/v4/height', () => undefined)).toBe(false);
});

describe('a WebSocket client', () => {
  const connect = () => {
    const node = startNode();
    const frames: Json[] = [];
    const session = new ValidatorSession({
      chainId: CHAIN,
      rpc: node.rpc,
      archive: node.mempool.archive,
      write: (frame) => {
        frames.push(JSON.parse(frame) as Json);
      },
    });
    const ask = (id: number, method: string, query?: string) => {
      session.receive(JSON.stringify({ jsonrpc: '2.0', id, method, params: { query } }));
      return frames.at(-1);
    };
    return { ...node, session, frames, ask };
  };

  test('hears of blocks, headers and transactions with the ids of its requests', () => {
    const { ask, commit, send, frames } = connect();
    expect(ask(1, 'subscribe', "tm.event='NewBlock'")).toEqual({
      jsonrpc: '2.0',
      id: 1,
      result: {},
    });
    ask(2, 'subscribe', "tm.event='NewBlockHeader'");
    ask(3, 'subscribe', "tm.event='Tx' AND message.action CONTAINS 'MsgPlaceOrder'");
    send([stateful(1)]);
    send([sending], { sequence: 1n, fee: FEE });
    frames.length = 0;
    commit();
    const header = { height: '66624204', chain_id: CHAIN };
    expect(frames).toMatchObject([
      {
        id: 1,
        result: {
          query: "tm.event='NewBlock'",
          data: { type: 'tendermint/event/NewBlock', value: { block: { header } } },
          events: { 'tm.event': ['NewBlock'] },
        },
      },
      { id: 2, result: { data: { type: 'tendermint/event/NewBlockHeader', value: { header } } } },
      {
        id: 3,
        result: {
          data: {
            type: 'tendermint/event/Tx',
            value: { TxResult: { height: '66624204', index: 1, result: { code: 0 } } },
          },
          events: { 'tx.height': ['66624204'] },
        },
      },
    ]);
  });

  test('may use every method, and is told what is wrong with a request', () => {
    const { ask, session, frames } = connect();
    expect(ask(4, 'health')).toMatchObject({ id: 4, result: {} });
    expect(ask(5, 'nope')).toMatchObject({ id: 5, error: { code: -32_601 } });
    session.receive('{');
    expect(frames.at(-1)).toMatchObject({ error: { code: -32_700 } });
    expect(ask(6, 'subscribe', 'x')).toMatchObject({ error: { data: 'failed to parse query: x' } });
    session.receive('{"jsonrpc":"2.0","method":"health"}');
    expect(frames).toHaveLength(4);
  });

  test('has five subscriptions, each of them once, and can end them', () => {
    const { ask, commit, session, frames } = connect();
    const query = (height: number) => `tx.height=${height}`;
    for (let n = 0; n < 4; n += 1) ask(n, 'subscribe', query(n));
    expect(ask(8, 'subscribe', query(0))).toMatchObject({ error: { data: 'already subscribed' } });
    ask(4, 'subscribe', "tm.event='NewBlock'");
    expect(ask(9, 'subscribe', query(9))).toMatchObject({
      error: { data: 'max_subscriptions_per_client 5 reached' },
    });
    expect(ask(10, 'unsubscribe', query(0))).toMatchObject({ result: {} });
    const missing = { error: { data: 'subscription not found' } };
    expect(ask(11, 'unsubscribe', query(0))).toMatchObject(missing);
    expect(ask(12, 'unsubscribe_all')).toMatchObject({ result: {} });
    expect(ask(13, 'unsubscribe_all')).toMatchObject(missing);
    ask(14, 'subscribe', "tm.event='NewBlock'");
    session.close();
    frames.length = 0;
    commit();
    expect(frames).toEqual([]);
  });
});

describe('what is known to fail', () => {
  test.each([
    ['too little gas', [sending], { ...FEE, gas: 50_000n }, 11],
    [
      'a coin that nobody has',
      [sendMessage(alice.address, bob.address, { denom: 'x', amount: '1' })],
      FEE,
      5,
    ],
    ['no coin', [sendMessage(alice.address, bob.address)], FEE, 10],
    [
      'no amount',
      [sendMessage(alice.address, bob.address, { denom: 'adydx', amount: '0' })],
      FEE,
      10,
    ],
    ['no recipient', [sendMessage(alice.address, 'x', { denom: 'adydx', amount: '1' })], FEE, 7],
  ])('%s pays its fee in the block and does nothing else', (_what, messages, fee, code) => {
    const node = startNode();
    const { hash } = node.send(messages, { fee }) as unknown as { hash: string };
    expect(node.inputs()).toMatchObject([
      { type: 'transaction', transaction: { messages: [], fee: fee.amount, feeDenom: 'usdc' } },
    ]);
    node.commit();
    expect(node.call('tx', hashParam(hash)).result).toMatchObject({
      tx_result: { code, codespace: 'sdk' },
    });
  });

  test('what the exchange refuses before the block is not remembered as pending', () => {
    const node = startNode();
    node.exchange.check = { code: 20, codespace: 'sdk', log: 'mempool is full' };
    expect(node.send([stateful(1)]).code).toBe(20);
    node.exchange.check = { code: 0, codespace: '', log: '' };
    expect(node.send([stateful(2)]).code).toBe(0);
    const other = message('MsgCreateTransfer', {
      transfer: { sender: { owner: alice.address }, recipient: { owner: bob.address }, amount: 1 },
    });
    expect(node.send([other], { sequence: 1n, fee: FEE }).code).toBe(0);
  });
});
