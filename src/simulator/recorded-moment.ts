/** What a recording of the real venue says of one market at one moment, in the core's integers. */
import type { OrderSide } from './order-terms.js';

/** Absolute new size of a level; 0 removes it. */
export interface RecordedLevel {
  readonly side: OrderSide;
  readonly subticks: bigint;
  readonly quantums: bigint;
}

/** A print; `side` is the taker's. */
export type RecordedTrade = RecordedLevel;

/** Levels count before trades. */
export interface RecordedMoment {
  readonly clobPairId: number;
  /** When the frame was received, or later where a host has shifted the recording. */
  readonly timeMs: number;
  /** The levels are the whole book: all others are gone. */
  readonly isWholeBook: boolean;
  readonly levels: readonly RecordedLevel[];
  readonly trades: readonly RecordedTrade[];
  /** USD × 1e12, where the recording tells one. */
  readonly oraclePriceE12?: bigint | undefined;
}
