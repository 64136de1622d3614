/** The signing thread's own limits: what it signs, what it refuses, and that NaN always refuses. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { refusal, type Circumstances } from '../../src/dydx/signer-limits.js';
import type {
  BatchCancelMessage,
  CancelMessage,
  PlaceMessage,
  SendMessage,
  SignerLimits,
} from '../../src/dydx/signer-messages.js';
import { unixMs, usd } from '../../src/model/quantities.js';

const NOTIONAL = 26_985_000n;
const limits: SignerLimits = {
  markets: ['BTC-USD', 'WHOLE-USD'],
  subaccountNumbers: [0, 128],
  orderNotionalMax: usd(NOTIONAL),
  goodTilBlocksMax: 20,
};
const circumstances: Circumstances = {
  now: 1_000,
  height: 1_000,
  heightAt: 1_000,
  markets: new Map([
    [0, { ticker: 'BTC-USD', notionalExponent: -9 }],
    [1, { ticker: 'ETH-USD', notionalExponent: -9 }],
    [2, { ticker: 'WHOLE-USD', notionalExponent: 6 }],
  ]),
};
const order: PlaceMessage = {
  type: 'place',
  subaccountNumber: 0,
  clientId: 5,
  clobPairId: 0,
  side: 2,
  quantums: '3000000',
  subticks: '8995000000',
  goodTilBlock: 1_010,
  timeInForce: 0,
  reduceOnly: false,
  notionalExponent: -9,
  expiresAt: unixMs(1_250),
};
const reducing: PlaceMessage = { ...order, reduceOnly: true, timeInForce: 1 };
const cancel: CancelMessage = {
  type: 'cancel',
  subaccountNumber: 0,
  clientId: 5,
  clobPairId: 0,
  goodTilBlock: 1_010,
};
const batch: BatchCancelMessage = {
  type: 'batchCancel',
  subaccountNumber: 0,
  cancels: [{ clobPairId: 0, clientIds: [1, 2] }],
  goodTilBlock: 1_010,
};

const may = (
  message: SendMessage,
  change: Partial<SignerLimits> = {},
  around: Partial<Circumstances> = {},
): boolean =>
  refusal(message, { ...limits, ...change }, { ...circumstances, ...around }) === undefined;

describe('what the signing thread signs', () => {
  it.each<[string, SendMessage, Partial<SignerLimits>?, Partial<Circumstances>?]>([
    ['an order within every limit, to the last unit', order],
    ['an order at the very end of its permission', order, {}, { now: 1_250 }],
    [
      'an order in any market that a node has told of',
      { ...order, clobPairId: 1 },
      { markets: 'all' },
    ],
    ['an order of another subaccount of the list', { ...order, subaccountNumber: 128 }],
    ['an order at the horizon', { ...order, goodTilBlock: 1_020 }],
    [
      'an order above it, if the height is so old',
      { ...order, goodTilBlock: 1_022 },
      {},
      { heightAt: 201 },
    ],
    ['a reduce-only order above the notional', reducing, { orderNotionalMax: usd(0n) }],
    ['a reduce-only order in a market off the list', { ...reducing, clobPairId: 1 }],
    [
      'a cancel, whatever the heights and the markets are',
      cancel,
      { markets: [] },
      { height: NaN, markets: new Map() },
    ],
    ['a batch of cancels', batch],
    ['a cancel far ahead: it fences an order', { ...cancel, goodTilBlock: 1_041 }],
  ])('%s', (_what, message, change, around) => {
    expect(may(message, change, around)).toBe(true);
  });
});

describe('what the signing thread refuses', () => {
  it.each<[string, SendMessage, Partial<SignerLimits>?, Partial<Circumstances>?]>([
    ['an order whose permission is over', order, {}, { now: 1_250.001 }],
    ['an order at a time that is no number', order, {}, { now: NaN }],
    ['a permission that is no number', { ...order, expiresAt: NaN as PlaceMessage['expiresAt'] }],
    ['an order above the notional by one unit', order, { orderNotionalMax: usd(NOTIONAL - 1n) }],
    [
      'a notional above the limit by a part of a unit',
      { ...order, quantums: '1', subticks: '1' },
      { orderNotionalMax: usd(0n) },
    ],
    [
      'too many whole dollars',
      { ...order, clobPairId: 2, quantums: '2', subticks: '3', notionalExponent: 6 },
      { orderNotionalMax: usd(5_999_999n) },
    ],
    [
      'a limit that is no number',
      order,
      { orderNotionalMax: NaN as unknown as SignerLimits['orderNotionalMax'] },
    ],
    ['a market off the list', { ...order, clobPairId: 1 }],
    ['a market that no node has told of', { ...order, clobPairId: 9 }, { markets: 'all' }],
    ['units that are not those of the chain', { ...order, notionalExponent: -10 }],
    ['another subaccount', { ...order, subaccountNumber: 1 }],
    ["a cancel of another subaccount's order", { ...cancel, subaccountNumber: 1 }],
    ['a block beyond the horizon', { ...order, goodTilBlock: 1_021 }],
    ['a reduce-only order beyond the horizon', { ...reducing, goodTilBlock: 1_021 }],
    [
      'a block beyond what an old height may have grown to',
      { ...order, goodTilBlock: 1_041 },
      {},
      { heightAt: -1e9 },
    ],
    ['an order before any height is known', order, {}, { height: NaN, heightAt: NaN }],
    ['a horizon that is no number', order, { goodTilBlocksMax: NaN }],
    ['a size of nothing', { ...order, quantums: '0' }],
    ['a size below nothing', { ...order, quantums: '-1' }],
    ['a size that is no number', { ...order, quantums: 'NaN' }],
    ['a size of 65 bits', { ...order, quantums: (2n ** 64n).toString() }],
    ['a price of nothing', { ...order, subticks: '0' }],
    ['a block that is no number', { ...order, goodTilBlock: NaN }],
    ['no block', { ...cancel, goodTilBlock: 0 }],
    ['a client id that is no number', { ...cancel, clientId: NaN }],
    ['a market number that is no number', { ...order, clobPairId: NaN }],
    ['a side that there is not', { ...order, side: 3 as 1 }],
    ['a time in force that there is not', { ...order, timeInForce: 3 as 1 }],
    ['reduce-only that is neither yes nor no', { ...order, reduceOnly: 1 as unknown as boolean }],
    ['a reduce-only order that would rest', { ...order, reduceOnly: true }],
    ['units that are no number', { ...order, notionalExponent: NaN }],
    ['an empty batch', { ...batch, cancels: [] }],
    [
      'a batch with an id that is no number',
      { ...batch, cancels: [{ clobPairId: 0, clientIds: [NaN] }] },
    ],
    [
      'a batch in a market that is no number',
      { ...batch, cancels: [{ clobPairId: NaN, clientIds: [1] }] },
    ],
    [
      'a batch above what a message may hold',
      { ...batch, cancels: [{ clobPairId: 0, clientIds: Array.from({ length: 101 }, () => 1) }] },
    ],
    [
      'a message of a kind that there is not',
      { ...cancel, type: 'withdraw' } as unknown as SendMessage,
    ],
    [
      'a transfer in the clothes of an order',
      { ...order, type: 'transfer' } as unknown as SendMessage,
    ],
  ])('%s', (_what, message, change, around) => {
    expect(may(message, change, around)).toBe(false);
  });

  it('says what was expected and what was found', () => {
    const words = refusal(order, { ...limits, orderNotionalMax: usd(1n) }, circumstances);
    expect(words).toBe('expected a notional ≤ 1, was 26985000 (1e-6 USD)');
  });
});

it('never signs an order above the notional, whatever its size, price and units are', () => {
  const amount = fc.bigInt({ min: 1n, max: 2n ** 64n - 1n });
  fc.assert(
    fc.property(
      amount,
      amount,
      fc.integer({ min: -12, max: 6 }),
      amount,
      (size, price, exponent, limit) => {
        const message = {
          ...order,
          quantums: `${size}`,
          subticks: `${price}`,
          notionalExponent: exponent,
        };
        const markets = new Map([[0, { ticker: 'BTC-USD', notionalExponent: exponent }]]);
        const isSigned = may(message, { orderNotionalMax: usd(limit) }, { markets });
        // Compared without dividing: size × price × 10^exponent ≤ limit.
        const [up, down] = exponent >= 0 ? [exponent, 0] : [0, -exponent];
        expect(isSigned).toBe(size * price * 10n ** BigInt(up) <= limit * 10n ** BigInt(down));
      },
    ),
  );
});
