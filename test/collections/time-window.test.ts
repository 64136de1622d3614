/** Time windows equal a naive sum over the slots that they hold, and never grow. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TimeWindow } from '../../src/collections/time-window.js';

describe('a time window', () => {
  it('sums what its slots hold, late or early, as a naive sum does', () => {
    const entries = fc.array(fc.tuple(fc.nat(5_000), fc.integer({ min: -9, max: 9 })));
    fc.assert(
      fc.property(entries, fc.integer({ min: 1, max: 8 }), (list, slots) => {
        const window = new TimeWindow({ slotMs: 100, slots });
        const held = list.filter(([at, value]) => window.add(at, value));
        const now = Math.max(0, ...list.map(([at]) => at));
        const last = Math.floor(now / 100);
        const inside = held.filter(([at]) => Math.floor(at / 100) > last - slots);
        expect(window.last(now, slots * 100)).toEqual({
          sum: inside.reduce((sum, [, value]) => sum + value, 0),
          count: inside.length,
        });
      }),
    );
  });

  it('refuses what is older than its ring', () => {
    const window = new TimeWindow({ slotMs: 100, slots: 3 });
    expect(window.add(1_000, 1)).toBe(true);
    expect(window.add(800, 2)).toBe(true);
    expect(window.add(799, 4)).toBe(false);
    expect(window.last(1_000, 300)).toEqual({ sum: 3, count: 2 });
  });

  it('looks back no further than asked, and forgets in silence', () => {
    const window = new TimeWindow({ slotMs: 100, slots: 10 });
    window.add(0, 1);
    window.add(500, 2);
    expect(window.last(550, 200)).toEqual({ sum: 2, count: 1 });
    expect(window.last(5_000, 1_000)).toEqual({ sum: 0, count: 0 });
    window.clear();
    expect(window.last(550, 1_000)).toEqual({ sum: 0, count: 0 });
  });

  it.each([
    [0, 1],
    [100, 0],
  ])('of %s ms and %s slots is a mistake', (slotMs, slots) => {
    expect(() => new TimeWindow({ slotMs, slots })).toThrow('TimeWindow: expected');
  });
});
