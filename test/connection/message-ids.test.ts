/** Lost messages are found in the set of ids, and nothing else is taken for a loss. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MessageIds } from '../../src/connection/message-ids.js';
import type { UnixMs } from '../../src/model/quantities.js';

const at = (ms: number): UnixMs => ms as UnixMs;

function received(ids: readonly number[], when = 0): MessageIds {
  const messageIds = new MessageIds();
  ids.forEach((id) => messageIds.note(id, at(when)));
  return messageIds;
}

describe('a hole in the message ids', () => {
  it('is a gap once it has been open for more than 5 s', () => {
    const ids = received([0, 1, 3]);
    expect([ids.missing, ids.hasGap(at(5_000), 0), ids.hasGap(at(5_001), 0)]).toEqual([
      1,
      false,
      true,
    ]);
  });

  it('is none as soon as the late message has come', () => {
    const ids = received([0, 1, 3, 4, 2]);
    expect([ids.missing, ids.hasGap(at(60_000), 0)]).toEqual([0, false]);
  });

  it('is explained by a subscribe in flight, but only one by each', () => {
    expect(received([0, 2, 3]).hasGap(at(9_000), 1)).toBe(false);
    expect(received([0, 2, 4]).hasGap(at(9_000), 1)).toBe(true);
  });

  it('ages from when it was noticed, not from an older one that was filled', () => {
    const ids = received([0, 2]);
    ids.note(4, at(4_000));
    ids.note(1, at(4_500));
    expect(ids.hasGap(at(6_000), 0)).toBe(false);
    expect(ids.hasGap(at(9_001), 0)).toBe(true);
  });

  it('is forgiven once it is being repaired, and the next is found', () => {
    const ids = received([0, 2]);
    ids.forgive();
    expect([ids.missing, ids.hasGap(at(60_000), 0)]).toEqual([0, false]);
    ids.note(4, at(60_000));
    expect(ids.hasGap(at(66_000), 0)).toBe(true);
  });

  it('is a gap at once when more ids wait beyond it than may be held', () => {
    const beyond = Array.from({ length: 4_097 }, (_, index) => index + 1);
    expect(received(beyond).hasGap(at(0), 9)).toBe(true);
  });
});

describe('message ids', () => {
  it('in any order and with any repetition are no gap when all have come', () => {
    const shuffled = fc
      .integer({ min: 1, max: 200 })
      .chain((n) => {
        const all = Array.from({ length: n }, (_, index) => index);
        const repeated = fc.shuffledSubarray(all);
        return fc.tuple(fc.shuffledSubarray(all, { minLength: n }), repeated);
      })
      .map(([all, repeated]) => repeated.concat(all));
    fc.assert(
      fc.property(shuffled, (ids) => {
        const messageIds = received(ids);
        expect([messageIds.missing, messageIds.hasGap(at(1e9), 0)]).toEqual([0, false]);
      }),
    );
  });

  it('that never come are counted exactly', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(300), { minLength: 1 }), (ids) => {
        expect(received(ids).missing).toBe(Math.max(...ids) + 1 - ids.length);
      }),
    );
  });
});
