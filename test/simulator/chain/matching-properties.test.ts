/**
 * Random orders, cancels and blocks by many accounts, against a slow matcher that only knows price
 * and time.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ExchangeFill, ExchangeOutput } from '../../../src/simulator/exchange-types.js';
import type { OrderSide, TimeInForce } from '../../../src/simulator/order-terms.js';
import {
  ORACLE,
  START_HEIGHT,
  STEP,
  TICK,
  block,
  cancel,
  place,
  quietExchange,
} from '../../support/exchange-driver.js';

const OWNERS = ['alice', 'bob', 'carol'];

type Step =
  | {
      readonly type: 'place';
      readonly owner: string;
      readonly id: number;
      readonly side: OrderSide;
      readonly ticks: number;
      readonly steps: number;
      readonly life: number;
      readonly timeInForce: TimeInForce;
    }
  | { readonly type: 'cancel'; readonly owner: string; readonly id: number; readonly life: number }
  | { readonly type: 'block' };

const owner = fc.constantFrom(...OWNERS);
const id = fc.integer({ min: 1, max: 12 });
const life = fc.integer({ min: 1, max: 20 });
const placement = fc.record({
  type: fc.constant('place' as const),
  owner,
  id,
  side: fc.constantFrom<OrderSide>('BUY', 'SELL'),
  ticks: fc.integer({ min: -3, max: 3 }),
  steps: fc.integer({ min: 1, max: 9 }),
  life,
  timeInForce: fc.constantFrom<TimeInForce>('GTT', 'GTT', 'GTT', 'IOC', 'POST_ONLY'),
});
const steps = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: placement },
    { weight: 2, arbitrary: fc.record({ type: fc.constant('cancel' as const), owner, id, life }) },
    { weight: 1, arbitrary: fc.constant({ type: 'block' as const }) },
  ),
  { minLength: 40, maxLength: 160 },
);

interface NaiveOrder {
  readonly key: string;
  readonly owner: string;
  readonly side: OrderSide;
  readonly ticks: number;
  readonly goodTilBlock: number;
  left: number;
}

/** Price-time priority by looking at everything each time; collateral never lacks here. */
class NaiveBook {
  orders: NaiveOrder[] = [];
  readonly trades: string[] = [];

  place(order: NaiveOrder, timeInForce: TimeInForce): void {
    this.orders = this.orders.filter(({ key }) => key !== order.key);
    for (;;) {
      const maker = this.#next(order);
      if (maker === undefined || order.left === 0) break;
      if (maker.owner === order.owner) {
        this.orders = this.orders.filter((each) => each !== maker);
        continue;
      }
      if (timeInForce === 'POST_ONLY') return;
      const steps = Math.min(order.left, maker.left);
      order.left -= steps;
      maker.left -= steps;
      this.trades.push(`${order.key} took ${steps} of ${maker.key} at ${maker.ticks}`);
      this.orders = this.orders.filter(({ left }) => left > 0);
    }
    if (timeInForce !== 'IOC' && order.left > 0) this.orders.push(order);
  }

  levels(): string[] {
    const sizes = new Map<string, number>();
    for (const { side, ticks, left } of this.orders) {
      sizes.set(`${side} ${ticks}`, (sizes.get(`${side} ${ticks}`) ?? 0) + left);
    }
    return [...sizes].map(([level, size]) => `${level}: ${size}`).toSorted();
  }

  #next(order: NaiveOrder): NaiveOrder | undefined {
    const sign = order.side === 'BUY' ? 1 : -1;
    return this.orders
      .filter((maker) => maker.side !== order.side && sign * (order.ticks - maker.ticks) >= 0)
      .toSorted((one, other) => sign * (one.ticks - other.ticks))[0];
  }
}

/** What a subscriber knows of the book: the last size told of each level. */
class ToldBook {
  readonly #sizes = new Map<string, bigint>();

  hear(outputs: readonly ExchangeOutput[]): void {
    for (const output of outputs) {
      if (output.type !== 'level') continue;
      const { subticks, quantums } = output.level;
      expect(quantums).toBeGreaterThanOrEqual(0n);
      const level = `${output.side} ${(subticks - ORACLE) / TICK}`;
      if (quantums === 0n) this.#sizes.delete(level);
      else this.#sizes.set(level, quantums / STEP);
    }
  }

  levels(): string[] {
    return [...this.#sizes].map(([level, size]) => `${level}: ${size}`).toSorted();
  }
}

const fillsOf = (outputs: readonly ExchangeOutput[]): ExchangeFill[] =>
  outputs.flatMap((output) => (output.type === 'fills' ? output.fills : []));

const keyOf = ({ subaccount, orderId }: ExchangeFill): string =>
  `${subaccount.owner}/${orderId?.clientId}`;

/** Taker and maker of each match, in the order of the block. */
function tradesOf(outputs: readonly ExchangeOutput[]): string[] {
  const fills = fillsOf(outputs);
  const takers = fills
    .filter(({ liquidity }) => liquidity === 'TAKER')
    .toSorted((one, other) => (one.eventId < other.eventId ? -1 : 1));
  return takers.map((taker) => {
    const maker = fills.find(
      ({ eventId, liquidity }) => eventId === taker.eventId && liquidity === 'MAKER',
    );
    const ticks = Number((taker.subticks - ORACLE) / TICK);
    const told = maker === undefined ? 'nobody' : keyOf(maker);
    return `${keyOf(taker)} took ${taker.quantums / STEP} of ${told} at ${ticks}`;
  });
}

describe('random orders', () => {
  it('match as price and time alone say, and the levels told are those of the book', () => {
    fc.assert(
      fc.property(steps, (story) => {
        const exchange = quietExchange();
        const naive = new NaiveBook();
        const told = new ToldBook();
        const totals = new Map<string, bigint>();
        const run = (step: Step): readonly ExchangeOutput[] => {
          const goodTilBlock = exchange.height + ('life' in step ? step.life : 0);
          switch (step.type) {
            case 'block': {
              const outputs = block(exchange);
              expect(tradesOf(outputs)).toEqual(naive.trades.splice(0));
              naive.orders = naive.orders.filter((each) => each.goodTilBlock > exchange.height);
              return outputs;
            }
            case 'cancel': {
              const { check, outputs } = cancel(exchange, step.owner, step.id, goodTilBlock);
              const key = `${step.owner}/${step.id}`;
              naive.orders = naive.orders.filter(
                (each) => check.code !== 0 || each.key !== key || each.goodTilBlock > goodTilBlock,
              );
              return outputs;
            }
            case 'place': {
              const { owner, id, side, ticks, timeInForce } = step;
              const { check, outputs } = place(exchange, owner, id, {
                side,
                timeInForce,
                goodTilBlock,
                subticks: ORACLE + BigInt(ticks) * TICK,
                quantums: BigInt(step.steps) * STEP,
              });
              const key = `${owner}/${id}`;
              if (check.code === 0 || check.code === 2003) {
                const filled =
                  matchedOf(naive.trades, key) + Number((totals.get(key) ?? 0n) / STEP);
                const left = step.steps - filled;
                naive.place({ key, owner, side, ticks, goodTilBlock, left }, timeInForce);
              }
              return outputs;
            }
          }
        };
        for (const step of story) {
          const outputs = run(step);
          told.hear(outputs);
          expect(told.levels()).toEqual(naive.levels());
          for (const fill of fillsOf(outputs)) {
            const key = keyOf(fill);
            totals.set(key, (totals.get(key) ?? 0n) + fill.quantums);
          }
          for (const output of outputs) {
            if (output.type !== 'fills' || output.order === undefined) continue;
            const { order } = output;
            const key = `${order.id.subaccount.owner}/${order.id.clientId}`;
            expect(order.totalFilled).toBe(totals.get(key));
            expect(order.totalFilled).toBeLessThanOrEqual(order.quantums);
          }
        }
        const { bids, asks } = exchange.book(0, 100);
        const book = [
          ...bids.map((level) => ({ ...level, side: 'BUY' })),
          ...asks.map((level) => ({ ...level, side: 'SELL' })),
        ];
        expect(
          book
            .map(({ side, subticks, quantums }) => {
              return `${side} ${(subticks - ORACLE) / TICK}: ${quantums / STEP}`;
            })
            .toSorted(),
        ).toEqual(naive.levels());
        expect(exchange.height).toBeGreaterThanOrEqual(START_HEIGHT);
      }),
      { numRuns: 150 },
    );
  }, 60_000);
});

/** How much of an order the matches that wait for their block have filled. */
function matchedOf(trades: readonly string[], key: string): number {
  let sum = 0;
  for (const trade of trades) {
    const [taker = '', , size = '0', , maker = ''] = trade.split(' ');
    if (taker === key || maker === key) sum += Number(size);
  }
  return sum;
}
