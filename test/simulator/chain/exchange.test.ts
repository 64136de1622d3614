/**
 * The exchange as a whole: blocks, what queries answer after them, money to the last unit,
 * determinism.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Exchange, ExchangeInput } from '../../../src/simulator/exchange-types.js';
import {
  ORACLE,
  START_HEIGHT,
  START_MS,
  STEP,
  TICK,
  block,
  fund,
  idOf,
  orderOf,
  place,
  quietExchange,
  story,
  subaccount,
} from '../../support/exchange-driver.js';

const SELL = { side: 'SELL' } as const;
const IOC = { timeInForce: 'IOC' } as const;
const view = (exchange: Exchange, owner: string) => {
  const found = exchange.subaccount(subaccount(owner));
  if (found === undefined) throw new Error(`expected ${owner} to be funded`);
  return found;
};

describe('a block', () => {
  it('tells of each match who holds what, then the fills, one message per order at its last', () => {
    const exchange = quietExchange();
    place(exchange, 'bob', 1, { ...SELL, quantums: 4n * STEP });
    place(exchange, 'bob', 2, { ...SELL, quantums: 4n * STEP });
    place(exchange, 'alice', 1, IOC);
    expect(story(block(exchange))).toEqual([
      `alice has ${100_000_000_000n - 37_808_000n - 18_904n}`,
      `bob has ${100_000_000_000n + 37_808_000n + 4_158n}`,
      'bob 1 FILLED filled 4',
      `alice has ${100_000_000_000n - 75_616_000n - 37_808n}`,
      `bob has ${100_000_000_000n + 75_616_000n + 8_316n}`,
      'alice 1 CANCELED filled 8',
      'bob 2 FILLED filled 4',
      '2 trades',
      ...['1MIN', '5MINS', '15MINS', '30MINS', '1HOUR', '4HOURS', '1DAY'].map((r) => `candle ${r}`),
      `block ${START_HEIGHT + 1}`,
    ]);
  });

  it('shows a position with its new size first, and its averages with the fill', () => {
    const exchange = quietExchange();
    const positions = (): unknown => {
      const outputs = block(exchange);
      const alices = outputs.filter(
        (output) => 'subaccount' in output && output.subaccount.owner === 'alice',
      );
      return alices.map((output) =>
        output.type === 'fills'
          ? output.position
          : output.type === 'subaccount' && output.positions[0],
      );
    };
    place(exchange, 'bob', 1, { ...SELL, quantums: 4n * STEP });
    place(exchange, 'alice', 1, { ...IOC, quantums: 4n * STEP });
    expect(positions()).toMatchObject([
      { quantums: 4n * STEP, sumOpen: 0n, sumOpenQuote: 0n },
      { quantums: 4n * STEP, sumOpen: 4n * STEP, sumOpenQuote: 37_808_000n },
    ]);
    place(exchange, 'bob', 2);
    place(exchange, 'alice', 2, { ...SELL, ...IOC, quantums: 3n * STEP });
    expect(positions()).toMatchObject([
      { quantums: STEP, sumOpen: 4n * STEP, sumClose: 0n },
      { quantums: STEP, sumOpen: 4n * STEP, sumClose: 3n * STEP },
    ]);
  });

  it('makes matches visible that were hidden before it', () => {
    const exchange = quietExchange();
    place(exchange, 'bob', 1, SELL);
    place(exchange, 'alice', 1, IOC);
    expect(view(exchange, 'alice').positions).toEqual([]);
    expect(exchange.fills(subaccount('alice'))).toEqual([]);
    expect(exchange.trades(0)).toEqual([]);
    block(exchange);
    expect(view(exchange, 'alice')).toMatchObject({
      positions: [{ quantums: 10n * STEP, openEventId: '000000650000000200000000' }],
      equity: 100_000_000_000n - 47_260n,
      initialMargin: 1_890_400n,
      maintenanceMargin: 1_134_240n,
      updatedAtHeight: START_HEIGHT + 1,
    });
    expect(exchange.order(idOf('alice', 1))).toMatchObject({
      status: 'FILLED',
      createdAtHeight: START_HEIGHT + 1,
      updatedAtMs: START_MS + 650,
    });
    expect(exchange.trades(0)).toMatchObject([{ side: 'BUY', quantums: 10n * STEP }]);
    expect(exchange.candles(0, '1MIN')).toMatchObject([{ close: ORACLE, trades: 1 }]);
    expect(exchange.candles(0, '1YEAR')).toEqual([]);
    expect(exchange.markets()).toMatchObject([{ openInterest: 10n * STEP, trades24h: 1 }]);
  });

  it('has a later time than the one before it, whatever the host says', () => {
    const exchange = quietExchange();
    exchange.apply({ type: 'block', timeMs: START_MS - 5 });
    expect(exchange.timeMs).toBe(START_MS + 1);
  });

  it('moves the oracle price a part of the way to the mid, and not without two sides', () => {
    const exchange = quietExchange();
    place(exchange, 'alice', 1, { subticks: ORACLE + 9n * TICK });
    expect(story(block(exchange))).toEqual([`block ${START_HEIGHT + 1}`]);
    place(exchange, 'bob', 1, { ...SELL, subticks: ORACLE + 11n * TICK });
    expect(story(block(exchange))[0]).toBe('oracle 94522000000000000');
  });
});

describe('a closed position', () => {
  it('leaves the subaccount, is told as closed and kept in the history', () => {
    const exchange = quietExchange();
    place(exchange, 'bob', 1, SELL);
    place(exchange, 'alice', 1, IOC);
    block(exchange);
    place(exchange, 'bob', 2);
    place(exchange, 'alice', 2, { ...SELL, ...IOC });
    const outputs = block(exchange);
    expect(outputs[0]).toMatchObject({ type: 'subaccount', positions: [{ closed: true }] });
    expect(outputs[2]).toMatchObject({ type: 'fills', position: { closed: true, quantums: 0n } });
    expect(view(exchange, 'alice').positions).toEqual([]);
    expect(exchange.closedPositions(subaccount('alice'))).toHaveLength(1);
  });
});

describe('orders of a subaccount', () => {
  it('come newest last, a replaced one as new', () => {
    const exchange = quietExchange();
    place(exchange, 'alice', 1);
    place(exchange, 'alice', 2);
    place(exchange, 'alice', 1, { goodTilBlock: START_HEIGHT + 11 });
    const ids = exchange.orders(subaccount('alice')).map(({ id }) => id.clientId);
    expect(ids).toEqual([2, 1]);
  });

  it('are forgotten when they have ended and there are too many', () => {
    const exchange = quietExchange();
    for (let clientId = 0; clientId < 10_005; clientId += 1) {
      const goodTilBlock = START_HEIGHT + 40;
      place(
        exchange,
        'alice',
        clientId,
        clientId === 0 ? { goodTilBlock } : { ...IOC, goodTilBlock },
      );
      if (clientId % 800 === 799) block(exchange);
    }
    expect(exchange.orders(subaccount('alice'))).toHaveLength(10_000);
    expect(exchange.order(idOf('alice', 0))?.status).toBe('BEST_EFFORT_OPENED');
    expect(exchange.order(idOf('alice', 1))).toBeUndefined();
  });
});

describe('funding', () => {
  it('opens an account with a number and tells the balance', () => {
    const exchange = quietExchange();
    expect(exchange.accountNumber('dave')).toBeUndefined();
    expect(story(fund(exchange, 'dave', 5n))).toEqual(['dave has 5']);
    expect(exchange.accountNumber('dave')).toBe((exchange.accountNumber('carol') ?? 0) + 1);
  });
});

describe('what is not there', () => {
  it('is undefined or empty, and an unlisted market is an error', () => {
    const exchange = quietExchange();
    const nobody = subaccount('nobody');
    expect(exchange.subaccount(nobody)).toBeUndefined();
    expect(exchange.order(idOf('nobody', 1))).toBeUndefined();
    expect(exchange.orders(nobody)).toEqual([]);
    expect(exchange.fills(nobody)).toEqual([]);
    expect(exchange.closedPositions(nobody)).toEqual([]);
    expect(exchange.book(0, 0)).toEqual({ bids: [], asks: [] });
    expect(() => exchange.trades(99)).toThrow('99');
    expect(() => exchange.book(99, 1)).toThrow('99');
  });

  it('is an oracle price to start from', () => {
    expect(() => quietExchange({ oraclePricesE12: new Map() })).toThrow('BTC-USD');
  });
});

const OWNERS = ['alice', 'bob', 'carol'];
const randomInput = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constant('place' as const),
      order: fc
        .record({
          owner: fc.constantFrom(...OWNERS),
          clientId: fc.integer({ min: 0, max: 30 }),
          side: fc.constantFrom('BUY' as const, 'SELL' as const),
          steps: fc.bigInt(1n, 50n),
          ticks: fc.bigInt(-5n, 5n),
          timeInForce: fc.constantFrom('GTT' as const, 'IOC' as const),
        })
        .map(({ owner, clientId, steps, ticks, ...terms }) =>
          orderOf(owner, clientId, {
            ...terms,
            quantums: steps * STEP,
            subticks: ORACLE + ticks * TICK,
            goodTilBlock: START_HEIGHT + 30,
          }),
        ),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ type: 'block' as const, timeMs: 0 }) },
);

describe('after any orders', () => {
  it('balances and fees add up to what was funded, and positions to zero', () => {
    fc.assert(
      fc.property(fc.array(randomInput, { minLength: 10, maxLength: 120 }), (inputs) => {
        const exchange = quietExchange();
        for (const input of inputs) exchange.apply(input);
        block(exchange);
        const views = OWNERS.map((owner) => view(exchange, owner));
        const fees = OWNERS.flatMap((owner) => exchange.fills(subaccount(owner)));
        const total = views.reduce((sum, { quoteQuantums }) => sum + quoteQuantums, 0n);
        expect(fees.reduce((sum, { fee }) => sum + fee, total)).toBe(300_000_000_000n);
        const positions = views.flatMap((each) => each.positions.map(({ quantums }) => quantums));
        expect(positions.reduce((sum, quantums) => sum + quantums, 0n)).toBe(0n);
        for (const { totalFilled, quantums } of OWNERS.flatMap((owner) =>
          exchange.orders(subaccount(owner)),
        )) {
          expect(totalFilled <= quantums).toBe(true);
        }
      }),
      { numRuns: 40 },
    );
  });
});

describe('two exchanges', () => {
  const run = (seed: number, inputs: readonly ExchangeInput[] = []): string => {
    const exchange = quietExchange({ seed, preset: 'busy' });
    for (let turn = 1; turn <= 200; turn += 1) {
      exchange.apply({ type: 'flow', timeMs: START_MS + turn * 100 });
      if (turn % 6 === 0) exchange.apply({ type: 'block', timeMs: START_MS + turn * 100 });
    }
    for (const input of inputs) exchange.apply(input);
    return exchange.hash();
  };

  it('of one seed and the same inputs have one history', () => {
    expect(run(3)).toBe(run(3));
  });

  it('of different seeds do not', () => {
    expect(run(3)).not.toBe(run(4));
  });

  it('differ by one input', () => {
    expect(run(3, [{ type: 'block', timeMs: 0 }])).not.toBe(run(3));
  });
});
