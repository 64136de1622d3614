/** What becomes of the journal when rows are archived, and then cannot be deleted. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';
import type * as sqlite from '@photostructure/sqlite';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { JournalDatabase, type Stamped } from '../../src/journal/journal-database.store.js';
import { blockHeight, orderId } from '../../src/model/quantities.js';
import type { JournalEntry } from '../../src/ports/journal.js';
import { anOrderId, aRequest, NOW } from '../support/money-samples.js';

/** Every connection in the order of opening: the file is locked, no second one could get at it. */
const connections = vi.hoisted((): DatabaseSyncInstance[] => []);

vi.mock('@photostructure/sqlite', async (importOriginal) => {
  const original = await importOriginal<typeof sqlite>();
  class Noted extends original.DatabaseSync {
    constructor(...given: ConstructorParameters<typeof original.DatabaseSync>) {
      super(...given);
      connections.push(this);
    }
  }
  return { ...original, DatabaseSync: Noted };
});

const identity = { network: 'embedded', address: 'dydx1abc', subaccount: 0 };
const stamped = (entry: JournalEntry): Stamped => ({ at: NOW, input: 1, entry });
const checkpoint = stamped({
  type: 'checkpoint',
  state: {
    epoch: 1,
    completeTo: blockHeight(1),
    orders: [],
    books: { positions: [], owned: [] },
    fills: [],
    latched: [],
    entries: [],
  },
});
const intent = (n: number): Stamped =>
  stamped({ type: 'order.intent', request: { ...aRequest, orderId: orderId(anOrderId(n)) } });

let folder: string;
let path: string;
const open: JournalDatabase[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'perpetua-trim-'));
  path = join(folder, 'journal.sqlite');
});

afterEach(() => {
  close();
  rmSync(folder, { recursive: true });
});

function openJournal(options: object = {}): JournalDatabase {
  const database = new JournalDatabase({ path, identity, reserveBytes: 4096, ...options });
  open.push(database);
  return database;
}

function close(): void {
  for (const database of open.splice(0)) database.close();
}

/** From here on no row of the journal that was opened last can be deleted. */
function hold(): { letGo(): void } {
  const connection = connections.at(-1);
  connection?.exec(`CREATE TEMP TRIGGER held BEFORE DELETE ON main.journal
    BEGIN SELECT RAISE(ABORT, 'held'); END`);
  return { letGo: () => connection?.exec('DROP TRIGGER held') };
}

function sequencesIn(file: string): unknown[] {
  const database = new DatabaseSync(file);
  const rows = database.prepare('SELECT sequence FROM journal ORDER BY sequence').all();
  database.close();
  return rows.map((row) => (row as { readonly sequence: number }).sequence);
}

describe('a journal whose archived rows cannot be deleted', () => {
  it('takes entries all the same, and has every row at the next start', () => {
    const database = openJournal();
    database.append([intent(1), intent(2)]);
    hold();
    database.append([checkpoint, intent(3)]);
    database.append([intent(4)]);
    close();
    expect(sequencesIn(path)).toEqual([1, 2, 3, 4, 5]);
    const { history } = openJournal();
    expect(history).toEqual([
      { sequence: 3, ...checkpoint },
      { sequence: 4, ...intent(3) },
      { sequence: 5, ...intent(4) },
    ]);
  });

  it('deletes them with the next checkpoint once it can, and has each in the archive once', () => {
    const database = openJournal();
    database.append([intent(1), intent(2)]);
    const { letGo } = hold();
    database.append([checkpoint, intent(3)]);
    expect(sequencesIn(`${path}-archive`)).toEqual([1, 2]);
    letGo();
    database.append([checkpoint, intent(4)]);
    close();
    expect(sequencesIn(`${path}-archive`)).toEqual([1, 2, 3, 4]);
    expect(sequencesIn(path)).toEqual([5, 6]);
    expect(openJournal().history.map(({ sequence }) => sequence)).toEqual([5, 6]);
  });

  it('still writes into its reserve once the disk is full', () => {
    const database = openJournal({ pagesMax: 8, reserveBytes: 400_000 });
    hold();
    database.append([intent(1), checkpoint]);
    database.append(Array.from({ length: 100 }, (_, n) => intent(n)));
    expect(database.strain).toContain('the disk is full');
    close();
    expect(openJournal().history).toHaveLength(101);
  });
});
