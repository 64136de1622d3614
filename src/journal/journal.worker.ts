/** The journal's thread: an fsync here never holds up the event loop of the trading thread. */
import { parentPort, workerData } from 'node:worker_threads';
import type { JournalFile } from './journal-database.store.js';
import { serveJournal } from './journal-host.store.js';

if (parentPort !== null) serveJournal(parentPort, workerData as JournalFile);
