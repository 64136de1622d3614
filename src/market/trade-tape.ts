/** The trades of one market, each once and in order of their ids: the order of the chain. */
import { BoundedMap } from '../collections/bounded-map.js';
import { RingBuffer } from '../collections/ring-buffer.js';
import type { Trade } from '../model/book.js';

/** Ids remembered: twice the longest snapshot. Older trades are taken for known ones. */
const IDS_MAX = 2_000;
/** Trades that are kept whole. */
const RECENT_MAX = 64;

export class TradeTape {
  readonly #known = new BoundedMap<string, true>(IDS_MAX);
  /** No id up to this one is new any more. */
  #floor = '';
  #count = 0;
  readonly #newest = RingBuffer.of<Trade>(RECENT_MAX);
  #recent: readonly Trade[] | undefined;

  /** Trades seen so far, each counted once. */
  get count(): number {
    return this.#count;
  }

  /** The newest trades, oldest first; the same array until another comes. */
  recent(): readonly Trade[] {
    this.#recent ??= this.#newest.toArray();
    return this.#recent;
  }

  /** The trades that are new, oldest first. */
  add(trades: readonly Trade[]): readonly Trade[] {
    const candidates = trades.length > 1 ? trades.toSorted(byId) : trades;
    const added = candidates.filter((trade) => this.#isNew(trade.id));
    for (const trade of added) this.#newest.push(trade);
    if (added.length > 0) this.#recent = undefined;
    return added;
  }

  clear(): void {
    this.#known.clear();
    this.#floor = '';
    this.#count = 0;
    this.#newest.clear();
    this.#recent = undefined;
  }

  #isNew(id: string): boolean {
    if (id <= this.#floor || this.#known.has(id)) return false;
    const forgotten = this.#known.set(id, true)?.[0];
    if (forgotten !== undefined && forgotten > this.#floor) this.#floor = forgotten;
    this.#count += 1;
    return true;
  }
}

const byId = (a: Trade, b: Trade): number => (a.id < b.id ? -1 : Number(a.id > b.id));
