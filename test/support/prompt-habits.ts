/** An indexer that answers and publishes at once and never errs: for tests of something else. */
import type { IndexerHabits } from '../../src/simulator/indexer/indexer-habits.js';

export const PROMPT: IndexerHabits = {
  snapshotMs: 0,
  vulcanMs: 0,
  enderMs: 0,
  vulcanHeightMs: 0,
  marketListMs: 0,
  lateLevelPpm: 0,
  lateLevelMs: 0,
  lostLevelPpm: 0,
};
