/**
 * The journal as the service sees it: entries are queued here and written by a worker thread.
 *
 * 1. All entries of one turn, and all that come while a write is under way, share one transaction.
 * 2. An entry's result tells that it is on the disk; results come in the order of the entries.
 * 3. The first failure is final: every waiting and every later entry fails with it.
 */
import { Worker } from 'node:worker_threads';
import { AsyncSubject, ReplaySubject, throwError, type Observable } from 'rxjs';
import { Failure } from '../model/result.js';
import type { Journal, JournalEntry, JournalRow } from '../ports/journal.js';
import type { UnixMs } from '../model/quantities.js';
import type { JournalFile, Stamped } from './journal-database.store.js';
import type { JournalReply, JournalRequest } from './journal-host.store.js';

/** A worker, or one end of a message channel in its place. */
export interface JournalPeer {
  postMessage(request: JournalRequest): void;
  on(event: 'message', listener: (reply: JournalReply) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'exit' | 'close', listener: () => void): unknown;
}

export interface JournalOptions extends JournalFile {
  readonly makeWorker: (file: JournalFile) => JournalPeer;
}

/** Runs from the built tree only: worker threads do not load TypeScript. */
export const startJournalWorker = (file: JournalFile): JournalPeer =>
  new Worker(new URL('./journal.worker.js', import.meta.url), { workerData: file });

/**
 * Opens or creates the journal of one account. Rejects with a terminal `Failure`: `journal.locked`,
 * `journal.foreign`, `journal.newer`, `journal.corrupt` or `journal.failed`.
 */
export function openJournal(options: JournalOptions): Promise<Journal> {
  const { makeWorker, ...file } = options;
  return new Promise((resolve, reject) => {
    const peer = makeWorker(file);
    const writer = new JournalWriter(peer, {
      opened: (history) =>
        resolve({
          history,
          strained$: writer.strained$,
          append: (entry, stamp) => writer.append(entry, stamp),
          close: () => writer.close(),
        }),
      failed: reject,
    });
  });
}

/** Entries waiting for the disk. More than this means that the disk has stopped answering. */
const WAITING_MAX = 10_000;

const CLOSED = new Failure('journal.failed', 'the journal is closed', { retryable: false });

interface Waiting extends Stamped {
  readonly durable$: AsyncSubject<void>;
}

interface Opening {
  readonly opened: (history: readonly JournalRow[]) => void;
  readonly failed: (failure: Failure) => void;
}

class JournalWriter {
  readonly #peer: JournalPeer;
  readonly #opening: Opening;
  #waiting: Waiting[] = [];
  #writing: Waiting[] = [];
  #batch = 0;
  #scheduled = false;
  readonly #strained$ = new ReplaySubject<string>(1);
  readonly strained$ = this.#strained$.asObservable();
  #failure: Failure | undefined;
  #closing: (() => void) | undefined;
  #closed: Promise<void> | undefined;

  constructor(peer: JournalPeer, opening: Opening) {
    this.#peer = peer;
    this.#opening = opening;
    peer.on('message', (reply) => this.#answer(reply));
    peer.on('error', (error) => this.#fail('journal.failed', `journal worker: ${error.message}`));
    const gone = (): void => this.#fail('journal.failed', 'the journal worker is gone');
    peer.on('exit', gone);
    peer.on('close', gone);
  }

  append(entry: JournalEntry, stamp: { at: UnixMs; input: number }): Observable<void> {
    if (this.#waiting.length >= WAITING_MAX) {
      this.#fail('journal.failed', `expected at most ${WAITING_MAX} entries waiting for the disk`);
    }
    const failure = this.#failure ?? (this.#closing === undefined ? undefined : CLOSED);
    if (failure !== undefined) return throwError(() => failure);
    const durable$ = new AsyncSubject<void>();
    this.#waiting.push({ ...stamp, entry, durable$ });
    this.#flushAfterThisTurn();
    return durable$.asObservable();
  }

  /** Resolves when everything queued so far is on the disk, or has failed. Once for all callers. */
  close(): Promise<void> {
    this.#closed ??= new Promise((resolve) => {
      this.#closing = resolve;
      if (this.#failure !== undefined) return resolve();
      this.#flush();
      this.#peer.postMessage({ type: 'close' });
    });
    return this.#closed;
  }

  /** Promise jobs run when the turn's last input is done: the turn's entries travel together. */
  #flushAfterThisTurn(): void {
    if (this.#scheduled || this.#writing.length > 0) return;
    this.#scheduled = true;
    void Promise.resolve().then(() => this.#flush());
  }

  #flush(): void {
    this.#scheduled = false;
    if (this.#failure !== undefined || this.#waiting.length === 0) return;
    this.#writing.push(...this.#waiting);
    const entries = this.#waiting.map(({ at, input, entry }) => ({ at, input, entry }));
    this.#waiting = [];
    this.#batch += 1;
    this.#peer.postMessage({ type: 'append', batch: this.#batch, entries });
  }

  #answer(reply: JournalReply): void {
    switch (reply.type) {
      case 'opened':
        return this.#opening.opened(reply.history);
      case 'strained':
        return this.#strained$.next(reply.words);
      case 'durable':
        return this.#settle(reply.batch);
      case 'failed':
        return this.#fail(reply.code, reply.message);
      case 'closed':
        return this.#fail(CLOSED.code, CLOSED.message);
    }
  }

  /** Batches are answered in order: only the answer to the newest one settles all of them. */
  #settle(batch: number): void {
    if (batch !== this.#batch) return;
    const written = this.#writing;
    this.#writing = [];
    for (const { durable$ } of written) {
      durable$.next();
      durable$.complete();
    }
    this.#flush();
  }

  #fail(code: string, message: string): void {
    if (this.#failure === undefined) {
      const failure = new Failure(code, message, { retryable: false });
      this.#failure = failure;
      this.#opening.failed(failure);
      const lost = [...this.#writing, ...this.#waiting];
      this.#writing = [];
      this.#waiting = [];
      for (const { durable$ } of lost) durable$.error(failure);
    }
    this.#closing?.();
  }
}
