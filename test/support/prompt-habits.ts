/** An indexer that answers and publishes at once and never errs: for tests of something else. */
import { NO_HABITS } from '../../src/simulator/indexer/indexer-habits.js';

export const PROMPT = NO_HABITS;
