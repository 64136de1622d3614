/**
 * What the streaming engine may cost: time per turn, processor and memory. Judged once per window
 * of ten seconds: one slow turn is no reason, a slow engine is.
 */
import type { FallbackCause } from '../model/engine-status.js';
import type { UnixMs } from '../model/quantities.js';

const WINDOW_MS = 10_000;
/** A limit is broken when more than one turn in a hundred, and at least so many, are slower. */
const SLOW_TURNS_MIN = 3;
const SLOW_SHARE_MAX = 0.01;

export interface EngineLimits {
  readonly latencyMsMax: number;
  readonly cpuPctMax: number;
  readonly memoryMbMax: number;
  readonly stallMsMax: number;
}

export interface Breakage {
  readonly cause: FallbackCause;
  readonly evidence: string;
}

export class EngineBudget {
  readonly #limits: EngineLimits;
  #since: UnixMs | undefined;
  #turns = 0;
  #slow = 0;
  #slowestMs = 0;
  #busyMs = 0;

  constructor(limits: EngineLimits) {
    this.#limits = limits;
  }

  /** One turn of the engine: all the work that it did since the last one. */
  turn(workMs: number): void {
    this.#turns += 1;
    this.#busyMs += workMs;
    this.#slowestMs = Math.max(this.#slowestMs, workMs);
    if (workMs > this.#limits.latencyMsMax) this.#slow += 1;
  }

  /** At the end of a window: which limit was broken in it, if one was. */
  judge(now: UnixMs, memoryMb: () => number): Breakage | undefined {
    this.#since ??= now;
    const elapsedMs = now - this.#since;
    if (elapsedMs < WINDOW_MS) return undefined;
    const breakage = this.#breakage(elapsedMs, memoryMb());
    this.#since = now;
    this.#turns = 0;
    this.#slow = 0;
    this.#slowestMs = 0;
    this.#busyMs = 0;
    return breakage;
  }

  #breakage(elapsedMs: number, memoryMb: number): Breakage | undefined {
    const { latencyMsMax, cpuPctMax, memoryMbMax } = this.#limits;
    if (this.#slow >= SLOW_TURNS_MIN && this.#slow > this.#turns * SLOW_SHARE_MAX) {
      const slow = `${this.#slow} of ${this.#turns} turns took more than ${latencyMsMax} ms`;
      const evidence = `${slow}, the slowest ${this.#slowestMs.toFixed(1)} ms`;
      return { cause: 'engine.latency', evidence };
    }
    const cpuPct = (this.#busyMs / elapsedMs) * 100;
    if (cpuPct > cpuPctMax) {
      const evidence = `${cpuPct.toFixed(1)} % of a core > ${cpuPctMax} %`;
      return { cause: 'engine.cpu', evidence };
    }
    if (!(memoryMb <= memoryMbMax)) {
      const evidence = `${memoryMb.toFixed(0)} MB resident > ${memoryMbMax} MB`;
      return { cause: 'engine.memory', evidence };
    }
    return undefined;
  }
}
