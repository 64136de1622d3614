/** Faults on the way to the proposer: late cancels fill, missed matches vanish. */
import { describe, expect, it } from 'vitest';
import {
  ORACLE,
  STEP,
  TICK,
  block,
  cancel,
  place,
  quietExchange,
  story,
  subaccount,
} from '../../support/exchange-driver.js';

const PRICE = ORACLE / TICK;

describe('a cancel that comes too late', () => {
  it('is told as done, and its order fills in the next block at its price', () => {
    const exchange = quietExchange();
    place(exchange, 'alice', 1);
    exchange.apply({ type: 'lateCancels', count: 1 });
    expect(story(cancel(exchange, 'alice', 1).outputs)).toEqual([
      'alice 1 BEST_EFFORT_CANCELED USER_CANCELED',
      `BUY level ${PRICE}: 0`,
    ]);
    expect(story(block(exchange))).toContain('alice 1 FILLED filled 10');
    expect(exchange.fills(subaccount('alice'))).toMatchObject([
      { subticks: ORACLE, quantums: 10n * STEP, liquidity: 'MAKER' },
    ]);
    expect(exchange.trades(0)).toMatchObject([{ side: 'SELL', quantums: 10n * STEP }]);
    expect(exchange.markets()[0]?.openInterest).toBe(10n * STEP);
  });

  it('is not used up by a cancel of nothing, and happens as often as it was asked for', () => {
    const exchange = quietExchange();
    exchange.apply({ type: 'lateCancels', count: 1 });
    cancel(exchange, 'alice', 1);
    place(exchange, 'alice', 2);
    place(exchange, 'alice', 3);
    cancel(exchange, 'alice', 2);
    cancel(exchange, 'alice', 3);
    block(exchange);
    expect(exchange.fills(subaccount('alice'))).toHaveLength(1);
  });

  it('cannot fill its order a second time', () => {
    const exchange = quietExchange();
    place(exchange, 'alice', 1);
    exchange.apply({ type: 'lateCancels', count: 1 });
    cancel(exchange, 'alice', 1);
    expect(place(exchange, 'alice', 1, { goodTilBlock: 120 }).check.code).toBe(24);
  });

  it('does nothing when the owner could not pay', () => {
    const exchange = quietExchange();
    place(exchange, 'alice', 1, { quantums: 1_000_000n * STEP });
    exchange.apply({ type: 'lateCancels', count: 1 });
    cancel(exchange, 'alice', 1);
    block(exchange);
    expect(exchange.fills(subaccount('alice'))).toEqual([]);
  });
});

describe('an order that misses its match', () => {
  it.each([
    ['GTT', 'INTERNAL_ERROR'],
    ['IOC', 'IMMEDIATE_OR_CANCEL_WOULD_REST_ON_BOOK'],
  ] as const)('is accepted as %s, and removed with %s', (timeInForce, reason) => {
    const exchange = quietExchange();
    place(exchange, 'bob', 1, { side: 'SELL' });
    exchange.apply({ type: 'missedMatches', count: 1 });
    const { check, outputs } = place(exchange, 'alice', 1, { timeInForce });
    expect(check.code).toBe(0);
    expect(story(outputs)).toEqual([
      'alice 1 BEST_EFFORT_OPENED',
      `alice 1 BEST_EFFORT_CANCELED ${reason}`,
    ]);
    block(exchange);
    expect(exchange.fills(subaccount('alice'))).toEqual([]);
    place(exchange, 'alice', 2, { timeInForce });
    block(exchange);
    expect(exchange.fills(subaccount('alice'))).toHaveLength(1);
  });
});
