/**
 * The layout of a journal's file, its versions, and whose it is. Older layouts are brought up to
 * date; everything else that is not exactly ours is refused.
 */
import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import { Failure } from '../model/result.js';
import type { JournalIdentity } from '../ports/journal.js';
import { CHAIN_START, corrupt, type ChainEnd } from './journal-row.codec.js';

export const SCHEMA_VERSION = 2;
/** `PERP` in ASCII: tells our files from any other SQLite database. */
const APPLICATION_ID = 0x50_45_52_50;

const IDENTITY = `CREATE TABLE identity (
    network TEXT NOT NULL, address TEXT NOT NULL, subaccount INTEGER NOT NULL
  ) STRICT`;
const JOURNAL = `CREATE TABLE journal (
    sequence INTEGER PRIMARY KEY, at REAL NOT NULL, input INTEGER NOT NULL,
    entry TEXT NOT NULL, link TEXT NOT NULL
  ) STRICT`;
/** The row before the first one: what came before it is in the archive. */
const BASE = `CREATE TABLE base (sequence INTEGER NOT NULL, link TEXT NOT NULL) STRICT`;
const START = `INSERT INTO base VALUES (${CHAIN_START.sequence}, '${CHAIN_START.link}')`;

/** By version, first to last: what the file consists of. */
const LAYOUTS: readonly (readonly string[])[] = [
  [IDENTITY, JOURNAL],
  [IDENTITY, JOURNAL, BASE],
];
/** What leads from each version to the next. */
const MIGRATIONS: readonly string[] = [`${BASE}; ${START}`];

interface TableRow {
  readonly sql: string | null;
}

/** A new file gets the layout and the identity; an old one must already have both. */
export function bind(database: DatabaseSyncInstance, identity: JournalIdentity): void {
  const { network, address, subaccount } = identity;
  if (readPragma(database, 'schema_version') === 0) {
    database.exec(`BEGIN IMMEDIATE; ${IDENTITY}; ${JOURNAL}; ${BASE}; ${START};
      PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION}`);
    database.prepare('INSERT INTO identity VALUES (?, ?, ?)').run(network, address, subaccount);
    database.exec('COMMIT');
    return;
  }
  const application = readPragma(database, 'application_id');
  if (application !== APPLICATION_ID) throw refuse('foreign', 'is a database of something else');
  const version = versionOf(database);
  if (version > SCHEMA_VERSION) {
    throw refuse('newer', `has schema ${version}, expected at most ${SCHEMA_VERSION}`);
  }
  const layout = LAYOUTS[version - 1];
  if (layout === undefined) throw corrupt(`it has schema ${version}, which never was`);
  const found = database.prepare('SELECT sql FROM sqlite_master').all() as unknown as TableRow[];
  if (!isSame(layout, found)) throw corrupt('its tables are not those of a journal');
  const owners = database.prepare('SELECT * FROM identity').all() as unknown as JournalIdentity[];
  const [owner] = owners;
  if (owner === undefined || owners.length > 1) throw corrupt(`it names ${owners.length} owners`);
  if (nameOf(owner) !== nameOf(identity)) {
    throw refuse('foreign', `belongs to ${nameOf(owner)}, expected ${nameOf(identity)}`);
  }
}

/** Where the chain of the rows begins. */
export function readBase(database: DatabaseSyncInstance): ChainEnd {
  if (versionOf(database) === 1) return CHAIN_START;
  const bases = database.prepare('SELECT * FROM base').all() as unknown as ChainEnd[];
  const [base] = bases;
  if (base === undefined || bases.length > 1) throw corrupt(`it has ${bases.length} beginnings`);
  return base;
}

/** To the newest layout, in one transaction. */
export function migrate(database: DatabaseSyncInstance): void {
  const steps = MIGRATIONS.slice(versionOf(database) - 1);
  if (steps.length === 0) return;
  database.exec(`BEGIN IMMEDIATE; ${steps.join(';')};
    PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT`);
}

export const versionOf = (database: DatabaseSyncInstance): number =>
  Number(readPragma(database, 'user_version'));

export function readPragma(
  database: Pick<DatabaseSyncInstance, 'prepare'>,
  name: string,
): string | number | undefined {
  const row = database.prepare(`PRAGMA ${name}`).get() as
    | Record<string, string | number>
    | undefined;
  return row === undefined ? undefined : Object.values(row)[0];
}

const isSame = (layout: readonly string[], found: readonly TableRow[]): boolean => {
  const squeezed = (sql: string): string => sql.replaceAll(/\s+/g, ' ');
  const names = (all: readonly string[]): string => all.map(squeezed).toSorted().join('\n');
  return names(layout) === names(found.map(({ sql }) => sql ?? ''));
};

const nameOf = (identity: JournalIdentity): string =>
  `${identity.network} ${identity.address}/${identity.subaccount}`;

const refuse = (kind: 'foreign' | 'newer', message: string): Failure =>
  new Failure(`journal.${kind}`, `the journal ${message}`, { retryable: false });
