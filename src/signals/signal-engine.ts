/** What every signal engine is: a fold over the bars of one market, and a reading when asked. */
import type { BarListener, Bar } from './market-bars.js';

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

export interface Backfilled {
  /** One-minute history, oldest first, as far as it says something about what is measured. */
  backfill(closes: readonly number[], volumes: readonly number[], ranges: readonly Range[]): void;
}

export interface SignalEngine extends BarListener, Backfilled {
  /** As of the open bar; nothing when nothing is known. */
  read(open: Readonly<Bar>): Reading | undefined;
}
