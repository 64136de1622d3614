/** The journal as the service sees it, with its far side on the same thread and no disk delays. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventEmitter } from 'node:events';
import { MessageChannel } from 'node:worker_threads';
import { firstValueFrom } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JournalFile } from '../../src/journal/journal-database.store.js';
import {
  serveJournal,
  type JournalReply,
  type JournalRequest,
} from '../../src/journal/journal-host.store.js';
import { openJournal, type JournalPeer } from '../../src/journal/journal.store.js';
import type { Journal, JournalEntry } from '../../src/ports/journal.js';
import { NOW } from '../support/money-samples.js';

const identity = { network: 'embedded', address: 'dydx1abc', subaccount: 0 };
const entry = (epoch: number): JournalEntry => ({ type: 'run', epoch, version: 'test' });
const stamp = { at: NOW, input: 1 };

/** A worker in name only: it answers when the test lets it. */
class FakeWorker extends EventEmitter {
  readonly requests: JournalRequest[] = [];

  postMessage(request: JournalRequest): void {
    this.requests.push(request);
  }

  reply(reply: JournalReply): void {
    this.emit('message', reply);
  }
}

async function openFake(): Promise<{ worker: FakeWorker; journal: Journal }> {
  const worker = new FakeWorker();
  const opening = openJournal({ path: 'x', identity, makeWorker: () => worker });
  worker.reply({ type: 'opened', history: [] });
  return { worker, journal: await opening };
}

/** What became of an entry so far. */
function outcomeOf(journal: Journal, epoch: number): string[] {
  const seen: string[] = [];
  journal.append(entry(epoch), stamp).subscribe({
    next: () => seen.push('durable'),
    complete: () => seen.push('done'),
    error: (error: Error) => seen.push(error.message),
  });
  return seen;
}

const endOfTurn = (): Promise<void> => Promise.resolve();

describe('the journal on a real file', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'perpetua-journal-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const makeWorker = (file: JournalFile): JournalPeer => {
    const { port1, port2 } = new MessageChannel();
    serveJournal(port2, file);
    return port1;
  };
  const open = (): Promise<Journal> =>
    openJournal({ path: join(folder, 'j.sqlite'), identity, makeWorker, reserveBytes: 4096 });

  it('has the entries of the run before in its history', async () => {
    const first = await open();
    await firstValueFrom(first.append(entry(1), stamp));
    void first.append(entry(2), { at: NOW, input: 2 });
    await first.close();
    const second = await open();
    expect(second.history).toEqual([
      { sequence: 1, at: NOW, input: 1, entry: entry(1) },
      { sequence: 2, at: NOW, input: 2, entry: entry(2) },
    ]);
    await second.close();
  });

  it('rejects with the reason when the file is in use', async () => {
    const first = await open();
    await expect(open()).rejects.toMatchObject({ code: 'journal.locked', retryable: false });
    await first.close();
  });

  it('fails an entry that cannot be written, and every later one', async () => {
    const journal = await open();
    const bad = { type: 'run', epoch: Number.NaN, version: '' } as const;
    await expect(firstValueFrom(journal.append(bad, stamp))).rejects.toMatchObject({
      code: 'journal.failed',
    });
    await expect(firstValueFrom(journal.append(entry(1), stamp))).rejects.toThrow('finite number');
    await journal.close();
  });
});

describe('the journal’s queue', () => {
  it('writes the entries of one turn in one transaction', async () => {
    const { worker, journal } = await openFake();
    const [first, second] = [outcomeOf(journal, 1), outcomeOf(journal, 2)];
    expect(worker.requests).toEqual([]);
    await endOfTurn();
    expect(worker.requests).toMatchObject([{ type: 'append', batch: 1 }]);
    expect(worker.requests[0]).toHaveProperty('entries.length', 2);
    expect([first, second]).toEqual([[], []]);
    worker.reply({ type: 'durable', batch: 1 });
    expect([first, second]).toEqual([
      ['durable', 'done'],
      ['durable', 'done'],
    ]);
  });

  it('gathers what comes during a write into the next one', async () => {
    const { worker, journal } = await openFake();
    outcomeOf(journal, 1);
    await endOfTurn();
    const [second, third] = [outcomeOf(journal, 2), outcomeOf(journal, 3)];
    await endOfTurn();
    expect(worker.requests).toHaveLength(1);
    worker.reply({ type: 'durable', batch: 1 });
    expect(worker.requests[1]).toMatchObject({ batch: 2, entries: [{}, {}] });
    worker.reply({ type: 'durable', batch: 2 });
    expect([...second, ...third]).toEqual(['durable', 'done', 'durable', 'done']);
  });

  it('tells a result to those who ask late', async () => {
    const { worker, journal } = await openFake();
    const durable$ = journal.append(entry(1), stamp);
    await endOfTurn();
    worker.reply({ type: 'durable', batch: 1 });
    await expect(firstValueFrom(durable$)).resolves.toBeUndefined();
  });

  it.each<[string, (worker: FakeWorker) => void, string]>([
    [
      'a failed write',
      (worker) => worker.reply({ type: 'failed', code: 'journal.failed', message: 'disk full' }),
      'disk full',
    ],
    ['a crash', (worker) => worker.emit('error', new Error('boom')), 'journal worker: boom'],
    ['a silent end', (worker) => worker.emit('exit'), 'the journal worker is gone'],
  ])('fails waiting and later entries after %s of the worker', async (_name, strike, words) => {
    const { worker, journal } = await openFake();
    const written = outcomeOf(journal, 1);
    await endOfTurn();
    const waiting = outcomeOf(journal, 2);
    strike(worker);
    const later = outcomeOf(journal, 3);
    await endOfTurn();
    expect([written, waiting, later]).toEqual([[words], [words], [words]]);
    expect(worker.requests).toHaveLength(1);
    await expect(journal.close()).resolves.toBeUndefined();
  });

  it('flushes before it closes, also while a write is under way', async () => {
    const { worker, journal } = await openFake();
    const first = outcomeOf(journal, 1);
    await endOfTurn();
    const second = outcomeOf(journal, 2);
    const closing = journal.close();
    expect(outcomeOf(journal, 3)).toEqual(['the journal is closed']);
    expect(worker.requests.map(({ type }) => type)).toEqual(['append', 'append', 'close']);
    worker.reply({ type: 'durable', batch: 1 });
    worker.reply({ type: 'durable', batch: 2 });
    worker.reply({ type: 'closed' });
    await closing;
    expect([...first, ...second]).toEqual(['durable', 'done', 'durable', 'done']);
  });

  it('is closed once for all who ask', async () => {
    const { worker, journal } = await openFake();
    const closings = [journal.close(), journal.close()];
    expect(worker.requests).toEqual([{ type: 'close' }]);
    worker.reply({ type: 'closed' });
    expect(await Promise.all(closings)).toHaveLength(2);
  });

  it('fails when ten thousand entries wait for the disk', async () => {
    const { journal } = await openFake();
    outcomeOf(journal, 0);
    await endOfTurn();
    const waiting = Array.from({ length: 10_000 }, (_, n) => outcomeOf(journal, n));
    expect(outcomeOf(journal, 1)[0]).toContain('at most 10000 entries');
    expect(waiting.every(([words]) => words?.includes('at most 10000'))).toBe(true);
  });
});
