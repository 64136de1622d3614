/**
 * One life of one socket: fills the connection machine's `socket` hole. Frames go to `frames` as
 * they came; only edges become facts: opened, welcomed, subscribed, stale, gap, closed.
 *
 * 1. Unsubscribing terminates the socket and drops every timer: nothing of a dead epoch is heard
 *    again.
 * 2. A frame reaches `frames` before the fact that it causes.
 * 3. It ends with its first `socket.closed`, which also stands for a peer that answers no ping.
 */
import {
  defer,
  endWith,
  filter,
  finalize,
  map,
  merge,
  Observable,
  Subject,
  Subscription as Teardown,
  switchMap,
  takeWhile,
  tap,
} from 'rxjs';
import { fromEventObservable, type ObservableActorLogic } from 'xstate';
import type { SessionInput, SessionOrder, SocketFact } from '../model/connection.js';
import { subscriptionKey, type Envelope, type Subscription } from '../model/events.js';
import type { UnixMs } from '../model/quantities.js';
import type { Clock } from '../ports/clock.js';
import type { Socket, SocketPort, SocketSignal } from '../ports/socket.js';
import type { Wire } from '../ports/wire.js';
import { missingPong, silence } from './liveness.stream.js';
import { MessageIds } from './message-ids.js';
import { SubscribePacer } from './subscribe-pacer.js';
import { SubscriptionLedger } from './subscription-ledger.js';

/** A raw frame, with where it came from and when. */
export interface SocketFrame {
  readonly name: string;
  readonly epoch: number;
  readonly data: Uint8Array;
  readonly at: UnixMs;
}

export interface SocketSessionOptions {
  readonly sockets: SocketPort;
  readonly wire: Wire;
  readonly clock: Clock;
  readonly frames: { next(frame: SocketFrame): void };
  /** Of all keys of one socket together. 10 by default; 2 suits the public edge. */
  readonly subscribesPerSecond?: number;
}

const PING_EVERY_MS = 5_000;
const PONG_DEADLINE_MS = 5_000;
/** Blocks come about every 0.65 s. */
const SILENT_AFTER_MS = 5_000;
/** After the third refusal in a row the machine is told, and the venue is asked once a minute. */
const REFUSALS_MAX = 3;
const RETRY_SLOWLY_MS = 60_000;
const MESSAGE_LENGTH_MAX = 200;
const SIGN_OF_LIFE = 'v4_block_height';
const ABNORMAL_CLOSURE = 1006;
const NOTHING: readonly SocketFact[] = [];

/** The actor logic for the `socket` hole. */
export const socketSession = (
  options: SocketSessionOptions,
): ObservableActorLogic<SocketFact, SessionInput> =>
  fromEventObservable<SocketFact, SessionInput>(({ input }) => sessionFacts(options, input));

/** Cold: each subscription opens a socket. Never errors. */
export const sessionFacts = (
  options: SocketSessionOptions,
  input: SessionInput,
): Observable<SocketFact> => defer(() => new SocketSession(options, input).facts());

class SocketSession {
  readonly #options: SocketSessionOptions;
  readonly #input: SessionInput;
  readonly #socket: Socket;
  readonly #ledger = new SubscriptionLedger();
  readonly #ids = new MessageIds();
  readonly #pacer: SubscribePacer;
  readonly #pulse$ = new Subject<void>();
  /** Subscribes that wait for their slot; at most a few for each wanted key. */
  readonly #waiting = new Teardown();
  #connectionId: string | undefined;
  #dataIdOf: (data: Uint8Array) => number = () => -1;

  constructor(options: SocketSessionOptions, input: SessionInput) {
    this.#options = options;
    this.#input = input;
    this.#socket = options.sockets.socket(input.url);
    this.#pacer = new SubscribePacer(options.subscribesPerSecond ?? 10);
  }

  facts(): Observable<SocketFact> {
    const { scheduler } = this.#options.clock;
    const edges$ = new Subject<SocketSignal>();
    return merge(
      this.#obeyed(),
      silence(this.#pulse$, { afterMs: SILENT_AFTER_MS, scheduler }),
      this.#heartbeat(edges$),
      this.#heard(edges$).pipe(endWith(abnormalClosure('the socket ended without a close'))),
    ).pipe(
      takeWhile((fact) => fact.type !== 'socket.closed', true),
      finalize(() => this.#waiting.unsubscribe()),
    );
  }

  /** The facts in what the socket says. Only what is no frame goes to `edges$`: frames are hot. */
  #heard(edges$: Subject<SocketSignal>): Observable<SocketFact> {
    return new Observable((listener) =>
      this.#socket.signals$.subscribe({
        next: (signal) => {
          if (signal.type !== 'frame') edges$.next(signal);
          const facts = signal.type === 'frame' ? this.#receive(signal.data) : factsOf(signal);
          if (facts !== NOTHING) for (const fact of facts) listener.next(fact);
        },
        error: (error: unknown) => listener.error(error),
        complete: () => listener.complete(),
      }),
    );
  }

  /** Says nothing; carries out the machine's orders for as long as the session lives. */
  #obeyed(): Observable<never> {
    const { connection } = this.#input;
    const types: readonly SessionOrder['type'][] = [
      'session.want',
      'session.renew',
      'session.blame',
    ];
    return new Observable(() => {
      const heard = types.map((type) =>
        connection.on(type, (order) => this.#obey(order as SessionOrder)),
      );
      return () => heard.forEach((one) => one.unsubscribe());
    });
  }

  #obey(order: SessionOrder): void {
    switch (order.type) {
      case 'session.renew':
        return this.#ask(this.#ledger.renew(order.keys, this.#options.clock.now()));
      case 'session.blame':
        return this.#socket.blame?.(order.reason);
      case 'session.want': {
        const { subscribe, unsubscribe } = this.#ledger.want(order.subscriptions);
        unsubscribe.forEach((subscription) => this.#letGo(subscription));
        return this.#ask(subscribe);
      }
    }
  }

  #heartbeat(signals$: Observable<SocketSignal>): Observable<SocketFact> {
    const options = {
      ping: () => this.#socket.ping(),
      everyMs: PING_EVERY_MS,
      deadlineMs: PONG_DEADLINE_MS,
      scheduler: this.#options.clock.scheduler,
    };
    const pong$ = signals$.pipe(filter((signal) => signal.type === 'pong'));
    return signals$.pipe(
      filter((signal) => signal.type === 'opened'),
      switchMap(() => missingPong(pong$, options)),
      tap((reason) => this.#socket.blame?.(reason)),
      map(abnormalClosure),
    );
  }

  #receive(data: Uint8Array): readonly SocketFact[] {
    const { wire, clock, frames } = this.#options;
    const at = clock.now();
    const dataId = this.#dataIdOf(data);
    if (dataId >= 0) return this.#receiveData(data, dataId, at);
    const envelope = wire.readEnvelope(data);
    if (envelope?.kind === 'connected') this.#welcome(envelope.connectionId);
    // What cannot be read is the decoder's to quarantine; what another connection sent is nobody's.
    if (envelope !== undefined && envelope.connectionId !== this.#connectionId) return NOTHING;
    frames.next({ name: this.#input.name, epoch: this.#input.epoch, data, at });
    this.#feel(envelope);
    if (envelope === undefined) return NOTHING;
    this.#ids.note(envelope.messageId, at);
    const facts = this.#factsIn(envelope);
    return this.#isGapAt(at) ? [...facts, ...this.#gap()] : facts;
  }

  /** The hot road: nearly all frames are data of this connection. */
  #receiveData(data: Uint8Array, id: number, at: UnixMs): readonly SocketFact[] {
    const { name, epoch } = this.#input;
    this.#options.frames.next({ name, epoch, data, at });
    if (!this.#ledger.has(SIGN_OF_LIFE)) this.#pulse$.next();
    this.#ids.note(id, at);
    return this.#isGapAt(at) ? this.#gap() : NOTHING;
  }

  #welcome(connectionId: string): void {
    if (this.#connectionId !== undefined) return;
    this.#connectionId = connectionId;
    this.#dataIdOf = this.#options.wire.dataFrames(connectionId);
  }

  /** A block is a sign of life; without that channel, any frame is. */
  #feel(envelope: Envelope | undefined): void {
    if (this.#ledger.has(SIGN_OF_LIFE) && envelope?.subscription?.channel !== SIGN_OF_LIFE) return;
    this.#pulse$.next();
  }

  #isGapAt(at: UnixMs): boolean {
    return this.#ids.missing > 0 && this.#ids.hasGap(at, this.#ledger.inFlight(at));
  }

  /** The ids are counted per connection, so a hole may be anybody's: all are suspect. */
  #gap(): readonly SocketFact[] {
    this.#ids.forgive();
    return [{ type: 'feed.gap', keys: this.#ledger.confirmedKeys }];
  }

  #factsIn(envelope: Envelope): readonly SocketFact[] {
    const { kind, connectionId, subscription } = envelope;
    if (kind === 'connected') return [{ type: 'socket.welcomed', connectionId }];
    if (kind === 'error') return this.#refused(envelope);
    if (kind === 'data' || subscription === undefined) return NOTHING;
    const key = subscriptionKey(subscription);
    if (kind === 'unsubscribed') {
      return this.#ledger.has(key) ? NOTHING : [{ type: 'socket.unsubscribed', key }];
    }
    if (this.#ledger.confirm(key)) return [{ type: 'socket.subscribed', key }];
    this.#letGo(subscription);
    return NOTHING;
  }

  #refused(envelope: Envelope): readonly SocketFact[] {
    const key = this.#ledger.keyOfError(envelope);
    const refusals = key === undefined ? 0 : this.#ledger.refuse(key);
    if (key === undefined || refusals === 0) return NOTHING;
    const delay = refusals < REFUSALS_MAX ? 1_000 * 2 ** (refusals - 1) : RETRY_SLOWLY_MS;
    this.#later(delay, () => this.#ask([key]));
    if (refusals !== REFUSALS_MAX) return NOTHING;
    const message = (envelope.message ?? '').slice(0, MESSAGE_LENGTH_MAX);
    return [{ type: 'subscribe.failed', key, message }];
  }

  #ask(keys: readonly string[]): void {
    const now = this.#options.clock.now();
    for (const key of keys) this.#later(this.#pacer.slot(key, now) - now, () => this.#begin(key));
  }

  #begin(key: string): void {
    const asked = this.#ledger.begin(key, this.#options.clock.now());
    if (asked === undefined) return;
    if (asked.renewing) this.#letGo(asked.subscription);
    this.#socket.send(this.#options.wire.writeSubscribe(asked.subscription));
  }

  #letGo(subscription: Subscription): void {
    this.#socket.send(this.#options.wire.writeUnsubscribe(subscription));
  }

  #later(ms: number, work: () => void): void {
    this.#waiting.add(this.#options.clock.scheduler.schedule(work, ms));
  }
}

function factsOf(signal: Exclude<SocketSignal, { type: 'frame' }>): readonly SocketFact[] {
  if (signal.type === 'pong') return NOTHING;
  if (signal.type === 'opened') return [{ type: 'socket.opened' }];
  return [{ ...signal, type: 'socket.closed' }];
}

const abnormalClosure = (reason: string): SocketFact => ({
  type: 'socket.closed',
  code: ABNORMAL_CLOSURE,
  reason,
  fatal: false,
});
