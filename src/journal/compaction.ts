/**
 * What keeps a journal short: sweeps that say nothing new are not written, and after so many rows a
 * checkpoint takes the place of all that came before it.
 */
import type { JournalEntry } from '../ports/journal.js';

/** Rows between two checkpoints: a start reads at most about as many. */
export const CHECKPOINT_ROWS = 5_000;

/** What a later sweep has to cover. */
const NEEDS_A_SWEEP = new Set<JournalEntry['type']>([
  'order.intent',
  'order.end',
  'fill',
  'position.opening',
  'run',
]);

export class Compaction {
  readonly #rowsMax: number;
  #rows = 0;
  #isSweepDue = true;
  /** The last block in which an order of these rows may still fill. */
  #lastBlock = 0;

  constructor(rowsMax = CHECKPOINT_ROWS) {
    this.#rowsMax = rowsMax;
  }

  /** A row that is written now, or was before. */
  note(entry: JournalEntry): void {
    this.#rows += 1;
    if (entry.type === 'order.intent') {
      this.#lastBlock = Math.max(this.#lastBlock, entry.request.goodTilBlock);
    }
    if (NEEDS_A_SWEEP.has(entry.type)) this.#isSweepDue = true;
    // Until the last order is behind a sweep, the next one says more.
    if (entry.type === 'sweep') this.#isSweepDue = entry.completeTo <= this.#lastBlock;
    if (entry.type === 'checkpoint') this.#rows = 1;
  }

  /** A sweep after which nothing has happened changes nothing that a start would read. */
  isWorthARow(entry: JournalEntry): boolean {
    return entry.type !== 'sweep' || this.#isSweepDue;
  }

  get isCheckpointDue(): boolean {
    return this.#rows >= this.#rowsMax;
  }
}
