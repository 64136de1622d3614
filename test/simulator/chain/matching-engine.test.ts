/** Matching: what the book and the subscribers see of each outcome, and in which order. */
import { describe, expect, it } from 'vitest';
import {
  ORACLE,
  START_HEIGHT,
  STEP,
  TICK,
  block,
  cancel,
  fund,
  place,
  quietExchange,
  story,
} from '../../support/exchange-driver.js';

const SELL = { side: 'SELL' } as const;
const IOC = { timeInForce: 'IOC' } as const;
const at = (ticks: number) => ({ subticks: ORACLE + BigInt(ticks) * TICK });
const PRICE = ORACLE / TICK;

describe('an order that matches nothing', () => {
  it('rests, and its level is told after it', () => {
    const { outputs } = place(quietExchange(), 'alice', 1);
    expect(story(outputs)).toEqual(['alice 1 BEST_EFFORT_OPENED', `BUY level ${PRICE}: 10`]);
  });

  it('is dropped if it is IOC, and never touches a level', () => {
    const { check, outputs } = place(quietExchange(), 'alice', 1, IOC);
    expect(check.code).toBe(0);
    expect(story(outputs)).toEqual([
      'alice 1 BEST_EFFORT_OPENED',
      'alice 1 BEST_EFFORT_CANCELED IMMEDIATE_OR_CANCEL_WOULD_REST_ON_BOOK',
    ]);
  });
});

describe('an order that crosses', () => {
  it('takes the best price first, then the earliest, at the maker price', () => {
    const exchange = quietExchange();
    place(exchange, 'bob', 1, { ...SELL, ...at(1), quantums: 2n * STEP });
    place(exchange, 'carol', 1, { ...SELL, quantums: 2n * STEP });
    place(exchange, 'bob', 2, { ...SELL, quantums: 2n * STEP });
    place(exchange, 'alice', 1, { ...at(1), quantums: 5n * STEP });
    block(exchange);
    const fills = exchange.fills({ owner: 'alice', number: 0 }).toReversed();
    expect(fills.map((fill) => [fill.subticks, fill.quantums / STEP])).toEqual([
      [ORACLE, 2n],
      [ORACLE, 2n],
      [ORACLE + TICK, 1n],
    ]);
    expect(exchange.fills({ owner: 'carol', number: 0 })[0]?.eventId).toBe(fills[0]?.eventId);
    expect(exchange.book(0, 5).asks).toEqual([{ subticks: ORACLE + TICK, quantums: STEP }]);
  });

  it('changes the maker level at once and rests with what is left', () => {
    const exchange = quietExchange();
    place(exchange, 'bob', 1, { ...SELL, quantums: 4n * STEP });
    expect(story(place(exchange, 'alice', 1).outputs)).toEqual([
      'alice 1 BEST_EFFORT_OPENED',
      `SELL level ${PRICE}: 0`,
      `BUY level ${PRICE}: 6`,
    ]);
  });

  it('is told of as filled only by the block', () => {
    const exchange = quietExchange();
    place(exchange, 'bob', 1, SELL);
    const optimistic = place(exchange, 'alice', 1, IOC).outputs;
    expect(story(optimistic)).toEqual(['alice 1 BEST_EFFORT_OPENED', `SELL level ${PRICE}: 0`]);
    expect(story(block(exchange)).slice(2, 4)).toEqual([
      'alice 1 FILLED filled 10',
      'bob 1 FILLED filled 10',
    ]);
  });

  it('partly, as IOC, is first canceled by the node and then by the block with its fills', () => {
    const exchange = quietExchange();
    place(exchange, 'bob', 1, { ...SELL, quantums: 4n * STEP });
    expect(story(place(exchange, 'alice', 1, IOC).outputs)).toEqual([
      'alice 1 BEST_EFFORT_OPENED',
      `SELL level ${PRICE}: 0`,
      'alice 1 BEST_EFFORT_CANCELED IMMEDIATE_OR_CANCEL_WOULD_REST_ON_BOOK',
    ]);
    expect(story(block(exchange))).toContain('alice 1 CANCELED filled 4');
  });

  it('its own resting order removes that and goes on', () => {
    const exchange = quietExchange();
    place(exchange, 'alice', 1, SELL);
    place(exchange, 'bob', 1, { ...SELL, ...at(1) });
    expect(story(place(exchange, 'alice', 2, at(1)).outputs)).toEqual([
      'alice 2 BEST_EFFORT_OPENED',
      'alice 1 BEST_EFFORT_CANCELED SELF_TRADE_ERROR',
      `SELL level ${PRICE}: 0`,
      `SELL level ${PRICE + 1n}: 0`,
    ]);
  });

  it('although it is post-only is opened and canceled beside its refusal', () => {
    const exchange = quietExchange();
    place(exchange, 'bob', 1, SELL);
    const { check, outputs } = place(exchange, 'alice', 1, { timeInForce: 'POST_ONLY' });
    expect(check.code).toBe(2003);
    expect(story(outputs)).toEqual([
      'alice 1 BEST_EFFORT_OPENED',
      'alice 1 BEST_EFFORT_CANCELED POST_ONLY_WOULD_CROSS_MAKER_ORDER',
    ]);
  });
});

describe('a post-only order that crosses a maker without collateral', () => {
  const withBadMaker = () => {
    const exchange = quietExchange();
    fund(exchange, 'dave', 1_000_000n);
    place(exchange, 'dave', 1, { ...SELL, quantums: 2_000n * STEP });
    return exchange;
  };

  it('removes that maker and rests', () => {
    const { check, outputs } = place(withBadMaker(), 'alice', 1, {
      timeInForce: 'POST_ONLY',
      quantums: 2_000n * STEP,
    });
    expect(check.code).toBe(0);
    expect(story(outputs)).toEqual([
      'alice 1 BEST_EFFORT_OPENED',
      'dave 1 BEST_EFFORT_CANCELED UNDERCOLLATERALIZED',
      `SELL level ${PRICE}: 0`,
      `BUY level ${PRICE}: 2000`,
    ]);
  });

  it('is refused by the good maker behind it, which stays as it was', () => {
    const exchange = withBadMaker();
    place(exchange, 'bob', 1, SELL);
    const terms = { timeInForce: 'POST_ONLY', quantums: 2_000n * STEP } as const;
    const { check, outputs } = place(exchange, 'alice', 1, terms);
    expect(check.code).toBe(2003);
    expect(story(outputs)).toContain('dave 1 BEST_EFFORT_CANCELED UNDERCOLLATERALIZED');
    expect(exchange.book(0, 1).asks).toEqual([{ subticks: ORACLE, quantums: 10n * STEP }]);
    expect(exchange.markets()).toMatchObject([{ openInterest: 0n }]);
  });
});

describe('a reduce-only order', () => {
  it('is cut to the position and the rest is dropped', () => {
    const exchange = quietExchange();
    place(exchange, 'bob', 1, { ...SELL, quantums: 3n * STEP });
    place(exchange, 'alice', 1, { ...IOC, quantums: 3n * STEP });
    place(exchange, 'bob', 2);
    const { outputs } = place(exchange, 'alice', 2, { ...SELL, ...IOC, reduceOnly: true });
    expect(story(outputs)).toEqual([
      'alice 2 BEST_EFFORT_OPENED',
      `BUY level ${PRICE}: 7`,
      'alice 2 BEST_EFFORT_CANCELED REDUCE_ONLY_RESIZE',
    ]);
    block(exchange);
    expect(exchange.subaccount({ owner: 'alice', number: 0 })?.positions).toEqual([]);
  });

  it('as large as the position is filled', () => {
    const exchange = quietExchange();
    place(exchange, 'bob', 1, SELL);
    place(exchange, 'alice', 1, IOC);
    place(exchange, 'bob', 2);
    place(exchange, 'alice', 2, { ...SELL, ...IOC, reduceOnly: true });
    expect(story(block(exchange))).toContain('alice 2 FILLED filled 10');
  });
});

describe('an order without collateral', () => {
  const LARGE = 2_000n * STEP;

  it('is removed when it takes', () => {
    const exchange = quietExchange();
    fund(exchange, 'dave', 1_000_000n);
    place(exchange, 'bob', 1, SELL);
    const { check, outputs } = place(exchange, 'dave', 1);
    expect(check.code).toBe(0);
    expect(story(outputs)).toEqual([
      'dave 1 BEST_EFFORT_OPENED',
      'dave 1 BEST_EFFORT_CANCELED UNDERCOLLATERALIZED',
    ]);
    expect(exchange.book(0, 1).asks).toHaveLength(1);
  });

  it('may rest, and is removed when it is hit, and the taker goes on', () => {
    const exchange = quietExchange();
    fund(exchange, 'dave', 1_000_000n);
    fund(exchange, 'alice', 900_000_000_000n);
    place(exchange, 'dave', 1, { ...SELL, quantums: LARGE });
    place(exchange, 'bob', 1, { ...SELL, ...at(1) });
    expect(story(place(exchange, 'alice', 1, at(1)).outputs)).toEqual([
      'alice 1 BEST_EFFORT_OPENED',
      'dave 1 BEST_EFFORT_CANCELED UNDERCOLLATERALIZED',
      `SELL level ${PRICE}: 0`,
      `SELL level ${PRICE + 1n}: 0`,
    ]);
  });
});

describe('a replacement', () => {
  it('removes the old terms first and loses its place in the queue', () => {
    const exchange = quietExchange();
    place(exchange, 'alice', 1);
    place(exchange, 'carol', 1);
    const again = place(exchange, 'alice', 1, { goodTilBlock: START_HEIGHT + 11 });
    expect(story(again.outputs)).toEqual([
      'alice 1 BEST_EFFORT_CANCELED REPLACED',
      `BUY level ${PRICE}: 10`,
      'alice 1 BEST_EFFORT_OPENED',
      `BUY level ${PRICE}: 20`,
    ]);
    place(exchange, 'bob', 1, { ...SELL, ...IOC });
    expect(story(block(exchange))).toContain('carol 1 FILLED filled 10');
  });

  it('counts what was filled before against its new size', () => {
    const exchange = quietExchange();
    place(exchange, 'alice', 1);
    place(exchange, 'bob', 1, { ...SELL, ...IOC, quantums: 4n * STEP });
    place(exchange, 'alice', 1, { goodTilBlock: START_HEIGHT + 11, quantums: 12n * STEP });
    expect(exchange.book(0, 1).bids[0]?.quantums).toBe(8n * STEP);
  });
});

describe('a cancel', () => {
  it('with a large enough good-til-block removes the order', () => {
    const exchange = quietExchange();
    place(exchange, 'alice', 1);
    expect(story(cancel(exchange, 'alice', 1).outputs)).toEqual([
      'alice 1 BEST_EFFORT_CANCELED USER_CANCELED',
      `BUY level ${PRICE}: 0`,
    ]);
  });

  it('with a smaller good-til-block is reported, yet the order stays and can fill', () => {
    const exchange = quietExchange();
    place(exchange, 'alice', 1);
    const { check, outputs } = cancel(exchange, 'alice', 1, START_HEIGHT + 9);
    expect(check.code).toBe(0);
    expect(story(outputs)).toEqual(['alice 1 BEST_EFFORT_CANCELED USER_CANCELED']);
    place(exchange, 'bob', 1, { ...SELL, ...IOC, quantums: 4n * STEP });
    expect(story(block(exchange))).toContain('alice 1 BEST_EFFORT_CANCELED filled 4');
  });

  it('of an order nobody has seen is reported without terms and bars it', () => {
    const exchange = quietExchange();
    const { outputs } = cancel(exchange, 'alice', 77);
    expect(outputs).toMatchObject([{ order: { quantums: 0n, status: 'BEST_EFFORT_CANCELED' } }]);
    expect(place(exchange, 'alice', 77).check.code).toBe(7);
  });

  it('after an optimistic match cannot stop the fill', () => {
    const exchange = quietExchange();
    place(exchange, 'alice', 1);
    place(exchange, 'bob', 1, { ...SELL, ...IOC, quantums: 4n * STEP });
    cancel(exchange, 'alice', 1);
    expect(story(block(exchange))).toContain('alice 1 BEST_EFFORT_CANCELED filled 4');
  });

  it('of an order that is filled says nothing', () => {
    const exchange = quietExchange();
    place(exchange, 'bob', 1, SELL);
    place(exchange, 'alice', 1);
    expect(cancel(exchange, 'alice', 1).outputs).toEqual([]);
    block(exchange);
    expect(cancel(exchange, 'alice', 1, START_HEIGHT + 11).outputs).toEqual([]);
  });
});

describe('an order at its good-til-block', () => {
  it('may match in that block and is gone when the block has committed', () => {
    const exchange = quietExchange();
    place(exchange, 'alice', 1, { goodTilBlock: START_HEIGHT + 1 });
    place(exchange, 'bob', 1, { ...SELL, ...IOC, quantums: 4n * STEP });
    const told = story(block(exchange));
    expect(told).toContain('alice 1 OPEN filled 4');
    expect(told.slice(-3)).toEqual([
      'alice 1 CANCELED EXPIRED',
      `BUY level ${PRICE}: 0`,
      `block ${START_HEIGHT + 1}`,
    ]);
    expect(exchange.book(0, 1).bids).toEqual([]);
  });
});
