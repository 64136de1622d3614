/** Market parameters and amounts between the venue's text and our integers, exactly. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDecimal } from '../../src/model/decimal.js';
import { price, size } from '../../src/model/quantities.js';
import type { MarketSpec } from '../../src/model/market.js';
import {
  readSteps,
  readTicks,
  readTicksDown,
  signedAmounts,
  specOfMarket,
  unitsOf,
} from '../../src/dydx/units.js';
import { readTime } from '../../src/dydx/market-contents.js';
import { Unreadable } from '../../src/dydx/unreadable.js';
import { btc, btcObject, es, esObject } from './samples.js';

describe('the parameters of a market', () => {
  it('follow from its four integers', () => {
    expect(btc).toMatchObject({ priceExponent: -5, sizeExponent: -10, tick: 100_000n });
    expect(btc).toMatchObject({ step: 1_000_000n, initialMarginPpm: 20_000, isolated: false });
    expect(es).toMatchObject({ priceExponent: -9, sizeExponent: -6, tick: 250_000_000n });
    expect(es.venueNumber).toBe(7);
  });

  it('allow units far above one', () => {
    const coarse = { ...btcObject, atomicResolution: -18, quantumConversionExponent: -6 };
    const market = { ...coarse, subticksPerTick: 10, tickSize: '10000000' };
    const result = specOfMarket({
      ...market,
      stepBaseQuantums: 1,
      stepSize: '0.000000000000000001',
    });
    expect(result).toMatchObject({ ok: true, value: { priceExponent: 6, tick: 10n, step: 1n } });
  });

  it('round a margin finer than one part per million up', () => {
    const market = { ...btcObject, maintenanceMarginFraction: '0.0199998001' };
    expect(specOfMarket(market)).toMatchObject({ value: { maintenanceMarginPpm: 20_000 } });
  });

  it.each([
    ['a tick size that contradicts the subticks', { tickSize: '2' }, 'market.tick'],
    ['a tick size that is no number', { tickSize: 'x' }, 'market.tick'],
    ['a step size that contradicts the quantums', { stepSize: '0.001' }, 'market.step'],
    ['a step size finer than a quantum', { stepSize: '0.00000000001' }, 'market.step'],
    ['a ticker that is none', { ticker: 'BTC' }, 'market.ticker'],
    ['a margin that is no number', { initialMarginFraction: '' }, 'decimal.syntax'],
    [
      'a maintenance margin that is no number',
      { maintenanceMarginFraction: '-' },
      'decimal.syntax',
    ],
  ])('are refused with %s', (_name, change, code) => {
    expect(specOfMarket({ ...btcObject, ...change })).toMatchObject({ ok: false, error: { code } });
  });
});

const anySpec = fc.record({
  ...Object.fromEntries(Object.entries(btc).map(([name, value]) => [name, fc.constant(value)])),
  tick: fc.bigInt(1n, 10n ** 12n).map(price),
  step: fc.bigInt(1n, 10n ** 12n).map(size),
  priceExponent: fc.integer({ min: -20, max: 8 }),
  sizeExponent: fc.integer({ min: -18, max: 8 }),
}) as fc.Arbitrary<MarketSpec>;

describe('text of a price or a size', () => {
  it('comes back as the ticks and steps that it was written from, in any market', () => {
    const count = fc.integer({ min: 1, max: 2 ** 40 });
    fc.assert(
      fc.property(anySpec, count, (spec, n) => {
        const units = unitsOf(spec);
        expect(readTicks(units, formatDecimal(BigInt(n) * spec.tick, -spec.priceExponent))).toBe(n);
        expect(readSteps(units, formatDecimal(BigInt(n) * spec.step, -spec.sizeExponent))).toBe(n);
      }),
    );
  });

  it('is refused when it lies one unit off the grid', () => {
    fc.assert(
      fc.property(anySpec, fc.integer({ min: 1, max: 2 ** 30 }), (spec, n) => {
        fc.pre(spec.tick > 1n && spec.step > 1n);
        const units = unitsOf(spec);
        const off = (unit: bigint, exponent: number) =>
          formatDecimal(BigInt(n) * unit + 1n, -exponent);
        expect(() => readTicks(units, off(spec.tick, spec.priceExponent))).toThrow(Unreadable);
        expect(() => readSteps(units, off(spec.step, spec.sizeExponent))).toThrow(Unreadable);
      }),
    );
  });

  it.each([
    ['4800.25', 19_201],
    ['4800', 19_200],
    ['4800.250', 19_201],
    ['0.25', 1],
    ['000.50', 2],
    ['2251799813685247.75', Number.MAX_SAFE_INTEGER],
  ])('%s is read as %i quarter ticks', (text, ticks) => {
    expect(readTicks(unitsOf(es), text)).toBe(ticks);
  });

  it.each(['', '.', '.5', '5.', '1.2.3', '1e3', '-1', '+1', ' 1', '1 ', 'NaN', '0x10', '4800.3'])(
    '%j is no price',
    (text) => {
      expect(() => readTicks(unitsOf(es), text)).toThrow(Unreadable);
    },
  );

  it('may be zero as a size and not as a price', () => {
    expect(readSteps(unitsOf(es), '0')).toBe(0);
    expect(readSteps(unitsOf(es), '0.0')).toBe(0);
    expect(readSteps(unitsOf(btc), `0.${'0'.repeat(30)}`)).toBe(0);
    expect(() => readTicks(unitsOf(es), '0')).toThrow('expected ≥ 1 whole units');
  });

  it('beyond 2^53 steps is refused', () => {
    expect(() => readSteps(unitsOf(es), '9007199254740993')).toThrow(Unreadable);
  });

  it('off the tick is cut to the tick below where that is asked for, at least one', () => {
    expect(readTicksDown(unitsOf(es), '4800.4999')).toBe(19_201);
    expect(readTicksDown(unitsOf(es), '0.1')).toBe(1);
  });
});

describe('the amounts of a signed order', () => {
  it('are the exact integers as text', () => {
    const order = {
      price: price(8_995_000_000n * 10n),
      size: size(9_007_199_254_740_993_000_000n),
    };
    expect(signedAmounts(btc, { ...order, size: size(125_000_000n) })).toEqual({
      ok: true,
      value: { quantums: '125000000', subticks: '89950000000' },
    });
    expect(signedAmounts(btc, order)).toMatchObject({ error: { code: 'size.off-step' } });
  });

  it.each([
    ['no size', { price: price(100_000n), size: size(0n) }, 'size.off-step'],
    ['a size off the step', { price: price(100_000n), size: size(1n) }, 'size.off-step'],
    ['a price off the tick', { price: price(1n), size: size(1_000_000n) }, 'price.off-tick'],
    ['a price above uint64', { price: price(10n ** 20n), size: size(10n ** 6n) }, 'price.off-tick'],
  ])('are refused with %s', (_name, order, code) => {
    expect(signedAmounts(btc, order)).toMatchObject({ ok: false, error: { code } });
  });
});

it('a market object with other fields too gives the same parameters', () => {
  expect(specOfMarket({ ...esObject, marketType: 'ISOLATED' })).toMatchObject({
    value: { isolated: true, market: 'ES-USD' },
  });
});

it.each(['0', '-5', '0.000', '-0.1'])('a candle at the price %s is none', (text) => {
  expect(() => readTicksDown(unitsOf(btc), text)).toThrow('expected a price above 0');
});

it.each(['1', 'Jan 5 2025', '2025-01-05', '2025-01-05T10:00:00', '12025-01-05T10:00:00Z'])(
  'the time %s is none',
  (text) => {
    expect(() => readTime(text)).toThrow('expected an ISO time');
  },
);
