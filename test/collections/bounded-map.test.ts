/** The bounded map keeps the newest entries and hands out the one that had to go. */
import { describe, expect, it } from 'vitest';
import { BoundedMap } from '../../src/collections/bounded-map.js';

describe('a bounded map', () => {
  it('evicts its oldest entry when a new key would exceed the limit', () => {
    const map = new BoundedMap<string, number>(2);
    expect([map.set('a', 1), map.set('b', 2), map.set('c', 3)]).toEqual([
      undefined,
      undefined,
      ['a', 1],
    ]);
    expect([...map]).toEqual([
      ['b', 2],
      ['c', 3],
    ]);
  });

  it('evicts nothing for a key that it has, and makes that key the newest', () => {
    const map = new BoundedMap<string, number>(2);
    map.set('a', 1);
    map.set('b', 2);
    expect(map.set('a', 3)).toBeUndefined();
    expect(map.set('c', 4)).toEqual(['b', 2]);
    expect(map.get('a')).toBe(3);
  });

  it('forgets a key, or all of them, when told to', () => {
    const map = new BoundedMap<string, number>(3);
    map.set('a', 1);
    map.set('b', 2);
    expect([map.delete('a'), map.delete('a'), map.has('a'), map.has('b')]).toEqual([
      true,
      false,
      false,
      true,
    ]);
    map.clear();
    expect(map.size).toBe(0);
  });

  it('needs a limit of at least one', () => {
    expect(() => new BoundedMap(0)).toThrow('expected a limit ≥ 1');
  });
});
