/** When to ask for all fills. */
import { describe, expect, it } from 'vitest';
import { blockHeight, unixMs } from '../../src/model/quantities.js';
import { overlapped } from '../../src/model/sweep-overlap.js';
import {
  isSweepDue,
  provenHeight,
  sweepFrom,
  type SweepInputs,
} from '../../src/execution/sweep-plan.js';

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

it.each([
  ['the first reaches below any account that is read after it', undefined, 5_000, 4_000],
  ['the first of a young chain begins at its start', undefined, 30, 0],
  ['a later one reads twenty complete blocks again', 4_990, 5_000, 4_970],
  ['nothing lies below the start', 7, 5_000, 0],
])('the fills of a sweep: %s', (_, completeTo, height, expected) => {
  const known = completeTo === undefined ? undefined : blockHeight(completeTo);
  expect(sweepFrom(known, blockHeight(height))).toBe(expected);
  if (known !== undefined) expect(overlapped(known)).toBe(expected);
});
