/** What is to be done about a quote, side by side, whatever rests already. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  quoteSteps,
  type QuotePlanOptions,
  type QuoteWish,
  type RestingOrder,
} from '../../src/execution/quote-plan.js';
import { blockHeight, orderId, price, size } from '../../src/model/quantities.js';

const at = (value: bigint, amount = 100n) => ({ price: price(value), size: size(amount) });
const nothing: QuoteWish = { bid: undefined, ask: undefined };
const bidAt = (value: bigint, amount?: bigint): QuoteWish => ({
  ...nothing,
  bid: at(value, amount),
});
const options: QuotePlanOptions = { height: blockHeight(50), requoteBps: 1 };
const bid: RestingOrder = {
  orderId: orderId('78086eda-77ea-5c7f-b7e3-2357333d30b0'),
  side: 'buy',
  price: price(1_000_000n),
  size: size(100n),
  filled: size(0n),
  goodTilBlock: blockHeight(60),
  isWorking: true,
  isAccepted: true,
};
const types = (wish: QuoteWish, resting: readonly RestingOrder[], other = {}): string[] =>
  quoteSteps(wish, resting, { ...options, ...other }).map(({ type }) => type);

describe('a side', () => {
  it.each<[string, QuoteWish, readonly RestingOrder[], readonly string[]]>([
    ['with nothing, wanted, is placed', bidAt(1_000_000n), [], ['place']],
    ['with nothing, not wanted, is left alone', nothing, [], []],
    ['as it is wanted is left alone', bidAt(1_000_100n), [bid], []],
    ['more than a tolerance off is replaced', bidAt(1_000_101n), [bid], ['replace']],
    ['off to the other side is replaced', bidAt(999_899n), [bid], ['replace']],
    ['that is half filled is left alone', bidAt(1_000_000n), [{ ...bid, filled: size(50n) }], []],
    [
      'that is filled further is replaced',
      bidAt(1_000_000n),
      [{ ...bid, filled: size(51n) }],
      ['replace'],
    ],
    [
      'with five blocks left is left alone',
      bidAt(1_000_000n),
      [{ ...bid, goodTilBlock: blockHeight(55) }],
      [],
    ],
    [
      'with fewer is replaced',
      bidAt(1_000_000n),
      [{ ...bid, goodTilBlock: blockHeight(54) }],
      ['replace'],
    ],
    ['not wanted any more is canceled', nothing, [bid], ['cancel']],
    ['under way waits, wanted', bidAt(2_000_000n), [{ ...bid, isWorking: false }], []],
    ['under way waits, not wanted', nothing, [{ ...bid, isWorking: false }], []],
    ['whose place nobody answered waits', bidAt(2_000_000n), [{ ...bid, isAccepted: false }], []],
    [
      'whose place nobody answered is canceled',
      nothing,
      [{ ...bid, isAccepted: false }],
      ['cancel'],
    ],
    ['with two orders loses both', bidAt(1_000_000n), [bid, bid], ['cancel', 'cancel']],
  ])('%s', (_name, wish, resting, expected) => {
    expect(types(wish, resting)).toEqual(expected);
  });

  it('is neither placed nor changed at an unknown height, and canceled even then', () => {
    const height = undefined;
    expect(types(bidAt(1n), [], { height })).toEqual([]);
    expect(types(bidAt(1n), [bid], { height })).toEqual([]);
    expect(types(nothing, [bid], { height })).toEqual(['cancel']);
  });

  it.each([Number.NaN, -1, Infinity])('with a tolerance of %d has none', (requoteBps) => {
    expect(types(bidAt(1_000_001n), [bid], { requoteBps })).toEqual(['replace']);
  });

  it('that was filled in part is replaced by what is filled and the wanted size', () => {
    const resting = [{ ...bid, filled: size(80n) }];
    expect(quoteSteps(bidAt(1_000_000n), resting, options)).toEqual([
      { type: 'replace', side: 'buy', orderId: bid.orderId, order: at(1_000_000n, 180n) },
    ]);
  });
});

it('cancels come first, and no side has two live orders afterwards', () => {
  const order = fc.record({
    side: fc.constantFrom('buy' as const, 'sell' as const),
    isWorking: fc.boolean(),
    filled: fc.bigInt({ min: 0n, max: 99n }).map((value) => size(value)),
  });
  const side = fc.option(
    fc.bigInt({ min: 1n, max: 2_000_000n }).map((value) => at(value)),
    {
      nil: undefined,
    },
  );
  fc.assert(
    fc.property(side, side, fc.array(order, { maxLength: 4 }), (wanted, asked, orders) => {
      const resting = orders.map((one) => ({ ...bid, ...one }));
      const steps = quoteSteps({ bid: wanted, ask: asked }, resting, options);
      const last = steps.findLastIndex(({ type }) => type === 'cancel');
      expect(steps.slice(0, last + 1).every(({ type }) => type === 'cancel')).toBe(true);
      for (const name of ['buy', 'sell'] as const) {
        const there = resting.filter((one) => one.side === name).length;
        const placed = steps.filter((one) => one.type === 'place' && one.side === name).length;
        expect(there === 0 ? placed <= 1 : placed === 0).toBe(true);
      }
    }),
  );
});
