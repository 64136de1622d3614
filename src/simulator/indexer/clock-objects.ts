/** Where the chain and the service's clock stand, as the indexer writes them. */
import type { IndexerState } from './indexer-state.codec.js';
import { isoText } from './wire-units.js';

export const heightObject = (state: IndexerState) => ({
  height: String(state.exchange.height),
  time: isoText(state.exchange.timeMs),
});

/** The epoch in seconds, with milliseconds as its fraction. */
export const clockObject = (nowMs: number) => ({
  iso: isoText(nowMs),
  epoch: Math.floor(nowMs) / 1000,
});
