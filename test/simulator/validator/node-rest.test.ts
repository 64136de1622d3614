/** The node's REST door: accounts, simulation and broadcast in the gateway's shapes. */
import { expect, test } from 'vitest';
import { HeapClock } from '../../../src/clock/heap.clock.js';
import type { ExchangeInput } from '../../../src/simulator/exchange-types.js';
import { sha256Hex } from '../../../src/simulator/indexer/venue-ids.codec.js';
import { IndexerState } from '../../../src/simulator/indexer/indexer-state.codec.js';
import { Mempool } from '../../../src/simulator/validator/mempool.codec.js';
import { answerNodeRest } from '../../../src/simulator/validator/node-rest.codec.js';
import { ValidatorRpc } from '../../../src/simulator/validator/validator-rpc.codec.js';
import { FakeExchange } from '../../support/fake-exchange.js';
import { placeMessage, sendMessage, Wallet } from '../../support/sign-transaction.js';
import { TAKEN, VIEW } from '../../support/venue-story.js';

const chainId = 'localdydxprotocol';
const alice = new Wallet('alice');
const ACCOUNT = `/cosmos/auth/v1beta1/account_info/${alice.address}`;

function startNode() {
  const exchange = new FakeExchange();
  exchange.subaccounts.push({ ...VIEW, subaccount: { owner: alice.address, number: 0 } });
  const submit = (input: ExchangeInput) => {
    const { check, outputs } = exchange.apply(input);
    for (const output of outputs) mempool.note(output);
    return check;
  };
  const mempool: Mempool = new Mempool({ chainId, exchange, submit });
  const timers = new HeapClock(0);
  const rpc = new ValidatorRpc({ chainId, state: new IndexerState(exchange), mempool, timers });
  const commit = () => submit({ type: 'block', timeMs: exchange.timeMs + 650 });
  const get = (target: string) => answerNodeRest(rpc, { method: 'GET', target, body: '' });
  const post = (path: string, body: object) =>
    answerNodeRest(rpc, {
      method: 'POST',
      target: `/cosmos/tx/v1beta1/${path}`,
      body: JSON.stringify(body),
    });
  return { exchange, commit, get, post };
}

const place = (orderFlags: number) =>
  placeMessage({
    ...TAKEN,
    id: { ...TAKEN.id, subaccount: { owner: alice.address, number: 0 }, orderFlags },
    goodTilBlock: orderFlags === 0 ? 66_624_210 : 0,
    goodTilBlockTime: orderFlags === 0 ? 0 : 1_800_000_000,
    timeInForce: orderFlags === 0 ? 'IOC' : 'GTT',
  });
const signed = (orderFlags: number) =>
  alice.sign([place(orderFlags)], { chainId, accountNumber: 100 }).toString('base64');

test('an account has no key before a block has its first transaction, and then has it', () => {
  const { commit, get, post } = startNode();
  const info = (pub_key: object | null, sequence: string) => ({
    status: 200,
    body: { info: { address: alice.address, pub_key, account_number: '100', sequence } },
  });
  expect(get(ACCOUNT)).toEqual(info(null, '0'));
  post('txs', { tx_bytes: signed(0), mode: 'BROADCAST_MODE_SYNC' });
  commit();
  expect(get(ACCOUNT)).toEqual(info(null, '0'));
  post('txs', { tx_bytes: signed(64), mode: 'BROADCAST_MODE_SYNC' });
  expect(get(ACCOUNT)).toEqual(info(null, '0'));
  commit();
  const key = Buffer.from(alice.publicKey).toString('base64');
  const pub_key = { '@type': '/cosmos.crypto.secp256k1.PubKey', key };
  expect(get(ACCOUNT)).toEqual(info(pub_key, '1'));
  expect(get(`/cosmos/auth/v1beta1/accounts/${alice.address}`).body).toEqual({
    account: {
      '@type': '/cosmos.auth.v1beta1.BaseAccount',
      address: alice.address,
      pub_key,
      account_number: '100',
      sequence: '1',
    },
  });
});

const stranger = new Wallet('stranger').address;

test.each([
  [`/cosmos/auth/v1beta1/account_info/${stranger}`, 404, 5, `account ${stranger} not found`],
  ['/cosmos/auth/v1beta1/account_info/dydx1', 500, 2, 'decoding bech32 failed'],
  ['/cosmos/nonsense', 501, 12, 'Not Implemented'],
])('a request that cannot be answered is refused as the gateway does: %s', (target, ...refused) => {
  const [status, code, message] = refused;
  expect(startNode().get(target)).toMatchObject({
    status,
    body: { code, message: expect.stringContaining(message) as string, details: [] },
  });
});

const sending = alice
  .sign([sendMessage(alice.address, alice.address, { denom: 'adydx', amount: '1' })], {
    chainId,
    accountNumber: 100,
  })
  .toString('base64');

test.each([
  ['tx_bytes', sending, 60_000],
  ['txBytes', sending, 60_000],
  ['tx_bytes', signed(64), 0],
])('a simulation by the name %s tells the gas; orders use none', (name, bytes, gas) => {
  const { post } = startNode();
  const { status, body } = post('simulate', { [name]: bytes });
  expect({ status, body }).toMatchObject({ status: 200, body: { gas_info: { gas_wanted: '0' } } });
  const { gas_info } = body as { readonly gas_info: { readonly gas_used: string } };
  expect(Math.floor(Number(gas_info.gas_used) / 20_000) * 20_000).toBe(gas);
});

test.each(['simulate', 'txs'])('%s without a transaction is an invalid argument', (path) => {
  const body = { code: 3, message: 'invalid empty tx', details: [] };
  expect(startNode().post(path, {})).toEqual({ status: 400, body });
});

test('a broadcast is answered with the hash, and its repetition with code 19', () => {
  const { post } = startNode();
  const tx_bytes = signed(0);
  const sent = post('txs', { tx_bytes, mode: 'BROADCAST_MODE_SYNC' });
  const txhash = sha256Hex(Buffer.from(tx_bytes, 'base64'));
  expect(sent).toMatchObject({ status: 200, body: { tx_response: { code: 0, txhash } } });
  const again = post('txs', { tx_bytes, mode: 'BROADCAST_MODE_SYNC' });
  expect(again.body).toMatchObject({ tx_response: { code: 19, codespace: 'sdk', txhash } });
});

test('a refused order comes back with its code and reason', () => {
  const { exchange, post } = startNode();
  exchange.check = { code: 2003, codespace: 'clob', log: 'Post-only order would cross' };
  const { body } = post('txs', { tx_bytes: signed(0), mode: 'BROADCAST_MODE_SYNC' });
  expect(body).toMatchObject({
    tx_response: { code: 2003, codespace: 'clob', raw_log: 'Post-only order would cross' },
  });
});
