/**
 * When a difference to the venue's positions is to be believed. One look may fall between a fill
 * and the position that it makes; each market is judged by itself, so that one that keeps changing
 * hides no other.
 *
 * 1. Believed: the same numbers of a market in two looks in a row, or any difference in
 *    `LOOKS_MAX` looks in a row, whatever its numbers.
 * 2. A market without a difference is forgotten at once.
 */
import type { PositionDrift } from '../model/position.js';
import type { MarketId } from '../model/quantities.js';

/** Looks in a row after which a difference that keeps changing is believed, too. */
export const LOOKS_MAX = 4;

export interface DriftVerdict {
  readonly believed: readonly PositionDrift[];
  /** To be looked at again. */
  readonly doubted: readonly PositionDrift[];
}

interface Remembered {
  readonly drift: PositionDrift;
  readonly looks: number;
}

/** Holds at most one entry for each market that differed in the last look. */
export class DriftWatch {
  #last: ReadonlyMap<MarketId, Remembered> = new Map();

  /** All differences of one look; no difference is an empty list. */
  look(drifts: readonly PositionDrift[]): DriftVerdict {
    const believed: PositionDrift[] = [];
    const doubted: PositionDrift[] = [];
    const seen = new Map<MarketId, Remembered>();
    for (const drift of drifts) {
      const before = this.#last.get(drift.market);
      const looks = (before?.looks ?? 0) + 1;
      seen.set(drift.market, { drift, looks });
      const isSame = before !== undefined && isEqual(before.drift, drift);
      (isSame || looks >= LOOKS_MAX ? believed : doubted).push(drift);
    }
    this.#last = seen;
    return { believed, doubted };
  }
}

const isEqual = (a: PositionDrift, b: PositionDrift): boolean =>
  a.ours === b.ours && a.venue === b.venue;
