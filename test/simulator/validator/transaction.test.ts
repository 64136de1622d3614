/** Transactions: every field survives the wire, and only an untouched, honest signature passes. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { PlaceOrder } from '../../../src/simulator/order-terms.js';
import { addressOf, isAddress } from '../../../src/simulator/validator/addresses.codec.js';
import {
  decodeTransaction,
  isSignedFor,
} from '../../../src/simulator/validator/transaction.codec.js';
import { unwrap } from '../../../src/model/result.js';
import { USDC_DENOM } from '../../../src/simulator/validator/coins.js';
import {
  message,
  mirrored,
  placeMessage,
  sendMessage,
  Wallet,
} from '../../support/sign-transaction.js';

const wallet = new Wallet('alice');
const DOMAIN = { chainId: 'localdydxprotocol', accountNumber: 7 };
const UINT32 = 0xff_ff_ff_ff;
const UINT64 = 2n ** 64n - 1n;

const builder = { address: new Wallet('builder').address, feePpm: 250 };
const orders: fc.Arbitrary<PlaceOrder> = fc
  .record({
    clientId: fc.nat(UINT32),
    orderFlags: fc.constantFrom(0, 32, 64, 128),
    clobPairId: fc.nat(500),
    number: fc.nat(128_000),
    side: fc.constantFrom('BUY', 'SELL'),
    quantums: fc.bigInt(1n, UINT64),
    subticks: fc.bigInt(1n, UINT64),
    expiry: fc.integer({ min: 1, max: UINT32 }),
    timeInForce: fc.constantFrom('GTT', 'POST_ONLY'),
    clientMetadata: fc.nat(UINT32),
    triggerSubticks: fc.bigInt(1n, UINT64),
    conditionType: fc.constantFrom('STOP_LOSS', 'TAKE_PROFIT'),
    intervals: fc.integer({ min: 10, max: 24 }),
    interval: fc.integer({ min: 30, max: 3_600 }),
    tolerance: fc.nat(999_999),
    extras: fc.constantFrom({}, { builder }, { builder, orderRouterAddress: builder.address }),
  })
  .map((drawn): PlaceOrder => {
    const { clientId, orderFlags, clobPairId, number, expiry, extras } = drawn;
    const { side, quantums, subticks, timeInForce, clientMetadata } = drawn;
    const condition = { type: drawn.conditionType, triggerSubticks: drawn.triggerSubticks };
    const twap = {
      durationSeconds: drawn.interval * drawn.intervals,
      intervalSeconds: drawn.interval,
      priceTolerancePpm: drawn.tolerance,
    };
    return {
      side,
      quantums,
      subticks,
      timeInForce,
      clientMetadata,
      reduceOnly: false,
      id: { subaccount: { owner: wallet.address, number }, clientId, orderFlags, clobPairId },
      goodTilBlock: orderFlags === 0 ? expiry : 0,
      goodTilBlockTime: orderFlags === 0 ? 0 : expiry,
      ...(orderFlags === 32 ? { condition } : {}),
      ...(orderFlags === 128 ? { twap } : {}),
      ...extras,
    };
  });

const ORDER: PlaceOrder = {
  id: {
    subaccount: { owner: wallet.address, number: 0 },
    clientId: 1,
    orderFlags: 0,
    clobPairId: 0,
  },
  side: 'BUY',
  quantums: 100_000_000n,
  subticks: 6_500_000_000n,
  goodTilBlock: 1010,
  goodTilBlockTime: 0,
  timeInForce: 'IOC',
  reduceOnly: false,
  clientMetadata: 0,
};

test('an order comes out of the bytes as it went in, for any order', () => {
  fc.assert(
    fc.property(orders, fc.bigInt(0n, 2n ** 63n), (order, sequence) => {
      const bytes = wallet.sign([placeMessage(order)], { ...DOMAIN, sequence });
      const transaction = unwrap(decodeTransaction(bytes));
      const { typeUrl } = placeMessage(order);
      const contents = [{ type: 'place', order }];
      expect(transaction.messages).toEqual([{ typeUrl, signer: wallet.address, contents }]);
      expect(transaction.signers).toMatchObject([{ sequence, isDirect: true }]);
      expect(isSignedFor(transaction, wallet.publicKey, DOMAIN)).toBe(true);
    }),
    { numRuns: 50 },
  );
});

test('cancels come out of the bytes as they went in', () => {
  const subaccountId = { owner: wallet.address, number: 3 };
  const orderId = { subaccountId, clientId: 9, orderFlags: 64, clobPairId: 2 };
  const cancel = message('MsgCancelOrder', { orderId, goodTilBlockTime: 1_800_000_000 });
  const shortTermCancels = [{ clobPairId: 1, clientIds: [1, 2, UINT32] }];
  const batch = message('MsgBatchCancel', { subaccountId, shortTermCancels, goodTilBlock: 99 });
  const { messages } = unwrap(decodeTransaction(wallet.sign([cancel, batch], DOMAIN)));
  expect(messages.map(({ contents }) => contents)).toMatchObject([
    [
      {
        type: 'cancel',
        cancel: {
          id: { subaccount: subaccountId, clientId: 9, orderFlags: 64, clobPairId: 2 },
          goodTilBlock: 0,
          goodTilBlockTime: 1_800_000_000,
        },
      },
    ],
    [
      {
        type: 'batchCancel',
        batch: { subaccount: subaccountId, batches: shortTermCancels, goodTilBlock: 99 },
      },
    ],
  ]);
});

test('money, leverage and key messages come out of the bytes as they went in', () => {
  const owner = wallet.address;
  const to = new Wallet('bob').address;
  const subaccount = { owner, number: 1 };
  const sent = [
    message('MsgCreateTransfer', {
      transfer: { sender: subaccount, recipient: { owner: to, number: 0 }, assetId: 0, amount: 7 },
    }),
    message('MsgDepositToSubaccount', { sender: owner, recipient: subaccount, quantums: 8 }),
    message('MsgWithdrawFromSubaccount', { sender: subaccount, recipient: to, quantums: 9 }),
    sendMessage(owner, to, { denom: USDC_DENOM, amount: '5' }, { denom: 'adydx', amount: '6' }),
    message('MsgUpdateLeverage', {
      subaccountId: subaccount,
      clobPairLeverage: [{ clobPairId: 1, customImfPpm: 50_000 }],
    }),
    message('MsgAddAuthenticator', {
      sender: owner,
      authenticatorType: 'SignatureVerification',
      data: wallet.publicKey,
    }),
    message('MsgRemoveAuthenticator', { sender: owner, id: 3 }),
  ];
  const { messages } = unwrap(decodeTransaction(wallet.sign(sent, DOMAIN)));
  expect(new Set(messages.map(({ signer }) => signer))).toEqual(new Set([owner]));
  expect(messages.flatMap(({ contents }) => contents)).toEqual([
    { type: 'transfer', from: subaccount, to: { owner: to, number: 0 }, quoteQuantums: 7n },
    { type: 'deposit', fromAddress: owner, to: subaccount, quoteQuantums: 8n },
    { type: 'withdraw', from: subaccount, toAddress: to, quoteQuantums: 9n },
    { type: 'send', fromAddress: owner, toAddress: to, denom: 'usdc', amount: 5n },
    { type: 'send', fromAddress: owner, toAddress: to, denom: 'native', amount: 6n },
    { type: 'updateLeverage', subaccount, entries: [{ clobPairId: 1, customImfPpm: 50_000 }] },
    {
      type: 'addAuthenticator',
      owner,
      kind: 'SignatureVerification',
      config: Uint8Array.from(wallet.publicKey),
    },
    { type: 'removeAuthenticator', owner, id: 3n },
  ]);
});

test('memo, timeout, fee and chosen authenticators are read', () => {
  const fee = { amount: 12n, gas: 34n, denom: 'adydx' };
  const signing = { ...DOMAIN, memo: 'hi', timeoutHeight: 99n, fee, authenticators: [1, 2] };
  expect(unwrap(decodeTransaction(wallet.sign([placeMessage(ORDER)], signing)))).toMatchObject({
    memo: 'hi',
    timeoutHeight: 99n,
    fee: { coins: [{ denom: 'adydx', amount: '12' }], gasLimit: 34n },
    selectedAuthenticators: [1n, 2n],
  });
});

test('any single changed byte makes a transaction unreadable or unsigned', () => {
  const bytes = wallet.sign([placeMessage(ORDER)], DOMAIN);
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (index, change) => {
      const tampered = Uint8Array.from(bytes);
      tampered[index] = (tampered[index] ?? 0) ^ change;
      const decoded = decodeTransaction(tampered);
      expect(decoded.ok && isSignedFor(decoded.value, wallet.publicKey, DOMAIN)).toBe(false);
    }),
    { numRuns: 300 },
  );
});

test.each([
  ['another chain', { ...DOMAIN, chainId: 'dydx-mainnet-1' }],
  ['another account number', { ...DOMAIN, accountNumber: 8 }],
])('a signature for %s does not pass', (_what, signing) => {
  const transaction = unwrap(decodeTransaction(wallet.sign([placeMessage(ORDER)], signing)));
  expect(isSignedFor(transaction, wallet.publicKey, DOMAIN)).toBe(false);
});

test('the mirrored signature with the greater S does not pass', () => {
  const bytes = wallet.sign([placeMessage(ORDER)], DOMAIN, (raw) => ({
    ...raw,
    signatures: raw.signatures.map(mirrored),
  }));
  expect(isSignedFor(unwrap(decodeTransaction(bytes)), wallet.publicKey, DOMAIN)).toBe(false);
});

test.each([
  ['a short signature', { signatures: [new Uint8Array(63)] }, wallet.publicKey],
  ['no signature', { signatures: [] }, wallet.publicKey],
  ['a key that is no point', {}, new Uint8Array(33)],
  ["another's key", {}, new Wallet('bob').publicKey],
])('%s does not pass', (_what, change, publicKey) => {
  const transaction = unwrap(decodeTransaction(wallet.sign([placeMessage(ORDER)], DOMAIN)));
  expect(isSignedFor({ ...transaction, ...change }, publicKey, DOMAIN)).toBe(false);
});

const PLACE = placeMessage(ORDER);
/** Protobuf of `field: 1` as a varint, or as four bytes. */
const varint = (field: number) => [...tagOf(field, 0), 1];
const fixed = (field: number) => [...tagOf(field, 5), 1, 0, 0, 0];
const tagOf = (field: number, type: number) => {
  const tag = field * 8 + type;
  return tag < 128 ? [tag] : [(tag % 128) + 128, Math.floor(tag / 128)];
};
const withBytes = (bytes: readonly number[]) => ({
  ...PLACE,
  value: Buffer.concat([PLACE.value, Buffer.from(bytes)]),
});
const bodyWith = (bytes: readonly number[]) =>
  wallet.sign([PLACE], DOMAIN, (raw) => ({
    ...raw,
    bodyBytes: Buffer.concat([raw.bodyBytes, Buffer.from(bytes)]),
  }));

test.each([
  ['no protobuf at all', Buffer.from('hello'), ''],
  ['a message of an unknown type', wallet.sign([{ ...PLACE, typeUrl: '/x' }], DOMAIN), '/x'],
  ['a message that breaks off', wallet.sign([withBytes([0x0a, 9])], DOMAIN), 'EOF'],
  ['an endless number', wallet.sign([withBytes(Array(12).fill(255))], DOMAIN), ''],
  ['a wire type that does not exist', wallet.sign([withBytes([0x0f])], DOMAIN), ''],
  [
    'an unknown field in a message',
    wallet.sign([withBytes(varint(99))], DOMAIN),
    'errUnknownField "/dydxprotocol.clob.MsgPlaceOrder": {TagNum: 99, WireType:"varint"}',
  ],
  [
    'a field of the wrong wire type',
    wallet.sign([withBytes(fixed(1))], DOMAIN),
    'errMismatchedWireType "/dydxprotocol.clob.MsgPlaceOrder"',
  ],
  ['an unknown critical field in the body', bodyWith(varint(5)), 'errUnknownField'],
  [
    'unsorted parts',
    Buffer.concat([
      wallet.sign([PLACE], DOMAIN).subarray(-66),
      wallet.sign([PLACE], DOMAIN).subarray(0, -66),
    ]),
    'canonically',
  ],
])('a transaction with %s is unreadable', (_what, bytes, reason) => {
  expect(decodeTransaction(bytes)).toMatchObject({
    ok: false,
    error: {
      code: 'transaction.unreadable',
      message: expect.stringContaining(reason) as string,
    },
  });
});

test('an unknown field that calls itself unimportant is passed over in the body', () => {
  expect(decodeTransaction(bodyWith(varint(1_025))).ok).toBe(true);
});

test('keys beyond the cache are read again', () => {
  const transaction = unwrap(decodeTransaction(wallet.sign([placeMessage(ORDER)], DOMAIN)));
  for (let seed = 0; seed < 201; seed += 1) {
    const { publicKey } = new Wallet(`stranger ${seed}`);
    isSignedFor(transaction, publicKey, DOMAIN);
  }
  expect(isSignedFor(transaction, wallet.publicKey, DOMAIN)).toBe(true);
});

test('an address is bech32 of this chain', () => {
  expect(addressOf(wallet.publicKey)).toMatch(/^dydx1[0-9a-z]{38}$/);
  expect(isAddress(wallet.address)).toBe(true);
  expect(isAddress(wallet.address.slice(0, -1))).toBe(false);
  expect(isAddress('cosmos1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqnrql8a')).toBe(false);
});
