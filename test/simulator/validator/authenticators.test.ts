/** Permissioned keys: who may sign what for whom, from which block on, and with which refusal. */
import { describe, expect, test } from 'vitest';
import type { Wallet } from '../../support/sign-transaction.js';
import { FEE, message, placeMessage, type Message } from '../../support/sign-transaction.js';
import {
  alice,
  bob,
  hashParam,
  orderOf,
  placed,
  SIGNING,
  startNode,
} from '../../support/validator-driver.js';

const PLACE = '/dydxprotocol.clob.MsgPlaceOrder';
const CANCEL = '/dydxprotocol.clob.MsgCancelOrder';

interface Part {
  readonly type: string;
  readonly config: Uint8Array;
}
const text = (type: string, config: string): Part => ({ type, config: Buffer.from(config) });
const key = (wallet: Wallet): Part => ({ type: 'SignatureVerification', config: wallet.publicKey });
const composite = (type: string, ...parts: Part[]): Part =>
  text(
    type,
    JSON.stringify(
      parts.map(({ type, config }) => ({ type, config: Buffer.from(config).toString('base64') })),
    ),
  );
const allOf = (...parts: Part[]) => composite('AllOf', ...parts);
const anyOf = (...parts: Part[]) => composite('AnyOf', ...parts);

const adding = ({ type, config }: Part): Message =>
  message('MsgAddAuthenticator', {
    sender: alice.address,
    authenticatorType: type,
    data: config,
  });
const removing = (id: number) => message('MsgRemoveAuthenticator', { sender: alice.address, id });

type Node = ReturnType<typeof startNode>;

/** Sends one of alice's own transactions through a block; what became of it there. */
function execute(node: Node, ...messages: Message[]): object | undefined {
  const sequence = node.mempool.sequences.committed(alice.address);
  const sent = node.send(messages, { sequence, fee: FEE }) as unknown as { readonly hash: string };
  node.commit();
  return node.call('tx', hashParam(sent.hash)).result;
}

/** Bob trades for alice, with the first authenticator unless said otherwise. */
const byBob = (node: Node, messages: readonly Message[], authenticators = [0]) =>
  node.broadcast(bob.sign(messages, { ...SIGNING, authenticators })).result;

const cancel = message('MsgCancelOrder', {
  orderId: { subaccountId: { owner: alice.address, number: 0 }, clientId: 1 },
  goodTilBlock: 66_624_210,
});
const batch = message('MsgBatchCancel', {
  subaccountId: { owner: alice.address, number: 0 },
  shortTermCancels: [{ clobPairId: 1, clientIds: [1] }],
  goodTilBlock: 66_624_210,
});
const leverage = message('MsgUpdateLeverage', {
  subaccountId: { owner: alice.address, number: 0 },
  clobPairLeverage: [{ clobPairId: 0, customImfPpm: 50_000 }],
});

test("a permissioned key trades with the owner's account number, from the next block on", () => {
  const node = startNode();
  const add = adding(key(bob));
  expect(node.send([add], { fee: FEE }).code).toBe(0);
  expect(byBob(node, [placed])).toMatchObject({ codespace: 'sdk', code: 4 });
  node.commit();
  const order = placeMessage(orderOf(alice.address, { clientId: 2 }));
  expect(byBob(node, [order])).toMatchObject({ code: 0 });
  expect(node.inputs().at(-1)).toMatchObject({ type: 'place', order: { id: { clientId: 2 } } });
  const ofBob = { ...SIGNING, accountNumber: 101, authenticators: [0] };
  expect(node.broadcast(bob.sign([cancel], ofBob)).result).toMatchObject({ code: 100 });
});

test("a stateful order of a permissioned key uses up the owner's sequence", () => {
  const node = startNode();
  execute(node, adding(key(bob)));
  const order = placeMessage(orderOf(alice.address, { orderFlags: 64 }));
  expect(byBob(node, [order])).toMatchObject({ codespace: 'sdk', code: 32 });
  const signing = { ...SIGNING, authenticators: [0], sequence: 1n };
  expect(node.broadcast(bob.sign([order], signing)).result).toMatchObject({ code: 0 });
  node.commit();
  expect(node.mempool.sequences.committed(alice.address)).toBe(2n);
  expect(node.mempool.publicKey(alice.address)).toEqual(Uint8Array.from(alice.publicKey));
});

const trading = allOf(
  key(bob),
  anyOf(text('MessageFilter', PLACE), text('MessageFilter', CANCEL)),
  text('SubaccountFilter', '0,2'),
  text('ClobPairIdFilter', '0'),
);

test.each<readonly [string, Part, Message, number]>([
  ['the right message of the right kind', trading, placed, 0],
  ['another message that is allowed', trading, cancel, 0],
  ['a message that is not allowed', trading, batch, 104],
  ['another market', trading, placeMessage(orderOf(alice.address, { clobPairId: 1 })), 104],
  [
    'another subaccount',
    trading,
    placeMessage(orderOf('', { subaccount: { owner: alice.address, number: 1 } })),
    104,
  ],
  ["another's signature", key(alice), placed, 100],
  ['either of two keys', anyOf(key(alice), key(bob)), placed, 0],
  ['neither of two keys', anyOf(key(alice), key(alice)), placed, 105],
  ['a market of a batch', allOf(key(bob), text('ClobPairIdFilter', '1,2')), batch, 0],
  ['another market of a batch', allOf(key(bob), text('ClobPairIdFilter', '0')), batch, 104],
  ['a cancel in a market', allOf(key(bob), text('ClobPairIdFilter', '0')), cancel, 0],
  ['a subaccount of a batch', allOf(key(bob), text('SubaccountFilter', '0')), batch, 0],
  ['a cancel of a subaccount', allOf(key(bob), text('SubaccountFilter', '1')), cancel, 104],
])('%s with a filter is answered as the chain does', (_what, authenticator, sent, code) => {
  const node = startNode();
  execute(node, adding(authenticator));
  expect(byBob(node, [sent])).toMatchObject(
    code === 0 ? { code } : { code, codespace: 'accountplus' },
  );
});

test('the reasons of the parts are told with their paths', () => {
  const node = startNode();
  const filters = [
    text('MessageFilter', CANCEL),
    text('SubaccountFilter', '9'),
    text('ClobPairIdFilter', '7'),
  ];
  execute(node, adding(anyOf(...filters.map((filter) => allOf(key(bob), filter)))));
  const { code, log } = byBob(node, [placed]) as unknown as { code: number; log: string };
  expect(code).toBe(105);
  expect(log).toContain('authentication failed for message 0, authenticator id 0, type AnyOf');
  expect(log).toContain(`[AllOf (id = 0.0)] message types do not match. Got ${PLACE}`);
  expect(log).toContain('subaccount number 0 not in whitelist [9]: Subaccount verification failed');
  expect(log).toContain('order id 0 not in whitelist [7]: Clob pair id verification failed');
});

describe('a message that is not about orders', () => {
  test.each([
    ['ClobPairIdFilter', 104],
    ['SubaccountFilter', 0],
  ])('%s answers %i', (filter, code) => {
    const node = startNode();
    execute(node, adding(allOf(key(bob), text(filter, '0'))));
    const signing = { ...SIGNING, authenticators: [0], sequence: 1n };
    expect(node.broadcast(bob.sign([leverage], signing)).result).toMatchObject({ code });
  });
});

test.each<readonly [string, Part, number, string]>([
  ['an unknown kind', text('Nonsense', ''), 1, 'undefined'],
  ['a key of the wrong length', text('SignatureVerification', 'short'), 1, 'undefined'],
  ['a filter without a key', text('MessageFilter', PLACE), 1, 'undefined'],
  ['one way without a key', anyOf(key(bob), text('MessageFilter', PLACE)), 1, 'undefined'],
  ['a number that is none', allOf(key(bob), text('ClobPairIdFilter', 'x')), 1, 'undefined'],
  ['a composite that is no list', text('AllOf', '{}'), 1, 'undefined'],
  ['a composite that is no JSON', text('AnyOf', 'x'), 1, 'undefined'],
  ['a composite of one', allOf(key(bob)), 18, 'sdk'],
  ['a part that is nothing', text('AllOf', '[1, 2]'), 1, 'undefined'],
])('adding %s fails in the block', (_what, authenticator, code, codespace) => {
  const node = startNode();
  expect(execute(node, adding(authenticator))).toMatchObject({ tx_result: { code, codespace } });
  expect(node.mempool.authenticators.of(alice.address)).toEqual([]);
});

test('ids count over all; a removed one is gone, and cannot be removed again', () => {
  const node = startNode();
  execute(node, adding(key(bob)), adding(key(alice)));
  expect(execute(node, removing(0), adding(key(bob)))).toMatchObject({ tx_result: { code: 0 } });
  expect(node.mempool.authenticators.of(alice.address).map(({ id }) => id)).toEqual([1n, 2n]);
  expect(byBob(node, [placed])).toMatchObject({ codespace: 'sdk', code: 4 });
  expect(execute(node, adding(key(bob)), removing(0))).toMatchObject({
    tx_result: {
      code: 1,
      codespace: 'accountplus',
      log: expect.stringContaining('failed to get authenticator 0') as string,
    },
  });
  expect(node.mempool.authenticators.of(alice.address)).toHaveLength(2);
});

test('a transaction that fails in its block changes no authenticator', () => {
  const node = startNode();
  node.exchange.delivered = { code: 5, codespace: 'sdk', log: 'insufficient funds' };
  expect(execute(node, adding(key(bob)))).toMatchObject({ tx_result: { code: 5 } });
  expect(node.mempool.authenticators.of(alice.address)).toEqual([]);
});

test('with a money message beside it, a vain change makes the whole transaction fail', () => {
  const node = startNode();
  const transfer = message('MsgCreateTransfer', {
    transfer: {
      sender: { owner: alice.address },
      recipient: { owner: alice.address, number: 1 },
      amount: 5,
    },
  });
  expect(execute(node, transfer, removing(4))).toMatchObject({
    tx_result: { code: 1, codespace: 'accountplus' },
  });
  expect(node.inputs()).toMatchObject([
    { type: 'transaction', transaction: { messages: [], fee: FEE.amount } },
  ]);
});
