/** What collateral the worst case takes: by table, and never less than what any filling takes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accountRisk } from '../../src/model/account-margin.js';
import { openInterest, signedSize, usd } from '../../src/model/quantities.js';
import type { LiveOrder, MarketHolding } from '../../src/risk/exposure.js';
import { marginNeed } from '../../src/risk/margin-need.js';
import { BTC, btcPrice, btcSize, btcSpec, oracle } from '../support/money-samples.js';

const order = (change: Partial<LiveOrder> = {}): LiveOrder => ({
  market: BTC,
  side: 'buy',
  remaining: btcSize(10),
  limitPrice: btcPrice(50_000),
  reduceOnly: false,
  ...change,
});
const holding = (change: Partial<MarketHolding>): MarketHolding => ({
  spec: btcSpec,
  oracle: oracle(50_000),
  position: signedSize(0n),
  orders: [],
  ...change,
});
const long = (steps: number): MarketHolding['position'] => signedSize(BigInt(steps) * 1_000_000n);
/** From 50 USD of open interest on the margin grows, at 150 it is everything. */
const capped = {
  ...btcSpec,
  openInterestCaps: { lower: usd(50_000_000n), upper: usd(150_000_000n) },
};
const bitcoins = (count: number) => openInterest(BigInt(Math.round(count * 1e6)) * 10n ** 12n);

describe('the margin that is needed', () => {
  it.each<readonly [string, Partial<MarketHolding>, readonly [number, number] | undefined]>([
    ['nothing', {}, [0, 0]],
    ['nothing, without an oracle price', { oracle: undefined }, [0, 0]],
    ['a position', { position: long(7) }, [1.75, 0]],
    ['a position without an oracle price', { oracle: undefined, position: long(7) }, undefined],
    ['a position and a buy', { position: long(7), orders: [order()] }, [4.25, 0.025]],
    [
      'a sell that only shrinks',
      { position: long(20), orders: [order({ side: 'sell' })] },
      [5, 0.025],
    ],
    [
      'a sell beyond flat',
      { position: long(3), orders: [order({ side: 'sell', remaining: btcSize(20) })] },
      [4.25, 0.05],
    ],
    [
      'a buy above the oracle',
      { orders: [order({ limitPrice: btcPrice(51_000) })] },
      [2.5, 1.0255],
    ],
    ['a buy below the oracle', { orders: [order({ limitPrice: btcPrice(49_000) })] }, [2.5, 0.025]],
    [
      'a sell below the oracle',
      { orders: [order({ side: 'sell', limitPrice: btcPrice(49_000) })] },
      [2.5, 1.025],
    ],
    ['buys and sells, not netted', { orders: [order(), order({ side: 'sell' })] }, [2.5, 0.05]],
    [
      'a reduce-only order',
      { position: long(7), orders: [order({ reduceOnly: true })] },
      [1.75, 0],
    ],
    [
      'open interest that the order itself brings between the caps',
      { spec: capped, openInterest: bitcoins(0.001), orders: [order()] },
      [26.25, 0.025],
    ],
    ['caps without known open interest', { spec: capped, orders: [order()] }, [50, 0.025]],
  ])('for %s', (_name, change, expected) => {
    const need = marginNeed(holding(change));
    expect(need && [Number(need.margin) / 1e6, Number(need.loss) / 1e6]).toEqual(expected);
  });

  it('is enough for every way in which the orders can fill at their limits', () => {
    const anyOrder = fc.record({
      side: fc.constantFrom('buy' as const, 'sell' as const),
      remaining: fc.bigInt({ min: 0n, max: 10n ** 12n }),
      limitPrice: fc.integer({ min: 40_000, max: 60_000 }).map(btcPrice),
      percent: fc.bigInt({ min: 0n, max: 100n }),
    });
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }),
        fc.array(anyOrder, { maxLength: 6 }),
        (held, fills) => {
          const orders = fills.map((change) => order(change));
          const need = marginNeed(holding({ position: signedSize(held), orders }));
          let [after, paid] = [held, 0n];
          for (const { side, remaining, limitPrice, percent } of fills) {
            const filled = (remaining * percent) / 100n;
            const quote = (filled * limitPrice) / 10n ** 9n;
            after += side === 'buy' ? filled : -filled;
            paid += side === 'buy' ? quote : -quote;
          }
          const of = (size: bigint) =>
            accountRisk(usd(0n), [
              { size: signedSize(size), spec: btcSpec, oracle: oracle(50_000) },
            ]);
          const lost = of(held).equity - (of(after).equity - paid);
          expect((need?.margin ?? 0n) >= of(after).initialMargin).toBe(true);
          expect((need?.loss ?? 0n) + 2n >= lost).toBe(true);
        },
      ),
    );
  });
});
