/**
 * The journal's file: one SQLite database that is opened with suspicion and only ever appended to.
 *
 * 1. Every setting that durability rests on is set and read back at every open.
 * 2. One process, one account: a second opener, another account and a newer schema are refused.
 * 3. A file that is refused is left as it was; after the first failed write nothing is written.
 *    Only a full disk is met once more, with the reserve given back.
 * 4. Rows before a checkpoint are moved to the archive; a move that fails changes nothing.
 */
import { chmodSync, closeSync, copyFileSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';
import type { UnixMs } from '../model/quantities.js';
import { Failure } from '../model/result.js';
import type { JournalEntry, JournalIdentity, JournalRow } from '../ports/journal.js';
import { DiskReserve } from './disk-reserve.store.js';
import { archiveBefore } from './journal-archive.store.js';
import { checkHead, JournalHead, readHead } from './journal-head.store.js';
import {
  CHAIN_START,
  corrupt,
  decodeRow,
  encodeRow,
  type ChainEnd,
  type StoredRow,
} from './journal-row.codec.js';
import { bind, migrate, readBase, readPragma, versionOf } from './journal-schema.store.js';
import { prepareForWriting, takeAlone } from './journal-settings.store.js';

export interface JournalFile {
  readonly path: string;
  readonly identity: JournalIdentity;
  /** Largest size in pages of 4 KiB; beyond it a write fails like a full disk. Default 4 GiB. */
  readonly pagesMax?: number;
  /** Kept free for the time when the disk is full. Default 8 MiB. */
  readonly reserveBytes?: number;
}

/** An entry and its stamp, before it has a place in the sequence. */
export interface Stamped {
  readonly at: UnixMs;
  readonly input: number;
  readonly entry: JournalEntry;
}

const PAGE_BYTES = 4096;
const PAGES_MAX = 1_048_576;
const RESERVE_BYTES = 8 * 1024 * 1024;
/** SQLite's result codes. */
const ERROR = 1;
const BUSY = 5;
const CORRUPT = 11;
const FULL = 13;
const MISMATCH = 20;
const NOT_A_DATABASE = 26;

export class JournalDatabase {
  readonly #path: string;
  readonly #database: DatabaseSyncInstance;
  readonly #insert: ReturnType<DatabaseSyncInstance['prepare']>;
  readonly #head: JournalHead;
  readonly #reserve: DiskReserve;
  readonly #pagesMax: number;
  readonly #reservePages: number;
  /** All rows at the time of opening, from the newest checkpoint on. */
  readonly history: readonly JournalRow[];
  #end: ChainEnd = CHAIN_START;
  #failed: unknown;
  #strain: string | undefined;

  /** Throws a terminal `journal.locked`, `.foreign`, `.newer`, `.corrupt` or `.failed`. */
  constructor(file: JournalFile) {
    const { path, pagesMax = PAGES_MAX, reserveBytes = RESERVE_BYTES } = file;
    this.#path = path;
    this.#pagesMax = pagesMax;
    this.#reservePages = Math.ceil(reserveBytes / PAGE_BYTES);
    this.#database = openPrivately(path);
    let head: JournalHead | undefined;
    try {
      takeAlone(this.#database);
      this.#demandRows();
      this.history = readable(() => {
        bind(this.#database, file.identity);
        return this.#readAll();
      });
      prepareForWriting(this.#database, pagesMax);
      head = new JournalHead(path);
      head.write(this.#end);
      migrate(this.#database);
      this.#head = head;
      this.#reserve = new DiskReserve(path, reserveBytes);
      this.#insert = this.#database.prepare('INSERT INTO journal VALUES (?, ?, ?, ?, ?)');
    } catch (error) {
      const failure = asFailure(error, path);
      if (failure.code === 'journal.corrupt') keepLog(path);
      head?.close();
      this.#database.close();
      throw failure;
    }
  }

  /** In words, once the reserve has been given back. */
  get strain(): string | undefined {
    return this.#strain;
  }

  /** One transaction for all; on return they are on the disk. Throws `journal.failed`. */
  append(entries: readonly Stamped[]): void {
    if (this.#failed !== undefined) throw writeFailure(this.#failed);
    try {
      const checkpoint = this.#writeOrGiveWay(entries);
      this.#head.write(this.#end);
      if (checkpoint !== undefined) this.#trim(checkpoint);
    } catch (error) {
      this.#failed = error;
      throw writeFailure(error);
    }
  }

  close(): void {
    release(this.#database);
    try {
      this.#reserve.release();
      this.#head.close();
    } catch {
      // What could not be synced may be old, as after a power cut.
    }
  }

  /** An empty file is a new journal, unless there was one. */
  #demandRows(): void {
    const { sequence } = readHead(this.#path) ?? CHAIN_START;
    if (sequence === 0 || readPragma(this.#database, 'schema_version') !== 0) return;
    throw corrupt(`it is empty, though ${sequence} rows were durable`);
  }

  #writeOrGiveWay(entries: readonly Stamped[]): ChainEnd | undefined {
    try {
      return this.#write(entries);
    } catch (error) {
      if (codeOf(error) !== FULL || !this.#reserve.release()) throw error;
      this.#strain = `the disk is full: ${(error as Error).message}; the reserve is in use`;
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      this.#database.exec(`PRAGMA max_page_count = ${this.#pagesMax + this.#reservePages}`);
      return this.#write(entries);
    }
  }

  /** Returns the row before the newest checkpoint among the entries. */
  #write(entries: readonly Stamped[]): ChainEnd | undefined {
    let end = this.#end;
    let checkpoint: ChainEnd | undefined;
    this.#database.exec('BEGIN IMMEDIATE');
    for (const stamped of entries) {
      const row = encodeRow({ sequence: end.sequence + 1, ...stamped }, end.link);
      this.#insert.run(row.sequence, row.at, row.input, row.entry, row.link);
      if (stamped.entry.type === 'checkpoint') checkpoint = end;
      end = { sequence: row.sequence, link: row.link };
    }
    this.#database.exec('COMMIT');
    this.#end = end;
    return checkpoint;
  }

  /**
   * Rows up to `last` go to the archive. Where a step fails they stay, which is only slower: the
   * next checkpoint moves them, and what is in the archive already is not copied again.
   */
  #trim(last: ChainEnd): void {
    try {
      archiveBefore(this.#database, this.#path, last.sequence + 1);
      this.#database.exec(`BEGIN IMMEDIATE;
        DELETE FROM journal WHERE sequence <= ${last.sequence};
        UPDATE base SET sequence = ${last.sequence}, link = '${last.link}';
        COMMIT`);
    } catch {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
    }
  }

  #readAll(): readonly JournalRow[] {
    const verdict = readPragma(this.#database, 'integrity_check');
    if (verdict !== 'ok') throw corrupt(String(verdict));
    const base = readBase(this.#database);
    let rows: JournalRow[] = [];
    const ends: ChainEnd[] = [];
    let end = base;
    const select = this.#database.prepare('SELECT * FROM journal ORDER BY sequence');
    for (const stored of select.iterate() as Iterable<StoredRow>) {
      const row = decodeRow(stored, end);
      if (row.entry.type === 'checkpoint') rows = [];
      rows.push(row);
      end = { sequence: stored.sequence, link: stored.link };
      ends.push(end);
    }
    if (base.sequence > 0 && rows[0]?.entry.type !== 'checkpoint') {
      throw corrupt(`it begins after row ${base.sequence}, without a checkpoint`);
    }
    const isOld = versionOf(this.#database) === 1;
    checkHead(readHead(this.#path), { base, rows: ends, isOld });
    this.#end = end;
    return rows;
  }
}

/** A missing directory is made 0700; the file, and with it SQLite's side files, is 0600. */
function openPrivately(path: string): DatabaseSyncInstance {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    // Its side files without it: what is in them would be taken for nothing.
    if (!existsSync(path) && existsSync(`${path}-wal`)) throw corrupt(`${path} is missing`);
    closeSync(openSync(path, 'a', 0o600));
    chmodSync(path, 0o600);
    return new DatabaseSync(path, { timeout: 0 });
  } catch (error) {
    throw asFailure(error, path);
  }
}

/** Closing moves what is good of the log into the main file: the whole of it is kept for a look. */
function keepLog(path: string): void {
  const log = `${path}-wal`;
  const kept = `${path}-refused-wal`;
  if (!existsSync(log) || existsSync(kept)) return;
  copyFileSync(log, kept);
  chmodSync(kept, 0o600);
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

/** The primary result code of SQLite. */
function codeOf(error: unknown): number | undefined {
  const { errcode } = error as { readonly errcode?: number };
  return errcode === undefined ? undefined : errcode & 0xff;
}

/** What SQLite or we cannot make sense of is damage, whatever the words for it. */
function readable<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    const code = codeOf(error);
    const isOfTheWorld = code !== undefined && code !== ERROR && code !== MISMATCH;
    if (error instanceof Failure || isOfTheWorld) throw error;
    throw corrupt(error instanceof Error ? error.message : String(error), error);
  }
}

function asFailure(error: unknown, path: string): Failure {
  if (error instanceof Failure) return error;
  const message = error instanceof Error ? error.message : String(error);
  const code = codeOf(error);
  if (code === BUSY) {
    const words = `the journal ${path} is in use by another process`;
    return new Failure('journal.locked', words, { retryable: false, cause: error });
  }
  if (code === CORRUPT || code === NOT_A_DATABASE) return corrupt(`${path}: ${message}`, error);
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
