/**
 * The service's side of the signing thread: numbered messages out, answers back. Whatever happens
 * to the thread, each request gets one answer: `unsent` when it certainly did not go, or `unknown`.
 */
import { Worker } from 'node:worker_threads';
import { BehaviorSubject, Observable, type Subscriber } from 'rxjs';
import { unwrap } from '../model/result.js';
import type { Usd } from '../model/quantities.js';
import type { Clock, TimerHandle } from '../ports/clock.js';
import type { Log } from '../ports/log.js';
import type { Signer } from '../ports/signer.js';
import type { SendAnswer } from '../ports/venue.js';
import { addressOfKey, readPrivateKey } from './keys.codec.js';
import type { Network } from './networks.js';
import { cancelMessage, placeMessage, type FromSigner } from './signer-messages.js';
import type { SendMessage, SignerData, ToSigner } from './signer-messages.js';

/** starting: not ready for messages yet, which are answered `unsent`. */
type SignerState = 'starting' | 'ready' | 'restarting' | 'closed';

export interface ValidatorSigner extends Signer {
  /** Replays the newest state; completes at `closed`. */
  readonly state$: Observable<SignerState>;
}

/** The thread as this side sees it; tests put a peer of their own here. */
interface SignerThread {
  postMessage(message: ToSigner): void;
  on(event: 'message', listener: (message: FromSigner) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'exit', listener: (code: number) => void): unknown;
  terminate(): Promise<unknown>;
}

export interface SignerOptions {
  readonly network: Network;
  /** Hex. Leaves this process's main thread only as the start data of its own signing thread. */
  readonly privateKey: string;
  readonly subaccountNumber: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Second check of one order's notional, in the thread; reduce-only orders are excepted. */
  readonly orderNotionalMax?: Usd;
  readonly startThread?: (data: SignerData) => SignerThread;
}

/** More unanswered requests than this are refused as `unsent`. */
const PENDING_MAX = 256;
/** Above the thread's own deadline: only a thread that hangs gets here. */
const ANSWER_DEADLINE_MS = 5000;
const CLOSE_DEADLINE_MS = 3000;
const RESTART_MS_MIN = 500;
const RESTART_MS_MAX = 30_000;

/** Threads cannot load TypeScript: this needs the built tree. No environment is handed over. */
const startWorker = (data: SignerData): SignerThread =>
  new Worker(new URL('./validator.worker.js', import.meta.url), { workerData: data, env: {} });

/**
 * Starts the thread and resolves at once; the signer is usable when `state$` says `ready`, which it
 * does as soon as a node tells the account number. Throws when the key is none.
 */
export async function startSigner(options: SignerOptions): Promise<ValidatorSigner> {
  return new ThreadSigner(options, unwrap(readPrivateKey(options.privateKey)));
}

interface Pending {
  readonly subscriber: Subscriber<SendAnswer>;
  readonly deadline: TimerHandle;
}

class ThreadSigner implements ValidatorSigner {
  readonly address: string;
  readonly state$: Observable<SignerState>;
  readonly #options: SignerOptions;
  readonly #privateKey: Uint8Array;
  readonly #state$ = new BehaviorSubject<SignerState>('starting');
  readonly #pending = new Map<number, Pending>();
  #thread: SignerThread | undefined;
  #lastId = 0;
  #crashes = 0;
  #restart: TimerHandle | undefined;

  constructor(options: SignerOptions, privateKey: Uint8Array) {
    this.#options = options;
    this.#privateKey = privateKey;
    this.address = addressOfKey(privateKey);
    this.state$ = this.#state$.asObservable();
    this.#start();
  }

  readonly place: Signer['place'] = (request, spec, expiresAt) =>
    new Observable((subscriber) => {
      const message = placeMessage(request, spec, expiresAt);
      if (message.ok) this.#send(message.value, subscriber);
      else answerWith(subscriber, unsent(message.error.message));
    });

  readonly cancel: Signer['cancel'] = (request, spec) =>
    new Observable((subscriber) => this.#send(cancelMessage(request, spec), subscriber));

  /** Waits for the last answers a moment, then ends the thread whatever it does. */
  async close(): Promise<void> {
    if (this.#state$.value === 'closed') return;
    const thread = this.#thread;
    this.#state$.next('closed');
    this.#state$.complete();
    this.#options.clock.clearTimeout(this.#restart);
    this.#privateKey.fill(0);
    if (thread === undefined) return;
    await new Promise<void>((resolve) => {
      const late = this.#options.clock.setTimeout(resolve, CLOSE_DEADLINE_MS);
      thread.on('exit', () => {
        this.#options.clock.clearTimeout(late);
        resolve();
      });
      thread.postMessage({ type: 'close' });
    });
    await thread.terminate();
    this.#abandon('signer closed');
  }

  #send(message: SendMessage, subscriber: Subscriber<SendAnswer>): void {
    const thread = this.#thread;
    if (thread === undefined || this.#state$.value !== 'ready') {
      return answerWith(subscriber, unsent(`signer ${this.#state$.value}`));
    }
    if (this.#pending.size >= PENDING_MAX) {
      return answerWith(subscriber, unsent(`${PENDING_MAX} requests are unanswered`));
    }
    const id = (this.#lastId += 1);
    const deadline = this.#options.clock.setTimeout(
      () => this.#answer(id, unknown(`no answer of the signer in ${ANSWER_DEADLINE_MS} ms`)),
      ANSWER_DEADLINE_MS,
    );
    this.#pending.set(id, { subscriber, deadline });
    thread.postMessage({ type: 'send', id, message });
  }

  #answer(id: number, answer: SendAnswer): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return; // It came after the deadline.
    this.#pending.delete(id);
    this.#options.clock.clearTimeout(pending.deadline);
    answerWith(pending.subscriber, answer);
  }

  #start(): void {
    const { network, subaccountNumber, orderNotionalMax } = this.#options;
    const thread = (this.#options.startThread ?? startWorker)({
      privateKey: Uint8Array.from(this.#privateKey),
      rpcUrls: network.rpcUrls,
      chainId: network.chainId,
      subaccountNumber,
      orderNotionalMax,
    });
    this.#thread = thread;
    thread.on('message', (message) => this.#receive(message));
    thread.on('error', ({ message }) =>
      this.#options.log.write('error', 'signer.crashed', { reason: message }),
    );
    thread.on('exit', () => this.#exited(thread));
  }

  #receive(message: FromSigner): void {
    switch (message.type) {
      case 'answer':
        return this.#answer(message.id, message.answer);
      case 'ready':
        this.#crashes = 0;
        return this.#become('ready');
      case 'waiting':
        return this.#options.log.write('warn', 'signer.waiting', { reason: message.reason });
      case 'loaded':
        return this.#options.log.write('debug', 'signer.loaded', {});
    }
  }

  /** What was under way may have been sent or not; the next thread knows nothing of it. */
  #exited(thread: SignerThread): void {
    if (this.#thread !== thread) return;
    this.#thread = undefined;
    this.#abandon('the signing thread ended');
    if (this.#state$.value === 'closed') return;
    this.#become('restarting');
    const wait = Math.min(RESTART_MS_MAX, RESTART_MS_MIN * 2 ** Math.min(this.#crashes, 10));
    this.#crashes += 1;
    this.#restart = this.#options.clock.setTimeout(() => this.#start(), wait);
  }

  #abandon(reason: string): void {
    for (const id of this.#pending.keys()) this.#answer(id, unknown(reason));
  }

  #become(state: SignerState): void {
    if (this.#state$.value !== 'closed') this.#state$.next(state);
  }
}

const unsent = (reason: string): SendAnswer => ({ type: 'unsent', reason });
const unknown = (reason: string): SendAnswer => ({ type: 'unknown', reason });

function answerWith(subscriber: Subscriber<SendAnswer>, answer: SendAnswer): void {
  subscriber.next(answer);
  subscriber.complete();
}
