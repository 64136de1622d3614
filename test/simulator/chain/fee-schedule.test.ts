/** Fees: the tier of a volume, the thirty days that count, and how a fee is rounded. */
import { describe, expect, it } from 'vitest';
import type { FeeTier } from '../../../src/simulator/chain-messages.js';
import { FeeSchedule, TradedVolume, feeOf } from '../../../src/simulator/chain/fee-schedule.js';

const TIERS: readonly FeeTier[] = [
  { name: '1', volumeRequired: 0n, takerFeePpm: 500, makerFeePpm: 100 },
  { name: '2', volumeRequired: 1_000n, takerFeePpm: 450, makerFeePpm: 50 },
  { name: '3', volumeRequired: 5_000n, takerFeePpm: 400, makerFeePpm: -70 },
];

describe('the fee tier', () => {
  const schedule = new FeeSchedule({ feeTiers: TIERS, takerFeePpm: 0, makerFeePpm: 0 });
  it.each([
    ['of nothing is the first', 0n, '1'],
    ['just below the second is the first', 999n, '1'],
    ['at the second is the second', 1_000n, '2'],
    ['of much is the last', 1_000_000n, '3'],
  ])('%s', (_, volume, name) => {
    expect(schedule.tier(volume).name).toBe(name);
  });

  it('is one for all when none is given', () => {
    const { tiers } = new FeeSchedule({ takerFeePpm: 500, makerFeePpm: -110 });
    expect(tiers).toEqual([{ name: '1', volumeRequired: 0n, takerFeePpm: 500, makerFeePpm: -110 }]);
  });

  it.each([
    ['none', []],
    ['no first one', TIERS.slice(1)],
    ['a wrong order', [TIERS[0], TIERS[2], TIERS[1]].flatMap((tier) => tier ?? [])],
  ])('is refused with %s', (_, feeTiers) => {
    expect(() => new FeeSchedule({ feeTiers, takerFeePpm: 0, makerFeePpm: 0 })).toThrow('tiers');
  });
});

describe('the volume of an address', () => {
  it('counts for thirty days and is then forgotten day by day', () => {
    const volume = new TradedVolume();
    volume.add(100, 5n);
    volume.add(100, 1n);
    volume.add(110, 10n);
    expect(volume.total(129)).toBe(16n);
    expect(volume.total(130)).toBe(10n);
    expect(volume.total(140)).toBe(0n);
  });
});

describe('a fee', () => {
  it.each([
    ['is rounded up', 1_001n, 500, 1n],
    ['of nothing is nothing', 0n, 500, 0n],
    ['is exact where it can be', 2_000n, 500, 1n],
    ['that is a small rebate is nothing', 9_000n, -110, 0n],
    ['that is a rebate is rounded towards zero', 20_000n, -110, -2n],
  ])('%s', (_, quote, ppm, expected) => {
    expect(feeOf(quote, ppm)).toBe(expected);
  });
});
