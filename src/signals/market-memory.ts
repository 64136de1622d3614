/** State of an engine, one cell per market: bounded, and forgotten when a tick or step changes. */
import type { MarketSpec } from '../model/market.js';
import type { MarketId } from '../model/quantities.js';

/** More markets than the venue lists; a market beyond the limit gets no cell, hence no score. */
export const MARKETS_MAX = 1_024;

interface Cell<T> {
  readonly tick: bigint;
  readonly step: bigint;
  readonly state: T;
}

export class MarketMemory<T> {
  readonly #create: () => T;
  readonly #cells = new Map<MarketId, Cell<T>>();

  constructor(create: () => T) {
    this.#create = create;
  }

  /** The market's state, made on first sight and made anew when governance changed its units. */
  of(spec: MarketSpec): T | undefined {
    const cell = this.#cells.get(spec.market);
    if (cell?.tick === spec.tick && cell.step === spec.step) return cell.state;
    if (cell === undefined && this.#cells.size >= MARKETS_MAX) return undefined;
    const state = this.#create();
    this.#cells.set(spec.market, { tick: spec.tick, step: spec.step, state });
    return state;
  }

  drop(market: MarketId): void {
    this.#cells.delete(market);
  }
}
