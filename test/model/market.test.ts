/** A market's arithmetic, with the real parameters of BTC-USD and of a coin of tiny prices. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { subaccountKey } from '../../src/model/account.js';
import { opposite } from '../../src/model/book.js';
import { subscriptionKey } from '../../src/model/events.js';
import * as m from '../../src/model/market.js';
import { averageEntry, positionDrift } from '../../src/model/position.js';
import {
  marketId,
  oraclePrice,
  price,
  signedSize,
  size,
  steps,
  ticks,
  usd,
} from '../../src/model/quantities.js';
import { unwrap } from '../../src/model/result.js';

const btc: m.MarketSpec = {
  market: marketId('BTC-USD'),
  venueNumber: 0,
  status: 'ACTIVE',
  priceExponent: -5,
  sizeExponent: -10,
  tick: price(100_000n),
  step: size(1_000_000n),
  initialMarginPpm: 20_000,
  maintenanceMarginPpm: 12_000,
  isolated: false,
};
const tiny: m.MarketSpec = {
  ...btc,
  market: marketId('PEPE-USD'),
  priceExponent: -16,
  sizeExponent: 1,
  tick: price(1_000_000n),
  step: size(1n),
};

describe('a market', () => {
  it('values a fill as the chain does', () => {
    expect(m.notionalExponent(btc)).toBe(-9);
    expect(m.notionalFloor(btc, price(8_995_000_000n), size(125_000_000n))).toBe(
      usd(1_124_375_000n),
    );
    expect(m.notionalFloor(btc, price(100_001n), size(1n))).toBe(0n);
  });

  it('values a position at the oracle price, the magnitude rounded up', () => {
    const oracle = oraclePrice(89_921_550_000_000_000_000_000n);
    expect(m.oracleNotional(btc, signedSize(125_000_000n), oracle)).toBe(1_124_019_375n);
    expect(m.oracleNotional(btc, signedSize(-125_000_000n), oracle)).toBe(-1_124_019_375n);
    expect(m.oracleNotional(btc, size(1n), oraclePrice(1n))).toBe(1n);
  });

  it('counts in ticks and steps what it pays in subunits', () => {
    expect(m.priceOfTicks(btc, ticks(89_950))).toBe(8_995_000_000n);
    expect(m.sizeOfSteps(btc, steps(125))).toBe(125_000_000n);
    expect([m.tickUsd(btc), m.stepBase(btc)]).toEqual([1, 0.0001]);
  });

  it.each([
    [89_950.4, 'down', '89950'],
    [89_950.4, 'up', '89951'],
    [89_950, 'up', '89950'],
    [89_950.000_000_000_01, 'up', '89950'],
    [5_136_333.994_863_667, 'down', '5136333'],
    [5_136_333.005, 'up', '5136334'],
  ] as const)('rounds %f %s to %s', (proposed, direction, expected) => {
    expect(m.formatPrice(btc, unwrap(m.roundToTick(btc, proposed, direction)))).toBe(expected);
  });

  it.each([0, -5, 0.4, Number.NaN, Infinity])('refuses to make a price of %d', (proposed) => {
    expect(m.roundToTick(btc, proposed, 'down')).toMatchObject({
      ok: false,
      error: { code: 'price.out-of-range' },
    });
  });

  it('rounds to a neighbouring tick in the direction that was asked for', () => {
    fc.assert(
      fc.property(fc.double({ min: 1.5, max: 1e7, noNaN: true }), (proposed) => {
        const down = Number(m.formatPrice(btc, unwrap(m.roundToTick(btc, proposed, 'down'))));
        const up = Number(m.formatPrice(btc, unwrap(m.roundToTick(btc, proposed, 'up'))));
        expect(down).toBeLessThanOrEqual(proposed + 1e-6);
        expect(up).toBeGreaterThanOrEqual(proposed - 1e-6);
        expect(up - down).toBeLessThanOrEqual(1);
      }),
    );
  });

  it.each([btc, tiny])('writes and reads prices and sizes without loss', (spec) => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 10n ** 18n }), (units) => {
        expect(unwrap(m.parsePrice(spec, m.formatPrice(spec, price(units))))).toBe(units);
        expect(unwrap(m.parseSize(spec, m.formatSize(spec, size(units))))).toBe(units);
      }),
    );
  });

  it('refuses text that is no price or size of it', () => {
    expect(m.parsePrice(btc, '0')).toMatchObject({ error: { code: 'price.sign' } });
    expect(m.parsePrice(btc, '-1')).toMatchObject({ error: { code: 'price.sign' } });
    expect(m.parsePrice(btc, 'x')).toMatchObject({ error: { code: 'decimal.syntax' } });
    expect(m.parseSize(btc, '-0.5')).toMatchObject({ error: { code: 'size.sign' } });
    expect(m.parseSize(btc, '0.00000000001')).toMatchObject({
      error: { code: 'decimal.precision' },
    });
    expect(m.formatUsd(usd(-1_500_000n))).toBe('-1.5');
  });
});

describe('positions', () => {
  const position = { market: btc.market, realizedPnl: usd(0n), fees: usd(0n), fills: 1 };

  it('derive the average entry from the cost', () => {
    const long = { ...position, size: signedSize(125_000_000n), cost: usd(1_124_375_000n) };
    expect(averageEntry(long, m.notionalExponent(btc))).toBe(8_995_000_000n);
    const short = { ...position, size: signedSize(-125_000_000n), cost: usd(-1_124_375_000n) };
    expect(averageEntry(short, m.notionalExponent(btc))).toBe(8_995_000_000n);
    expect(averageEntry({ ...position, size: signedSize(0n), cost: usd(0n) }, -9)).toBeUndefined();
    expect(averageEntry({ ...long, size: signedSize(10n), cost: usd(5_000n) }, 2)).toBe(5n);
  });

  it('drift where one side differs or does not know the market', () => {
    const at = (units: bigint) => ({ market: btc.market, size: signedSize(units) });
    expect(positionDrift({ ours: [at(5n)], venue: [at(5n)] })).toEqual([]);
    expect(positionDrift({ ours: [at(5n)], venue: [] })).toEqual([
      { market: btc.market, ours: 5n, venue: 0n },
    ]);
    expect(positionDrift({ ours: [], venue: [at(-1n)] })).toEqual([
      { market: btc.market, ours: 0n, venue: -1n },
    ]);
  });
});

it('names of subscriptions, subaccounts and sides', () => {
  expect(subscriptionKey({ channel: 'v4_markets', id: undefined })).toBe('v4_markets');
  expect(subscriptionKey({ channel: 'v4_trades', id: 'BTC-USD' })).toBe('v4_trades:BTC-USD');
  expect(subaccountKey({ address: 'dydx1x', number: 3 })).toBe('dydx1x/3');
  expect([opposite('buy'), opposite('sell')]).toEqual(['sell', 'buy']);
});
