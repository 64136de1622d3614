/** The book's structures against naive ones: levels from a list of orders, memories from dates. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyAccount } from '../../../src/simulator/chain/clearing-account.js';
import type { OrderSide } from '../../../src/simulator/order-terms.js';
import { HeightMemory } from '../../../src/simulator/chain/height-memory.js';
import { Memclob, remaining, type LiveOrder } from '../../../src/simulator/chain/memclob.js';
import { orderOf, subaccount } from '../../support/exchange-driver.js';

const account = emptyAccount(subaccount('a'));

const liveOrder = (index: number, side: OrderSide, subticks: bigint): LiveOrder => ({
  key: `${index}`,
  account,
  placed: orderOf('a', index, { side, subticks, quantums: 10n }),
  filled: 0n,
  isResting: false,
});

function naiveLevels(orders: readonly LiveOrder[], side: OrderSide) {
  const sums = new Map<bigint, bigint>();
  for (const order of orders.filter(({ placed }) => placed.side === side)) {
    const { subticks } = order.placed;
    sums.set(subticks, (sums.get(subticks) ?? 0n) + remaining(order));
  }
  const prices = [...sums.keys()].sort((a, b) => (a < b ? -1 : 1));
  if (side === 'BUY') prices.reverse();
  return prices.map((subticks) => ({ subticks, quantums: sums.get(subticks) }));
}

describe('a memclob', () => {
  it('shows the same levels as a plain list of its orders', () => {
    const step = fc.record({
      act: fc.constantFrom('add', 'add', 'fill', 'remove'),
      side: fc.constantFrom<OrderSide>('BUY', 'SELL'),
      subticks: fc.bigInt(1n, 12n),
      pick: fc.nat(),
      quantums: fc.bigInt(1n, 10n),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const book = new Memclob();
        let orders: LiveOrder[] = [];
        for (const [index, { act, side, subticks, pick, quantums }] of steps.entries()) {
          const chosen = orders[pick % Math.max(1, orders.length)];
          if (act === 'add') {
            const order = liveOrder(index, side, subticks);
            book.add(order);
            orders.push(order);
          } else if (chosen !== undefined && act === 'remove') {
            book.remove(chosen);
            orders = orders.filter((order) => order !== chosen);
          } else if (chosen !== undefined) {
            book.fill(chosen, quantums < remaining(chosen) ? quantums : remaining(chosen));
            orders = orders.filter((order) => remaining(order) > 0n);
          }
          for (const each of ['BUY', 'SELL'] as const) {
            expect(book.levels(each, 99)).toEqual(naiveLevels(orders, each));
            expect(book.best(each)).toMatchObject(naiveLevels(orders, each)[0] ?? {});
          }
        }
      }),
    );
  });

  it('refuses to fill an order that does not rest', () => {
    expect(() => new Memclob().fill(liveOrder(1, 'BUY', 5n), 1n)).toThrow('to rest at 5');
  });
});

describe('a memory by height', () => {
  it('forgets each key at its last height and nothing earlier', () => {
    const memory = new HeightMemory<string>();
    memory.set('a', 'first', 5);
    memory.set('a', 'same height', 5);
    memory.set('b', 'early', 5);
    memory.set('b', 'late', 7);
    memory.set('c', 'deleted', 5);
    memory.delete('c');
    expect(memory.expire(4)).toEqual([]);
    expect(memory.expire(5)).toEqual(['same height']);
    expect(memory.get('b')).toBe('late');
    expect(memory.size).toBe(1);
    expect(memory.expire(7)).toEqual(['late']);
    expect(memory.size).toBe(0);
  });
});
