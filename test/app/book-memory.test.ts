/** Both engines' books remember what a reading may be older than, however much changed meanwhile. */
import { expect, it } from 'vitest';
import { LevelTable } from '../../src/batch/level-table.js';
import { OrderBook } from '../../src/market/order-book.js';
import { steps, ticks, unixMs } from '../../src/model/quantities.js';

const PRICES = Array.from({ length: 6_000 }, (_, index) => ticks(index + 1));
const level = (price: (typeof PRICES)[number], size: number) => ({ price, size: steps(size) });
const sides = (size: number) => ({ bids: PRICES.map((price) => level(price, size)), asks: [] });

it('of 6,000 removals during a reading none comes back with it', () => {
  const table = new LevelTable();
  table.snapshot(sides(1), unixMs(1_000));
  table.update(sides(0), unixMs(3_000));
  expect(table.reread(sides(1), unixMs(4_000), unixMs(2_000))).toBe('applied');
  expect(table.raw().bids).toEqual([]);

  const book = new OrderBook();
  book.applySnapshot(sides(1), unixMs(1_000));
  book.applyUpdate(sides(0), unixMs(3_000));
  expect(book.reread(sides(1), unixMs(4_000), unixMs(2_000))).toBe('applied');
  expect(book.view().bids).toEqual([]);
});
