/** Margin by table: values, requirements, the scaling by open interest, liquidation prices. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  accountRisk,
  freeCollateralOf,
  initialMarginPpm,
  liquidationPrice,
  positionValue,
  type Holding,
} from '../../src/model/account-margin.js';
import {
  absolute,
  openInterest,
  oraclePrice,
  signedSize,
  usd,
  type OraclePrice,
} from '../../src/model/quantities.js';
import { btcSpec, ethSpec, oracle } from '../support/money-samples.js';

/** One step of BTC-USD is 5 USD at 50,000. */
const held = (steps: number, change: Partial<Holding> = {}): Holding => ({
  size: signedSize(BigInt(steps) * 1_000_000n),
  spec: btcSpec,
  oracle: oracle(50_000),
  ...change,
});
const dollars = (amount: number) => usd(BigInt(Math.round(amount * 1e6)));
/** From 1,000,000 to 5,000,000 USD of open interest. */
const capped = {
  ...btcSpec,
  openInterestCaps: { lower: dollars(1_000_000), upper: dollars(5_000_000) },
};
const bitcoins = (count: number) => openInterest(BigInt(Math.round(count * 100)) * 10n ** 16n);

describe('an account', () => {
  it('is worth its balance and its positions, and margins add up whatever their sides', () => {
    expect(accountRisk(dollars(100), [held(10), held(-4)])).toEqual({
      equity: dollars(130),
      initialMargin: dollars(3.5),
      maintenanceMargin: dollars(2.1),
    });
    expect(freeCollateralOf(accountRisk(dollars(100), [held(10)]))).toBe(dollars(147.5));
  });

  it('is never overstated by rounding', () => {
    expect(positionValue(signedSize(1n), btcSpec, oracle(1))).toBe(0n);
    expect(positionValue(signedSize(-1n), btcSpec, oracle(1))).toBe(-1n);
    const dust = held(0, { size: signedSize(-1_000_001n), oracle: oracle(1) });
    expect(accountRisk(usd(0n), [dust])).toEqual({
      equity: -101n,
      initialMargin: 5n,
      maintenanceMargin: 3n,
    });
  });

  it('values markets whose sizes are coarse', () => {
    const coarse = { ...btcSpec, sizeExponent: 12 };
    expect(positionValue(signedSize(2n), coarse, oracle(1))).toBe(2n * 10n ** 18n);
  });
});

describe('the initial margin', () => {
  it.each<readonly [string, Partial<Holding>, bigint]>([
    ['without caps', { spec: btcSpec, openInterest: bitcoins(1e6) }, 50_000n],
    ['far below the lower cap', { spec: capped, openInterest: bitcoins(0) }, 50_000n],
    ['at the lower cap', { spec: capped, openInterest: bitcoins(20) }, 50_000n],
    ['halfway between the caps', { spec: capped, openInterest: bitcoins(60) }, 525_000n],
    [
      'a little above the lower cap, rounded up',
      { spec: capped, openInterest: bitcoins(20.01) },
      50_119n,
    ],
    ['at the upper cap', { spec: capped, openInterest: bitcoins(100) }, 1_000_000n],
    ['beyond it', { spec: capped, openInterest: bitcoins(1_000) }, 1_000_000n],
    ['with caps and unknown open interest', { spec: capped }, 1_000_000n],
    ['where the account has asked for more', { askedPpm: 100_000 }, 100_000n],
    ['where the account has asked for less', { askedPpm: 10_000 }, 50_000n],
    [
      'where the caps ask for more than the account has',
      { spec: capped, openInterest: bitcoins(60), askedPpm: 100_000 },
      525_000n,
    ],
    [
      'where the account has asked for more than the caps do',
      { spec: capped, openInterest: bitcoins(60), askedPpm: 600_000 },
      600_000n,
    ],
  ])('%s is so many millionths', (_name, change, ppm) => {
    expect(initialMarginPpm(held(1, change))).toBe(ppm);
  });

  it('counts open interest that an order would add', () => {
    const terms = held(1, { spec: capped, openInterest: bitcoins(20) });
    expect(initialMarginPpm(terms, bitcoins(40))).toBe(525_000n);
  });

  it('scales, and maintenance does not', () => {
    const risk = accountRisk(usd(0n), [held(10, { spec: capped, openInterest: bitcoins(60) })]);
    expect(risk).toMatchObject({ initialMargin: dollars(26.25), maintenanceMargin: dollars(1.5) });
  });
});

describe('the liquidation price', () => {
  const priceOf = (balance: number, of: Holding, others: readonly Holding[] = []) => {
    const price = liquidationPrice(accountRisk(dollars(balance), [of, ...others]), of);
    return price === undefined ? undefined : Number(price) / 1e18;
  };

  it.each<readonly [string, number | undefined, number | undefined]>([
    ['a long bought with nothing of one’s own', priceOf(-50, held(10)), 51_546.391_752_577_32],
    ['a long with twice its margin', priceOf(-47, held(10)), 48_453.608_247_422_68],
    ['a long that is paid in full', priceOf(0, held(10)), undefined],
    ['a short', priceOf(55, held(-10)), 53_398.058_252_427_18],
    ['a short that no price saves', priceOf(-1, held(-10)), 1e-18],
    ['nothing', priceOf(1, held(0)), undefined],
    [
      'a long beside a market that gains',
      priceOf(-50, held(10), [held(10, { spec: ethSpec })]),
      undefined,
    ],
    [
      'a market whose maintenance is all of it',
      priceOf(-60, held(10, { spec: { ...btcSpec, maintenanceMarginPpm: 1_000_000 } })),
      50_000,
    ],
    [
      'the same with money of its own',
      priceOf(1, held(10, { spec: { ...btcSpec, maintenanceMarginPpm: 1_000_000 } })),
      undefined,
    ],
  ])('of %s', (_name, price, expected) => {
    if (expected === undefined) expect(price).toBeUndefined();
    else expect(price).toBeCloseTo(expected, 6);
  });

  it('divides prices at which the account stands from those at which it falls', () => {
    const amount = fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n });
    fc.assert(
      fc.property(amount, amount, amount, (balance, size, other) => {
        const of = held(0, { size: signedSize(size) });
        const others = held(0, { size: signedSize(other), spec: ethSpec });
        const at = liquidationPrice(accountRisk(usd(balance), [of, others]), of);
        const isLiquidated = (price: bigint): boolean => {
          const risk = accountRisk(usd(balance), [
            { ...of, oracle: oraclePrice(price > 0n ? price : 1n) },
            others,
          ]);
          return risk.equity < risk.maintenanceMargin;
        };
        if (size === 0n || at === undefined) return at === undefined;
        const slack = (4n * 10n ** 22n) / absolute(size) + 1n;
        const [worse, better] = size > 0n ? [-slack, slack] : [slack, -slack];
        const near = (price: bigint): OraclePrice => (at + price) as OraclePrice;
        const falls = near(worse) <= 0n || isLiquidated(near(worse));
        return falls && (near(better) <= 0n || !isLiquidated(near(better)));
      }),
    );
  });
});
