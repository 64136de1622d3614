/** The journal's file: what it refuses, what it keeps, and that it is private. */
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { JournalDatabase, type Stamped } from '../../src/journal/journal-database.store.js';
import type { Failure } from '../../src/model/result.js';
import { aFill, aRequest, NOW } from '../support/money-samples.js';

const identity = { network: 'embedded', address: 'dydx1abc', subaccount: 0 };
const intent: Stamped = { at: NOW, input: 7, entry: { type: 'order.intent', request: aRequest } };
const fill: Stamped = { at: NOW, input: 8, entry: { type: 'fill', fill: aFill, strategy: 's' } };

let folder: string;
let path: string;
const open: JournalDatabase[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'perpetua-journal-'));
  path = join(folder, 'private', 'journal.sqlite');
});

afterEach(() => {
  for (const database of open.splice(0)) database.close();
  rmSync(folder, { recursive: true });
});

function openJournal(options: object = {}): JournalDatabase {
  const database = new JournalDatabase({ path, identity, reserveBytes: 4096, ...options });
  open.push(database);
  return database;
}

function close(): void {
  open.pop()?.close();
}

function edit(sql: string): void {
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
}

function failureOf(work: () => unknown): Failure {
  try {
    work();
  } catch (error) {
    return error as Failure;
  }
  throw new Error('expected a failure');
}

describe('the journal file', () => {
  it('keeps what was appended, over any number of openings', () => {
    expect(openJournal().history).toEqual([]);
    open[0]?.append([intent, fill]);
    close();
    openJournal().append([fill]);
    close();
    expect(openJournal().history).toEqual([
      { sequence: 1, ...intent },
      { sequence: 2, ...fill },
      { sequence: 3, ...fill },
    ]);
  });

  it('can be read and written by its owner only', () => {
    openJournal().append([intent]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(`${path}-wal`).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'private')).mode & 0o777).toBe(0o700);
  });

  it('refuses a second opener while the first one lives', () => {
    openJournal();
    const failure = failureOf(() => openJournal());
    expect(failure).toMatchObject({ code: 'journal.locked', retryable: false });
    close();
    expect(openJournal().history).toEqual([]);
  });

  it.each([
    ['another network', { ...identity, network: 'testnet' }],
    ['another address', { ...identity, address: 'dydx1xyz' }],
    ['another subaccount', { ...identity, subaccount: 1 }],
  ])('refuses %s', (_name, other) => {
    openJournal();
    close();
    const failure = failureOf(() => openJournal({ identity: other }));
    expect(failure.code).toBe('journal.foreign');
    expect(failure.message).toContain('belongs to embedded dydx1abc/0');
  });

  it.each([
    ['a newer schema', 'PRAGMA user_version = 3', 'journal.newer'],
    ['a database of something else', 'PRAGMA application_id = 1', 'journal.foreign'],
    ['a journal without an owner', 'DELETE FROM identity', 'journal.corrupt'],
    [
      'a changed row',
      `UPDATE journal SET entry = replace(entry, 'buy', 'sell')`,
      'journal.corrupt',
    ],
    ['a lost row', 'DELETE FROM journal WHERE sequence = 1', 'journal.corrupt'],
  ])('refuses %s and leaves it as it is', (_name, sql, code) => {
    openJournal().append([intent, fill]);
    close();
    edit(sql);
    const before = readFileSync(path);
    expect(failureOf(() => openJournal())).toMatchObject({ code, retryable: false });
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it('refuses text that is no database, and pages that were overwritten', () => {
    openJournal().append(Array.from({ length: 200 }, () => fill));
    close();
    const bytes = readFileSync(path);
    for (let page = 1; page < bytes.length / 4096; page += 1) {
      const broken = Buffer.from(bytes);
      broken.fill(0x5a, page * 4096, page * 4096 + 64);
      path = join(folder, `broken-${page}.sqlite`);
      writeFileSync(path, broken);
      expect(failureOf(() => openJournal()).code, `page ${page}`).toBe('journal.corrupt');
      expect(readFileSync(path).equals(broken)).toBe(true);
    }
    path = join(folder, 'text.sqlite');
    writeFileSync(path, 'this is not a journal at all, and never was'.repeat(40));
    expect(failureOf(() => openJournal()).code).toBe('journal.corrupt');
  });

  it('writes into the reserve once the disk is full, and nothing when that is full too', () => {
    const database = openJournal({ pagesMax: 8, reserveBytes: 400_000 });
    const flood = Array.from({ length: 100 }, () => fill);
    expect(existsSync(`${path}-reserve`)).toBe(true);
    database.append(flood.slice(0, 10));
    expect(database.strain).toBeUndefined();
    database.append(flood);
    expect(database.strain).toContain('the disk is full');
    expect(existsSync(`${path}-reserve`)).toBe(false);
    const failure = failureOf(() => {
      for (;;) database.append(flood);
    });
    expect(failure).toMatchObject({ code: 'journal.failed', retryable: false });
    expect(failure.message).toContain('full');
    expect(failureOf(() => database.append([intent])).message).toContain('full');
    close();
    expect((openJournal().history.length - 10) % 100).toBe(0);
  });

  it('keeps its reserve only while it is open', () => {
    openJournal({ reserveBytes: 2_000_000 });
    expect(statSync(`${path}-reserve`)).toMatchObject({ size: 2_000_000 });
    expect(statSync(`${path}-reserve`).mode & 0o777).toBe(0o600);
    close();
    expect(existsSync(`${path}-reserve`)).toBe(false);
  });

  it('brings an old layout up to date, and its rows with it', () => {
    openJournal().append([intent, fill]);
    close();
    edit('DROP TABLE base; PRAGMA user_version = 1');
    rmSync(`${path}-head`);
    openJournal().append([fill]);
    close();
    const { history } = openJournal();
    expect(history.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
    close();
    rmSync(`${path}-head`);
    expect(failureOf(() => openJournal()).message).toContain('its head is missing');
  });

  it('refuses a journal whose end is gone, though what is left is sound', () => {
    openJournal().append([intent, fill]);
    close();
    edit('DELETE FROM journal WHERE sequence = 2');
    expect(failureOf(() => openJournal()).message).toContain('expected row 2, which was durable');
    rmSync(path);
    expect(failureOf(() => openJournal()).message).toContain('2 rows were durable');
  });

  it('keeps the log of a journal that it refuses', () => {
    const database = openJournal();
    database.append([intent]);
    database.append([fill]);
    const copy = join(folder, 'copy');
    cpSync(join(folder, 'private'), copy, { recursive: true });
    close();
    path = join(copy, 'journal.sqlite');
    const log = readFileSync(`${path}-wal`);
    writeFileSync(`${path}-wal`, log.subarray(0, log.length - 100));
    expect(failureOf(() => openJournal()).code).toBe('journal.corrupt');
    expect(readFileSync(`${path}-refused-wal`)).toHaveLength(log.length - 100);
    rmSync(path);
    writeFileSync(`${path}-wal`, log);
    expect(failureOf(() => openJournal()).message).toContain('is missing');
  });

  it('says so when the file cannot be made', () => {
    writeFileSync(join(folder, 'private'), 'a file where the directory would be');
    expect(failureOf(() => openJournal()).code).toBe('journal.failed');
  });

  it('refuses when a setting does not hold', () => {
    openJournal().append(Array.from({ length: 400 }, () => fill));
    close();
    const failure = failureOf(() => openJournal({ pagesMax: 2 }));
    expect(failure.message).toContain('PRAGMA max_page_count: expected 2');
  });
});
