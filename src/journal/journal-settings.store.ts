/** The settings that a journal's durability rests on: each is set, and then read back. */
import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import { Failure } from '../model/result.js';
import { readPragma } from './journal-schema.store.js';

export type Settable = Pick<DatabaseSyncInstance, 'exec' | 'prepare'>;

/** One process at a time. */
export function takeAlone(database: Settable): void {
  demand(database, 'locking_mode = EXCLUSIVE', 'locking_mode', 'exclusive');
}

/** Comes last: a file that is refused is left as it was. */
export function prepareForWriting(database: Settable, pagesMax: number): void {
  demand(database, 'journal_mode = WAL', 'journal_mode', 'wal');
  demand(database, 'synchronous = FULL', 'synchronous', 2);
  demand(database, `max_page_count = ${pagesMax}`, 'max_page_count', pagesMax);
}

function demand(
  database: Settable,
  setting: string,
  name: string,
  expected: string | number,
): void {
  database.exec(`PRAGMA ${setting}`);
  const actual = readPragma(database, name);
  if (actual === expected) return;
  throw new Failure('journal.failed', `PRAGMA ${name}: expected ${expected}, was ${actual}`, {
    retryable: false,
  });
}
