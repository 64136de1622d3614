/** What every signal engine is: a fold over the bars of each market, and a reading when asked. */
import type { BarListener } from './market-bars.js';

/** A score before it is named and stamped. */
export interface Reading {
  /** 0–100, if it is a number at all. */
  readonly value: number;
  /** Bars of a live book behind it, and minutes of history that truly fed it. */
  readonly samples: number;
  /** What it is made of, for those who ask why. */
  readonly parts?: Readonly<Record<string, number>>;
}

/** High and low of one minute, in ticks. */
export interface Range {
  readonly high: number;
  readonly low: number;
}

export interface History {
  readonly closes: readonly number[];
  readonly volumes: readonly number[];
  readonly ranges: readonly Range[];
}

export interface Backfilled {
  /** One-minute history, oldest first, as far as it says something about what is measured. */
  backfill(row: number, history: History): void;
}

export interface SignalEngine extends BarListener, Backfilled {
  /** As of the open bar, which is settled; nothing when nothing is known. */
  read(row: number): Reading | undefined;
}
