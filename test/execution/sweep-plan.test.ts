/** When to ask for all fills. */
import { describe, expect, it } from 'vitest';
import { blockHeight, unixMs } from '../../src/model/quantities.js';
import { isSweepDue, provenHeight, type SweepInputs } from '../../src/execution/sweep-plan.js';

const quiet: SweepInputs = {
  now: unixMs(20_000),
  lastSweepAt: unixMs(10_000),
  indexerHeight: blockHeight(100),
  completeTo: blockHeight(90),
  goodTilBlocks: [],
};
const ending = (...heights: readonly number[]): Partial<SweepInputs> => ({
  goodTilBlocks: heights.map(blockHeight),
});

describe('a sweep', () => {
  it.each<readonly [boolean, string, Partial<SweepInputs>]>([
    [true, 'before there was any', { lastSweepAt: undefined }],
    [false, 'with nothing to resolve', {}],
    [true, 'after fifteen seconds', { lastSweepAt: unixMs(5000) }],
    [true, 'when an order’s last block is proven', ending(98)],
    [false, 'while the block after it is being processed', ending(99)],
    [true, 'when one of several has run out', ending(120, 98)],
    [false, 'when the last sweep has proven it already', { ...ending(89) }],
  ])('is due (%s) %s', (expected, _name, change) => {
    expect(isSweepDue({ ...quiet, ...change })).toBe(expected);
  });

  it('proves everything below the height that is being processed', () => {
    expect([provenHeight(blockHeight(0)), provenHeight(blockHeight(7))]).toEqual([0, 6]);
  });
});
