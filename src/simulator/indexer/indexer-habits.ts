/** How the indexer keeps its clients waiting and where it errs; all zero: at once and never. */

export interface IndexerHabits {
  /** Mean time from a subscribe to its answer; the state is read half-way. */
  readonly snapshotMs: number;
  /** Mean way of an off-chain message (orders, book levels) from its cause to the sockets. */
  readonly vulcanMs: number;
  /** Mean way of an on-chain message (fills, trades, candles, heights) from its block. */
  readonly enderMs: number;
  /** How often the off-chain publisher learns the height that it writes. */
  readonly vulcanHeightMs: number;
  /** How often the list of markets that can be subscribed to is read. */
  readonly marketListMs: number;
  /** So many of a million level removals reach the indexer late: the book is crossed meanwhile. */
  readonly lateLevelPpm: number;
  /** Mean delay of those. */
  readonly lateLevelMs: number;
  /** So many of a million level removals are only found by the sweep for expired orders. */
  readonly lostLevelPpm: number;
}

export const DEFAULT_HABITS: IndexerHabits = {
  snapshotMs: 20,
  vulcanMs: 4,
  enderMs: 8,
  vulcanHeightMs: 1_000,
  marketListMs: 300_000,
  lateLevelPpm: 200,
  lateLevelMs: 1_500,
  lostLevelPpm: 10,
};

export const NO_HABITS: IndexerHabits = {
  snapshotMs: 0,
  vulcanMs: 0,
  enderMs: 0,
  vulcanHeightMs: 0,
  marketListMs: 0,
  lateLevelPpm: 0,
  lateLevelMs: 0,
  lostLevelPpm: 0,
};
