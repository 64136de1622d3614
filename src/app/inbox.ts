/**
 * The one door: every input that can change what the service does is numbered, stamped and run to
 * completion here. What is raised meanwhile queues behind it and never nests.
 *
 * 1. Each input first advances the clock to its stamp, so that what was due before it happens
 *    before it.
 * 2. A frame makes its turn dirty: one `flush` follows at the end of the event-loop turn.
 * 3. A real timer only enqueues a `tick`.
 */
import { Observable, Subject } from 'rxjs';
import type { HeapClock } from '../clock/heap.clock.js';
import type { UnixMs } from '../model/quantities.js';

export type InputKind = 'frame' | 'signal' | 'answer' | 'fact' | 'command' | 'tick' | 'flush';

/** One input as the recording and the journal know it. */
export interface Input {
  readonly number: number;
  readonly at: UnixMs;
  readonly kind: InputKind;
  /** Which door it came through: `socket/market-0`, `venue`, `operator`. */
  readonly source: string;
}

interface Waiting {
  readonly kind: InputKind;
  readonly source: string;
  readonly at: UnixMs | undefined;
  readonly work: () => void;
}

export interface InboxOptions {
  readonly clock: HeapClock;
  /** The stamp for an input that comes now. */
  readonly stamp: () => UnixMs;
  /** Calls back at the end of the running event-loop turn. */
  readonly atTurnEnd: (work: () => void) => void;
}

/** More than this many inputs in one turn is a flood that no conflation can answer. */
const LONGEST_QUEUE = 1_000_000;

export class Inbox {
  readonly #options: InboxOptions;
  readonly #queue: Waiting[] = [];
  readonly #flush$ = new Subject<UnixMs>();
  readonly #inputs$ = new Subject<Input>();
  #running = false;
  #dirty = false;
  #number = 0;

  /** The end of a turn in which frames came: look at the dirty markets. Hot. */
  readonly flush$: Observable<UnixMs> = this.#flush$.asObservable();
  /** Every input after it has been run. Hot. */
  readonly inputs$: Observable<Input> = this.#inputs$.asObservable();

  constructor(options: InboxOptions) {
    this.#options = options;
  }

  /** Number of the last input that was begun. */
  get number(): number {
    return this.#number;
  }

  /**
   * Queues one input and runs the queue unless it is running already. `at` is for replays, whose
   * inputs bring their own stamps.
   */
  enter(kind: InputKind, source: string, work: () => void, at?: UnixMs): void {
    if (this.#queue.length >= LONGEST_QUEUE)
      throw new RangeError('inbox: too many inputs in one turn');
    this.#queue.push({ kind, source, at, work });
    if (!this.#running) this.#run();
  }

  /** An Observable from outside whose every notification becomes an input of this kind. */
  door<T>(kind: InputKind, source: string, outside$: Observable<T>): Observable<T> {
    return new Observable<T>((inside) => {
      let open = true;
      const notify = (work: () => void): void => {
        if (open) this.enter(kind, source, () => (open ? work() : undefined));
      };
      const deliver = (value: T): void => {
        if (open) inside.next(value);
      };
      const subscription = outside$.subscribe({
        next: (value) => {
          if (open) this.#take(kind, source, deliver, value);
        },
        error: (error: unknown) => notify(() => inside.error(error)),
        complete: () => notify(() => inside.complete()),
      });
      return () => {
        open = false;
        subscription.unsubscribe();
      };
    });
  }

  /** A timer is due: advance to now, which fires it. */
  tick(): void {
    this.enter('tick', 'clock', () => undefined);
  }

  /** The usual case of `enter`, nothing waiting, without anything made for it. */
  #take<T>(kind: InputKind, source: string, deliver: (value: T) => void, value: T): void {
    if (this.#running) return this.enter(kind, source, () => deliver(value));
    this.#running = true;
    try {
      const at = this.#begin(undefined);
      deliver(value);
      this.#end(kind, source, at, undefined);
      if (this.#queue.length > 0) this.#drain();
    } finally {
      if (this.#queue.length > 0) this.#queue.length = 0;
      this.#running = false;
    }
  }

  #run(): void {
    this.#running = true;
    try {
      this.#drain();
    } finally {
      this.#queue.length = 0;
      this.#running = false;
    }
  }

  #drain(): void {
    for (let next = 0; next < this.#queue.length; next += 1)
      this.#runOne(this.#queue[next] as Waiting);
  }

  #runOne(waiting: Waiting): void {
    const at = this.#begin(waiting.at);
    waiting.work();
    this.#end(waiting.kind, waiting.source, at, waiting.at);
  }

  /** Numbers and stamps an input, and lets everything happen that was due before it. */
  #begin(replayedAt: UnixMs | undefined): UnixMs {
    const { clock, stamp } = this.#options;
    this.#number += 1;
    const at = Math.max(clock.now(), replayedAt ?? stamp()) as UnixMs;
    clock.advanceTo(at);
    return at;
  }

  #end(kind: InputKind, source: string, at: UnixMs, replayedAt: UnixMs | undefined): void {
    if (kind === 'frame') this.#markDirty(replayedAt);
    if (this.#inputs$.observed) this.#inputs$.next({ number: this.#number, at, kind, source });
  }

  /** Replays flush by themselves, between frames of different stamps. */
  #markDirty(replayedAt: UnixMs | undefined): void {
    if (this.#dirty || replayedAt !== undefined) return;
    this.#dirty = true;
    this.#options.atTurnEnd(() => this.flush());
  }

  /** Ends the turn: the dirty markets are looked at once. */
  flush(at?: UnixMs): void {
    this.#dirty = false;
    this.enter('flush', 'turn', () => this.#flush$.next(this.#options.clock.now()), at);
  }
}
