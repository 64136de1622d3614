/**
 * Funding: the arithmetic with numbers computed by hand, the premium of a book, and the hour of an
 * exchange: samples, tick, lazy settlement, rows a minute later.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  averagePremiumPpm,
  clampedVotePpm,
  fundingIndexStep,
  fundingRatePpm,
  rate1hE12,
} from '../../../src/simulator/chain/funding-index.js';
import { PremiumSamples, impactPriceE12 } from '../../../src/simulator/chain/premium-samples.js';
import { Treasury } from '../../../src/simulator/chain/treasury.js';
import type { Exchange, PerpetualMarket } from '../../../src/simulator/exchange-types.js';
import { btcMargin } from '../../support/clearing-samples.js';
import {
  ORACLE,
  START_MS,
  STEP,
  TICK,
  place,
  quietExchange,
  subaccount,
} from '../../support/exchange-driver.js';

const { market } = btcMargin();
const E12 = 10n ** 12n;
const MILLION = 1_000_000n;
const ONE_BTC = 10n ** 10n;
const HOUR_MS = 3_600_000;

describe('the funding rate', () => {
  it.each([
    ['is premium and default', { defaultFundingPpm: 100 }, 250, 350],
    // 6 · (2 % − 1.2 %) = 4.8 %.
    ['is clamped above', {}, 60_000, 48_000],
    ['is clamped below', {}, -60_000, -48_000],
  ])('%s', (_, change: Partial<PerpetualMarket>, premium, expected) => {
    expect(fundingRatePpm({ ...market, ...change }, premium)).toBe(expected);
  });

  it('is told as a fraction per hour', () => {
    // 100 ppm in 8 hours = 12.5 ppm an hour.
    expect(rate1hE12(100)).toBe(12_500_000n);
  });

  it('counts missing samples as nothing', () => {
    expect(averagePremiumPpm(Array.from({ length: 30 }, () => 100))).toBe(50);
    expect(averagePremiumPpm(Array.from({ length: 60 }, () => -101))).toBe(-101);
    expect(averagePremiumPpm([-100])).toBe(-1);
    expect(averagePremiumPpm([], 1)).toBe(0);
  });

  it('is voted within ten times the limit of the rate', () => {
    expect(clampedVotePpm(market, 9_999_999)).toBe(480_000);
  });
});

describe('the step of the index', () => {
  it.each([
    // 100 ppm · 94 520 USD · 1e6 ÷ 1e10 quantums ÷ 8 = 118.15, and −118.15 goes to −119.
    ['is rounded down', 100, 118n],
    ['is rounded down below zero', -100, -119n],
    ['is nothing without a rate', 0, 0n],
  ])('%s', (_, ratePpm, expected) => {
    expect(fundingIndexStep(market, 94_520n * E12, ratePpm)).toBe(expected);
  });
});

describe('the impact price', () => {
  const levels = (...pairs: readonly [dollars: bigint, steps: bigint][]) =>
    pairs.map(([dollars, steps]) => ({ subticks: dollars * TICK, quantums: steps * STEP }));
  // One step is 0.0001 BTC; the impact notional is 10 000 USD.
  it.each([
    ['is the first level if that is deep enough', levels([100_000n, 1_000n]), 100_000n * E12],
    // 5 000 at 100 000 and 5 000 at 50 000: 0.05 + 0.1 BTC for 10 000.
    [
      'is the mean over the levels',
      levels([100_000n, 500n], [50_000n, 5_000n]),
      66_666_666_666_666_666n,
    ],
    ['is unknown if there is too little', levels([100_000n, 999n]), undefined],
    ['is unknown without levels', [], undefined],
  ])('%s', (_, side, expected) => {
    expect(impactPriceE12(market, side)).toBe(expected);
  });
});

describe('a minute of votes', () => {
  const sampled = (votes: readonly number[]): number => {
    const samples = new PremiumSamples();
    for (const vote of votes) samples.vote(vote);
    samples.sample();
    return samples.predictedPpm;
  };
  const many = (count: number, ppm: number): number[] => Array.from({ length: count }, () => ppm);
  it.each([
    ['is their median', [...many(10, 5), ...many(11, 50)], 50],
    ['of an even number is the middle of the middle', [...many(10, 5), ...many(10, 10)], 7],
    ['that is mostly missing is nothing', many(7, 900), 0],
    ['that is just enough counts', many(8, 900), 900],
  ])('%s', (_, votes, expected) => {
    expect(sampled(votes)).toBe(expected);
  });
});

describe('the treasury', () => {
  it('keeps what rounding leaves as dust, whatever is settled', () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt(-(10n ** 15n), 10n ** 15n)), (owed) => {
        const treasury = new Treasury();
        const all = [...owed, -owed.reduce((sum, each) => sum + each, 0n)];
        const paid = all.reduce((sum, each) => sum + treasury.payFunding(each), 0n);
        const { fundingPool, dust } = treasury.totals({ subaccounts: 0n, wallets: 0n });
        expect(paid + fundingPool + dust).toBe(0n);
        // When all have settled, nothing is under way: the rest is dust, less than a unit each.
        expect(fundingPool).toBe(0n);
        expect(dust >= 0n && dust < BigInt(all.length)).toBe(true);
      }),
    );
  });
});

/** Blocks of two seconds until the time is reached. */
function advance(exchange: Exchange, toMs: number) {
  const outputs = [];
  while (exchange.timeMs < toMs) {
    outputs.push(...exchange.apply({ type: 'block', timeMs: exchange.timeMs + 2_000 }).outputs);
  }
  return outputs;
}

const isConserved = (exchange: Exchange): boolean => {
  const { paidIn, ...parts } = exchange.totals();
  return Object.values(parts).reduce((sum, part) => sum + part, 0n) === paidIn;
};

const alice = subaccount('alice');
const bob = subaccount('bob');
const HOUR_START = Math.ceil(START_MS / HOUR_MS) * HOUR_MS;

/** Alice holds a bitcoin that bob has sold; a default rate of 800 ppm, no fees. */
function funded(defaultFundingPpm = 800): Exchange {
  const exchange = quietExchange({
    takerFeePpm: 0,
    makerFeePpm: 0,
    startTimeMs: HOUR_START - 60_000,
    parameters: { defaultFundingPpm },
    preset: 'none',
  });
  place(exchange, 'bob', 1, { side: 'SELL', quantums: ONE_BTC });
  place(exchange, 'alice', 1, { quantums: ONE_BTC });
  return exchange;
}

describe('an hour', () => {
  // 800 ppm · 94 520 ÷ 1e4 ÷ 8 = 945.2: the index moves by 945, a bitcoin pays 9.45 USD.
  const PAID = 9_450_000n;

  it('ends with a tick that moves the index and pays nobody yet', () => {
    const exchange = funded();
    const ticks = advance(exchange, HOUR_START).filter(({ type }) => type === 'funding');
    const rate = { clobPairId: 0, rate1hE12: 100_000_000n, priceE12: 94_520n * E12 };
    expect(ticks).toMatchObject([{ tick: rate }]);
    expect(exchange.fundingHistory(0)).toMatchObject([rate]);
    const view = exchange.subaccount(alice);
    expect(view?.unsettledFunding).toEqual(new Map([[0, -PAID]]));
    expect(view?.quoteQuantums).toBe(100_000n * MILLION - 94_520n * MILLION);
    expect(view?.equity).toBe(100_000n * MILLION - PAID);
    expect(exchange.totals().fundingPool).toBe(0n);
  });

  it('settles each side at its own next update', () => {
    const exchange = funded();
    advance(exchange, HOUR_START);
    const before = exchange.subaccount(alice)?.quoteQuantums ?? 0n;
    const { outputs } = exchange.apply({ type: 'fund', subaccount: alice, quoteQuantums: 1n });
    expect(outputs).toMatchObject([{ positions: [{ settledFunding: -PAID }] }]);
    expect(exchange.subaccount(alice)).toMatchObject({
      quoteQuantums: before + 1n - PAID,
      unsettledFunding: new Map(),
    });
    expect(exchange.totals().fundingPool).toBe(PAID);
    expect(exchange.subaccount(bob)?.unsettledFunding).toEqual(new Map([[0, PAID]]));
    expect(isConserved(exchange)).toBe(true);
    exchange.apply({ type: 'fund', subaccount: bob, quoteQuantums: 1n });
    expect(exchange.totals()).toMatchObject({ fundingPool: 0n, dust: 0n });
  });

  it('settles before the match that changes the position', () => {
    const exchange = funded();
    advance(exchange, HOUR_START);
    const goodTilBlock = exchange.height + 10;
    place(exchange, 'alice', 2, { side: 'SELL', quantums: ONE_BTC, goodTilBlock });
    place(exchange, 'bob', 2, { quantums: ONE_BTC, goodTilBlock });
    advance(exchange, exchange.timeMs + 1);
    expect(exchange.subaccount(alice)?.quoteQuantums).toBe(100_000n * MILLION - PAID);
    expect(exchange.subaccount(bob)?.quoteQuantums).toBe(100_000n * MILLION + PAID);
    expect(exchange.closedPositions(alice)).toMatchObject([{ settledFunding: -PAID }]);
    expect(isConserved(exchange)).toBe(true);
  });

  it('writes its payments a minute later, and its profit and loss at once', () => {
    const exchange = funded();
    advance(exchange, HOUR_START);
    expect(exchange.fundingPayments(alice)).toEqual([]);
    expect(exchange.pnlTicks(alice)).toMatchObject([
      { equity: 100_000n * MILLION - PAID, totalPnl: -PAID, netTransfers: 100_000n * MILLION },
    ]);
    advance(exchange, HOUR_START + 60_000);
    expect(exchange.fundingPayments(alice)).toMatchObject([
      { clobPairId: 0, quantums: ONE_BTC, payment: -PAID, fundingIndex: 945n },
    ]);
    expect(exchange.fundingPayments(bob)).toMatchObject([{ quantums: -ONE_BTC, payment: PAID }]);
  });

  it('with a book above the oracle price makes longs pay', () => {
    const exchange = funded(0);
    place(exchange, 'carol', 1, {
      subticks: ORACLE + 100n * TICK,
      quantums: ONE_BTC,
      goodTilBlock: exchange.height + 40,
    });
    advance(exchange, HOUR_START - 25_000);
    // 100 ÷ 94 520 = 1 057 ppm; so far the only sample of the hour.
    expect(exchange.markets()[0]?.nextFundingRate1hE12).toBe(1_057n * 125_000n);
    advance(exchange, HOUR_START);
    expect(exchange.fundingHistory(0)).toMatchObject([{ rate1hE12: 17n * 125_000n }]);
    expect(exchange.markets()[0]?.nextFundingRate1hE12).toBe(0n);
  });
});
