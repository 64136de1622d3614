/**
 * The service's side of the signing thread: numbered messages out, answers back. Whatever happens
 * to the thread, each request gets one answer: `unsent` when it certainly did not go, or `unknown`.
 */
import { BehaviorSubject, Observable, type Subscriber } from 'rxjs';
import type { Fault } from '../model/result.js';
import type { Clock, TimerHandle } from '../ports/clock.js';
import type { Log } from '../ports/log.js';
import type { Signer } from '../ports/signer.js';
import type { SendAnswer } from '../ports/venue.js';
import { EndpointPool } from './endpoint-pool.js';
import type { Network } from './networks.js';
import { batchCancelMessage, cancelMessage, placeMessage } from './signer-messages.js';
import type { FromSigner, KeySource, SendMessage } from './signer-messages.js';
import type { SignedAccount, SignerLimits } from './signer-messages.js';
import { startThread, type SignerThread, type StartThread } from './signing-thread.client.js';

/**
 * starting: not ready for messages yet, which are answered `unsent`. refused: never will be, for
 * the reason that `refusal` gives.
 */
type SignerState = 'starting' | 'ready' | 'restarting' | 'refused' | 'closed';

export interface ValidatorSigner extends Signer {
  /** Replays the newest state; completes at `closed`. */
  readonly state$: Observable<SignerState>;
  /** Why nothing will be signed: a wrong passphrase, or a key that could do more than trade. */
  readonly refusal: Fault | undefined;
}

export interface SignerOptions {
  readonly network: Pick<Network, 'chainId' | 'rpcUrls'>;
  /** Opened in the thread only. */
  readonly key: KeySource;
  readonly account: SignedAccount;
  /** Checked once more in the thread, by what a node has told it. */
  readonly limits: SignerLimits;
  readonly clock: Clock;
  readonly log: Log;
  /** Which node is asked; a pool of `network.rpcUrls` unless it is shared with others. */
  readonly nodes?: EndpointPool;
  /** Of the pool's facts; the clock's unless a finer one is at hand. */
  readonly now?: () => number;
  readonly startThread?: StartThread;
}

/** More unanswered requests than this are refused as `unsent`. */
const PENDING_MAX = 256;
/** Above the thread's own deadlines together: only a thread that hangs gets here. */
const ANSWER_DEADLINE_MS = 5000;
const CLOSE_DEADLINE_MS = 3000;
const RESTART_MS_MIN = 500;
const RESTART_MS_MAX = 30_000;
const PING_EVERY_MS = 2000;
/** The trading key is proved again with every so many pings: five minutes. */
const PINGS_A_PROOF = 150;
/** What the chain says to a key that may not, or no longer, trade for its owner. */
const NOT_LET_TRADE = /^(accountplus\..*|sdk\.4)$/;
/** A code of the chain, whatever it leaves open: the node has answered. */
const WORD_OF_CHAIN = /^clob\.\d/;
/** So many pings in a row without a pong: the thread hangs. */
const MISSED_MAX = 3;
/** Libraries are loaded meanwhile, and a passphrase worked on: nothing is answered. */
const LOAD_DEADLINE_MS = 60_000;

/**
 * Starts the thread and returns at once; the signer is usable when `state$` says `ready`, which it
 * does as soon as a node tells the account number.
 */
export const startSigner = (options: SignerOptions): ValidatorSigner => new ThreadSigner(options);

interface Pending {
  readonly subscriber: Subscriber<SendAnswer>;
  readonly deadline: TimerHandle;
  readonly url: string;
}

class ThreadSigner implements ValidatorSigner {
  readonly address: string;
  readonly state$: Observable<SignerState>;
  readonly #options: SignerOptions;
  readonly #nodes: EndpointPool;
  readonly #now: () => number;
  readonly #state$ = new BehaviorSubject<SignerState>('starting');
  readonly #pending = new Map<number, Pending>();
  #thread: SignerThread | undefined;
  #lastId = 0;
  #crashes = 0;
  /** Pings since the last word of the thread, and when the newest of them was sent. */
  #missed = 0;
  #pingedAt = 0;
  #pings = 0;
  #timer: TimerHandle | undefined;
  #refusal: Fault | undefined;

  constructor(options: SignerOptions) {
    const { clock, network } = options;
    this.#options = options;
    this.#nodes =
      options.nodes ?? new EndpointPool({ kind: 'rpc', urls: network.rpcUrls, hasProbes: false });
    this.#now = options.now ?? (() => clock.now());
    this.address = options.account.address;
    this.state$ = this.#state$.asObservable();
    this.#start();
  }

  get refusal(): Fault | undefined {
    return this.#refusal;
  }

  readonly place: Signer['place'] = (request, spec, expiresAt) =>
    new Observable((subscriber) => {
      const { subaccountNumber } = this.#options.account;
      const message = placeMessage(request, spec, { expiresAt, subaccountNumber });
      if (message.ok) this.#send(message.value, subscriber);
      else answerWith(subscriber, unsent(message.error.message));
    });

  readonly cancel: Signer['cancel'] = (request, spec) =>
    new Observable((subscriber) =>
      this.#send(cancelMessage(request, spec, this.#options.account.subaccountNumber), subscriber),
    );

  readonly batchCancel: Signer['batchCancel'] = (request) =>
    new Observable((subscriber) =>
      this.#send(batchCancelMessage(request, this.#options.account.subaccountNumber), subscriber),
    );

  /** Waits for the last answers a moment, then ends the thread whatever it does. */
  async close(): Promise<void> {
    if (this.#state$.value === 'closed') return;
    const thread = this.#thread;
    this.#state$.next('closed');
    this.#state$.complete();
    this.#options.clock.clearTimeout(this.#timer);
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
      const reason = this.#refusal === undefined ? '' : `: ${this.#refusal.message}`;
      return answerWith(subscriber, unsent(`signer ${this.#state$.value}${reason}`));
    }
    if (this.#pending.size >= PENDING_MAX) {
      return answerWith(subscriber, unsent(`${PENDING_MAX} requests are unanswered`));
    }
    const id = (this.#lastId += 1);
    const deadline = this.#options.clock.setTimeout(() => {
      this.#replace(thread, `no answer of the signer in ${ANSWER_DEADLINE_MS} ms`);
    }, ANSWER_DEADLINE_MS);
    const url = this.#nodes.choose(this.#now());
    this.#pending.set(id, { subscriber, deadline, url });
    const node = this.#options.network.rpcUrls.indexOf(url);
    thread.postMessage({ type: 'send', id, message, node });
  }

  #answer(id: number, answer: SendAnswer): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return; // It came after the deadline.
    this.#pending.delete(id);
    this.#options.clock.clearTimeout(pending.deadline);
    answerWith(pending.subscriber, answer);
  }

  #start(): void {
    const { account, key, limits, network } = this.#options;
    const { chainId, rpcUrls } = network;
    const data = { key, account, limits, chainId, rpcUrls };
    const thread = (this.#options.startThread ?? startThread)(data);
    this.#thread = thread;
    thread.on('message', (message) => {
      if (this.#thread === thread) this.#receive(thread, message);
    });
    thread.on('error', ({ message }) =>
      this.#options.log.write('error', 'signer.crashed', { reason: message }),
    );
    thread.on('exit', () => this.#exited(thread, 'the signing thread ended'));
    this.#after(LOAD_DEADLINE_MS, () => this.#replace(thread, 'the signing thread did not load'));
  }

  #receive(thread: SignerThread, message: FromSigner): void {
    this.#missed = 0;
    switch (message.type) {
      case 'answer':
        this.#note(message);
        this.#doubtKey(thread, message.answer);
        return this.#answer(message.id, message.answer);
      case 'ready':
        this.#crashes = 0;
        return this.#become('ready');
      case 'waiting':
        return this.#options.log.write('warn', 'signer.waiting', { reason: message.reason });
      case 'loaded':
        this.#options.log.write('debug', 'signer.loaded', {});
        return this.#after(PING_EVERY_MS, () => this.#ping(thread));
      case 'refused':
        return this.#refuse({ code: message.code, message: message.reason });
      case 'pong':
        return;
    }
  }

  /** The chain did not take the key: perhaps its owner has changed his mind. */
  #doubtKey(thread: SignerThread, answer: SendAnswer): void {
    const isDoubted = answer.type === 'rejected' && NOT_LET_TRADE.test(answer.code);
    if (isDoubted) thread.postMessage({ type: 'prove' });
  }

  /** The health of the node that was asked. What we refuse ourselves says nothing of it. */
  #note({ id, answer, nodeFault, latencyMs }: Extract<FromSigner, { type: 'answer' }>): void {
    const url = this.#pending.get(id)?.url;
    if (url === undefined) return;
    const now = this.#now();
    if (nodeFault !== undefined && !WORD_OF_CHAIN.test(nodeFault)) {
      this.#nodes.failed(url, { now, reason: nodeFault });
      this.#options.log.write('warn', 'signer.node', { reason: nodeFault, answer: answer.type });
    } else if (latencyMs !== undefined) this.#nodes.succeeded(url, { now, latencyMs });
  }

  /**
   * Timers come in a burst after this thread stood still itself, before any pong is heard: a ping
   * counts as missed only when it was given its time.
   */
  #ping(thread: SignerThread): void {
    if (this.#missed >= MISSED_MAX) return this.#replace(thread, 'the signing thread hangs');
    const now = this.#now();
    if (this.#missed === 0 || now - this.#pingedAt >= PING_EVERY_MS) {
      this.#missed += 1;
      this.#pingedAt = now;
      thread.postMessage({ type: 'ping' });
      this.#pings = (this.#pings + 1) % PINGS_A_PROOF;
      if (this.#pings === 0) thread.postMessage({ type: 'prove' });
    }
    this.#after(PING_EVERY_MS, () => this.#ping(thread));
  }

  /** One timer at a time: loading, then pings, then the wait for another thread. */
  #after(ms: number, work: () => void): void {
    const { clock } = this.#options;
    clock.clearTimeout(this.#timer);
    this.#timer = this.#state$.value === 'closed' ? undefined : clock.setTimeout(work, ms);
  }

  #refuse(refusal: Fault): void {
    this.#refusal = refusal;
    this.#options.log.write('error', 'signer.refused', { ...refusal });
    this.#options.clock.clearTimeout(this.#timer);
    this.#become('refused');
  }

  /** It is ended whatever it does, and another is started. */
  #replace(thread: SignerThread, reason: string): void {
    if (this.#thread !== thread) return;
    this.#options.log.write('error', 'signer.replaced', { reason });
    this.#exited(thread, reason);
    void thread.terminate();
  }

  /** What was under way may have been sent or not; the next thread knows nothing of it. */
  #exited(thread: SignerThread, reason: string): void {
    if (this.#thread !== thread) return;
    this.#thread = undefined;
    this.#missed = 0;
    this.#abandon(reason);
    const { value } = this.#state$;
    if (value === 'closed' || value === 'refused') return;
    this.#become('restarting');
    const wait = Math.min(RESTART_MS_MAX, RESTART_MS_MIN * 2 ** Math.min(this.#crashes, 10));
    this.#crashes += 1;
    this.#after(wait, () => this.#start());
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
