/**
 * The journal's file: one SQLite database that is opened with suspicion and only ever appended to.
 *
 * 1. Every setting that durability rests on is set and read back at every open.
 * 2. One process, one account: a second opener, another account and a newer schema are refused.
 * 3. A file that is refused is left as it was; after the first failed write nothing is written.
 */
import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';
import type { UnixMs } from '../model/quantities.js';
import { Failure } from '../model/result.js';
import type { JournalEntry, JournalIdentity, JournalRow } from '../ports/journal.js';
import { corrupt, decodeRow, encodeRow, FIRST_LINK, type StoredRow } from './journal-row.codec.js';

export interface JournalFile {
  readonly path: string;
  readonly identity: JournalIdentity;
  /** Largest size in pages of 4 KiB; beyond it a write fails like a full disk. Default 4 GiB. */
  readonly pagesMax?: number;
}

/** An entry and its stamp, before it has a place in the sequence. */
export interface Stamped {
  readonly at: UnixMs;
  readonly input: number;
  readonly entry: JournalEntry;
}

const SCHEMA_VERSION = 1;
/** `PERP` in ASCII: tells our files from any other SQLite database. */
const APPLICATION_ID = 0x50_45_52_50;
const PAGES_MAX = 1_048_576;

const SCHEMA = `
  CREATE TABLE identity (
    network TEXT NOT NULL, address TEXT NOT NULL, subaccount INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE journal (
    sequence INTEGER PRIMARY KEY, at REAL NOT NULL, input INTEGER NOT NULL,
    entry TEXT NOT NULL, link TEXT NOT NULL
  ) STRICT;
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${SCHEMA_VERSION};`;

export class JournalDatabase {
  readonly #database: DatabaseSyncInstance;
  readonly #insert: ReturnType<DatabaseSyncInstance['prepare']>;
  /** All rows at the time of opening, oldest first. */
  readonly history: readonly JournalRow[];
  #sequence = 0;
  #link = FIRST_LINK;
  #failed: unknown;

  /** Throws a terminal `journal.locked`, `.foreign`, `.newer`, `.corrupt` or `.failed`. */
  constructor(file: JournalFile) {
    this.#database = openPrivately(file.path);
    try {
      demand(this.#database, 'locking_mode = EXCLUSIVE', 'locking_mode', 'exclusive');
      bind(this.#database, file.identity);
      this.history = this.#readAll();
      prepareForWriting(this.#database, file.pagesMax ?? PAGES_MAX);
      this.#insert = this.#database.prepare('INSERT INTO journal VALUES (?, ?, ?, ?, ?)');
    } catch (error) {
      this.#database.close();
      throw asFailure(error, file.path);
    }
  }

  /** One transaction for all; on return they are on the disk. Throws `journal.failed`. */
  append(entries: readonly Stamped[]): void {
    if (this.#failed !== undefined) throw writeFailure(this.#failed);
    try {
      this.#database.exec('BEGIN IMMEDIATE');
      for (const stamped of entries) this.#write(stamped);
      this.#database.exec('COMMIT');
    } catch (error) {
      this.#failed = error;
      throw writeFailure(error);
    }
  }

  close(): void {
    release(this.#database);
  }

  #write(stamped: Stamped): void {
    const row = encodeRow({ sequence: this.#sequence + 1, ...stamped }, this.#link);
    this.#insert.run(row.sequence, row.at, row.input, row.entry, row.link);
    this.#sequence = row.sequence;
    this.#link = row.link;
  }

  #readAll(): readonly JournalRow[] {
    const verdict = readPragma(this.#database, 'integrity_check');
    if (verdict !== 'ok') throw corrupt(String(verdict));
    const rows: JournalRow[] = [];
    let previous: StoredRow | undefined;
    const select = this.#database.prepare('SELECT * FROM journal ORDER BY sequence');
    for (const stored of select.iterate() as Iterable<StoredRow>) {
      rows.push(decodeRow(stored, previous));
      previous = stored;
    }
    this.#sequence = previous?.sequence ?? 0;
    this.#link = previous?.link ?? FIRST_LINK;
    return rows;
  }
}

/** A missing directory is made 0700; the file, and with it SQLite's side files, is 0600. */
function openPrivately(path: string): DatabaseSyncInstance {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    closeSync(openSync(path, 'a', 0o600));
    chmodSync(path, 0o600);
    return new DatabaseSync(path, { timeout: 0 });
  } catch (error) {
    throw asFailure(error, path);
  }
}

/**
 * The driver cannot finalize statements, and they keep the file locked after `close` until they are
 * collected. Leaving WAL moves everything into the main file and lets go of the lock; where even
 * this fails, the lock ends with the process.
 */
function release(database: DatabaseSyncInstance): void {
  try {
    if (database.isTransaction) database.exec('ROLLBACK');
    database.exec('PRAGMA journal_mode = DELETE; PRAGMA locking_mode = NORMAL');
    database.exec('SELECT 1 FROM sqlite_master');
  } catch {
    // A write has failed before, and its failure was told.
  } finally {
    database.close();
  }
}

/** Comes last: a file that is refused is left as it was. */
function prepareForWriting(database: DatabaseSyncInstance, pagesMax: number): void {
  demand(database, 'journal_mode = WAL', 'journal_mode', 'wal');
  demand(database, 'synchronous = FULL', 'synchronous', 2);
  demand(database, `max_page_count = ${pagesMax}`, 'max_page_count', pagesMax);
}

function demand(
  database: DatabaseSyncInstance,
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

function readPragma(database: DatabaseSyncInstance, name: string): string | number | undefined {
  const row = database.prepare(`PRAGMA ${name}`).get() as
    | Record<string, string | number>
    | undefined;
  return row === undefined ? undefined : Object.values(row)[0];
}

/** A new file gets the schema and the identity; an old one must already have both. */
function bind(database: DatabaseSyncInstance, identity: JournalIdentity): void {
  const { network, address, subaccount } = identity;
  if (readPragma(database, 'schema_version') === 0) {
    database.exec(`BEGIN IMMEDIATE; ${SCHEMA}`);
    database.prepare('INSERT INTO identity VALUES (?, ?, ?)').run(network, address, subaccount);
    database.exec('COMMIT');
    return;
  }
  const application = readPragma(database, 'application_id');
  if (application !== APPLICATION_ID) throw refuse('foreign', 'is a database of something else');
  const version = Number(readPragma(database, 'user_version'));
  if (version > SCHEMA_VERSION) {
    throw refuse('newer', `has schema ${version}, expected at most ${SCHEMA_VERSION}`);
  }
  const owner = database.prepare('SELECT * FROM identity').get() as JournalIdentity | undefined;
  if (owner === undefined) throw corrupt('it names no owner');
  if (nameOf(owner) !== nameOf(identity)) {
    throw refuse('foreign', `belongs to ${nameOf(owner)}, expected ${nameOf(identity)}`);
  }
}

const nameOf = (identity: JournalIdentity): string =>
  `${identity.network} ${identity.address}/${identity.subaccount}`;

const refuse = (kind: 'foreign' | 'newer', message: string): Failure =>
  new Failure(`journal.${kind}`, `the journal ${message}`, { retryable: false });

/** SQLite's result codes: 5 busy, 11 corrupt, 26 not a database. */
function asFailure(error: unknown, path: string): Failure {
  if (error instanceof Failure) return error;
  const { errcode, message } = error as { errcode?: number; message?: string };
  const code = errcode === undefined ? undefined : errcode & 0xff;
  if (code === 5) {
    const words = `the journal ${path} is in use by another process`;
    return new Failure('journal.locked', words, { retryable: false, cause: error });
  }
  if (code === 11 || code === 26) return corrupt(`${path}: ${message ?? 'unreadable'}`, error);
  return new Failure('journal.failed', `the journal ${path} cannot be opened: ${message}`, {
    retryable: false,
    cause: error,
  });
}

function writeFailure(error: unknown): Failure {
  const words = error instanceof Error ? error.message : String(error);
  return new Failure('journal.failed', `the journal cannot be written: ${words}`, {
    retryable: false,
    cause: error,
  });
}
