/** Which working orders are asked for by name when the venue's list lacks them. */
import { describe, expect, it } from 'vitest';
import { UnlistedOrders } from '../../src/execution/unlisted-orders.js';
import { orderId } from '../../src/model/quantities.js';

const id = (digit: number) => orderId(`78086eda-77ea-5c7f-b7e3-${String(digit).padStart(12, '0')}`);
const [a, b] = [id(1), id(2)];

describe('an order that works', () => {
  it('is asked for when it is missing twice in a row, and each time after that', () => {
    const watch = new UnlistedOrders();
    expect(watch.look([a, b], [a])).toEqual([]);
    expect(watch.look([a, b], [a])).toEqual([b]);
    expect(watch.look([a, b], [a])).toEqual([b]);
  });

  it('that is listed in between begins anew', () => {
    const watch = new UnlistedOrders();
    watch.look([a], []);
    watch.look([a], [a]);
    expect(watch.look([a], [])).toEqual([]);
  });

  it('that works no longer is not asked for', () => {
    const watch = new UnlistedOrders();
    watch.look([a], []);
    expect(watch.look([], [])).toEqual([]);
  });
});
