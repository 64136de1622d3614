/** The trades of one market, each once and in order of their ids: the order of the chain. */
import { RingBuffer } from '../collections/ring-buffer.js';
import type { Trade } from '../model/book.js';
import { highOf, lowOf } from './trade-id.js';

/** Ids remembered: those of the longest snapshot. Older trades are taken for known ones. */
const IDS_MAX = 1_000;
/** Cutting in large pieces keeps an addition cheap. */
const IDS_SLACK = 500;
/** An id is two numbers; the memory for all of them is there from the beginning. */
const IDS_LENGTH = 2 * (IDS_MAX + IDS_SLACK);
/** Trades that are kept whole. */
const RECENT_MAX = 64;

export class TradeTape {
  /** Ascending: a trade nearly always comes after all others. */
  readonly #ids = new Float64Array(IDS_LENGTH);
  /** Numbers in use of them. */
  #used = 0;
  /** No id up to this one is new any more. */
  #floorHigh = -1;
  #floorLow = -1;
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
    this.#used = 0;
    this.#floorHigh = -1;
    this.#floorLow = -1;
    this.#count = 0;
    this.#newest.clear();
    this.#recent = undefined;
  }

  #isNew(id: string): boolean {
    const ids = this.#ids;
    const [high, low] = [highOf(id), lowOf(id)];
    const place = this.#placeOf(high, low);
    if (place === this.#used) {
      if (place === 0 && !isAfter(high, low, this.#floorHigh, this.#floorLow)) return false;
    } else {
      // A trade that comes late, if it is not known or too old to tell.
      const isKnown = ids[place] === high && ids[place + 1] === low;
      if (isKnown || !isAfter(high, low, this.#floorHigh, this.#floorLow)) return false;
      ids.copyWithin(place + 2, place, this.#used);
    }
    ids[place] = high;
    ids[place + 1] = low;
    this.#used += 2;
    if (this.#used === IDS_LENGTH) this.#cut();
    this.#count += 1;
    return true;
  }

  /** Where the first id stands that does not come before this one. */
  #placeOf(high: number, low: number): number {
    const ids = this.#ids;
    let last = this.#used - 2;
    if (last < 0 || isAfter(high, low, ids[last] ?? 0, ids[last + 1] ?? 0)) return this.#used;
    let first = 0;
    while (first < last) {
      const middle = ((first + last) >>> 2) << 1;
      if (isAfter(high, low, ids[middle] ?? 0, ids[middle + 1] ?? 0)) first = middle + 2;
      else last = middle;
    }
    return first;
  }

  #cut(): void {
    const ids = this.#ids;
    const cut = 2 * IDS_SLACK;
    this.#floorHigh = ids[cut - 2] ?? 0;
    this.#floorLow = ids[cut - 1] ?? 0;
    ids.copyWithin(0, cut);
    this.#used -= cut;
  }
}

const isAfter = (high: number, low: number, otherHigh: number, otherLow: number): boolean =>
  high > otherHigh || (high === otherHigh && low > otherLow);

const NONE: readonly Trade[] = [];

const byId = (a: Trade, b: Trade): number => (a.id < b.id ? -1 : Number(a.id > b.id));
