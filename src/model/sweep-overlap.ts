/**
 * Each sweep of the fills reads so many blocks again that were complete before. REST is answered by
 * copies of a database and by caches: one that lagged behind the height that we were told may have
 * left out fills, and they are found by a later sweep only if it looks there.
 */
import { blockHeight, type BlockHeight } from './quantities.js';

export const OVERLAP_BLOCKS = 20;

/** From this height on fills may come again: booked ones are kept, to be told from new ones. */
export const overlapped = (completeTo: BlockHeight): BlockHeight =>
  blockHeight(Math.max(0, completeTo - OVERLAP_BLOCKS));
