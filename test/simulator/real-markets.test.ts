/** The listed markets, their oracle prices, and the exchange's own chance and fingerprints. */
import { describe, expect, it } from 'vitest';
import { emptyAccount } from '../../src/simulator/chain/clearing-account.js';
import { exchangeRandom } from '../../src/simulator/chain/exchange-random.js';
import { Memclob } from '../../src/simulator/chain/memclob.js';
import {
  nextOraclePrice,
  oracleSubticks,
  subticksPriceE12,
} from '../../src/simulator/chain/oracle-price.js';
import { MARKETS_MAX, REAL_MARKETS, marketsOf } from '../../src/simulator/real-markets.js';
import { RollingHash } from '../../src/simulator/chain/rolling-hash.js';
import { orderOf, subaccount } from '../support/exchange-driver.js';

describe('the markets', () => {
  it.each([
    ['BTC-USD', 1, 0.0001],
    ['ETH-USD', 0.1, 0.001],
    ['SOL-USD', 0.01, 0.1],
    ['DOGE-USD', 0.00001, 100],
  ])('%s has its real tick and step', (ticker, tick, step) => {
    const market = REAL_MARKETS.find((each) => each.ticker === ticker);
    if (market === undefined) throw new Error(`expected ${ticker}`);
    const { atomicResolution, quantumConversionExponent } = market;
    const exponent = quantumConversionExponent - 6 - atomicResolution;
    expect(Number(market.subticksPerTick) * 10 ** exponent).toBeCloseTo(tick, 10);
    expect(Number(market.stepBaseQuantums) * 10 ** atomicResolution).toBeCloseTo(step, 10);
  });

  it('are as many as asked for, each once, with a price of many ticks', () => {
    const { markets, oraclePricesE12 } = marketsOf(MARKETS_MAX);
    expect(REAL_MARKETS.length).toBe(MARKETS_MAX);
    expect(new Set(markets.map(({ ticker }) => ticker)).size).toBe(MARKETS_MAX);
    expect(new Set(markets.map(({ clobPairId }) => clobPairId)).size).toBe(MARKETS_MAX);
    for (const market of markets) {
      const subticks = oracleSubticks(market, oraclePricesE12.get(market.clobPairId) ?? 0n);
      expect(subticks / market.subticksPerTick).toBeGreaterThan(1_000n);
    }
  });

  it('keep the clob pair ids of the mainnet genesis, and isolate what was listed so', () => {
    const idOf = (ticker: string) =>
      REAL_MARKETS.find((each) => each.ticker === ticker)?.clobPairId;
    expect(['BTC-USD', 'LINK-USD', 'PEPE-USD', 'XRP-USD'].map(idOf)).toEqual([0, 2, 28, 32]);
    const isolated = REAL_MARKETS.filter(({ marketType }) => marketType === 'ISOLATED');
    expect(isolated.length).toBeGreaterThan(100);
    for (const { openInterestUpperCap, maintenanceMarginPpm } of isolated) {
      expect(openInterestUpperCap).toBe(1_000_000_000_000n);
      expect(maintenanceMarginPpm).toBe(30_000);
    }
  });

  it.each([0, 251, 1.5])('cannot be %d', (count) => {
    expect(() => marketsOf(count)).toThrow('1 to 250');
  });
});

describe('the oracle price', () => {
  const [market] = REAL_MARKETS;
  if (market === undefined) throw new Error('expected a market');
  const account = emptyAccount(subaccount('a'));
  const bookAt = (dollars: bigint): Memclob => {
    const book = new Memclob();
    for (const side of ['BUY', 'SELL'] as const) {
      const placed = orderOf('a', 1, { side, subticks: dollars * 100_000n });
      book.add({ key: side, account, placed, filled: 0n, isResting: false });
    }
    return book;
  };

  it.each([
    ['a fifth of the way up', 100_100n, 100_020n],
    ['a fifth of the way down', 99_900n, 99_980n],
    ['half a percent up at most', 200_000n, 100_500n],
    ['half a percent down at most', 50_000n, 99_500n],
  ])('moves %s', (_, mid, expected) => {
    const next = nextOraclePrice(market, 100_000n * 10n ** 12n, bookAt(mid));
    expect(next).toBe(expected * 10n ** 12n);
  });

  it('is the same in subticks and in dollars', () => {
    expect(subticksPriceE12(market, oracleSubticks(market, 94_520n * 10n ** 12n))).toBe(
      94_520n * 10n ** 12n,
    );
    const fine = { ...market, atomicResolution: 6 };
    expect(subticksPriceE12(fine, oracleSubticks(fine, 3n))).toBe(3n);
  });
});

describe('chance', () => {
  it('is uniform, and each fork has its own stream that others do not shift', () => {
    const random = exchangeRandom(1);
    const fork = random.fork('a').next();
    const draws = Array.from({ length: 4_000 }, () => random.next());
    expect(random.fork('a').next()).toBe(fork);
    expect(random.fork('b').next()).not.toBe(fork);
    const mean = draws.reduce((sum, draw) => sum + draw, 0) / draws.length;
    expect(mean).toBeGreaterThan(0.48);
    expect(mean).toBeLessThan(0.52);
    expect(random.integer(3)).toBeLessThan(3);
  });
});

describe('a fingerprint', () => {
  const digest = (...values: readonly unknown[]): string => {
    const hash = new RollingHash();
    for (const value of values) hash.mix(value);
    return hash.digest();
  };

  it('tells apart what differs in value, kind, order or place', () => {
    const values = [
      0,
      1,
      -1,
      0.5,
      2 ** 40,
      1n,
      1n << 40n,
      1n << 70n,
      -5n,
      '',
      'a',
      'ab',
      true,
      false,
      null,
      [],
      [1],
      [1, 2],
      [2, 1],
      { a: 1, b: [true] },
      { a: 1, b: [false] },
    ];
    expect(new Set(values.map((value) => digest(value))).size).toBe(values.length);
    expect(digest('a', 'b')).not.toBe(digest('b', 'a'));
    expect(digest(undefined)).toBe(digest(null));
  });
});
