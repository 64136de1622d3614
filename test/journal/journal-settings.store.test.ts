/** What durability rests on: a setting that does not hold refuses the journal. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { expect, it } from 'vitest';
import { prepareForWriting, takeAlone } from '../../src/journal/journal-settings.store.js';

it.each([
  ['synchronous = FULL', 'synchronous = NORMAL', 'PRAGMA synchronous: expected 2, was 1'],
  ['journal_mode = WAL', 'journal_mode = DELETE', 'PRAGMA journal_mode: expected wal, was delete'],
  ['EXCLUSIVE', 'NORMAL', 'PRAGMA locking_mode: expected exclusive, was normal'],
])('a journal in which %s became %s is refused', (asked, got, words) => {
  const folder = mkdtempSync(join(tmpdir(), 'perpetua-settings-'));
  const database = new DatabaseSync(join(folder, 'journal.sqlite'));
  const weak = {
    exec: (sql: string) => database.exec(sql.replace(asked, got)),
    prepare: (sql: string) => database.prepare(sql),
  };
  expect(() => {
    takeAlone(weak);
    prepareForWriting(weak, 100);
  }).toThrow(words);
  database.close();
  rmSync(folder, { recursive: true });
});

it('a journal in which all settings hold is not', () => {
  const database = new DatabaseSync(':memory:');
  expect(() => takeAlone(database)).not.toThrow();
  database.close();
});
