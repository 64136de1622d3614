/**
 * The last resort: an error that nobody caught is a bug, after which no state can be trusted. It is
 * logged, signer and exchange are closed, nothing is drained, and the process ends with 70.
 */
import { Subscription } from 'rxjs';
import type { Log } from '../ports/log.js';

const EVENTS = ['uncaughtException', 'unhandledRejection'] as const;
const SOFTWARE = 70;
const CLOSE_DEADLINE_MS = 2_000;

/** The part of Node's `process` that is needed. */
export interface WatchedProcess {
  on(event: string, listener: (error: unknown) => void): unknown;
  off(event: string, listener: (error: unknown) => void): unknown;
  exit(code: number): unknown;
}

export interface BugWatchOptions {
  readonly process: WatchedProcess;
  readonly log: Log;
  /** Ends what would outlive the process; gets two seconds. */
  readonly close: () => Promise<void>;
}

/** Watches until it is unsubscribed. Only the first bug is followed by the end: one is enough. */
export function watchForBugs({ process, log, close }: BugWatchOptions): Subscription {
  let isEnding = false;
  const exit = (): unknown => process.exit(SOFTWARE);
  const onBug = (error: unknown): void => {
    const stack = error instanceof Error ? error.stack : undefined;
    log.write('error', 'process.broken', { error, stack });
    if (isEnding) return;
    isEnding = true;
    setTimeout(exit, CLOSE_DEADLINE_MS);
    close().then(exit, exit);
  };
  for (const event of EVENTS) process.on(event, onBug);
  return new Subscription(() => {
    for (const event of EVENTS) process.off(event, onBug);
  });
}
