/** How signing threads are started: with all that they need, or ahead of it. */
import { Worker } from 'node:worker_threads';
import type { FromSigner, SignerData, ToSigner } from './signer-messages.js';

/** The thread as the service sees it; tests put a peer of their own here. */
export interface SignerThread {
  postMessage(message: ToSigner): void;
  on(event: 'message', listener: (message: FromSigner) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'exit', listener: (code: number) => void): unknown;
  terminate(): Promise<unknown>;
}

export type StartThread = (data: SignerData) => SignerThread;

/** Threads cannot load TypeScript: this needs the built tree. */
const PROGRAM = new URL('./validator.worker.js', import.meta.url);

/** No environment is handed over. */
export const startThread: StartThread = (data) =>
  new Worker(PROGRAM, { workerData: data, env: {} });

/**
 * The first thread loads its libraries from now on, which takes a second, while the service loads
 * its own; the following ones are started when they are needed. It keeps no process alive until it
 * is told what to sign with.
 */
export function startAhead(): StartThread {
  let spare: Worker | undefined = new Worker(PROGRAM, { env: {} });
  spare.unref();
  spare.on('error', () => (spare = undefined));
  spare.on('exit', () => (spare = undefined));
  return (data) => {
    const thread = spare;
    spare = undefined;
    if (thread === undefined) return startThread(data);
    thread.ref();
    // Its first message is what another thread is born with.
    thread.postMessage(data);
    return thread;
  };
}
