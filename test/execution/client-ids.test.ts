/** Our order numbers: never the same one twice, and an error when there are no more. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  claimOf,
  CLAIMS,
  ClientIds,
  epochOf,
  isClaim,
  nextEpoch,
} from '../../src/execution/client-ids.js';

describe('client ids', () => {
  it('carry the epoch in their high bits and count in the low ones', () => {
    const ids = new ClientIds(3);
    expect([ids.next(), ids.next()]).toEqual([3 * 2 ** 20, 3 * 2 ** 20 + 1]);
  });

  it('are uint32 and tell their epoch for every epoch', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4095 }), (epoch) => {
        const id = new ClientIds(epoch).next();
        expect(id).toBeLessThan(2 ** 32);
        expect(epochOf(id)).toBe(epoch);
      }),
    );
  });

  it('run out with an error and never wrap', () => {
    const ids = new ClientIds(4095);
    let last = 0;
    for (let count = 0; count < 2 ** 20 - CLAIMS; count += 1) last = ids.next();
    expect(last).toBe(2 ** 32 - 1 - CLAIMS);
    expect(() => ids.next()).toThrow('no order number is left after 983040 orders');
  });

  it.each([0, -1, 4096, 1.5, Number.NaN])('are not made for an epoch of %s', (epoch) => {
    expect(() => new ClientIds(epoch)).toThrow('expected an epoch');
  });
});

describe('a claim', () => {
  it('is told from every order of every run, and carries its epoch', () => {
    const epoch = fc.integer({ min: 1, max: 4095 });
    fc.assert(
      fc.property(epoch, fc.nat(CLAIMS - 1), fc.nat(2 ** 20 - CLAIMS - 1), (run, chance, count) => {
        const claim = claimOf(run, chance);
        expect(isClaim(claim)).toBe(true);
        expect(epochOf(claim)).toBe(run);
        expect(claim).toBeLessThan(2 ** 32);
        expect(isClaim((run * 2 ** 20 + count) as typeof claim)).toBe(false);
      }),
    );
  });

  it.each([-1, CLAIMS, 0.5, Number.NaN])('is not made of a chance of %s', (chance) => {
    expect(() => claimOf(1, chance)).toThrow('expected a chance');
  });
});

describe('the epoch of a run', () => {
  it('is the next one after the journal’s', () => {
    expect([nextEpoch(0), nextEpoch(4094)]).toEqual([1, 4095]);
  });

  it('runs out with an error', () => {
    expect(() => nextEpoch(4095)).toThrow('4095 runs');
    expect(() => nextEpoch(Number.NaN)).toThrow('expected an epoch');
  });
});
