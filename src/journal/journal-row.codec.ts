/**
 * One journal row as the disk holds it. Each row carries a link: the SHA-256 of the link before it
 * and of its own contents, so that a changed, lost or inserted row breaks the chain from there on.
 */
import { createHash } from 'node:crypto';
import { unixMs } from '../model/quantities.js';
import { Failure } from '../model/result.js';
import type { JournalEntry, JournalRow } from '../ports/journal.js';
import { isKnownKind } from './entry-kinds.js';
import { decodeExact, encodeExact } from './exact-json.js';

/** A row's place in the chain: a row that follows it has the next number and builds on its link. */
export interface ChainEnd {
  readonly sequence: number;
  /** 64 hex digits. */
  readonly link: string;
}

export interface StoredRow extends ChainEnd {
  readonly at: number;
  readonly input: number;
  readonly entry: string;
}

/** What the first row of all follows. */
export const CHAIN_START: ChainEnd = { sequence: 0, link: '0'.repeat(64) };

export function encodeRow(row: JournalRow, previousLink: string): StoredRow {
  const stored = { ...row, entry: encodeExact(row.entry) };
  return { ...stored, link: linkOf(stored, previousLink) };
}

/**
 * Throws a terminal `journal.corrupt` when the row does not follow `previous`, and `journal.newer`
 * when it is genuine and of a kind that this version does not know.
 */
export function decodeRow(stored: StoredRow, previous: ChainEnd): JournalRow {
  const sequence = previous.sequence + 1;
  if (stored.sequence !== sequence) {
    throw corrupt(`expected row ${sequence}, was ${stored.sequence}`);
  }
  if (stored.link !== linkOf(stored, previous.link)) {
    throw corrupt(`row ${sequence} does not match its link`);
  }
  const entry = decodeExact(stored.entry) as JournalEntry;
  if (!isKnownKind(entry.type)) {
    const kind = String(entry.type);
    const words = `row ${sequence} is of a kind ${kind}, which this version does not know`;
    throw new Failure('journal.newer', words, { retryable: false });
  }
  return { sequence, at: unixMs(stored.at), input: stored.input, entry };
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
