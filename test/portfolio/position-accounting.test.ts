/** The books of one position: exact to the last millionth, however it was built. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { positionValue } from '../../src/model/account-margin.js';
import { notionalFloor } from '../../src/model/market.js';
import { signedFillSize, type Fill } from '../../src/model/order.js';
import { averageEntry, type Position } from '../../src/model/position.js';
import { price, signedSize, size, unixMs, usd } from '../../src/model/quantities.js';
import {
  cashFlow,
  flatPosition,
  unrealizedPnl,
  withFill,
  withTrade,
} from '../../src/portfolio/position-accounting.js';
import { aFill, BTC, btcPrice, btcSize, btcSpec, oracle } from '../support/money-samples.js';

const fill = (side: 'buy' | 'sell', steps: number, dollars: number, fee = 0): Fill => ({
  ...aFill,
  side,
  size: btcSize(steps),
  price: btcPrice(dollars),
  fee: usd(BigInt(fee)),
});
const after = (...fills: readonly Fill[]): Position =>
  fills.reduce((position, each) => withFill(position, each, btcSpec), flatPosition(BTC));
/** Cost and realised profit in USD: one step at 50,000 is 5 USD. */
const books = (position: Position): readonly [number, number, number] => [
  Number(position.size / 1_000_000n),
  Number(position.cost) / 1e6,
  Number(position.realizedPnl) / 1e6,
];

const { fillId, orderId, market, liquidity, type, height, at } = aFill;
const FIXED = {
  fillId: fc.constant(fillId),
  orderId: fc.constant(orderId),
  market: fc.constant(market),
  liquidity: fc.constant(liquidity),
  type: fc.constant(type),
  height: fc.constant(height),
  at: fc.constant(at),
};
const anyFill: fc.Arbitrary<Fill> = fc.record({
  ...FIXED,
  side: fc.constantFrom('buy' as const, 'sell' as const),
  size: fc.bigInt({ min: 1n, max: 10n ** 13n }).map(size),
  price: fc.bigInt({ min: 1n, max: 10n ** 11n }).map(price),
  fee: fc.bigInt({ min: -1_000_000n, max: 1_000_000n }).map(usd),
});
const anyFills = fc.array(anyFill, { maxLength: 30 });

describe('a position', () => {
  it.each<readonly [string, readonly Fill[], readonly [number, number, number]]>([
    ['opened long', [fill('buy', 10, 50_000)], [10, 50, 0]],
    ['opened short', [fill('sell', 10, 50_000)], [-10, -50, 0]],
    ['added to', [fill('buy', 10, 50_000), fill('buy', 10, 60_000)], [20, 110, 0]],
    ['closed in part at a profit', [fill('buy', 10, 50_000), fill('sell', 4, 60_000)], [6, 30, 4]],
    ['closed at a loss', [fill('buy', 10, 50_000), fill('sell', 10, 40_000)], [0, 0, -10]],
    ['short and bought back', [fill('sell', 10, 50_000), fill('buy', 10, 40_000)], [0, 0, 10]],
    ['flipped to short', [fill('buy', 10, 50_000), fill('sell', 15, 60_000)], [-5, -30, 10]],
    ['flipped to long', [fill('sell', 10, 50_000), fill('buy', 15, 40_000)], [5, 20, 10]],
  ])('%s has its cost and its profit', (_name, fills, expected) => {
    expect(books(after(...fills))).toEqual(expected);
  });

  it('is as old as the fill that opened it, and another one when it went through flat', () => {
    const at = (ms: number, of: Fill): Fill => ({ ...of, at: unixMs(ms) });
    const buys = [at(1, fill('buy', 2, 50_000)), at(2, fill('buy', 2, 50_000))];
    const part = at(3, fill('sell', 1, 50_000));
    expect(after(...buys, part).openedAt).toBe(1);
    expect(after(...buys, part, at(4, fill('sell', 3, 50_000))).openedAt).toBeUndefined();
    expect(after(...buys, part, at(5, fill('sell', 4, 50_000))).openedAt).toBe(5);
  });

  it('sums fees, rebates included, beside the profit', () => {
    const position = after(fill('buy', 10, 50_000, 25_000), fill('sell', 10, 50_000, -5000));
    expect(position).toMatchObject({ fees: 20_000n, realizedPnl: 0n, fills: 2 });
  });

  it('takes cost away pro rata, rounded towards zero, on either side', () => {
    const held = withTrade(flatPosition(BTC), signedSize(3n), usd(10n));
    expect(withTrade(held, signedSize(-1n), usd(0n))).toMatchObject({ cost: 7n, realizedPnl: -3n });
    const short = withTrade(flatPosition(BTC), signedSize(-3n), usd(-10n));
    expect(withTrade(short, signedSize(1n), usd(0n))).toMatchObject({ cost: -7n, realizedPnl: 3n });
  });

  it('has the average entry of what is still open', () => {
    const position = after(
      fill('buy', 10, 50_000),
      fill('buy', 10, 60_000),
      fill('sell', 5, 70_000),
    );
    expect(averageEntry(position, -9)).toBe(btcPrice(55_000));
  });

  it('is the sum of its fills in any order', () => {
    fc.assert(
      fc.property(anyFills, fc.infiniteStream(fc.nat()), (fills, keys) => {
        const sum = fills.reduce((total, each) => total + signedFillSize(each), 0n);
        const shuffled = fills
          .map((each) => ({ each, key: Number(keys.next().value) }))
          .toSorted((a, b) => a.key - b.key)
          .map(({ each }) => each);
        expect(after(...fills).size).toBe(sum);
        expect(after(...shuffled).size).toBe(sum);
      }),
    );
  });

  it('accounts for every millionth that the venue moved', () => {
    fc.assert(
      fc.property(anyFills, (fills) => {
        const position = after(...fills);
        const cash = fills.reduce((total, each) => {
          const quote = notionalFloor(btcSpec, each.price, each.size);
          return total + (each.side === 'buy' ? 0n - quote : quote) - each.fee;
        }, 0n);
        expect(cashFlow(position)).toBe(cash);
        const value = positionValue(position.size, btcSpec, oracle(50_000));
        const profit = position.realizedPnl + unrealizedPnl(position, btcSpec, oracle(50_000));
        expect(cash + value).toBe(profit - position.fees);
      }),
    );
  });

  it('has no cost left when it is flat, and cost of its own sign when it is not', () => {
    fc.assert(
      fc.property(anyFills, (fills) => {
        const { size: held, cost } = after(...fills);
        expect(held === 0n ? cost === 0n : cost * held >= 0n).toBe(true);
      }),
    );
  });
});
