/** Every code that the checks before execution can answer a client with, and what never happens then. */
import { describe, expect, test } from 'vitest';
import {
  FEE,
  message,
  placeMessage,
  sendMessage,
  type Wallet,
  type Message,
  type Signing,
} from '../../support/sign-transaction.js';
import {
  alice,
  bob,
  orderOf,
  placed,
  SIGNING,
  startNode,
  stateful,
} from '../../support/validator-driver.js';

const subaccountId = { owner: alice.address, number: 0 };
const longTerm = stateful(1);
const HEIGHT = 66_624_203n;

const transfer = (amount: number, change: object = {}) =>
  message('MsgCreateTransfer', {
    transfer: { sender: subaccountId, recipient: { owner: bob.address }, amount, ...change },
  });
const send = sendMessage(alice.address, bob.address, { denom: 'adydx', amount: '1' });
const cancel = message('MsgCancelOrder', {
  orderId: { subaccountId, clientId: 1 },
  goodTilBlock: 66_624_210,
});
const order = (change: object, orderFlags = 0) =>
  message('MsgPlaceOrder', {
    order: {
      orderId: { subaccountId, orderFlags },
      side: 1,
      quantums: 5,
      subticks: 5,
      ...(orderFlags === 0 ? { goodTilBlock: 66_624_210 } : { goodTilBlockTime: 1_800_000_000 }),
      ...change,
    },
  });
const twap = (change: object) =>
  order({ twapParameters: { duration: 300, interval: 30, priceTolerance: 0, ...change } }, 128);
const batch = (...shortTermCancels: object[]) =>
  message('MsgBatchCancel', { subaccountId, shortTermCancels, goodTilBlock: 66_624_210 });
const leverage = (...clobPairLeverage: object[]) =>
  message('MsgUpdateLeverage', { subaccountId, clobPairLeverage });
const addAuthenticator = (bytes: number) =>
  message('MsgAddAuthenticator', {
    sender: alice.address,
    authenticatorType: 'AllOf',
    data: new Uint8Array(bytes),
  });

type Case = readonly [
  what: string,
  codespace: string,
  code: number,
  messages: readonly Message[],
  signing?: Partial<Signing>,
];

const sdk = (...rows: (readonly [string, number, readonly Message[], Partial<Signing>?])[]) =>
  rows.map(([what, code, ...rest]): Case => [what, 'sdk', code, ...rest]);

const SDK_CASES = sdk(
  ['a message of an unknown type', 2, [{ typeUrl: '/x.Msg', value: new Uint8Array() }]],
  ['an order that is none', 2, [{ ...placed, value: new Uint8Array([1]) }]],
  ['no order in the message', 2, [message('MsgPlaceOrder', {})]],
  ['a transfer without one', 2, [message('MsgCreateTransfer', {})]],
  ['no message', 18, []],
  ["a proposer's message", 18, [message('MsgProposedOperations', {})]],
  ["governance's message", 18, [message('MsgUpdateClobPair', {})]],
  ['two short-term messages', 18, [placed, cancel]],
  ['a short-term and a stateful order', 18, [longTerm, cancel]],
  ['a stateful order with two transfers', 18, [longTerm, transfer(1), transfer(2)]],
  ['a stateful order with a bank transfer', 18, [longTerm, send]],
  ['a timeout before goodTilBlock', 18, [placed], { timeoutHeight: 66_624_209n }],
  ['a timeout that has passed', 30, [placed], { timeoutHeight: HEIGHT - 1n }],
  ['a memo of 257 characters', 12, [placed], { memo: 'm'.repeat(257) }],
  [
    'messages of two accounts',
    4,
    [longTerm, placeMessage(orderOf(bob.address, { orderFlags: 64 }))],
  ],
  ['another chain id', 4, [placed], { chainId: 'dydx-mainnet-1' }],
  ['another account number', 4, [placed], { accountNumber: 101 }],
  ['a sign mode that is not direct', 4, [placed], { mode: 127 }],
  ["another's order", 8, [placeMessage(orderOf(alice.address))], {}],
  ['an account nobody has funded', 9, [placeMessage(orderOf(bob.address))], {}],
  ['no gas', 41, [send], { fee: { ...FEE, gas: 0n } }],
  ['less gas than the bytes cost', 11, [send], { fee: { ...FEE, gas: 1_000n } }],
  ['no fee', 13, [send], { fee: { ...FEE, amount: 0n } }],
  ['too small a fee', 13, [send], { fee: { ...FEE, amount: 4_999n } }],
  ['a fee in a coin that does not count', 13, [send], { fee: { ...FEE, denom: 'uatom' } }],
  ['a fee that the wallet has not', 5, [send], { fee: { ...FEE, amount: 1_000_001n } }],
  ['a sequence in the future', 32, [longTerm], { sequence: 1n }],
  ['a timestamp that has passed', 32, [longTerm], { sequence: 2n ** 40n }],
  ['more authenticators than messages', 18, [placed], { authenticators: [1, 2] }],
  ['an authenticator that does not exist', 4, [placed], { authenticators: [7] }],
);

const MODULE_CASES: readonly Case[] = [
  ['no side', 'clob', 3, [order({ side: 0 })]],
  ['an unknown side', 'clob', 3, [order({ side: 9 })]],
  ['an unknown time in force', 'clob', 44, [order({ timeInForce: 9 })]],
  ['an unknown condition', 'clob', 6000, [order({ conditionType: 9 })]],
  ['no size', 'clob', 4, [order({ quantums: 0 })]],
  ['no goodTilBlock', 'clob', 5, [order({ goodTilBlock: 0 })]],
  ['no price', 'clob', 6, [order({ subticks: 0 })]],
  ['fill-or-kill', 'clob', 48, [order({ timeInForce: 3 })]],
  ['an unknown kind', 'clob', 3000, [order({}, 16)]],
  ["the chain's own kind", 'clob', 3000, [order({}, 256)]],
  ['no goodTilBlockTime', 'clob', 3001, [order({ goodTilBlockTime: 0 }, 64)]],
  ['an immediate long-term order', 'clob', 3002, [order({ timeInForce: 1 }, 64)]],
  ['a resting reduce-only order', 'clob', 9003, [order({ reduceOnly: true })]],
  ['a condition on a plain order', 'clob', 6000, [order({ conditionType: 1 })]],
  ['a trigger on a plain order', 'clob', 6001, [order({ conditionalOrderTriggerSubticks: 1 })]],
  ['a conditional order without condition', 'clob', 6000, [order({}, 32)]],
  ['a conditional order without trigger', 'clob', 6001, [order({ conditionType: 1 }, 32)]],
  ['a router that is no address', 'clob', 11_000, [order({ orderRouterAddress: 'x' })]],
  ['a builder that is no address', 'clob', 50, [order({ builderCodeParameters: { feePpm: 1 } })]],
  [
    'a builder who takes too much',
    'clob',
    50,
    [order({ builderCodeParameters: { builderAddress: bob.address, feePpm: 10_001 } })],
  ],
  ['a TWAP order without terms', 'clob', 12, [order({}, 128)]],
  ['a TWAP interval out of range', 'clob', 12, [twap({ interval: 29 })]],
  ['a TWAP duration out of range', 'clob', 12, [twap({ duration: 270 })]],
  ['a TWAP duration that does not divide', 'clob', 12, [twap({ duration: 310 })]],
  ['a TWAP tolerance of everything', 'clob', 12, [twap({ priceTolerance: 1_000_000 })]],
  ['an empty batch', 'clob', 45, [batch()]],
  ['a batch of 101', 'clob', 45, [batch({ clientIds: Array.from({ length: 101 }, (_, i) => i) })]],
  ['one id twice', 'clob', 45, [batch({ clientIds: [1, 1] })]],
  ['one pair twice', 'clob', 45, [batch({ clientIds: [1] }, { clientIds: [2] })]],
  [
    'a cancel without goodTilBlock',
    'clob',
    5,
    [message('MsgCancelOrder', { orderId: { subaccountId } })],
  ],
  ['leverage of nobody', 'clob', 11_001, [message('MsgUpdateLeverage', {})]],
  ['no leverage', 'clob', 11_002, [leverage()]],
  ['a leverage of zero', 'clob', 11_002, [leverage({ clobPairId: 1 })]],
  [
    'leverage of one market twice',
    'clob',
    11_002,
    [leverage({ customImfPpm: 1 }, { customImfPpm: 2 })],
  ],
  [
    'a subaccount beyond the last',
    'subaccounts',
    200,
    [order({ orderId: { subaccountId: { owner: alice.address, number: 128_001 } } })],
  ],
  [
    'an owner that is no address',
    'subaccounts',
    201,
    [order({ orderId: { subaccountId: { owner: 'x' } } })],
  ],
  ['a transfer to oneself', 'sending', 1, [transfer(1, { recipient: subaccountId })]],
  ['a transfer of nothing', 'sending', 2, [transfer(0)]],
  ['a transfer of another asset', 'sending', 1101, [transfer(1, { assetId: 1 })]],
  ['a deposit from nowhere', 'sending', 6, [message('MsgDepositToSubaccount', { sender: 'x' })]],
  [
    'a withdrawal to nowhere',
    'sending',
    6,
    [message('MsgWithdrawFromSubaccount', { sender: subaccountId, recipient: 'x' })],
  ],
  ['an authenticator of nobody', 'accountplus', 2, [message('MsgAddAuthenticator', {})]],
  ['an authenticator that is too long', 'accountplus', 3, [addAuthenticator(1_025)]],
];

/** Some wrong transactions are signed by bob. */
const BY_BOB = new Set(["another's order", 'an account nobody has funded']);

test.each([...SDK_CASES, ...MODULE_CASES].map((row) => [...row.slice(0, 3), row] as const))(
  '%s is refused with %s %i and never reaches the exchange',
  (...row) => {
    const [what, codespace, code, messages, signing = {}] = row.at(-1) as Case;
    const node = startNode();
    const signer = BY_BOB.has(what) ? bob : alice;
    const { result } = node.broadcast(signer.sign(messages, { ...SIGNING, ...signing }));
    expect(result).toMatchObject({ codespace, code });
    expect(String(result?.['log'])).not.toBe('');
    expect(node.inputs()).toEqual([]);
  },
);

test.each<readonly [string, number, Parameters<Wallet['sign']>[2]]>([
  ['no signature', 15, (raw) => ({ ...raw, signatures: [] })],
  ['two signatures', 4, (raw) => ({ ...raw, signatures: [...raw.signatures, ...raw.signatures] })],
  ['a short signature', 4, (raw) => ({ ...raw, signatures: [new Uint8Array(63)] })],
  [
    'a changed signature',
    4,
    (raw) => ({
      ...raw,
      signatures: raw.signatures.map((bytes) => Uint8Array.from(bytes).fill(1, 0, 1)),
    }),
  ],
  ['no signer', 4, (raw) => ({ ...raw, authInfoBytes: new Uint8Array() })],
])('a transaction with %s is refused with sdk %i', (_what, code, tamper) => {
  const node = startNode();
  const { result } = node.broadcast(alice.sign([placed], SIGNING, tamper));
  expect(result).toMatchObject({ codespace: 'sdk', code });
  expect(node.inputs()).toEqual([]);
});

describe('limits of the node', () => {
  test('a full mempool refuses and does not remember; a block makes room', () => {
    const node = startNode(2);
    const bytes = (clientId: number) =>
      alice.sign([placeMessage(orderOf(alice.address, { clientId }))], SIGNING);
    expect(node.broadcast(bytes(1)).result).toMatchObject({ code: 0 });
    expect(node.broadcast(bytes(2)).result).toMatchObject({ code: 0 });
    expect(node.broadcast(bytes(3)).error).toMatchObject({
      code: -32_603,
      data: expect.stringMatching(/^mempool is full: number of txs 2 \(max: 2\), total/) as string,
    });
    node.commit();
    expect(node.broadcast(bytes(3)).result).toMatchObject({ code: 0 });
  });

  test('fees that wait for their block are spent already', () => {
    const node = startNode();
    const fee = { gas: 200_000n, amount: 600_000n };
    expect(node.send([send], { fee }).code).toBe(0);
    expect(node.send([send], { fee, sequence: 1n }).code).toBe(5);
  });

  test('a rule holds up to its limit', () => {
    const node = startNode();
    expect(node.send([placed], { memo: 'm'.repeat(256), timeoutHeight: 66_624_210n }).code).toBe(0);
    expect(node.send([longTerm, transfer(1)]).code).toBe(0);
    const native = { gas: 200_000n, amount: 5_000_000_000_000_000n, denom: 'adv4tnt' };
    node.exchange.wallets.set(alice.address, { usdc: 0n, native: native.amount });
    expect(node.send([send], { sequence: 1n, fee: native }).code).toBe(0);
  });
});
