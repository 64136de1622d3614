/** How a run went, in figures: the one JSON object that a run prints at its end. */
import type { FrameCounts } from '../model/events.js';

export interface LatencyFigures {
  readonly p50: number | null;
  readonly p99: number | null;
  readonly max: number | null;
  readonly n: number;
}

export interface RunReport {
  readonly network: string;
  readonly mode: string;
  readonly seconds: number;
  readonly state: string;
  readonly frames: FrameCounts;
  /** Entries and exits that strategies wanted, and wishes that were denied. */
  readonly decisions: {
    readonly enter: number;
    readonly quote: number;
    readonly hold: number;
    readonly denied: number;
  };
  /** Orders of this run by how they ended. */
  readonly orders: Readonly<Record<string, number>>;
  readonly fills: number;
  readonly positions: readonly { readonly market: string; readonly size: string }[];
  /** Realised, unrealised and funding, fees taken off; null while a position has no price. */
  readonly pnlUsd: string | null;
  readonly usdc: string | null;
  /** What the venue's own REST said last, and whether it is what our books say. */
  readonly venue: {
    readonly usdc: string;
    readonly positions: readonly { readonly market: string; readonly size: string }[];
    readonly agrees: boolean;
  } | null;
  readonly latencyMs: LatencyFigures;
  readonly rssMb: number;
  readonly cpuPct: number;
}

/** More samples than any run makes orders; beyond it the oldest are forgotten. */
const SAMPLES_MAX = 100_000;

export class LatencySamples {
  readonly #samples: number[] = [];

  observe(ms: number): void {
    this.#samples.push(ms);
    if (this.#samples.length > SAMPLES_MAX) this.#samples.shift();
  }

  /** Nearest rank; rounded to hundredths. */
  figures(): LatencyFigures {
    const sorted = this.#samples.toSorted((a, b) => a - b);
    const at = (share: number): number | null => {
      const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
      return value === undefined ? null : Math.round(value * 100) / 100;
    };
    return { p50: at(0.5), p99: at(0.99), max: at(1), n: sorted.length };
  }
}
