/** The signing thread's own limits: what it signs, what it refuses, and that NaN always refuses. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { refusal, wantsHeight, type Circumstances } from '../../src/dydx/signer-limits.js';
import type {
  BatchCancelMessage,
  CancelMessage,
  PlaceMessage,
  SendMessage,
  SignerLimits,
} from '../../src/dydx/signer-messages.js';
import { unixMs, usd } from '../../src/model/quantities.js';
import { closingOrder } from './samples.js';

const NOTIONAL = 26_985_000n;
const limits: SignerLimits = {
  markets: ['BTC-USD', 'WHOLE-USD'],
  subaccountNumbers: [0, 128],
  orderNotionalMax: usd(NOTIONAL),
  goodTilBlocksMax: 20,
  goodTilSecondsMax: 600,
};
const circumstances: Circumstances = {
  now: 1_000,
  nonce: 1_000,
  height: 1_000,
  heightAt: 1_000,
  markets: new Map([
    [0, { ticker: 'BTC-USD', notionalExponent: -9 }],
    [1, { ticker: 'ETH-USD', notionalExponent: -9 }],
    [2, { ticker: 'WHOLE-USD', notionalExponent: 6 }],
  ]),
};
const order: PlaceMessage = {
  ...closingOrder,
  goodTilBlock: 1_010,
  timeInForce: 0,
  reduceOnly: false,
  expiresAt: unixMs(1_250),
};
const reducing: PlaceMessage = { ...order, reduceOnly: true, timeInForce: 1 };
const cancel: CancelMessage = {
  type: 'cancel',
  orderFlags: 0,
  subaccountNumber: 0,
  clientId: 5,
  clobPairId: 0,
  goodTilBlock: 1_010,
};
/** In blocks until 31 000, alive until second 601: the last that is allowed at second 1. */
const longTerm: PlaceMessage = {
  ...withoutBlock(order),
  orderFlags: 64,
  goodTilBlockTime: 601,
  includeBy: unixMs(31_000),
};
const stop: PlaceMessage = {
  ...longTerm,
  orderFlags: 32,
  conditionType: 1,
  triggerSubticks: '8995000000',
};
const cancelOnChain: CancelMessage = {
  ...withoutBlock(cancel),
  orderFlags: 64,
  goodTilBlockTime: 601,
};
const batch: BatchCancelMessage = {
  type: 'batchCancel',
  subaccountNumber: 0,
  cancels: [{ clobPairId: 0, clientIds: [1, 2] }],
  goodTilBlock: 1_010,
};

function withoutBlock<T extends PlaceMessage | CancelMessage>(message: T) {
  const { goodTilBlock: _block, ...rest } = message as T & { readonly goodTilBlock: number };
  return rest;
}
/** As a thread might be told it, whatever the types say. */
const odd = (message: SendMessage, change: object): SendMessage => ({ ...message, ...change });

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
    ['a long-term order within every limit, to the last unit', longTerm],
    ['a long-term order, whatever the height is', longTerm, {}, { height: NaN, heightAt: NaN }],
    ['a post-only long-term order', odd(longTerm, { timeInForce: 2 })],
    ['a stop within every limit, to the last unit', stop],
    ['a take-profit', odd(stop, { conditionType: 2 })],
    ['a stop that is immediate once it is triggered', odd(stop, { timeInForce: 1 })],
    [
      'a reduce-only stop above the notional, in a market off the list',
      odd(stop, { reduceOnly: true, timeInForce: 1, clobPairId: 1 }),
      { orderNotionalMax: usd(0n) },
    ],
    [
      'a cancel on chain at any time: it lowers risk whenever it comes',
      cancelOnChain,
      { markets: [], goodTilSecondsMax: NaN },
      { now: 1e12, nonce: 1e12, height: NaN, markets: new Map() },
    ],
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

  it.each<[string, SendMessage, Partial<SignerLimits>?, Partial<Circumstances>?]>([
    ['one that a block too late could take', longTerm, {}, { nonce: 1_001 }],
    ['a stop that a block too late could take', stop, {}, { nonce: 1_001 }],
    [
      'a reduce-only stop that a block too late could take',
      odd(stop, { reduceOnly: true, timeInForce: 1 }),
      {},
      { nonce: 1_001 },
    ],
    ['a nonce that is no number', longTerm, {}, { nonce: NaN }],
    ['a last time to be taken that is no number', odd(longTerm, { includeBy: NaN })],
    ['no last time to be taken', odd(longTerm, { includeBy: undefined })],
    ['an end beyond the horizon', odd(longTerm, { goodTilBlockTime: 602 })],
    [
      'a reduce-only stop beyond the horizon',
      odd(stop, { reduceOnly: true, timeInForce: 1, goodTilBlockTime: 602 }),
    ],
    ['a horizon that is no number', longTerm, { goodTilSecondsMax: NaN }],
    ['an end that is no number', odd(longTerm, { goodTilBlockTime: NaN })],
    ['an end in parts of a second', odd(longTerm, { goodTilBlockTime: 600.5 })],
    ['an end at no time', odd(longTerm, { goodTilBlockTime: 0 })],
    [
      'an end beyond 32 bits',
      odd(longTerm, { goodTilBlockTime: 2 ** 32 }),
      { goodTilSecondsMax: 2 ** 40 },
    ],
    ['no end', odd(longTerm, { goodTilBlockTime: undefined })],
    ['two ends', odd(longTerm, { goodTilBlock: 1_010 })],
    ['two ends of a short-term order', odd(order, { goodTilBlockTime: 600 })],
    ['a kind that there is not', odd(longTerm, { orderFlags: 128 })],
    ['no kind', odd(order, { orderFlags: undefined })],
    ['an expired permission', longTerm, {}, { now: 1_251 }],
    ['a notional above the limit', longTerm, { orderNotionalMax: usd(NOTIONAL - 1n) }],
    ['a stop whose limit price alone is above it', stop, { orderNotionalMax: usd(NOTIONAL - 1n) }],
    ['a stop whose trigger alone is above it', odd(stop, { triggerSubticks: '8995000001' })],
    [
      'a stop that may sell for next to nothing',
      odd(stop, { subticks: '1' }),
      { orderNotionalMax: usd(NOTIONAL - 1n) },
    ],
    ['a market off the list', odd(longTerm, { clobPairId: 1 })],
    ['a size of nothing', odd(longTerm, { quantums: '0' })],
    ['a size that is no number', odd(stop, { quantums: 'NaN' })],
    ['a long-term order that is immediate', odd(longTerm, { timeInForce: 1 })],
    [
      'a long-term order with a condition',
      odd(longTerm, { conditionType: 1, triggerSubticks: '1' }),
    ],
    ['a short-term order with a trigger', odd(order, { triggerSubticks: '1' })],
    ['a condition that there is not', odd(stop, { conditionType: 3 })],
    ['no condition', odd(stop, { conditionType: undefined })],
    ['a trigger at nothing', odd(stop, { triggerSubticks: '0' })],
    ['a trigger that is no number', odd(stop, { triggerSubticks: 'NaN' })],
    ['a resting stop that is reduce-only', odd(stop, { reduceOnly: true })],
    ['a cancel without an end', odd(cancelOnChain, { goodTilBlockTime: undefined })],
    ['a cancel with two ends', odd(cancelOnChain, { goodTilBlock: 1_010 })],
    ['a cancel of another subaccount', odd(cancelOnChain, { subaccountNumber: 1 })],
    ['a batch without a block', odd(batch, { goodTilBlock: 0 })],
  ])('on chain: %s', (_what, message, change, around) => {
    expect(may(message, change, around)).toBe(false);
  });

  it('says until when a message could be taken into a block', () => {
    const words = refusal(longTerm, limits, { ...circumstances, nonce: 1_001 });
    expect(words).toBe('a block of 31001 could take it, expected none after 31000');
  });

  it('says what was expected and what was found', () => {
    const words = refusal(order, { ...limits, orderNotionalMax: usd(1n) }, circumstances);
    expect(words).toBe('expected a notional ≤ 1, was 26985000 (1e-6 USD)');
  });
});

describe('a newer height', () => {
  const wants = (message: SendMessage, around: Partial<Circumstances> = {}): boolean =>
    wantsHeight(message, limits, { ...circumstances, ...around });

  it.each<[string, SendMessage, Partial<Circumstances>?]>([
    ['an order beyond the horizon', { ...order, goodTilBlock: 1_021 }],
    ['an exit beyond the horizon', { ...reducing, goodTilBlock: 1_021 }],
    ['an order before any height is known', order, { height: NaN, heightAt: NaN }],
  ])('may let go %s', (_what, message, around) => {
    expect(wants(message, around)).toBe(true);
  });

  it.each<[string, SendMessage, Partial<Circumstances>?]>([
    ['an order that may go already', order],
    ['a block that is no number', { ...order, goodTilBlock: NaN }],
    ['an order whose permission is over', { ...order, goodTilBlock: 1_021 }, { now: 1_251 }],
    ['a market off the list', { ...order, goodTilBlock: 1_021, clobPairId: 1 }],
    ['a cancel', { ...cancel, goodTilBlock: 9_999 }],
    ['a long-term order', odd(longTerm, { goodTilBlockTime: 602 })],
  ])('changes nothing for %s', (_what, message, around) => {
    expect(wants(message, around)).toBe(false);
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
