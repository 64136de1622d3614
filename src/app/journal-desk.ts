/**
 * The journal as the running service writes it: every entry stamped with the time and number of its
 * input. A failure is told once, and then nothing is sent that needs a journal. What is written
 * before the journal is open (a latch of the first seconds) waits for it.
 */
import { catchError, EMPTY, throwError, type Observable } from 'rxjs';
import { Failure } from '../model/result.js';
import type { Journal, JournalEntry } from '../ports/journal.js';
import type { Inbox } from './inbox.js';
import type { HeapClock } from '../clock/heap.clock.js';

const NOT_OPEN = new Failure('journal.failed', 'the journal is not open', { retryable: false });

/** Entries that wait for the journal to open; more than any start makes. */
const EARLY_MAX = 1_000;

export interface JournalDeskOptions {
  readonly clock: HeapClock;
  readonly inbox: Inbox;
  readonly onFailure: (reason: string) => void;
}

export class JournalDesk {
  readonly #options: JournalDeskOptions;
  #journal: Journal | undefined;
  #hasFailed = false;
  #early: JournalEntry[] = [];

  constructor(options: JournalDeskOptions) {
    this.#options = options;
  }

  get isHealthy(): boolean {
    return this.#journal !== undefined && !this.#hasFailed;
  }

  open(journal: Journal): void {
    this.#journal = journal;
    const early = this.#early;
    this.#early = [];
    early.forEach(this.write);
  }

  /** Queued at once; emits when it is on the disk, whether anybody listens or not. */
  record = (entry: JournalEntry): Observable<void> => {
    const { clock, inbox } = this.#options;
    if (this.#journal === undefined) return throwError(() => NOT_OPEN);
    const durable$ = this.#journal.append(entry, { at: clock.now(), input: inbox.number });
    durable$.subscribe({ error: (error: Error) => this.#fail(error) });
    return durable$;
  };

  /** Nobody waits for it. */
  write = (entry: JournalEntry): void => {
    if (this.#journal === undefined) {
      if (this.#early.length < EARLY_MAX) this.#early.push(entry);
      return;
    }
    this.record(entry)
      .pipe(catchError(() => EMPTY))
      .subscribe();
  };

  async close(): Promise<void> {
    await this.#journal?.close();
  }

  #fail(error: Error): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    const { inbox, onFailure } = this.#options;
    inbox.enter('answer', 'journal', () => onFailure(error.message));
  }
}
