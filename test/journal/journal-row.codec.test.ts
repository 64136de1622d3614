/** Journal rows: a chain in which no row can be changed, lost or moved unnoticed. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeRow,
  encodeRow,
  CHAIN_START,
  type StoredRow,
} from '../../src/journal/journal-row.codec.js';
import type { JournalEntry, JournalRow } from '../../src/ports/journal.js';
import { aFill, aRequest, NOW } from '../support/money-samples.js';

const entries: readonly JournalEntry[] = [
  { type: 'run', epoch: 1, version: '0.1.0' },
  { type: 'order.intent', request: aRequest },
  { type: 'fill', fill: aFill, strategy: 'sniper' },
];
const rows = entries.map((entry, index): JournalRow => ({
  sequence: index + 1,
  at: NOW,
  input: index * 7,
  entry,
}));

function encodeAll(): StoredRow[] {
  const stored: StoredRow[] = [];
  for (const row of rows) stored.push(encodeRow(row, stored.at(-1)?.link ?? CHAIN_START.link));
  return stored;
}

const decodeAll = (stored: readonly StoredRow[]): JournalRow[] =>
  stored.map((row, index) => decodeRow(row, stored[index - 1] ?? CHAIN_START));

describe('journal rows', () => {
  it('come back as they were written', () => {
    expect(decodeAll(encodeAll())).toEqual(rows);
  });

  it('are refused when any field of any row was changed', () => {
    const change = fc.record({
      index: fc.integer({ min: 0, max: 2 }),
      field: fc.constantFrom('sequence', 'at', 'input'),
      by: fc.integer({ min: 1, max: 1000 }),
    });
    fc.assert(
      fc.property(change, ({ index, field, by }) => {
        const stored = encodeAll();
        const row = stored[index] as StoredRow;
        stored[index] = { ...row, [field]: row[field] + by };
        expect(() => decodeAll(stored)).toThrow('the journal is damaged');
      }),
    );
  });

  it('are refused when the entry was changed', () => {
    const [first, second, third] = encodeAll() as [StoredRow, StoredRow, StoredRow];
    const forged = { ...second, entry: second.entry.replace('buy', 'sell') };
    expect(() => decodeAll([first, forged, third])).toThrow('row 2 does not match its link');
  });

  it('are refused when one in the middle is missing', () => {
    const [first, , third] = encodeAll() as [StoredRow, StoredRow, StoredRow];
    expect(() => decodeAll([first, third])).toThrow('expected row 2, was 3');
  });

  it('are refused when they are genuine and of a kind that nobody knows here', () => {
    const entry = { type: 'order.teleported' } as unknown as JournalEntry;
    const stored = encodeRow({ sequence: 1, at: NOW, input: 0, entry }, CHAIN_START.link);
    expect(() => decodeRow(stored, CHAIN_START)).toThrow(
      'row 1 is of a kind order.teleported, which this version does not know',
    );
  });
});
