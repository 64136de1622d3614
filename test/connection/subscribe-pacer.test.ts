/** Subscribes leave in order, evenly, and never three of one key in a second. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SubscribePacer } from '../../src/connection/subscribe-pacer.js';
import type { UnixMs } from '../../src/model/quantities.js';

const at = (ms: number): UnixMs => ms as UnixMs;

describe('the pacer', () => {
  it('spaces different keys evenly and one key by 600 ms', () => {
    const pacer = new SubscribePacer(10);
    const slots = ['a', 'b', 'c', 'a'].map((key) => pacer.slot(key, at(1_000)));
    expect(slots).toEqual([1_000, 1_100, 1_200, 1_600]);
  });

  it('lets a subscribe go at once after a pause', () => {
    const pacer = new SubscribePacer(2);
    pacer.slot('a', at(0));
    expect(pacer.slot('b', at(10_000))).toBe(10_000);
  });

  it('keeps both limits under any load', () => {
    const asks = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.nat(500)));
    fc.assert(
      fc.property(asks, fc.constantFrom(2, 10, 20), (steps, perSecond) => {
        const pacer = new SubscribePacer(perSecond);
        const newest = new Map<string, number>();
        let now = 0;
        let last = -Infinity;
        for (const [key, pause] of steps) {
          now += pause;
          const slot = pacer.slot(key, at(now));
          expect(slot).toBeGreaterThanOrEqual(now);
          expect(slot - last).toBeGreaterThanOrEqual(1000 / perSecond - 1e-6);
          expect(slot - (newest.get(key) ?? -Infinity)).toBeGreaterThanOrEqual(600 - 1e-6);
          newest.set(key, slot);
          last = slot;
        }
      }),
    );
  });
});

it.each([0, -1, Number.NaN])('a pace of %s subscribes a second is refused', (perSecond) => {
  expect(() => new SubscribePacer(perSecond)).toThrow('expected a pace above 0');
});
