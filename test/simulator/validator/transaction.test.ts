/** Transactions: every field survives the wire, and only an untouched, honest signature passes. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { PlaceOrder } from '../../../src/simulator/order-terms.js';
import {
  addressOf,
  decodeTransaction,
  isAddress,
  isSignedFor,
} from '../../../src/simulator/validator/transaction.codec.js';
import { unwrap } from '../../../src/model/result.js';
import { message, mirrored, placeMessage, Wallet } from '../../support/sign-transaction.js';

const wallet = new Wallet('alice');
const DOMAIN = { chainId: 'localdydxprotocol', accountNumber: 7 };
const UINT32 = 0xff_ff_ff_ff;
const UINT64 = 2n ** 64n - 1n;

const orders: fc.Arbitrary<PlaceOrder> = fc
  .record({
    clientId: fc.nat(UINT32),
    orderFlags: fc.constantFrom(0, 32, 64, 128),
    clobPairId: fc.nat(500),
    number: fc.nat(128_000),
    side: fc.constantFrom('BUY', 'SELL'),
    quantums: fc.bigInt(0n, UINT64),
    subticks: fc.bigInt(0n, UINT64),
    expiry: fc.nat(UINT32),
    timeInForce: fc.constantFrom('GTT', 'IOC', 'POST_ONLY', 'FOK'),
    reduceOnly: fc.boolean(),
    clientMetadata: fc.nat(UINT32),
  })
  .map(({ clientId, orderFlags, clobPairId, number, expiry, ...terms }) =>
    Object.assign(terms, {
      id: { subaccount: { owner: wallet.address, number }, clientId, orderFlags, clobPairId },
      goodTilBlock: orderFlags === 0 ? expiry : 0,
      goodTilBlockTime: orderFlags === 0 ? 0 : expiry,
    }),
  );

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
      expect(transaction.messages).toEqual([{ type: 'place', order }]);
      expect(transaction.sequence).toBe(sequence);
      expect(transaction.signer).toBe(wallet.address);
      expect(isSignedFor(transaction, DOMAIN)).toBe(true);
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
  const other = { typeUrl: '/cosmos.bank.v1beta1.MsgSend', value: new Uint8Array() };
  const { messages } = unwrap(decodeTransaction(wallet.sign([cancel, batch, other], DOMAIN)));
  expect(messages).toMatchObject([
    {
      type: 'cancel',
      cancel: {
        id: { subaccount: subaccountId, clientId: 9, orderFlags: 64, clobPairId: 2 },
        goodTilBlock: 0,
        goodTilBlockTime: 1_800_000_000,
      },
    },
    {
      type: 'batchCancel',
      batch: { subaccount: subaccountId, batches: shortTermCancels, goodTilBlock: 99 },
    },
    { type: 'refused', refusal: { code: 2, codespace: 'sdk' } },
  ]);
});

test('any single changed byte makes a transaction unreadable or unsigned', () => {
  const bytes = wallet.sign([placeMessage(ORDER)], DOMAIN);
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (index, change) => {
      const tampered = Uint8Array.from(bytes);
      tampered[index] = (tampered[index] ?? 0) ^ change;
      const decoded = decodeTransaction(tampered);
      expect(decoded.ok && isSignedFor(decoded.value, DOMAIN)).toBe(false);
    }),
    { numRuns: 300 },
  );
});

test.each([
  ['another chain', { ...DOMAIN, chainId: 'dydx-mainnet-1' }],
  ['another account number', { ...DOMAIN, accountNumber: 8 }],
])('a signature for %s does not pass', (_what, signing) => {
  const transaction = unwrap(decodeTransaction(wallet.sign([placeMessage(ORDER)], signing)));
  expect(isSignedFor(transaction, DOMAIN)).toBe(false);
});

test('the mirrored signature with the greater S does not pass', () => {
  const bytes = wallet.sign([placeMessage(ORDER)], DOMAIN, (raw) => ({
    ...raw,
    signatures: raw.signatures.map(mirrored),
  }));
  expect(isSignedFor(unwrap(decodeTransaction(bytes)), DOMAIN)).toBe(false);
});

test.each([
  ['a short signature', { signature: new Uint8Array(63) }],
  ['a key that is no point', { publicKey: new Uint8Array(33) }],
  ["another's key", { publicKey: new Wallet('bob').publicKey }],
])('%s does not pass', (_what, change) => {
  const transaction = unwrap(decodeTransaction(wallet.sign([placeMessage(ORDER)], DOMAIN)));
  expect(isSignedFor({ ...transaction, ...change }, DOMAIN)).toBe(false);
});

test.each([
  ['no message', wallet.sign([], DOMAIN)],
  ['a sign mode that is not direct', wallet.sign([placeMessage(ORDER)], { ...DOMAIN, mode: 127 })],
  [
    'no signature',
    wallet.sign([placeMessage(ORDER)], DOMAIN, (raw) => ({ ...raw, signatures: [] })),
  ],
  [
    'no signer',
    wallet.sign([placeMessage(ORDER)], DOMAIN, (raw) => ({
      ...raw,
      authInfoBytes: new Uint8Array(),
    })),
  ],
  [
    'two signatures',
    wallet.sign([placeMessage(ORDER)], DOMAIN, (raw) => ({
      ...raw,
      signatures: [...raw.signatures, ...raw.signatures],
    })),
  ],
  ['no protobuf at all', Buffer.from('hello')],
])('a transaction with %s is unreadable', (_what, bytes) => {
  expect(decodeTransaction(bytes)).toMatchObject({
    ok: false,
    error: { code: 'transaction.unreadable' },
  });
});

test('keys beyond the cache are read again', () => {
  const transaction = unwrap(decodeTransaction(wallet.sign([placeMessage(ORDER)], DOMAIN)));
  for (let seed = 0; seed < 201; seed += 1) {
    const { publicKey } = new Wallet(`stranger ${seed}`);
    isSignedFor({ ...transaction, publicKey }, DOMAIN);
  }
  expect(isSignedFor(transaction, DOMAIN)).toBe(true);
});

test('an address is bech32 of this chain', () => {
  expect(addressOf(wallet.publicKey)).toMatch(/^dydx1[0-9a-z]{38}$/);
  expect(isAddress(wallet.address)).toBe(true);
  expect(isAddress(wallet.address.slice(0, -1))).toBe(false);
  expect(isAddress('cosmos1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqnrql8a')).toBe(false);
});
