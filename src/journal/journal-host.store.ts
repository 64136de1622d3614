/** The far side of the journal: opens the database and answers one port's requests, in order. */
import type { JournalRow } from '../ports/journal.js';
import { Failure } from '../model/result.js';
import { JournalDatabase, type JournalFile, type Stamped } from './journal-database.store.js';

export type JournalRequest =
  | { readonly type: 'append'; readonly batch: number; readonly entries: readonly Stamped[] }
  | { readonly type: 'close' };

export type JournalReply =
  | { readonly type: 'opened'; readonly history: readonly JournalRow[] }
  /** The disk is full, and the reserve in use. */
  | { readonly type: 'strained'; readonly words: string }
  /** The batch is on the disk. */
  | { readonly type: 'durable'; readonly batch: number }
  | { readonly type: 'failed'; readonly code: string; readonly message: string }
  | { readonly type: 'closed' };

/** One end of a message channel, as `node:worker_threads` has it. */
export interface JournalPort {
  postMessage(reply: JournalReply): void;
  on(event: 'message', listener: (request: JournalRequest) => void): unknown;
  close(): void;
}

/** Says `opened` or `failed` first, then answers requests. After `failed` nothing is written. */
export function serveJournal(port: JournalPort, file: JournalFile): void {
  const database = attempt(port, () => new JournalDatabase(file));
  if (database === undefined) return port.close();
  port.on('message', (request) => {
    if (request.type === 'append') {
      attempt(port, () => {
        const before = database.strain;
        database.append(request.entries);
        const { strain } = database;
        if (strain !== undefined && strain !== before) {
          port.postMessage({ type: 'strained', words: strain });
        }
        port.postMessage({ type: 'durable', batch: request.batch });
      });
      return;
    }
    database.close();
    port.postMessage({ type: 'closed' });
    port.close();
  });
  port.postMessage({ type: 'opened', history: database.history });
}

function attempt<T>(port: JournalPort, work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    const code = error instanceof Failure ? error.code : 'journal.failed';
    const message = error instanceof Error ? error.message : String(error);
    port.postMessage({ type: 'failed', code, message });
    return undefined;
  }
}
