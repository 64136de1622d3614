/** What the bench, its sender and its readers say to each other. Processes are forked with it. */
import { fork, type ChildProcess } from 'node:child_process';
import { beside } from './bench-places.js';

export interface StormPlan {
  readonly seed: number;
  readonly markets: number;
  readonly framesPerSecond: number;
  /** Frames of the session, which is played again and again. */
  readonly frames: number;
}

export type SenderOrder =
  | { readonly type: 'blast'; readonly frames: number }
  | { readonly type: 'pace'; readonly framesPerSecond: number; readonly seconds: number };

/** By connection and message id, on the monotonic clock of the machine; 0 where there is none. */
export type Stamps = readonly Float64Array[];

export type SenderReport =
  | { readonly type: 'listening'; readonly port: number }
  | { readonly type: 'sent'; readonly at: Stamps };

export interface ReaderPlan extends StormPlan {
  readonly mode: 'empty' | 'ours';
  readonly port: number;
  /** Data frames after which it begins, and ends, to measure by itself. */
  readonly measureFrom: number;
  readonly measureTo: number;
  readonly keepsStamps: boolean;
}

export interface Usage {
  readonly frames: number;
  readonly cpuMs: number;
  readonly wallMs: number;
  readonly rss: number;
}

export type ReaderOrder = { readonly type: 'mark' } | { readonly type: 'stamps' };

export type ReaderReport =
  | { readonly type: 'ready' }
  | ({ readonly type: 'measured' } & Usage)
  /** Since the start of the process. */
  | ({ readonly type: 'marked' } & Usage)
  | { readonly type: 'stamps'; readonly at: Stamps };

/** `CLOCK_MONOTONIC` in milliseconds: the same in all processes. */
export const monotonicMs = (): number => performance.now() + offsetMs;

/** The closest of many looks at both clocks: between two of them the process may be made to wait. */
const offsetMs = Array.from({ length: 1_000 }, () => {
  const before = performance.now();
  const monotonic = Number(process.hrtime.bigint()) / 1e6;
  const after = performance.now();
  return { apart: after - before, offset: monotonic - (before + after) / 2 };
}).reduce((one, other) => (other.apart < one.apart ? other : one)).offset;

export const tell = (report: SenderReport | ReaderReport): void => {
  process.send?.(report);
};

/** A child that answers; it ends when we do. */
export class Helper<Order, Report extends { readonly type: string }> {
  readonly #child: ChildProcess;
  readonly #waiting: Report[] = [];
  #wake: () => void = () => undefined;
  #failure: Error | undefined;

  constructor(file: string, plan: unknown) {
    this.#child = fork(beside(file), [JSON.stringify(plan)], {
      serialization: 'advanced',
      execArgv: process.execArgv.filter((flag) => !flag.includes('cpu-prof')),
    });
    this.#child.on('message', (report) => {
      this.#waiting.push(report as Report);
      this.#wake();
    });
    this.#child.on('exit', (code) => {
      this.#failure = new Error(`${file} ended with ${code}`);
      this.#wake();
    });
  }

  order(order: Order): void {
    this.#child.send(order as Parameters<ChildProcess['send']>[0]);
  }

  /** The next report of this kind. */
  async hear<Type extends Report['type']>(type: Type): Promise<Extract<Report, { type: Type }>> {
    for (;;) {
      const index = this.#waiting.findIndex((report) => report.type === type);
      if (index >= 0) return this.#waiting.splice(index, 1)[0] as Extract<Report, { type: Type }>;
      if (this.#failure !== undefined) throw this.#failure;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = new Promise((resolve) => {
      this.#child.once('exit', resolve);
    });
    this.#child.kill();
    await ended;
  }
}
