/** A recording drives the book: our orders' place in its queues, its prints, and the money. */
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import type { Exchange, ExchangeOutput } from '../../../src/simulator/exchange-types.js';
import type { OrderSide } from '../../../src/simulator/order-terms.js';
import {
  ORACLE,
  START_MS,
  STEP,
  TICK,
  block,
  cancel,
  place,
  quietExchange,
  subaccount,
} from '../../support/exchange-driver.js';

type Row = readonly [side: OrderSide, ticks: number, steps: number];

const PRICE = (ticks: number): bigint => ORACLE + BigInt(ticks) * TICK;
const row = ([side, ticks, steps]: Row) => ({
  side,
  subticks: PRICE(ticks),
  quantums: BigInt(steps) * STEP,
});

/** Steps of a story: what the recording says, and what alice does. */
type Step =
  | { readonly levels: readonly Row[]; readonly whole?: boolean; readonly at?: number }
  | { readonly print: Row; readonly at?: number }
  | { readonly mine: Row; readonly ioc?: boolean };

function play(steps: readonly Step[]): { exchange: Exchange; outputs: ExchangeOutput[] } {
  const exchange = quietExchange({ preset: 'none' });
  const outputs: ExchangeOutput[] = [];
  let clientId = 0;
  for (const step of steps) {
    if ('mine' in step) {
      clientId += 1;
      const { side, subticks, quantums } = row(step.mine);
      const timeInForce = step.ioc === true ? 'IOC' : 'GTT';
      outputs.push(
        ...place(exchange, 'alice', clientId, { side, subticks, quantums, timeInForce }).outputs,
      );
      continue;
    }
    const moment = {
      clobPairId: 0,
      timeMs: START_MS + (step.at ?? 0),
      isWholeBook: 'whole' in step && step.whole,
      levels: 'levels' in step ? step.levels.map(row) : [],
      trades: 'print' in step ? [row(step.print)] : [],
    };
    outputs.push(...exchange.apply({ type: 'recorded', moment }).outputs);
  }
  outputs.push(...block(exchange));
  return { exchange, outputs };
}

const filledOf = (exchange: Exchange): number =>
  exchange
    .fills(subaccount('alice'))
    .reduce((sum, { quantums }) => sum + Number(quantums / STEP), 0);

const bookOf = (exchange: Exchange): string => {
  const { bids, asks } = exchange.book(0, 10);
  const text = (levels: typeof bids) =>
    levels.map((l) => `${(l.subticks - ORACLE) / TICK}:${l.quantums / STEP}`).join(' ');
  return `${text(bids)} | ${text(asks)}`;
};

describe('our order in a recorded queue', () => {
  const behind: Step[] = [{ levels: [['BUY', -1, 10]] }, { mine: ['BUY', -1, 5] }];
  it.each<[string, readonly Step[], number, string]>([
    ['rests beside recorded size', behind, 0, '-1:15 | '],
    [
      'waits while prints take what is ahead',
      [...behind, { print: ['SELL', -1, 10] }],
      0,
      '-1:5 | ',
    ],
    ['fills when a print goes beyond', [...behind, { print: ['SELL', -1, 12] }], 2, '-1:3 | '],
    [
      'fills after several prints',
      [...behind, { print: ['SELL', -1, 6] }, { print: ['SELL', -1, 6] }],
      2,
      '-1:3 | ',
    ],
    [
      'comes before what is added later',
      [...behind, { levels: [['BUY', -1, 30]] }, { print: ['SELL', -1, 15] }],
      5,
      '-1:20 | ',
    ],
    [
      'is not brought forward by a cancel behind it',
      [
        ...behind,
        { levels: [['BUY', -1, 30]] },
        { levels: [['BUY', -1, 10]] },
        { print: ['SELL', -1, 10], at: 9_000 },
      ],
      0,
      '-1:5 | ',
    ],
    [
      'is brought forward by a cancel when nothing is behind it',
      [...behind, { levels: [['BUY', -1, 4]] }, { print: ['SELL', -1, 6], at: 9_000 }],
      2,
      '-1:3 | ',
    ],
    [
      'loses no place to a print whose effect came first',
      [...behind, { levels: [['BUY', -1, 4]] }, { print: ['SELL', -1, 6], at: 500 }],
      0,
      '-1:9 | ',
    ],
    [
      'at the front is filled by a print whose effect came first',
      [
        { mine: ['BUY', -1, 5] },
        { levels: [['BUY', -1, 10]] },
        { levels: [['BUY', -1, 7]] },
        { print: ['SELL', -1, 3], at: 100 },
      ],
      3,
      '-1:12 | ',
    ],
    [
      'at a better price is filled first, at its own price',
      [{ levels: [['BUY', -2, 10]] }, { mine: ['BUY', -1, 5] }, { print: ['SELL', -2, 8] }],
      5,
      '-2:7 | ',
    ],
    [
      'is left alone by prints on the other side and at better prices',
      [...behind, { print: ['BUY', -1, 20] }, { print: ['SELL', 0, 20] }],
      0,
      '-1:15 | ',
    ],
    [
      'is filled by recorded size that comes through its price',
      [...behind, { levels: [['SELL', -3, 3]] }],
      3,
      '-1:12 | ',
    ],
    [
      'takes recorded size, which is gone',
      [{ levels: [['SELL', 1, 10]] }, { mine: ['BUY', 1, 4], ioc: true }],
      4,
      ' | 1:6',
    ],
    [
      'takes recorded size, which the recording refreshes',
      [
        { levels: [['SELL', 1, 10]] },
        { mine: ['BUY', 1, 4], ioc: true },
        { levels: [['SELL', 1, 9]] },
      ],
      4,
      ' | 1:9',
    ],
    [
      'survives a new snapshot in which its level is missing',
      [...behind, { levels: [['BUY', -5, 1]], whole: true }],
      0,
      '-1:5 -5:1 | ',
    ],
  ])('%s', (_, steps, filled, book) => {
    const { exchange } = play(steps);
    expect(filledOf(exchange)).toBe(filled);
    expect(bookOf(exchange)).toBe(book);
  });
});

describe('a recorded book', () => {
  it('may cross itself, as recordings begin, and tells every level', () => {
    const { exchange, outputs } = play([
      {
        levels: [
          ['BUY', 5, 2],
          ['SELL', -5, 3],
          ['BUY', -9, 4],
        ],
        whole: true,
      },
      { levels: [['BUY', 5, 0]] },
    ]);
    expect(bookOf(exchange)).toBe('-9:4 | -5:3');
    const levels = outputs.flatMap((output) =>
      output.type === 'level' ? [`${output.side} ${output.level.quantums / STEP}`] : [],
    );
    expect(levels).toEqual(['BUY 2', 'SELL 3', 'BUY 4', 'BUY 0']);
  });

  it('prints size once that had left its level already', () => {
    const { exchange } = play([
      { levels: [['SELL', 1, 10]] },
      { levels: [['SELL', 1, 4]] },
      { print: ['BUY', 1, 6], at: 300 },
      { print: ['BUY', 1, 1], at: 400 },
    ]);
    expect(bookOf(exchange)).toBe(' | 1:3');
    expect(exchange.trades(0).reduce((sum, { quantums }) => sum + quantums, 0n)).toBe(7n * STEP);
  });

  it('prints the whole size of a trade, also of size that it never showed', () => {
    const { exchange, outputs } = play([{ print: ['BUY', 3, 7] }]);
    const [trade] = outputs.flatMap((output) => (output.type === 'trades' ? output.trades : []));
    expect(trade).toMatchObject({ side: 'BUY', subticks: PRICE(3), quantums: 7n * STEP });
    expect(exchange.trades(0)).toHaveLength(1);
    expect(bookOf(exchange)).toBe(' | ');
  });

  it('moves the oracle price to what the recording says', () => {
    const exchange = quietExchange({ preset: 'none' });
    const moment = {
      clobPairId: 0,
      timeMs: START_MS,
      isWholeBook: false,
      levels: [],
      trades: [],
      oraclePriceE12: 94_000n * 10n ** 12n,
    };
    exchange.apply({ type: 'recorded', moment });
    block(exchange);
    expect(exchange.markets()[0]?.oraclePriceE12).toBe(moment.oraclePriceE12);
  });

  it('refuses a market that the exchange does not have', () => {
    const moment = { clobPairId: 77, timeMs: 0, isWholeBook: false, levels: [], trades: [] };
    expect(() => quietExchange().apply({ type: 'recorded', moment })).toThrow('clob pair');
  });
});

const rowOf = fc.tuple(
  fc.constantFrom('BUY' as const, 'SELL' as const),
  fc.integer({ min: -4, max: 4 }),
  fc.integer({ min: 0, max: 9 }),
);
const stepOf = fc.oneof(
  fc.record({ levels: fc.array(rowOf, { maxLength: 4 }), whole: fc.boolean() }),
  fc.record({ print: rowOf.filter(([, , steps]) => steps > 0), at: fc.nat(5_000) }),
  fc.record({ mine: rowOf.filter(([, , steps]) => steps > 0), ioc: fc.boolean() }),
);

describe('under any recording', () => {
  it('money is conserved, positions sum to zero and no order fills beyond its size', () => {
    fc.assert(
      fc.property(fc.array(stepOf, { maxLength: 40 }), (steps) => {
        const { exchange } = play(steps);
        const { subaccounts, wallets, fees, insurance, fundingPool, dust, paidIn } =
          exchange.totals();
        const [market] = exchange.markets();
        const mine = exchange.subaccount(subaccount('alice'))?.positions[0]?.quantums ?? 0n;
        expect(market?.openInterest ?? 0n).toBeGreaterThanOrEqual(mine < 0n ? -mine : mine);
        expect(subaccounts + wallets + fees + insurance + fundingPool + dust).toBe(paidIn);
        for (const order of exchange.orders(subaccount('alice'))) {
          expect(order.totalFilled).toBeLessThanOrEqual(order.quantums);
        }
        const { bids, asks } = exchange.book(0, 100);
        for (const { quantums } of [...bids, ...asks]) expect(quantums).toBeGreaterThan(0n);
      }),
      { numRuns: 200 },
    );
  });

  it('our order can be canceled, and the same story has the same hash', () => {
    const story: Step[] = [{ levels: [['BUY', -1, 10]] }, { mine: ['BUY', -1, 5] }];
    const { exchange } = play(story);
    cancel(exchange, 'alice', 1);
    expect(bookOf(exchange)).toBe('-1:10 | ');
    expect(play(story).exchange.hash()).toBe(play(story).exchange.hash());
  });
});
