/** Margins: fractions, requirements, the permitted update, in tables computed by hand. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyAccount, type Account } from '../../../src/simulator/chain/clearing-account.js';
import {
  MarginBook,
  initialMarginPpm,
  isLiquidatable,
  isPermitted,
} from '../../../src/simulator/chain/margin.js';
import { quoteOf } from '../../../src/simulator/chain/quote-quantums.js';
import { btcMargin as btc } from '../../support/clearing-samples.js';
import { subaccount } from '../../support/exchange-driver.js';

const MILLION = 1_000_000n;

describe('the value of a fill', () => {
  it('is price times size in 1e-6 USDC, cut off', () => {
    expect(quoteOf(btc().market, 125_000_000n, 8_995_000_000n)).toBe(1_124_375_000n);
    expect(quoteOf(btc().market, 1n, 999_999_999n)).toBe(0n);
    expect(quoteOf(btc({ quantumConversionExponent: 1 }).market, 2n, 3n)).toBe(60n);
  });
});

describe('the initial margin fraction', () => {
  const caps = {
    initialMarginPpm: 50_000,
    openInterestLowerCap: 1_000_000n * MILLION,
    openInterestUpperCap: 2_000_000n * MILLION,
  };
  const oracle = 100_000n * 10n ** 12n;
  it.each([
    ['without caps the base', { ...caps, openInterestUpperCap: 0n }, 50n, 50_000n],
    ['below the lower cap the base', caps, 10n, 50_000n],
    ['half way between the caps the middle', caps, 15n, 525_000n],
    ['at the upper cap everything', caps, 20n, 1_000_000n],
    ['above the upper cap everything', caps, 30n, 1_000_000n],
  ])('is %s', (_, change, coins, expected) => {
    const state = { ...btc(change), oraclePriceE12: oracle, openInterest: coins * 10n ** 10n };
    expect(initialMarginPpm(state)).toBe(expected);
  });
});

describe('a change of an account', () => {
  const risk = (equity: bigint, maintenanceMargin: bigint) => ({
    equity,
    maintenanceMargin,
    initialMargin: maintenanceMargin * 2n,
  });
  it.each([
    ['with enough equity', risk(100n, 10n), risk(100n, 50n), true],
    ['that grows the margin of a poor account', risk(15n, 10n), risk(15n, 11n), false],
    ['that shrinks the margin of a poor account', risk(15n, 10n), risk(15n, 9n), true],
    ['that costs a poor account more than it frees', risk(15n, 10n), risk(12n, 9n), false],
    ['that closes a bankrupt account at a loss', risk(-5n, 10n), risk(-6n, 0n), false],
    ['that closes a bankrupt account at no loss', risk(-5n, 10n), risk(-5n, 0n), true],
  ])('%s is judged', (_, before, after, permitted) => {
    expect(isPermitted(before, after)).toBe(permitted);
  });
});

const ONE_BTC = 10n ** 10n;
const BTC_AT_100K = { oraclePriceE12: 100_000n * 10n ** 12n };

const holding = (
  quoteQuantums: bigint,
  quantums: bigint,
  given: Partial<Account> = {},
): Account => ({
  ...emptyAccount(subaccount('a')),
  quoteQuantums,
  positions: new Map([[0, quantums]]),
  ...given,
});

describe('the margin of an account', () => {
  // 1 BTC at 100 000 with 2 % initial and 1.2 % maintenance margin.
  const book = new MarginBook([{ ...btc(), ...BTC_AT_100K }]);

  it('is its balance and positions at the oracle price', () => {
    expect(book.risk(holding(-95_000n * MILLION, ONE_BTC))).toEqual({
      equity: 5_000n * MILLION,
      initialMargin: 2_000n * MILLION,
      maintenanceMargin: 1_200n * MILLION,
    });
    expect(book.risk(holding(105_000n * MILLION, -ONE_BTC)).equity).toBe(5_000n * MILLION);
  });

  it('rounds each requirement up', () => {
    const { initialMargin, maintenanceMargin } = book.risk(holding(0n, 1_001_000n));
    // 10.01 USDC: 0.2002 and 0.12012 USDC are whole; one quantum more is not.
    expect([initialMargin, maintenanceMargin]).toEqual([200_200n, 120_120n]);
    const more = book.risk(holding(0n, 1_001_100n));
    expect([more.initialMargin, more.maintenanceMargin]).toEqual([200_220n, 120_132n]);
    const odd = book.risk(holding(0n, 1_001_110n));
    // 10 011 100 of 1e-6 USDC: 200 222 and 120 133.2.
    expect([odd.initialMargin, odd.maintenanceMargin]).toEqual([200_222n, 120_134n]);
  });

  it('counts funding that is not settled yet', () => {
    const state = { ...btc(), ...BTC_AT_100K, fundingIndex: 1_118n };
    const later = new MarginBook([state]);
    later.fundingRound = 1;
    const account = holding(0n, 125_000_000n, { fundingIndexes: new Map([[0, 1_000n]]) });
    // −118 · 125 000 000 ÷ 1e6 = −14 750.
    expect(later.unsettledFunding(account)).toBe(-14_750n);
    expect(later.risk(account).equity).toBe(1_250n * MILLION - 14_750n);
    expect(later.unsettledFunding({ ...account, fundingRound: 1 })).toBe(0n);
  });

  it.each([
    ['more than the market asks for counts', 50_000, 5_000n * MILLION],
    ['less than it asks for does not', 10_000, 2_000n * MILLION],
  ])('with a leverage of its own: %s', (_, customImfPpm, expected) => {
    const account = holding(0n, ONE_BTC, { leverage: new Map([[0, customImfPpm]]) });
    expect(book.risk(account).initialMargin).toBe(expected);
    expect(book.risk(account).maintenanceMargin).toBe(1_200n * MILLION);
  });

  it('after an imagined change is that of the changed account', () => {
    const account = holding(-95_000n * MILLION, ONE_BTC);
    const change = { clobPairId: 0, base: -ONE_BTC / 2n, quote: 50_000n * MILLION };
    expect(book.risk(account, change)).toEqual(
      book.risk(holding(-45_000n * MILLION, ONE_BTC / 2n)),
    );
    const opened = book.risk(emptyAccount(subaccount('b')), { ...change, quote: 0n });
    expect(opened).toEqual(book.risk(holding(0n, -ONE_BTC / 2n)));
  });

  it.each([
    ['at its maintenance margin is safe', 1_200n * MILLION, false],
    ['one unit below is not', 1_200n * MILLION - 1n, true],
    ['bankrupt is not', -1n, true],
  ])('%s', (_, equity, expected) => {
    expect(isLiquidatable(book.risk(holding(equity - 100_000n * MILLION, ONE_BTC)))).toBe(expected);
  });

  it('of nothing but debt cannot be liquidated', () => {
    const risk = book.risk({ ...emptyAccount(subaccount('a')), quoteQuantums: -1n });
    expect(isLiquidatable(risk)).toBe(false);
  });
});

describe('the liquidation price', () => {
  /** (equity − size · price − other maintenance) ÷ (|size| · fraction − size), in 1e-12 USD. */
  function priceE12(account: Account): bigint {
    const quantums = account.positions.get(0) ?? 0n;
    const size = quantums < 0n ? -quantums : quantums;
    // Equity less the position's value is the balance; sizes in 1e-10, fractions in ppm.
    const divisor = size * 12_000n - quantums * MILLION;
    return (account.quoteQuantums * 10n ** 22n) / divisor;
  }

  it('is where an account stops being safe', () => {
    // A bitcoin bought with 2 000 of one's own at 94 520: 92 520 ÷ 0.988.
    expect(priceE12(holding(-92_520n * MILLION, ONE_BTC)) / 10n ** 12n).toBe(93_643n);
    fc.assert(
      fc.property(
        fc.bigInt(1n, 1_000n),
        fc.bigInt(1n, 200_000n),
        fc.boolean(),
        (steps, dollars, isLong) => {
          const quantums = steps * 1_000_000_000n;
          const account = isLong
            ? holding(-dollars * steps * 100_000n, quantums)
            : holding(dollars * steps * 100_000n, -quantums);
          const limit = priceE12(account);
          const at = (oraclePriceE12: bigint): boolean =>
            isLiquidatable(new MarginBook([{ ...btc(), oraclePriceE12 }]).risk(account));
          // A ten-thousandth on either side is more than all rounding.
          const [below, above] = [limit - limit / 10_000n, limit + limit / 10_000n];
          expect([at(below), at(above)]).toEqual([isLong, !isLong]);
        },
      ),
    );
  });
});
