/**
 * Where rows go that a checkpoint has made needless for a start: a second file beside the journal,
 * for whoever wants to know what happened. Nothing in it is ever read by the service.
 */
import { chmodSync, closeSync, openSync } from 'node:fs';
import type { DatabaseSyncInstance } from '@photostructure/sqlite';

const PRIVATE = 0o600;

export const archivePathOf = (journal: string): string => `${journal}-archive`;

/**
 * Moves all rows before `sequence`. They are durable there before they go here; what an interrupted
 * move has copied already is known by its link. Throws when the archive cannot be written: the rows
 * are still here then.
 */
export function archiveBefore(
  database: DatabaseSyncInstance,
  journal: string,
  sequence: number,
): void {
  const path = archivePathOf(journal);
  closeSync(openSync(path, 'a', PRIVATE));
  chmodSync(path, PRIVATE);
  database.exec(`ATTACH DATABASE '${path.replaceAll("'", "''")}' AS archive`);
  try {
    database.exec(`
      PRAGMA archive.synchronous = FULL;
      CREATE TABLE IF NOT EXISTS archive.journal (
        sequence INTEGER NOT NULL, at REAL NOT NULL, input INTEGER NOT NULL,
        entry TEXT NOT NULL, link TEXT PRIMARY KEY
      ) STRICT;
      INSERT OR IGNORE INTO archive.journal
        SELECT * FROM main.journal WHERE sequence < ${sequence} ORDER BY sequence`);
  } finally {
    database.exec('DETACH DATABASE archive');
  }
}
