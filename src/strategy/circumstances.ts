/** What a strategy is told of itself: its terms and its position, unless somebody knows better. */
import type { MarketId } from '../model/quantities.js';
import type { OwnPosition, Terms } from '../ports/strategy.js';

export interface Circumstances {
  readonly terms: Terms;
  readonly positionOf: (market: MarketId) => OwnPosition;
}

export const FLAT: OwnPosition = { steps: 0, entryUsd: undefined };

/** Fees are those of the venue's first tier. */
export const DEFAULT_TERMS: Terms = {
  orderNotionalUsd: 500,
  takerFeeBps: 5,
  makerFeeBps: 1,
  slippageBps: 10,
  maxHoldMs: 30_000,
};
