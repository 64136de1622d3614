/**
 * Plays a recording into an exchange on a clock: each frame as long after the start as it was
 * received after the first, or sooner by a factor. Reads ahead by a bounded number of frames, so
 * that recordings of any length play.
 */
import type { Clock, TimerHandle } from '../../ports/clock.js';
import type { RecordedFrame } from '../../ports/recording.js';
import type { ExchangeInput, PerpetualMarket } from '../exchange-types.js';
import { momentsOf } from './recorded-frames.js';

/** Frames read but not yet played; beyond, reading waits. */
const AHEAD_MAX = 4_096;

export interface RecordedFlowOptions {
  readonly frames: AsyncIterable<RecordedFrame> | Iterable<RecordedFrame>;
  readonly markets: readonly PerpetualMarket[];
  readonly clock: Clock;
  readonly submit: (input: ExchangeInput) => void;
  /** > 0; 2 plays twice as fast. */
  readonly speed?: number | undefined;
  /** The recording has ended, or could not be read further. */
  readonly ended?: ((failure: unknown) => void) | undefined;
}

export class RecordedFlow {
  readonly #options: RecordedFlowOptions;
  readonly #markets: ReadonlyMap<string, PerpetualMarket>;
  readonly #ahead: RecordedFrame[] = [];
  #timer: TimerHandle | undefined;
  #goOn: (() => void) | undefined;
  #startedAtMs = 0;
  #firstAtMs: number | undefined;
  #isStopped = false;
  #isRead = false;

  constructor(options: RecordedFlowOptions) {
    this.#options = options;
    this.#markets = new Map(options.markets.map((market) => [market.ticker, market]));
  }

  start(): void {
    this.#startedAtMs = this.#options.clock.now();
    this.#read().then(
      () => this.#end(undefined),
      (failure: unknown) => this.#end(failure),
    );
  }

  stop(): void {
    this.#isStopped = true;
    this.#options.clock.clearTimeout(this.#timer);
    this.#goOn?.();
  }

  async #read(): Promise<void> {
    for await (const frame of this.#options.frames) {
      if (this.#isStopped) return;
      this.#firstAtMs ??= frame.receivedAt;
      this.#ahead.push(frame);
      if (this.#ahead.length === 1) this.#plan();
      if (this.#ahead.length < AHEAD_MAX) continue;
      await new Promise<void>((resolve) => {
        this.#goOn = resolve;
      });
    }
  }

  #end(failure: unknown): void {
    this.#isRead = true;
    if (failure !== undefined) this.#options.ended?.(failure);
    else if (this.#ahead.length === 0) this.#options.ended?.(undefined);
  }

  #plan(): void {
    const [next] = this.#ahead;
    if (next === undefined || this.#isStopped) return;
    const waitMs = Math.max(0, this.#dueMs(next) - this.#options.clock.now());
    this.#timer = this.#options.clock.setTimeout(() => this.#play(), waitMs);
  }

  #dueMs({ receivedAt }: RecordedFrame): number {
    const { speed = 1 } = this.#options;
    return this.#startedAtMs + (receivedAt - (this.#firstAtMs ?? receivedAt)) / speed;
  }

  #play(): void {
    const nowMs = this.#options.clock.now();
    let played = 0;
    for (const frame of this.#ahead) {
      if (this.#dueMs(frame) > nowMs) break;
      played += 1;
      for (const moment of momentsOf(frame, this.#markets)) {
        this.#options.submit({
          type: 'recorded',
          moment: { ...moment, timeMs: Math.floor(nowMs) },
        });
      }
    }
    this.#ahead.splice(0, played);
    this.#goOn?.();
    this.#goOn = undefined;
    this.#plan();
    if (this.#isRead && this.#ahead.length === 0) this.#options.ended?.(undefined);
  }
}
