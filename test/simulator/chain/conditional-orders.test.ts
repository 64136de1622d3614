/** Conditional orders: what triggers them, and what becomes of them then. */
import { describe, expect, it } from 'vitest';
import { isTriggered, triggerRange } from '../../../src/simulator/chain/conditional-trigger.js';
import type { Exchange } from '../../../src/simulator/exchange-types.js';
import type { OrderCondition, OrderSide } from '../../../src/simulator/order-terms.js';
import {
  ORACLE,
  START_SECONDS,
  STEP,
  TICK,
  block,
  cancelStateful,
  orderOf,
  place,
  placeStateful,
  quietExchange,
  statefulOf,
  story,
} from '../../support/exchange-driver.js';

const PRICE = ORACLE / TICK;
const SELL = { side: 'SELL' } as const;
const conditional = (type: OrderCondition['type'], ticks: number) => ({
  orderFlags: 32,
  condition: { type, triggerSubticks: ORACLE + BigInt(ticks) * TICK },
});

const told = (exchange: Exchange) =>
  story(block(exchange)).filter((line) => /level|_|FILLED|OPEN|CANCELED|UNTRIG/.test(line));

describe('a condition', () => {
  it.each<readonly [OrderSide, OrderCondition['type'], boolean, boolean]>([
    ['BUY', 'STOP_LOSS', false, true],
    ['SELL', 'STOP_LOSS', true, false],
    ['BUY', 'TAKE_PROFIT', true, false],
    ['SELL', 'TAKE_PROFIT', false, true],
  ])('of a %s %s is true below: %s, above: %s', (side, type, below, above) => {
    const order = orderOf('alice', 1, { side, condition: { type, triggerSubticks: 100n } });
    expect(isTriggered(order, { min: 99n, max: 99n })).toBe(below);
    expect(isTriggered(order, { min: 101n, max: 101n })).toBe(above);
    expect(isTriggered(order, { min: 100n, max: 100n })).toBe(true);
  });

  it('is held against trades no further than half a percent from the oracle price', () => {
    expect(triggerRange(1_000n, undefined)).toEqual({ min: 1_000n, max: 1_000n });
    expect(triggerRange(1_000n, { min: 998n, max: 1_003n })).toEqual({ min: 998n, max: 1_003n });
    expect(triggerRange(1_000n, { min: 1n, max: 9_000n })).toEqual({ min: 995n, max: 1_005n });
  });
});

describe('a conditional order', () => {
  it('waits as a whole row from the on-chain publisher, and off the book', () => {
    const exchange = quietExchange();
    placeStateful(exchange, 'alice', 1, conditional('STOP_LOSS', 5));
    const outputs = block(exchange);
    expect(outputs.find(({ type }) => type === 'order')).toMatchObject({
      order: { status: 'UNTRIGGERED', createdAtHeight: exchange.height },
      publisher: 'ender',
    });
    expect(exchange.book(0, 5).bids).toEqual([]);
  });

  it('is triggered by the oracle price, told as open, and matched into the next block', () => {
    const exchange = quietExchange();
    const terms = { subticks: ORACLE + 1_000n * TICK };
    placeStateful(exchange, 'alice', 1, { ...conditional('STOP_LOSS', 500), ...terms });
    block(exchange);
    place(exchange, 'bob', 1, { ...SELL, ...terms });
    exchange.apply({ type: 'oracleJump', clobPairId: 0, ratioPpm: 1_006_000 });
    expect(told(exchange)).toEqual(['alice 1 OPEN', `SELL level ${PRICE + 1_000n}: 0`]);
    expect(told(exchange)).toEqual(['alice 1 FILLED filled 10', 'bob 1 FILLED filled 10']);
  });

  it('is triggered by a trade of its block', () => {
    const exchange = quietExchange();
    placeStateful(exchange, 'alice', 1, conditional('TAKE_PROFIT', -3));
    block(exchange);
    const terms = { subticks: ORACLE - 3n * TICK };
    place(exchange, 'bob', 1, terms);
    place(exchange, 'carol', 1, { ...SELL, ...terms });
    expect(told(exchange)).toContain('alice 1 OPEN');
    expect(exchange.book(0, 5).bids).toEqual([{ subticks: ORACLE, quantums: 10n * STEP }]);
  });

  it('that is already true is triggered by the block that places it', () => {
    const exchange = quietExchange();
    placeStateful(exchange, 'alice', 1, conditional('STOP_LOSS', -1));
    expect(told(exchange)).toEqual([
      'alice 1 UNTRIGGERED',
      'alice 1 OPEN',
      `BUY level ${PRICE}: 10`,
    ]);
  });

  it('as IOC fills what it finds and is removed by the chain', () => {
    const exchange = quietExchange();
    place(exchange, 'bob', 1, { ...SELL, quantums: 4n * STEP });
    placeStateful(exchange, 'alice', 1, {
      ...conditional('STOP_LOSS', -1),
      timeInForce: 'IOC',
    });
    const reason = 'IMMEDIATE_OR_CANCEL_WOULD_REST_ON_BOOK';
    expect(told(exchange).at(-1)).toBe(`alice 1 BEST_EFFORT_CANCELED ${reason}`);
    expect(told(exchange)).toEqual([
      'alice 1 CANCELED filled 4',
      'bob 1 FILLED filled 4',
      `alice 1 CANCELED ${reason}`,
    ]);
  });

  it('as reduce-only closes no more than the position, or nothing without one', () => {
    const exchange = quietExchange();
    place(exchange, 'bob', 1, { ...SELL, quantums: 3n * STEP });
    place(exchange, 'alice', 1, { quantums: 3n * STEP });
    block(exchange);
    place(exchange, 'bob', 2);
    const stop = { ...conditional('STOP_LOSS', 1), ...SELL, timeInForce: 'IOC' } as const;
    placeStateful(exchange, 'alice', 2, { ...stop, reduceOnly: true });
    placeStateful(exchange, 'carol', 3, { ...stop, reduceOnly: true });
    expect(told(exchange)).toContain('carol 3 BEST_EFFORT_CANCELED REDUCE_ONLY_RESIZE');
    expect(told(exchange)).toContain('alice 2 CANCELED filled 3');
    expect(exchange.subaccount({ owner: 'alice', number: 0 })?.positions).toEqual([]);
  });

  it('can be canceled, or expires, before it was ever triggered', () => {
    const exchange = quietExchange();
    const terms = { ...conditional('STOP_LOSS', 500), goodTilBlockTime: START_SECONDS + 3 };
    placeStateful(exchange, 'alice', 1, terms);
    placeStateful(exchange, 'alice', 2, terms);
    block(exchange);
    cancelStateful(exchange, 'alice', 1, { orderFlags: 32 });
    expect(told(exchange)).toEqual(['alice 1 CANCELED USER_CANCELED']);
    exchange.apply({ type: 'block', timeMs: exchange.timeMs + 3_000 });
    expect(exchange.order(statefulOf('alice', 2, terms).id)).toMatchObject({
      status: 'CANCELED',
      removalReason: 'ORDER_REMOVAL_REASON_EXPIRED',
    });
  });
});
