/** TWAP orders: legs on time, catching up, reported as one order. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { suborderOf, twapProgress } from '../../../src/simulator/chain/twap-schedule.js';
import type { Exchange } from '../../../src/simulator/exchange-types.js';
import { marketsOf } from '../../../src/simulator/real-markets.js';
import {
  ORACLE,
  START_SECONDS,
  STEP,
  TICK,
  block,
  cancelStateful,
  place,
  placeStateful,
  quietExchange,
  statefulOf,
  story,
  subaccount,
} from '../../support/exchange-driver.js';

const TERMS = {
  orderFlags: 128,
  twap: { durationSeconds: 300, intervalSeconds: 30, priceTolerancePpm: 10_000 },
  subticks: 0n,
  goodTilBlockTime: START_SECONDS + 1_000,
} as const;
const ID = statefulOf('alice', 1, TERMS).id;

const after = (exchange: Exchange, seconds: number) =>
  story(exchange.apply({ type: 'block', timeMs: exchange.timeMs + seconds * 1000 }).outputs);

const bids = (exchange: Exchange) =>
  exchange.book(0, 5).bids.map(({ subticks, quantums }) => [subticks / TICK, quantums / STEP]);

/** The oracle price and one percent, rounded down to a tick. */
const LIMIT = (ORACLE * 101n) / 100n / TICK;

describe('a TWAP order', () => {
  it('puts a leg on the book at once, for three seconds, near the oracle price', () => {
    const exchange = quietExchange();
    placeStateful(exchange, 'alice', 1, TERMS);
    expect(story(block(exchange))).toContain('alice 1 OPEN');
    expect(bids(exchange)).toEqual([[LIMIT, 1n]]);
    after(exchange, 3);
    expect(bids(exchange)).toEqual([]);
  });

  it('catches up with what earlier legs left, at most threefold', () => {
    const exchange = quietExchange();
    const sizes: bigint[] = [];
    placeStateful(exchange, 'alice', 1, TERMS);
    block(exchange);
    for (let leg = 0; leg < 10; leg += 1) {
      sizes.push(bids(exchange)[0]?.[1] ?? 0n);
      after(exchange, 30);
    }
    expect(sizes).toEqual([1n, 1n, 1n, 1n, 1n, 2n, 2n, 3n, 3n, 3n]);
    expect(exchange.order(ID)).toMatchObject({ status: 'CANCELED', totalFilled: 0n });
  });

  it('reports the fills of its legs as its own, and their average as its price', () => {
    const exchange = quietExchange();
    placeStateful(exchange, 'alice', 1, TERMS);
    block(exchange);
    place(exchange, 'bob', 1, { side: 'SELL', quantums: STEP });
    block(exchange);
    expect(exchange.order(ID)).toMatchObject({ status: 'OPEN', totalFilled: STEP });
    expect(exchange.fills(subaccount('alice'))).toMatchObject([
      { orderId: ID, type: 'TWAP_SUBORDER', quantums: STEP, subticks: LIMIT * TICK },
    ]);
    expect(exchange.order(ID)?.subticks).toBe(LIMIT * TICK);
    expect(exchange.fills(subaccount('bob'))).toMatchObject([{ type: 'LIMIT' }]);
  });

  it('is filled when its legs have filled it', () => {
    const exchange = quietExchange();
    placeStateful(exchange, 'alice', 1, TERMS);
    block(exchange);
    for (let leg = 1; leg <= 10; leg += 1) {
      const goodTilBlock = exchange.height + 5;
      place(exchange, 'bob', leg, { side: 'SELL', quantums: STEP, goodTilBlock });
      after(exchange, 30);
    }
    expect(exchange.order(ID)).toMatchObject({ status: 'FILLED', totalFilled: 10n * STEP });
    expect(bids(exchange)).toEqual([]);
    expect(cancelStateful(exchange, 'alice', 1, { ...TERMS }).code).toBe(3006);
  });

  it('that is canceled sends no more legs', () => {
    const exchange = quietExchange();
    placeStateful(exchange, 'alice', 1, TERMS);
    block(exchange);
    cancelStateful(exchange, 'alice', 1, TERMS);
    expect(after(exchange, 4)).toContain('alice 1 CANCELED USER_CANCELED');
    after(exchange, 30);
    expect(bids(exchange)).toEqual([]);
  });

  it('ends when a leg finds no collateral', () => {
    const exchange = quietExchange();
    placeStateful(exchange, 'alice', 1, { ...TERMS, quantums: 100_000_000n * STEP });
    expect(story(block(exchange))).toContain('alice 1 CANCELED UNDERCOLLATERALIZED');
  });
});

describe('a leg', () => {
  it('is on tick and step, within the parent, its limit and three planned legs', () => {
    const [market] = marketsOf(1).markets;
    if (market === undefined) throw new Error('expected a market');
    const whole = fc.record({
      side: fc.constantFrom('BUY' as const, 'SELL' as const),
      steps: fc.bigInt({ min: 10n, max: 10_000n }),
      filled: fc.bigInt({ min: 0n, max: 9n }),
      legs: fc.integer({ min: 1, max: 10 }),
      tolerance: fc.integer({ min: 0, max: 999_999 }),
      limitTicks: fc.bigInt({ min: 0n, max: 200_000n }),
    });
    fc.assert(
      fc.property(whole, ({ side, steps, filled, legs, tolerance, limitTicks }) => {
        const twap = { ...TERMS.twap, priceTolerancePpm: tolerance };
        const quantums = steps * STEP;
        const subticks = limitTicks * TICK;
        const parent = statefulOf('alice', 1, { ...TERMS, twap, side, quantums, subticks });
        const progress = { ...twapProgress(twap, 0), remainingLegs: legs };
        const remaining = quantums - filled * STEP;
        const now = { remaining, seconds: 7, oracleSubticks: ORACLE + 1n, market };
        const leg = suborderOf(parent, progress, now);
        if (leg === undefined) {
          expect(remaining / BigInt(legs)).toBeLessThan(STEP);
          return;
        }
        expect(leg.quantums % STEP).toBe(0n);
        expect(leg.subticks % TICK).toBe(0n);
        expect(leg.subticks).toBeGreaterThan(0n);
        expect(leg.quantums).toBeLessThanOrEqual(remaining);
        expect(leg.quantums).toBeLessThanOrEqual(3n * (quantums / 10n + 1n));
        expect(leg.goodTilBlockTime).toBe(10);
        if (subticks === 0n) return;
        if (side === 'BUY') expect(leg.subticks).toBeLessThanOrEqual(subticks);
        else expect(leg.subticks).toBeGreaterThanOrEqual(subticks);
      }),
    );
  });
});
