/**
 * The head: beside the journal, which row was the last one that was told to be durable. A journal
 * cannot know by itself that rows are missing at its end; this file does.
 *
 * 1. Written after the commit and before the answer: the journal may be ahead of it, never behind.
 * 2. Two slots take turns, each with a digest: a torn write leaves the other one.
 * 3. Synced with the first write of a run and at the end; in between it is left to the system, so
 *    that after a power cut it may be old, which only means that it misses less.
 */
import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  readSync,
  writeSync,
} from 'node:fs';
import { corrupt, type ChainEnd } from './journal-row.codec.js';

const SLOT_BYTES = 128;
const SLOTS = 2;
const PRIVATE = 0o600;

export const headPathOf = (journal: string): string => `${journal}-head`;

export class JournalHead {
  readonly #file: number;
  #turn = 0;
  #isSynced = false;

  /** Makes it, if there is none. */
  constructor(journal: string) {
    const path = headPathOf(journal);
    this.#file = openSync(path, existsSync(path) ? 'r+' : 'wx+', PRIVATE);
    const [first, second] = slotsOf(readAll(this.#file));
    // The older one is overwritten.
    this.#turn = (first?.sequence ?? -1) > (second?.sequence ?? -1) ? 1 : 0;
  }

  /** Throws when the disk does not take it. */
  write({ sequence, link }: ChainEnd): void {
    const body = `${String(sequence).padStart(16, '0')} ${link}`;
    const slot = `${body} ${digestOf(body)}`.padEnd(SLOT_BYTES - 1) + '\n';
    writeSync(this.#file, slot, this.#turn * SLOT_BYTES);
    this.#turn = (this.#turn + 1) % SLOTS;
    if (!this.#isSynced) fsyncSync(this.#file);
    this.#isSynced = true;
  }

  close(): void {
    try {
      fsyncSync(this.#file);
    } finally {
      closeSync(this.#file);
    }
  }
}

/** Undefined when there is none that can be read. */
export function readHead(journal: string): ChainEnd | undefined {
  const path = headPathOf(journal);
  if (!existsSync(path)) return undefined;
  const ends = slotsOf(readFileSync(path)).filter((end) => end !== undefined);
  return ends.toSorted((a, b) => b.sequence - a.sequence)[0];
}

/**
 * Throws `journal.corrupt` when rows that were told to be durable are not there. `rows` are those
 * that the file has, after `base`; an old file may be of before there were heads.
 */
export function checkHead(
  head: ChainEnd | undefined,
  { base, rows, isOld }: { base: ChainEnd; rows: readonly ChainEnd[]; isOld: boolean },
): void {
  const last = rows.at(-1) ?? base;
  if (head === undefined) {
    if (last.sequence === 0 || isOld) return;
    throw corrupt('its head is missing or cannot be read, so rows may be missing at the end');
  }
  if (head.sequence > last.sequence) {
    throw corrupt(`expected row ${head.sequence}, which was durable, the last is ${last.sequence}`);
  }
  const place = head.sequence - base.sequence;
  const row = place === 0 ? base : rows[place - 1];
  if (row !== undefined && row.link !== head.link) {
    throw corrupt(`row ${head.sequence} is not the one that was durable`);
  }
}

function slotsOf(bytes: Buffer): readonly (ChainEnd | undefined)[] {
  return Array.from({ length: SLOTS }, (_, slot) =>
    readSlot(bytes.toString('latin1', slot * SLOT_BYTES, (slot + 1) * SLOT_BYTES)),
  );
}

function readSlot(text: string): ChainEnd | undefined {
  const [, body = '', number, link = '', digest] =
    /^((\d{16}) ([0-9a-f]{64})) ([0-9a-f]{16}) *\n$/.exec(text) ?? [];
  if (digest !== digestOf(body)) return undefined;
  return { sequence: Number(number), link };
}

const digestOf = (body: string): string =>
  createHash('sha256').update(body).digest('hex').slice(0, 16);

function readAll(file: number): Buffer {
  const bytes = Buffer.alloc(SLOTS * SLOT_BYTES);
  const length = readSync(file, bytes, 0, bytes.length, 0);
  return bytes.subarray(0, length);
}
