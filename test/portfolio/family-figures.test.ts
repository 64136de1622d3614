/** A parent and its isolated child: each by itself, their sums, and the venue's own beside them. */
import { describe, expect, it } from 'vitest';
import type { FamilyMember } from '../../src/model/account.js';
import type { MarginTerms } from '../../src/model/account-margin.js';
import {
  blockHeight,
  marketId,
  openInterest,
  signedSize,
  usd,
  type MarketId,
} from '../../src/model/quantities.js';
import { agrees } from '../../src/portfolio/account-figures.js';
import { familyFigures } from '../../src/portfolio/family-figures.js';
import { BTC, btcSpec, oracle } from '../support/money-samples.js';

const ISO = marketId('ISO-USD');
const dollars = (amount: number) => usd(BigInt(Math.round(amount * 1e6)));
/** Of 0.0001 each: 5 USD at 50,000, 0.01 USD at 100. */
const steps = (count: number) => signedSize(BigInt(count) * 1_000_000n);
/** 5 % and 3 %, growing to all between 500,000 and 1,000,000 USD of open interest. */
const isoSpec = {
  ...btcSpec,
  market: ISO,
  venueNumber: 7,
  isolated: true,
  openInterestCaps: { lower: dollars(500_000), upper: dollars(1_000_000) },
};
const member = (change: Partial<FamilyMember>): FamilyMember => ({
  number: 0,
  height: blockHeight(9),
  usdc: usd(0n),
  equity: usd(0n),
  freeCollateral: usd(0n),
  positions: [],
  marginPpm: [],
  ...change,
});
const at = (isoPrice: number, open = 0) => {
  const terms: Readonly<Record<string, MarginTerms>> = {
    [BTC]: { spec: btcSpec, oracle: oracle(50_000) },
    [ISO]: {
      spec: isoSpec,
      oracle: oracle(isoPrice),
      openInterest: openInterest(BigInt(open) * 10n ** 18n),
    },
  };
  return (market: MarketId) => terms[market];
};
/** 10,000 USDC, and a position of 500 USD. */
const parent = member({
  usdc: dollars(10_000),
  equity: dollars(10_500),
  freeCollateral: dollars(10_475),
  positions: [{ market: BTC, size: steps(100) }],
});

describe('an isolated child', () => {
  // 100 USDC on it; a position of 10 coins, at 100 USD of 1,000 USD.
  it.each<
    readonly [
      name: string,
      side: 1 | -1,
      price: number,
      open: number,
      initial: number,
      equity: number,
      liquidation: bigint | undefined,
    ]
  >([
    // (100 − 1,000) + 10 p = 0.03 · 10 p
    ['long, below the caps', 1, 100, 4_999, 50, 100, 92_783_505_154_639_175_258n],
    ['long, at the lower cap', 1, 100, 5_000, 50, 100, 92_783_505_154_639_175_258n],
    ['long, half way', 1, 100, 7_500, 525, 100, 92_783_505_154_639_175_258n],
    ['long, at the upper cap', 1, 100, 10_000, 1_000, 100, 92_783_505_154_639_175_258n],
    ['long, beyond the caps', 1, 100, 90_000, 1_000, 100, 92_783_505_154_639_175_258n],
    // (100 + 1,000) − 10 p = 0.03 · 10 p
    ['short, below the caps', -1, 100, 0, 50, 100, 106_796_116_504_854_368_932n],
    ['short, half way', -1, 100, 7_500, 525, 100, 106_796_116_504_854_368_932n],
    // The price scales the open interest, too: 5,000 coins at 150 are half way.
    ['long, dearer', 1, 150, 5_000, 787.5, 600, 92_783_505_154_639_175_258n],
    ['short, cheaper', -1, 50, 90_000, 500, 600, 106_796_116_504_854_368_932n],
  ])('%s: margin scales, the liquidation price does not', (...row) => {
    const [, side, price, open, initial, equity, liquidation] = row;
    const child = member({
      number: 128,
      usdc: dollars(100 - side * 1_000),
      positions: [{ market: ISO, size: steps(side * 100_000) }],
    });
    const { members, totals } = familyFigures(
      { members: [child, parent], equity: usd(0n), freeCollateral: usd(0n) },
      at(price, open),
    );
    expect(members.map((each) => each.member.number)).toEqual([0, 128]);
    const valued = members[1]?.valued;
    expect(valued?.figures).toMatchObject({
      equity: dollars(equity),
      initialMargin: dollars(initial),
      maintenanceMargin: dollars(price * 10 * 0.03),
      // As the indexer has it: never scaled.
      unscaledFreeCollateral: dollars(equity - price * 10 * 0.05),
    });
    expect(valued?.positions).toMatchObject([
      { notional: dollars(price * 10), initialMargin: dollars(initial) },
    ]);
    // To the rounding of two values: 2e-6 USDC over ten coins.
    const told = valued?.positions[0]?.liquidationPrice ?? 0n;
    expect(Number(told - (liquidation ?? 0n))).toBeLessThan(1e12);
    expect(Number(told - (liquidation ?? 0n))).toBeGreaterThan(-1e12);
    expect(totals?.figures).toMatchObject({
      equity: dollars(10_500 + equity),
      initialMargin: dollars(25 + initial),
      maintenanceMargin: dollars(15 + price * 10 * 0.03),
      positions: 2,
    });
  });

  it('is liquidated at the same price however rich its parent is', () => {
    const child = member({
      number: 128,
      usdc: dollars(-950),
      positions: [{ market: ISO, size: steps(100_000) }],
    });
    const pricesWith = (usdc: number) =>
      familyFigures(
        {
          members: [child, member({ usdc: dollars(usdc) })],
          equity: usd(0n),
          freeCollateral: usd(0n),
        },
        at(100),
      ).members.map(({ valued }) => valued?.positions[0]?.liquidationPrice);
    expect(pricesWith(0)).toEqual(pricesWith(1_000_000));
    expect(pricesWith(0)[1]).toBeGreaterThan(0n);
  });

  it('that has asked for less leverage needs more, which the venue’s figure leaves out', () => {
    const child = member({
      number: 128,
      usdc: dollars(1_000),
      equity: dollars(2_000),
      freeCollateral: dollars(1_950),
      positions: [{ market: ISO, size: steps(100_000) }],
      marginPpm: [{ venueNumber: 7, ppm: 400_000 }],
    });
    const { members } = familyFigures(
      { members: [child], equity: usd(0n), freeCollateral: usd(0n) },
      (market, { marginPpm }) => {
        const terms = at(100)(market);
        return terms && { ...terms, askedPpm: marginPpm[0]?.ppm ?? 0 };
      },
    );
    expect(members[0]?.valued?.figures.initialMargin).toBe(dollars(400));
    expect(members[0]?.valued?.compared.every(agrees)).toBe(true);
  });
});

describe('a family', () => {
  const child = member({
    number: 128,
    usdc: dollars(100),
    equity: dollars(100),
    freeCollateral: dollars(100),
  });

  it('agrees with the venue, member by member and in sum', () => {
    const family = {
      members: [parent, child],
      equity: dollars(10_600),
      freeCollateral: dollars(10_575),
    };
    const { members, totals } = familyFigures(family, at(100));
    const compared = [...members.map(({ valued }) => valued), totals].map((each) => each?.compared);
    for (const figures of compared) {
      expect(figures?.map(({ figure }) => figure)).toEqual(['equity', 'freeCollateral']);
      expect(figures?.every(({ ours, venue }) => ours === venue)).toBe(true);
    }
  });

  it('differs where one member differs, and in sum', () => {
    const poor = { ...child, equity: dollars(90) };
    const { members, totals } = familyFigures(
      { members: [parent, poor], equity: dollars(10_590), freeCollateral: dollars(10_575) },
      at(100),
    );
    const areSame = members.map(({ valued }) => valued?.compared.every(agrees));
    expect(areSame).toEqual([true, false]);
    expect(totals?.compared.map(agrees)).toEqual([false, true]);
  });

  it('has no sum while one of its positions cannot be valued', () => {
    const strange = member({ number: 256, positions: [{ market: ISO, size: steps(1) }] });
    const closed = { ...child, positions: [{ market: ISO, size: steps(0) }] };
    const { members, totals } = familyFigures(
      { members: [parent, closed, strange], equity: usd(0n), freeCollateral: usd(0n) },
      (market) => (market === ISO ? undefined : at(100)(market)),
    );
    expect(members.map(({ valued }) => valued === undefined)).toEqual([false, false, true]);
    expect(totals).toBeUndefined();
  });
});
