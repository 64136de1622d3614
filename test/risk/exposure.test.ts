/** Worst-case exposure: nothing that may still fill is left out, nothing is understated. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { largest, signedSize, smallest } from '../../src/model/quantities.js';
import { worstCase, type LiveOrder, type MarketHolding } from '../../src/risk/exposure.js';
import { BTC, btcPrice, btcSize, btcSpec, oracle } from '../support/money-samples.js';

const order = (change: Partial<LiveOrder>): LiveOrder => ({
  market: BTC,
  side: 'buy',
  remaining: btcSize(10),
  limitPrice: btcPrice(50_000),
  reduceOnly: false,
  ...change,
});
const closing = (side: LiveOrder['side'], steps: number): LiveOrder =>
  order({ side, remaining: btcSize(steps), reduceOnly: true });
const holding = (change: Partial<MarketHolding>): MarketHolding => ({
  spec: btcSpec,
  oracle: oracle(50_000),
  position: signedSize(0n),
  orders: [],
  ...change,
});
/** One step is worth 5 USD at the oracle price. */
const worst = (change: Partial<MarketHolding>): number | undefined => {
  const exposure = worstCase(holding(change));
  return exposure === undefined ? undefined : Number(exposure) / 1e6;
};
const long = (steps: number): MarketHolding['position'] => signedSize(btcSize(steps));
const short = (steps: number): MarketHolding['position'] => signedSize(0n - btcSize(steps));

describe('worst-case exposure', () => {
  it.each<readonly [string, Partial<MarketHolding>, number | undefined]>([
    ['nothing', {}, 0],
    ['nothing, without an oracle price', { oracle: undefined }, 0],
    ['a position', { position: long(7) }, 35],
    ['a position without an oracle price', { oracle: undefined, position: long(7) }, undefined],
    ['a position and a buy', { position: long(7), orders: [order({})] }, 85],
    ['a position and a smaller sell', { position: long(7), orders: [order({ side: 'sell' })] }, 35],
    [
      'a sell that goes beyond flat',
      { position: long(7), orders: [order({ side: 'sell', remaining: btcSize(20) })] },
      65,
    ],
    ['buys and sells, not netted', { orders: [order({}), order({ side: 'sell' })] }, 50],
    ['a limit above the oracle', { orders: [order({ limitPrice: btcPrice(60_000) })] }, 60],
    ['a limit below the oracle', { orders: [order({ limitPrice: btcPrice(40_000) })] }, 50],
    ['a reduce-only order', { position: long(7), orders: [order({ reduceOnly: true })] }, 35],
    [
      'a close beside a sell that can go through zero when it has filled',
      {
        position: long(10),
        orders: [closing('sell', 10), order({ side: 'sell', remaining: btcSize(15) })],
      },
      75,
    ],
    [
      'a close beside a buy that can go through zero when it has filled',
      { position: short(10), orders: [closing('buy', 30), order({ remaining: btcSize(15) })] },
      75,
    ],
    [
      'a close of a part beside a sell',
      {
        position: long(10),
        orders: [closing('sell', 4), order({ side: 'sell', remaining: btcSize(15) })],
      },
      50,
    ],
    ['an order that is full', { orders: [order({ remaining: 0n })] }, 0],
  ])('of %s', (_name, change, expected) => {
    expect(worst(change)).toBe(expected);
  });

  it('covers every way in which the orders can fill', () => {
    const anyOrder = fc.record({
      side: fc.constantFrom('buy' as const, 'sell' as const),
      remaining: fc.bigInt({ min: 0n, max: 10n ** 12n }),
      reduceOnly: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }),
        fc.array(fc.tuple(anyOrder, fc.integer({ min: 0, max: 100 })), { maxLength: 8 }),
        (held, fills) => {
          const orders = fills.map(([change]) => order(change));
          const after = fills.reduce((sum, [{ side, remaining, reduceOnly }, percent]) => {
            const wanted = (remaining * BigInt(percent)) / 100n;
            const closable = largest(side === 'buy' ? -sum : sum, 0n);
            const filled = reduceOnly ? smallest(wanted, closable) : wanted;
            return side === 'buy' ? sum + filled : sum - filled;
          }, held);
          const before = worstCase(holding({ position: signedSize(held), orders }));
          const now = worstCase(holding({ position: signedSize(after) }));
          expect(Number(now)).toBeLessThanOrEqual(Number(before));
        },
      ),
    );
  });
});
