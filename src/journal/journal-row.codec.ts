/**
 * One journal row as the disk holds it. Each row carries a link: the SHA-256 of the link before it
 * and of its own contents, so that a changed, lost or inserted row breaks the chain from there on.
 */
import { createHash } from 'node:crypto';
import { unixMs } from '../model/quantities.js';
import { Failure } from '../model/result.js';
import type { JournalEntry, JournalRow } from '../ports/journal.js';
import { decodeExact, encodeExact } from './exact-json.js';

export interface StoredRow {
  readonly sequence: number;
  readonly at: number;
  readonly input: number;
  readonly entry: string;
  /** 64 hex digits. */
  readonly link: string;
}

/** The link before the first row. */
export const FIRST_LINK = '0'.repeat(64);

export function encodeRow(row: JournalRow, previousLink: string): StoredRow {
  const stored = { ...row, entry: encodeExact(row.entry) };
  return { ...stored, link: linkOf(stored, previousLink) };
}

/** Throws a terminal `journal.corrupt` when the row does not follow `previous`. */
export function decodeRow(stored: StoredRow, previous: StoredRow | undefined): JournalRow {
  const sequence = (previous?.sequence ?? 0) + 1;
  if (stored.sequence !== sequence) {
    throw corrupt(`expected row ${sequence}, was ${stored.sequence}`);
  }
  if (stored.link !== linkOf(stored, previous?.link ?? FIRST_LINK)) {
    throw corrupt(`row ${sequence} does not match its link`);
  }
  return {
    sequence,
    at: unixMs(stored.at),
    input: stored.input,
    entry: decodeExact(stored.entry) as JournalEntry,
  };
}

export const corrupt = (message: string, cause?: unknown): Failure =>
  new Failure('journal.corrupt', `the journal is damaged: ${message}; nothing was deleted`, {
    retryable: false,
    cause,
  });

function linkOf(row: Omit<StoredRow, 'link'>, previousLink: string): string {
  return createHash('sha256')
    .update(JSON.stringify([previousLink, row.sequence, row.at, row.input, row.entry]))
    .digest('hex');
}
