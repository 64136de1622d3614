/**
 * The journal as the running service writes it: every entry stamped with the time and number of its
 * input. A failure is told once, and then nothing is sent that needs a journal; a full disk is told
 * once too, and then only what leaves positions is sent. A disk that does not answer for ten
 * seconds has failed, whatever it says afterwards. Checkpoints are written here, after sweeps: then
 * the books have all that the rows have. What is written before the journal is open (a latch of the
 * first seconds) waits for it.
 */
import { AsyncSubject, catchError, EMPTY, throwError, timeout, type Observable } from 'rxjs';
import { Compaction } from '../journal/compaction.js';
import { JournalLedger } from '../journal/journal-state.js';
import { Failure } from '../model/result.js';
import type { BookSnapshot, Journal, JournalEntry } from '../ports/journal.js';
import type { Inbox } from './inbox.js';
import type { HeapClock } from '../clock/heap.clock.js';

const NOT_OPEN = new Failure('journal.failed', 'the journal is not open', { retryable: false });

const STALL_MS = 10_000;
const STALLED = new Failure(
  'journal.failed',
  `the disk has not answered for ${STALL_MS / 1_000} s`,
  { retryable: false },
);

/** Entries that wait for the journal to open; more than any start makes. */
const EARLY_MAX = 1_000;

export interface JournalDeskOptions {
  readonly clock: HeapClock;
  readonly inbox: Inbox;
  readonly onFailure: (reason: string) => void;
  /** The books as of now: what a checkpoint says of positions. */
  readonly books: () => BookSnapshot;
  /** Rows between checkpoints. */
  readonly checkpointRows?: number | undefined;
}

export class JournalDesk {
  readonly #options: JournalDeskOptions;
  readonly #compaction: Compaction;
  readonly #ledger = new JournalLedger();
  #journal: Journal | undefined;
  #hasFailed = false;
  #early: JournalEntry[] = [];
  #isStrained = false;

  constructor(options: JournalDeskOptions) {
    this.#options = options;
    this.#compaction = new Compaction(options.checkpointRows);
  }

  /** Whether what adds risk may be written. */
  get isHealthy(): boolean {
    return this.#journal !== undefined && !this.#hasFailed && !this.#isStrained;
  }

  open(journal: Journal): void {
    this.#journal = journal;
    for (const { entry } of journal.history) this.#note(entry);
    journal.strained$.subscribe((words) => {
      this.#isStrained = true;
      this.#tell(words);
    });
    const early = this.#early;
    this.#early = [];
    early.forEach(this.write);
  }

  /** Queued at once; emits when it is on the disk, whether anybody listens or not. */
  record = (entry: JournalEntry): Observable<void> => {
    const { clock, inbox } = this.#options;
    if (this.#journal === undefined) return throwError(() => NOT_OPEN);
    const durable$ = new AsyncSubject<void>();
    this.#journal
      .append(entry, { at: clock.now(), input: inbox.number })
      .pipe(
        timeout({
          first: STALL_MS,
          scheduler: clock.scheduler,
          with: () => throwError(() => STALLED),
        }),
      )
      .subscribe(durable$);
    durable$.subscribe({ error: (error: Error) => this.#fail(error) });
    this.#note(entry);
    return durable$.asObservable();
  };

  /** Nobody waits for it. Sweeps that say nothing new are left out. */
  write = (entry: JournalEntry): void => {
    if (this.#journal === undefined) {
      if (this.#early.length < EARLY_MAX) this.#early.push(entry);
      return;
    }
    if (!this.#compaction.isWorthARow(entry)) return;
    this.#put(entry);
    if (entry.type !== 'sweep' || !this.#compaction.isCheckpointDue) return;
    this.#put({ type: 'checkpoint', state: this.#ledger.checkpoint(this.#options.books()) });
  };

  async close(): Promise<void> {
    await this.#journal?.close();
  }

  #put(entry: JournalEntry): void {
    this.record(entry)
      .pipe(catchError(() => EMPTY))
      .subscribe();
  }

  #note(entry: JournalEntry): void {
    this.#ledger.apply(entry);
    this.#ledger.forgetBooks();
    this.#compaction.note(entry);
  }

  #fail(error: Error): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#tell(error.message);
  }

  #tell(words: string): void {
    const { inbox, onFailure } = this.#options;
    inbox.enter('answer', 'journal', () => onFailure(words));
  }
}
