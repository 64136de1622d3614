/**
 * What takers bought and sold lately, by the time of the trades: sums per second of the last
 * minute. No trade drops while its second is kept; the memory is the same however many come.
 */
import { TimeWindow } from '../collections/time-window.js';
import type { Trade } from '../model/book.js';
import { steps, type Steps, type UnixMs } from '../model/quantities.js';

const SLOT_MS = 1_000;
/** A minute, and the second that is open. */
const SLOTS = 61;

export interface Flow {
  readonly bought: Steps;
  readonly sold: Steps;
  readonly trades: number;
}

export class TradeFlow {
  readonly #bought = new TimeWindow({ slotMs: SLOT_MS, slots: SLOTS });
  readonly #sold = new TimeWindow({ slotMs: SLOT_MS, slots: SLOTS });

  add({ side, size, at }: Trade): void {
    (side === 'buy' ? this.#bought : this.#sold).add(at, size);
  }

  /** Of the last `ms` up to now, to the second; at most a minute. */
  last(now: UnixMs, ms: number): Flow {
    const bought = this.#bought.last(now, ms);
    const sold = this.#sold.last(now, ms);
    return {
      bought: steps(bought.sum),
      sold: steps(sold.sum),
      trades: bought.count + sold.count,
    };
  }

  clear(): void {
    this.#bought.clear();
    this.#sold.clear();
  }
}
