/** Count windows: exact statistics of the newest numbers. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CountWindow } from '../../src/collections/count-window.js';

describe('a count window', () => {
  it('says of its newest numbers what a recomputation says', () => {
    const numbers = fc.array(fc.integer({ min: -1_000, max: 1_000 }), { minLength: 1 });
    fc.assert(
      fc.property(numbers, fc.integer({ min: 1, max: 10 }), (list, size) => {
        const window = new CountWindow(size);
        for (const value of list) window.push(value);
        const held = list.slice(-size);
        const mean = held.reduce((sum, value) => sum + value, 0) / held.length;
        const squares = held.reduce((sum, value) => sum + (value - mean) ** 2, 0);
        expect(window.statistics()).toEqual({
          count: held.length,
          mean,
          deviation: held.length > 1 ? Math.sqrt(squares / (held.length - 1)) : 0,
          least: Math.min(...held),
          greatest: Math.max(...held),
        });
        expect([window.at(0), window.at(-1)]).toEqual([held[0], held.at(-1)]);
        expect(window.isFull).toBe(list.length >= size);
      }),
    );
  });

  it('returns what slides out, and knows nothing when it is empty', () => {
    const window = new CountWindow(2);
    expect(window.statistics()).toBeUndefined();
    expect([window.push(1), window.push(2), window.push(3)]).toEqual([undefined, undefined, 1]);
    window.clear();
    expect(window.statistics()).toBeUndefined();
  });
});
