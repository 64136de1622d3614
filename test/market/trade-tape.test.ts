/** The trade tape: each trade once, in order of the chain, with a bounded memory. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TradeTape } from '../../src/market/trade-tape.js';
import type { Trade } from '../../src/model/book.js';
import { steps, ticks, unixMs } from '../../src/model/quantities.js';

const idOf = (number: number): string => number.toString(16).padStart(24, '0');
const trade = (number: number): Trade => ({
  id: idOf(number),
  side: 'buy',
  price: ticks(1),
  size: steps(1),
  at: unixMs(0),
});
const idsOf = (trades: readonly Trade[]): string[] => trades.map(({ id }) => id);

describe('a trade tape', () => {
  it('passes on every trade once and sorts each batch, whatever is repeated', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.nat({ max: 60 }), { maxLength: 20 })), (batches) => {
        const tape = new TradeTape();
        const passed = batches.map((batch) => idsOf(tape.add(batch.map(trade))));
        for (const ids of passed) expect(ids).toEqual(ids.toSorted());
        const all = passed.flat();
        expect(new Set(all).size).toBe(all.length);
        expect(new Set(all)).toEqual(new Set(batches.flat().map(idOf)));
        expect(tape.count).toBe(all.length);
      }),
    );
  });

  it('fills a gap from a snapshot that comes newest first', () => {
    const tape = new TradeTape();
    tape.add([trade(1), trade(2)]);
    expect(idsOf(tape.add([5, 4, 3, 2, 1].map(trade)))).toEqual([3, 4, 5].map(idOf));
  });

  it('takes a trade older than its memory for a known one', () => {
    const tape = new TradeTape();
    for (let number = 1; number <= 4_003; number += 1) tape.add([trade(number)]);
    expect(tape.add([trade(3), trade(2), trade(0)])).toEqual([]);
    expect(tape.count).toBe(4_003);
  });

  it('knows nothing after it was cleared', () => {
    const tape = new TradeTape();
    tape.add([trade(1)]);
    tape.clear();
    expect([tape.count, tape.add([trade(1)]).length]).toEqual([0, 1]);
  });
});
