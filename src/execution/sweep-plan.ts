/** When the venue is to be asked for all newest fills: live orders run out, or time has passed. */
import { blockHeight, type BlockHeight, type UnixMs } from '../model/quantities.js';
import { overlapped } from '../model/sweep-overlap.js';

/** Without any order to resolve, so often: a fill that no stream told is found by then. */
export const SWEEP_INTERVAL_MS = 15_000;

/** What a first sweep reads: enough to reach down to the account that is read after it. */
const FIRST_BLOCKS = 1_000;

/** From which height a sweep reads the fills. `completeTo` is undefined before the first. */
export const sweepFrom = (
  completeTo: BlockHeight | undefined,
  indexerHeight: BlockHeight,
): BlockHeight =>
  completeTo === undefined
    ? blockHeight(Math.max(0, indexerHeight - FIRST_BLOCKS))
    : overlapped(completeTo);

export interface SweepInputs {
  readonly now: UnixMs;
  /** When the last sweep was begun; undefined before the first. */
  readonly lastSweepAt: UnixMs | undefined;
  readonly indexerHeight: BlockHeight;
  /** What the last sweep proved. */
  readonly completeTo: BlockHeight;
  /** Last blocks of all orders that may still live. */
  readonly goodTilBlocks: readonly BlockHeight[];
}

/**
 * Height up to which the fills of a sweep are complete, when the indexer was at `indexerHeight`
 * before it was asked: a block that is being processed may still lack some.
 */
export const provenHeight = (indexerHeight: BlockHeight): BlockHeight =>
  blockHeight(Math.max(0, indexerHeight - 1));

export function isSweepDue(inputs: SweepInputs): boolean {
  const { now, lastSweepAt, indexerHeight, completeTo, goodTilBlocks } = inputs;
  if (lastSweepAt === undefined || now - lastSweepAt >= SWEEP_INTERVAL_MS) return true;
  const proven = provenHeight(indexerHeight);
  return goodTilBlocks.some((last) => completeTo <= last && proven > last);
}
