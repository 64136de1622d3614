/** The trades of one market, each once and in order of their ids: the order of the chain. */
import { RingBuffer } from '../collections/ring-buffer.js';
import type { Trade } from '../model/book.js';

/** Ids remembered: those of the longest snapshot. Older trades are taken for known ones. */
const IDS_MAX = 1_000;
/** Cutting in large pieces keeps an addition cheap. */
const IDS_SLACK = 500;
/** Trades that are kept whole. */
const RECENT_MAX = 64;

export class TradeTape {
  /** Ascending: a trade nearly always comes after all others. */
  #ids: string[] = [];
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
    const only = trades[0];
    if (trades.length === 1 && only !== undefined) {
      if (!this.#isNew(only.id)) return NONE;
      this.#newest.push(only);
      this.#recent = undefined;
      return trades;
    }
    const candidates = trades.length > 1 ? trades.toSorted(byId) : trades;
    const added = candidates.filter((trade) => this.#isNew(trade.id));
    for (const trade of added) this.#newest.push(trade);
    if (added.length > 0) this.#recent = undefined;
    return added;
  }

  clear(): void {
    this.#ids = [];
    this.#floor = '';
    this.#count = 0;
    this.#newest.clear();
    this.#recent = undefined;
  }

  #isNew(id: string): boolean {
    const ids = this.#ids;
    const last = ids[ids.length - 1];
    if (last === undefined ? id > this.#floor : id > last) ids.push(id);
    else if (!this.#insert(id)) return false;
    if (ids.length >= IDS_MAX + IDS_SLACK) {
      this.#floor = ids[IDS_SLACK - 1] ?? this.#floor;
      ids.splice(0, IDS_SLACK);
    }
    this.#count += 1;
    return true;
  }

  /** A trade that comes late; false if it is known or too old to tell. */
  #insert(id: string): boolean {
    if (id <= this.#floor) return false;
    const ids = this.#ids;
    let low = 0;
    let high = ids.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((ids[middle] ?? '') < id) low = middle + 1;
      else high = middle;
    }
    if (ids[low] === id) return false;
    ids.splice(low, 0, id);
    return true;
  }
}

const NONE: readonly Trade[] = [];

const byId = (a: Trade, b: Trade): number => (a.id < b.id ? -1 : Number(a.id > b.id));
