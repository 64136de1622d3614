/** Stateful orders: what becomes of them block by block, and what is told of it. */
import { describe, expect, it } from 'vitest';
import type { Exchange } from '../../../src/simulator/exchange-types.js';
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
  submit,
} from '../../support/exchange-driver.js';

const PRICE = ORACLE / TICK;
const SELL = { side: 'SELL' } as const;

/** What the next block tells of orders and levels. */
const told = (exchange: Exchange) =>
  story(block(exchange)).filter((line) => /level|_|FILLED|OPEN|CANCELED|UNTRIG/.test(line));

const later = (exchange: Exchange, seconds: number) =>
  story(exchange.apply({ type: 'block', timeMs: exchange.timeMs + seconds * 1000 }).outputs).filter(
    (line) => /level|_|FILLED|OPEN|CANCELED|UNTRIG/.test(line),
  );

describe('a long-term order', () => {
  it('is told by its block and reaches the book after it', () => {
    const exchange = quietExchange();
    placeStateful(exchange, 'alice', 1);
    expect(exchange.book(0, 5).bids).toEqual([]);
    expect(told(exchange)).toEqual(['alice 1 OPEN', `BUY level ${PRICE}: 10`]);
    expect(exchange.order(statefulOf('alice', 1).id)).toMatchObject({
      status: 'OPEN',
      createdAtHeight: exchange.height,
      totalFilled: 0n,
    });
  });

  it('that crosses is matched after its block and filled by the next one', () => {
    const exchange = quietExchange();
    place(exchange, 'bob', 1, { ...SELL, quantums: 4n * STEP });
    placeStateful(exchange, 'alice', 1);
    expect(told(exchange)).toEqual([
      'alice 1 OPEN',
      `SELL level ${PRICE}: 0`,
      `BUY level ${PRICE}: 6`,
    ]);
    expect(told(exchange)).toEqual(['alice 1 OPEN filled 4', 'bob 1 FILLED filled 4']);
    place(exchange, 'bob', 2, { ...SELL, quantums: 6n * STEP });
    expect(told(exchange)).toEqual(['bob 2 FILLED filled 6', 'alice 1 FILLED filled 10']);
    expect(cancelStateful(exchange, 'alice', 1).code).toBe(3006);
  });

  it('that its block cancels is told from its row, and then leaves the book', () => {
    const exchange = quietExchange();
    placeStateful(exchange, 'alice', 1);
    block(exchange);
    cancelStateful(exchange, 'alice', 1);
    expect(told(exchange)).toEqual(['alice 1 CANCELED USER_CANCELED', `BUY level ${PRICE}: 0`]);
    expect(exchange.order(statefulOf('alice', 1).id)?.updatedAtHeight).toBe(exchange.height);
  });

  it('may fill in the very block that would cancel it, and the cancel then fails', () => {
    const exchange = quietExchange();
    placeStateful(exchange, 'alice', 1);
    block(exchange);
    cancelStateful(exchange, 'alice', 1);
    place(exchange, 'bob', 1, SELL);
    const outputs = block(exchange);
    expect(story(outputs)).toContain('alice 1 FILLED filled 10');
    expect(story(outputs)).toContain('transaction AA 3006');
  });

  it('expires at the first block whose time has reached its own', () => {
    const exchange = quietExchange();
    placeStateful(exchange, 'alice', 1, { goodTilBlockTime: START_SECONDS + 5 });
    block(exchange);
    expect(later(exchange, 4)).toEqual([]);
    expect(later(exchange, 1)).toEqual(['alice 1 CANCELED EXPIRED', `BUY level ${PRICE}: 0`]);
    expect(exchange.book(0, 5).bids).toEqual([]);
  });

  it('that is post-only and would cross is dropped by the node, then by the next block', () => {
    const exchange = quietExchange();
    place(exchange, 'bob', 1, SELL);
    placeStateful(exchange, 'alice', 1, { timeInForce: 'POST_ONLY' });
    const reason = 'POST_ONLY_WOULD_CROSS_MAKER_ORDER';
    expect(told(exchange)).toEqual(['alice 1 OPEN', `alice 1 BEST_EFFORT_CANCELED ${reason}`]);
    expect(told(exchange)).toEqual([`alice 1 CANCELED ${reason}`]);
  });

  it('that meets another order of its subaccount replaces it in the book', () => {
    const exchange = quietExchange();
    placeStateful(exchange, 'alice', 1);
    block(exchange);
    placeStateful(exchange, 'alice', 2, SELL);
    expect(told(exchange)).toEqual([
      'alice 2 OPEN',
      'alice 1 BEST_EFFORT_CANCELED SELF_TRADE_ERROR',
      `BUY level ${PRICE}: 0`,
      `SELL level ${PRICE}: 10`,
    ]);
    const cancel = cancelStateful(exchange, 'alice', 1);
    expect(cancel.code).toBe(0);
    const outputs = story(block(exchange));
    expect(outputs).toContain('alice 1 CANCELED SELF_TRADE_ERROR');
    expect(outputs).toContain('transaction AA 3010');
  });

  it('is dropped when its collateral is gone as it matches', () => {
    const exchange = quietExchange();
    const subaccountOne = { ...statefulOf('alice', 1).id, subaccount: subaccount('alice', 1) };
    const order = statefulOf('alice', 1, { id: subaccountOne, quantums: 1_000n * STEP });
    const transfer = (from: number, to: number, quoteQuantums: bigint) =>
      ({
        type: 'transfer',
        from: subaccount('alice', from),
        to: subaccount('alice', to),
        quoteQuantums,
      }) as const;
    const funds = 10_000_000_000n;
    submit(exchange, [transfer(0, 1, funds)], 'A1');
    block(exchange);
    submit(exchange, [{ type: 'place', order }], 'A2');
    block(exchange);
    submit(exchange, [transfer(1, 0, funds)], 'A3');
    block(exchange);
    place(exchange, 'bob', 1, SELL);
    expect(exchange.order(subaccountOne)).toMatchObject({
      status: 'BEST_EFFORT_CANCELED',
      removalReason: 'ORDER_REMOVAL_REASON_UNDERCOLLATERALIZED',
    });
    block(exchange);
    expect(exchange.order(subaccountOne)?.status).toBe('CANCELED');
  });

  it('goes with a market that is settled, and so do short-term and waiting orders', () => {
    const exchange = quietExchange();
    const trigger = { type: 'STOP_LOSS', triggerSubticks: 2n * ORACLE } as const;
    placeStateful(exchange, 'alice', 1);
    placeStateful(exchange, 'alice', 2, { orderFlags: 32, condition: trigger });
    block(exchange);
    place(exchange, 'bob', 1, { subticks: ORACLE - TICK });
    exchange.apply({ type: 'market', clobPairId: 0, change: { status: 'FINAL_SETTLEMENT' } });
    expect(told(exchange)).toEqual([
      'alice 1 CANCELED FINAL_SETTLEMENT',
      'alice 2 CANCELED FINAL_SETTLEMENT',
      'bob 1 BEST_EFFORT_CANCELED FINAL_SETTLEMENT',
      `BUY level ${PRICE - 1n}: 0`,
      `BUY level ${PRICE}: 0`,
    ]);
  });
});

describe('a transaction of several orders', () => {
  it('leaves nothing behind when its last one fails in the block', () => {
    const exchange = quietExchange();
    placeStateful(exchange, 'alice', 1);
    block(exchange);
    const message = { type: 'place', order: statefulOf('alice', 2) } as const;
    const cancel = {
      type: 'cancel',
      cancel: { ...statefulOf('alice', 1), goodTilBlockTime: START_SECONDS + 100 },
    } as const;
    const withdrawAll = {
      type: 'transfer',
      from: subaccount('alice'),
      to: subaccount('bob'),
      quoteQuantums: 10n ** 12n,
    } as const;
    submit(exchange, [cancel, message, withdrawAll]);
    expect(told(exchange)).toEqual([]);
    expect(exchange.order(message.order.id)).toBeUndefined();
    expect(exchange.order(statefulOf('alice', 1).id)?.status).toBe('OPEN');
    expect(exchange.book(0, 5).bids).toEqual([{ subticks: ORACLE, quantums: 10n * STEP }]);
    cancelStateful(exchange, 'alice', 1);
    expect(told(exchange)[0]).toBe('alice 1 CANCELED USER_CANCELED');
  });

  it('that is refused at once does not bar its ids', () => {
    const exchange = quietExchange();
    const order = statefulOf('alice', 1);
    const place = { type: 'place', order } as const;
    expect(submit(exchange, [place, place]).check.code).toBe(3005);
    block(exchange);
    expect(submit(exchange, [place]).check.code).toBe(0);
  });
});
