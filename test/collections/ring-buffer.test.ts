/** The ring buffer agrees with the tail of a list. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RingBuffer } from '../../src/collections/ring-buffer.js';

describe.each([
  ['of any values', (capacity: number) => RingBuffer.of<number>(capacity)],
  ['of numbers', (capacity: number) => RingBuffer.ofNumbers(capacity)],
])('a ring %s', (_, make) => {
  it('holds the newest values, oldest first, and returns what it forgets', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.array(fc.integer()), (capacity, values) => {
        const ring = make(capacity);
        const forgotten = values.flatMap((value) => ring.push(value) ?? []);
        const tail = values.slice(-capacity);
        expect([...ring]).toEqual(tail);
        expect(forgotten).toEqual(values.slice(0, values.length - tail.length));
        expect(ring.length).toBe(tail.length);
        for (let index = -capacity - 1; index <= capacity; index += 1) {
          expect(ring.at(index)).toBe(tail.at(index));
        }
      }),
    );
  });

  it('starts again when it is cleared', () => {
    const ring = make(2);
    [1, 2, 3].forEach((value) => ring.push(value));
    ring.clear();
    ring.push(4);
    expect([...ring]).toEqual([4]);
    expect(ring.capacity).toBe(2);
  });

  it('needs room for at least one value', () => {
    expect(() => make(0)).toThrow('expected a capacity ≥ 1');
  });
});
