/** A disk that takes no more bytes, in a process whose files may not grow: what was told is kept. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { JournalDatabase } from '../../src/journal/journal-database.store.js';
import { temporaryFolder } from '../support/built-program.js';

const STORE = new URL('../../dist/src/journal/journal-database.store.js', import.meta.url).href;
const path = join(temporaryFolder(), 'journal.sqlite');
const file = { path, identity: { network: 'n', address: 'a', subaccount: 0 }, reserveBytes: 4096 };

/** Appends until it fails, and tells how many were told durable, and with what it ended, twice. */
const WRITER = `
  const { JournalDatabase } = await import(${JSON.stringify(STORE)});
  const journal = new JournalDatabase(${JSON.stringify(file)});
  const row = { at: 1, input: 0, entry: { type: 'run', epoch: 1, version: 'x'.repeat(900) } };
  let durable = 0;
  const failures = [];
  while (failures.length < 2) {
    try {
      journal.append([row, row, row]);
      durable += 3;
    } catch ({ code, message }) {
      failures.push(code + ' ' + message);
    }
  }
  console.log(JSON.stringify({ durable, failures }));`;

it('a write that the disk refuses is final, and everything told before it is there afterwards', () => {
  const node = `ulimit -f 512; exec "$0" --input-type=module -e "$1"`;
  const { stdout, stderr } = spawnSync('sh', ['-c', node, process.execPath, WRITER], {
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  const { durable, failures } = JSON.parse(stdout) as { durable: number; failures: string[] };
  expect(durable).toBeGreaterThan(3);
  expect(failures[0]).toMatch(/^journal\.failed the journal cannot be written: .*I\/O error/);
  expect(failures[1]).toBe(failures[0]);
  const after = new JournalDatabase(file);
  expect(after.history.length).toBe(durable);
  after.close();
});
