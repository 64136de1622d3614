/** A hold whose reasons are put into words when somebody reads them: most are never asked why. */
import type { Side } from '../model/book.js';
import type { Reason } from '../model/decision.js';
import type { Candidate } from '../ports/strategy.js';

const NO_SIDE: readonly Side[] = [];

class LazyHold {
  readonly type = 'hold';
  readonly confidence: number | undefined;
  readonly direction: number | undefined;
  readonly leave: readonly Side[];
  readonly #words: () => readonly Reason[];

  constructor(words: () => readonly Reason[], hold: HoldNumbers) {
    this.confidence = hold.confidence;
    this.direction = hold.direction;
    this.leave = hold.leave ?? NO_SIDE;
    this.#words = words;
  }

  get reasons(): readonly Reason[] {
    return this.#words();
  }
}

export interface HoldNumbers {
  readonly confidence?: number | undefined;
  readonly direction?: number | undefined;
  readonly leave?: readonly Side[];
}

const UNKNOWN: HoldNumbers = {};

/** Without numbers: the market is not fresh, and nothing moves. */
export const lazyHold = (
  words: () => readonly Reason[],
  numbers: HoldNumbers = UNKNOWN,
): Extract<Candidate, { type: 'hold' }> => new LazyHold(words, numbers);
