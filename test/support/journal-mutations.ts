/**
 * A real journal's files, damaged as a seed says: bytes flipped, files cut, pages doubled, swapped, emptied or
 * old. What is read afterwards must be exactly what was written, or nothing.
 */
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom } from '../../src/clock/seeded-random.js';
import { JournalDatabase, type Stamped } from '../../src/journal/journal-database.store.js';
import { recoverState } from '../../src/journal/journal-state.js';
import { blockHeight, clientId, unixMs } from '../../src/model/quantities.js';
import { Failure } from '../../src/model/result.js';
import type { JournalEntry } from '../../src/ports/journal.js';
import type { Random } from '../../src/ports/random.js';
import { aFill, aFillId, anOrderId, aRequest, NOW } from './money-samples.js';

const identity = { network: 'embedded', address: 'dydx1abc', subaccount: 0 };
const NAME = 'journal.sqlite';
/** Where there are no slow disks. */
const MEMORY = '/dev/shm';
const PAGE = 4096;
const RESERVE_BYTES = 4096;

export interface Mutation {
  readonly seed: number;
  /** Such as `killed journal.sqlite-wal: cut at 8240`. */
  readonly what: string;
  /** `exact`, the code of a refusal, or what should never be. */
  readonly outcome: string;
}

/** Refusals that end the process with words and an exit code. */
export const DECLARED = new Set(['exact', 'journal.corrupt', 'journal.foreign', 'journal.newer']);

export class MutationBench {
  readonly #folder = mkdtempSync(join(existsSync(MEMORY) ? MEMORY : tmpdir(), 'mutations-'));
  /** By how the process ended: what it left behind, and the same at an earlier time. */
  readonly #samples = [
    { name: 'killed', folder: '', older: '', rows: '', state: '' },
    { name: 'closed', folder: '', older: '', rows: '', state: '' },
  ];

  constructor() {
    for (const sample of this.#samples) {
      const folder = join(this.#folder, sample.name);
      const database = new JournalDatabase({ path: join(folder, NAME), identity });
      for (const entries of batches(0)) database.append(entries);
      sample.older = this.#copy(folder);
      for (const entries of batches(200)) database.append(entries);
      // A copy of what lies on the disk between two writes is what a SIGKILL leaves.
      if (sample.name === 'closed') database.close();
      sample.folder = this.#copy(folder);
      if (sample.name === 'killed') database.close();
      const { rows, state } = read(this.#copy(sample.folder));
      Object.assign(sample, { rows, state });
    }
  }

  /** The same for the same seed. */
  run(seed: number): Mutation {
    const random = seededRandom(seed);
    const sample = this.#samples[random.integer(this.#samples.length)];
    if (sample === undefined) throw new Error('no sample');
    const folder = this.#copy(sample.folder);
    const what = `${sample.name} ${damage(folder, sample.older, random)}`;
    const outcome = outcomeOf(folder, sample);
    rmSync(folder, { recursive: true });
    return { seed, what, outcome };
  }

  close(): void {
    rmSync(this.#folder, { recursive: true });
  }

  #copy(from: string): string {
    const to = mkdtempSync(join(this.#folder, 'copy-'));
    cpSync(from, to, { recursive: true });
    return to;
  }
}

/** What a run writes: orders, answers, fills, sweeps; a checkpoint in the midst of it. */
function batches(first: number): readonly (readonly Stamped[])[] {
  const stamp = (entry: JournalEntry): Stamped => ({ at: NOW, input: first, entry });
  const run = stamp({ type: 'run', epoch: first + 1, version: 'test' });
  const orders = Array.from({ length: 30 }, (_, index) => {
    const number = first + index;
    const orderId = anOrderId(number);
    const height = blockHeight(1000 + number);
    const request = { ...aRequest, orderId, clientId: clientId(number), goodTilBlock: height };
    const answer = { type: 'accepted', txHash: 'AB', broadcastAt: unixMs(NOW) } as const;
    const fill = { ...aFill, orderId, fillId: aFillId(number), height };
    return [
      [stamp({ type: 'order.intent', request })],
      [stamp({ type: 'order.sent', orderId, answer })],
      [
        stamp({ type: 'fill', fill, strategy: 'sniper' }),
        stamp({ type: 'order.end', orderId, end: 'filled', filled: fill.size }),
        stamp({ type: 'sweep', completeTo: height }),
      ],
    ];
  });
  return [[run], ...orders.slice(0, 15).flat(), [stamp(aCheckpoint)], ...orders.slice(15).flat()];
}

const aCheckpoint: JournalEntry = {
  type: 'checkpoint',
  state: {
    epoch: 1,
    completeTo: blockHeight(1015),
    orders: [],
    books: { positions: [], owned: [] },
    fills: [],
    latched: [],
    entries: [],
  },
};

function damage(folder: string, older: string, random: Random): string {
  const files = ['', '', '-wal', '-wal', '-head'].filter((end) =>
    existsSync(join(folder, NAME + end)),
  );
  const name = NAME + (files[random.integer(files.length)] ?? '');
  const path = join(folder, name);
  const bytes = readFileSync(path);
  const kind = KINDS[random.integer(KINDS.length)] ?? flip;
  const [words, changed] = kind(bytes, random, join(older, name));
  if (changed === undefined) rmSync(path);
  else writeFileSync(path, changed);
  return `${name}: ${words}`;
}

type Damage = (
  bytes: Buffer,
  random: Random,
  older: string,
) => readonly [words: string, changed: Buffer | undefined];

const pagesOf = (bytes: Buffer): number => Math.max(1, Math.floor(bytes.length / PAGE));

const flip: Damage = (bytes, random) => {
  const place = random.integer(Math.max(1, bytes.length));
  const bit = random.integer(8);
  const changed = Buffer.from(bytes);
  changed.writeUInt8(changed.readUInt8(place) ^ (1 << bit), place);
  return [`bit ${bit} of byte ${place} flipped`, changed];
};

/** Where headers are, flips have the most varied effects. */
const flipHeader: Damage = (bytes, random) => flipWithin(bytes, random, 128);

const flipWithin = (bytes: Buffer, random: Random, length: number) => {
  const [words, head] = flip(bytes.subarray(0, length), random, '');
  return [
    words,
    Buffer.concat([head ?? bytes.subarray(0, length), bytes.subarray(length)]),
  ] as const;
};

const cut: Damage = (bytes, random) => {
  const length = random.integer(bytes.length + 1);
  return [`cut at ${length}`, bytes.subarray(0, length)];
};

const cutTail: Damage = (bytes, random) => {
  const length = Math.max(0, bytes.length - 1 - random.integer(6_000));
  return [`cut at ${length}`, bytes.subarray(0, length)];
};

const cutPage: Damage = (bytes, random) => {
  const length = random.integer(pagesOf(bytes)) * PAGE;
  return [`cut at ${length}`, bytes.subarray(0, length)];
};

const copyPage: Damage = (bytes, random) => {
  const [from, to] = [random.integer(pagesOf(bytes)) * PAGE, random.integer(pagesOf(bytes)) * PAGE];
  const changed = Buffer.from(bytes);
  bytes.copy(changed, to, from, from + PAGE);
  return [`page at ${from} copied to ${to}`, changed];
};

const doublePage: Damage = (bytes, random) => {
  const at = random.integer(pagesOf(bytes)) * PAGE;
  const parts = [bytes.subarray(0, at + PAGE), bytes.subarray(at)];
  return [`page at ${at} doubled`, Buffer.concat(parts)];
};

const wipe: Damage = (bytes, random) => {
  const length = [1, 16, 512, PAGE][random.integer(4)] ?? PAGE;
  const at = Math.floor(random.integer(Math.max(1, bytes.length)) / length) * length;
  const changed = Buffer.from(bytes).fill(
    random.integer(2) === 0 ? 0 : 0xff,
    at,
    Math.min(bytes.length, at + length),
  );
  return [`${length} bytes at ${at} wiped`, changed];
};

const append: Damage = (bytes, random) => {
  const rest = Buffer.from(
    Array.from({ length: 1 + random.integer(5_000) }, () => random.integer(256)),
  );
  return [`${rest.length} bytes appended`, Buffer.concat([bytes, rest])];
};

const scramble: Damage = (bytes, random) => {
  const changed = Buffer.from(bytes);
  const at = random.integer(Math.max(1, bytes.length));
  const end = Math.min(bytes.length, at + 1 + random.integer(64));
  for (let place = at; place < end; place += 1) changed.writeUInt8(random.integer(256), place);
  return [`${end - at} bytes at ${at} scrambled`, changed];
};

const empty: Damage = (bytes) => ['emptied', bytes.subarray(0, 0)];
const remove: Damage = () => ['removed', undefined];
const age: Damage = (bytes, _, older) => [
  'an old version of it',
  existsSync(older) ? readFileSync(older) : bytes.subarray(0, 0),
];

const KINDS: readonly Damage[] = [
  flip,
  flip,
  flipHeader,
  cut,
  cutTail,
  cutPage,
  copyPage,
  doublePage,
  wipe,
  append,
  scramble,
  empty,
  remove,
  age,
];

function read(folder: string): { readonly rows: string; readonly state: string } {
  const database = open(folder);
  const { history } = database;
  database.close();
  return { rows: textOf(history), state: textOf(recoverState(history)) };
}

const open = (folder: string): JournalDatabase =>
  new JournalDatabase({ path: join(folder, NAME), identity, reserveBytes: RESERVE_BYTES });

/** What is exact is also written to, and read once more: damage may sleep where nothing is read. */
function outcomeOf(
  folder: string,
  sample: { readonly rows: string; readonly state: string },
): string {
  let database: JournalDatabase | undefined;
  try {
    database = open(folder);
    const { history } = database;
    if (textOf(history) !== sample.rows) return `SILENT: ${history.length} other rows`;
    if (textOf(recoverState(history)) !== sample.state) return 'SILENT: another state';
    const row: Stamped = { at: NOW, input: 1, entry: { type: 'run', epoch: 9, version: 'after' } };
    database.append(Array.from({ length: 40 }, () => row));
    database.close();
    database = open(folder);
    const after = database.history;
    const isKept = textOf(after.slice(0, history.length)) === sample.rows;
    return isKept && after.length === history.length + 40 ? 'exact' : 'SILENT: after a write';
  } catch (error) {
    return error instanceof Failure ? error.code : String(error);
  } finally {
    database?.close();
  }
}

const textOf = (value: unknown): string =>
  JSON.stringify(value, (_, field: unknown) => (typeof field === 'bigint' ? `${field}n` : field));
