/**
 * The order book as two plain maps from price to level, sorted whenever somebody asks: the slow and
 * obvious road to what `market/order-book.ts` keeps in order. The rules are the same: levels are
 * changed by the venue's words only, and where sides cross, the older level is hidden (of one age
 * the smaller, or both).
 */
import {
  VIEW_DEPTH,
  type BookState,
  type BookView,
  type Level,
  type Trade,
} from '../model/book.js';
import type { LevelChange } from '../model/events.js';
import { unixMs, type Steps, type Ticks, type UnixMs } from '../model/quantities.js';
import type { RawLevels } from '../ports/engine.js';
import type { Touch } from '../ports/lenses.js';

/** Beyond it the worst level is dropped. */
const LEVELS_MAX = 65_536;
/** Removals of a side before the old ones among them are forgotten. */
const REMOVALS_ROOM = 4_096;
/** A reading that took longer tells of another book. */
const READING_AGE_MS_MAX = 10_000;
/** Of each side; what lies deeper says little about the next moment. */
const WEIGHED_LEVELS = 10;

interface KeptLevel extends Level {
  readonly at: UnixMs;
}

interface Removal {
  readonly price: Ticks;
  readonly at: UnixMs;
}

interface Side {
  readonly levels: Map<Ticks, KeptLevel>;
  /** All that a reading can be older than. */
  removals: Removal[];
  room: number;
  readonly isBetter: (a: Ticks, b: Ticks) => boolean;
  /** Best first, until something changes. */
  sorted: readonly KeptLevel[] | undefined;
}

export interface Sides {
  readonly bids: readonly LevelChange[];
  readonly asks: readonly LevelChange[];
}

export class LevelTable {
  readonly #bids = sideOf((a, b) => a > b);
  readonly #asks = sideOf((a, b) => a < b);
  #snapshotAt: UnixMs | undefined;
  #crossedSince: UnixMs | undefined;
  #staleReason: string | undefined;
  updatedAt = unixMs(0);

  get state(): BookState {
    if (this.#snapshotAt === undefined) return 'empty';
    if (this.#staleReason !== undefined) return 'stale';
    return this.#crossedSince === undefined ? 'live' : 'crossed';
  }

  get crossedSince(): UnixMs | undefined {
    return this.#crossedSince;
  }

  snapshot(sides: Sides, at: UnixMs): void {
    this.clear();
    this.#snapshotAt = at;
    this.update(sides, at);
  }

  /** False before the first snapshot. */
  update({ bids, asks }: Sides, at: UnixMs): boolean {
    if (this.#snapshotAt === undefined) return false;
    for (const { price, size } of bids) change(this.#bids, price, size, at);
    for (const { price, size } of asks) change(this.#asks, price, size, at);
    this.updatedAt = at;
    this.#noteCrossing(at);
    return true;
  }

  /** A reading made beside the stream, applied where the stream has not spoken since. */
  reread(
    { bids, asks }: Sides,
    at: UnixMs,
    requestedAt = this.#snapshotAt,
  ): 'applied' | 'no-snapshot' | 'too-old' {
    if (requestedAt === undefined || this.#snapshotAt === undefined) return 'no-snapshot';
    // A reading of before the snapshot is of another book.
    if (requestedAt < this.#snapshotAt) return 'too-old';
    if (at - requestedAt > READING_AGE_MS_MAX) return 'too-old';
    heal(this.#bids, bids, requestedAt);
    heal(this.#asks, asks, requestedAt);
    this.#noteCrossing(at);
    return 'applied';
  }

  markStale(reason: string): void {
    if (this.#snapshotAt !== undefined) this.#staleReason ??= reason;
  }

  clear(): void {
    for (const side of [this.#bids, this.#asks]) {
      side.levels.clear();
      side.removals = [];
      side.sorted = undefined;
    }
    this.#snapshotAt = undefined;
    this.#crossedSince = undefined;
    this.#staleReason = undefined;
  }

  raw(): RawLevels {
    const plain = ({ price, size }: KeptLevel): Level => ({ price, size });
    return { bids: inOrder(this.#bids).map(plain), asks: inOrder(this.#asks).map(plain) };
  }

  view(): BookView {
    const { bids, asks } = this.#uncrossed();
    const top = (levels: readonly KeptLevel[]): readonly Level[] =>
      levels.slice(0, VIEW_DEPTH).map(({ price, size }) => ({ price, size }));
    return { state: this.state, bids: top(bids), asks: top(asks), updatedAt: this.updatedAt };
  }

  /** Of a live book with two sides. */
  touch(): Touch | undefined {
    const [bid] = inOrder(this.#bids);
    const [ask] = inOrder(this.#asks);
    if (this.state !== 'live' || bid === undefined || ask === undefined) return undefined;
    return {
      bidPrice: bid.price,
      bidSize: bid.size,
      askPrice: ask.price,
      askSize: ask.size,
    };
  }

  /** Whether a taker's trade went past the best level that we know (never in a crossed book). */
  isBeyond({ side, price }: Trade): boolean {
    const taken = side === 'buy' ? this.#asks : this.#bids;
    const best = bestOf(taken);
    return this.state === 'live' && best !== undefined && taken.isBetter(best, price);
  }

  /** Σ size × (1 − distance ÷ reach) of the best levels nearer than `reach`. */
  weightNear(side: 'bids' | 'asks', reach: number): number {
    const levels = inOrder(side === 'bids' ? this.#bids : this.#asks).slice(0, WEIGHED_LEVELS);
    const best = levels[0]?.price ?? 0;
    return levels
      .map(({ price, size }) => size * Math.max(0, 1 - Math.abs(best - price) / reach))
      .reduce((sum, weighed) => sum + weighed, 0);
  }

  #noteCrossing(at: UnixMs): void {
    const bid = bestOf(this.#bids);
    const ask = bestOf(this.#asks);
    const isCrossed = bid !== undefined && ask !== undefined && bid >= ask;
    this.#crossedSince = isCrossed ? (this.#crossedSince ?? at) : undefined;
  }

  #uncrossed(): { readonly bids: readonly KeptLevel[]; readonly asks: readonly KeptLevel[] } {
    const bids = [...inOrder(this.#bids)];
    const asks = [...inOrder(this.#asks)];
    for (;;) {
      const [bid] = bids;
      const [ask] = asks;
      if (bid === undefined || ask === undefined || bid.price < ask.price) return { bids, asks };
      const ahead = bid.at === ask.at ? bid.size - ask.size : bid.at - ask.at;
      if (ahead <= 0) bids.shift();
      if (ahead >= 0) asks.shift();
    }
  }
}

const sideOf = (isBetter: Side['isBetter']): Side => ({
  levels: new Map(),
  removals: [],
  room: REMOVALS_ROOM,
  isBetter,
  sorted: undefined,
});

function inOrder(side: Side): readonly KeptLevel[] {
  side.sorted ??= [...side.levels.values()].sort((a, b) =>
    side.isBetter(a.price, b.price) ? -1 : 1,
  );
  return side.sorted;
}

function bestOf({ levels, isBetter }: Side): Ticks | undefined {
  let best: Ticks | undefined;
  for (const price of levels.keys()) if (best === undefined || isBetter(price, best)) best = price;
  return best;
}

function change(side: Side, price: Ticks, size: Steps, at: UnixMs): void {
  side.sorted = undefined;
  if (size > 0) {
    side.levels.set(price, { price, size, at });
    if (side.levels.size > LEVELS_MAX) dropWorst(side);
    return;
  }
  side.levels.delete(price);
  side.removals.push({ price, at });
  if (side.removals.length <= side.room) return;
  side.removals = side.removals.filter((removal) => removal.at >= at - READING_AGE_MS_MAX);
  side.room = Math.max(REMOVALS_ROOM, 2 * side.removals.length);
}

function dropWorst(side: Side): void {
  const worst = inOrder(side).at(-1);
  if (worst !== undefined) side.levels.delete(worst.price);
  side.sorted = undefined;
}

function heal(side: Side, read: readonly LevelChange[], requestedAt: UnixMs): void {
  const worst = read.at(-1)?.price;
  const isOutOfReach = (price: Ticks): boolean =>
    worst !== undefined && side.isBetter(worst, price);
  for (const { price, at } of side.levels.values()) {
    if (at <= requestedAt && !isOutOfReach(price)) side.levels.delete(price);
  }
  const removed = new Set(
    side.removals.filter(({ at }) => at > requestedAt).map(({ price }) => price),
  );
  for (const { price, size } of read) {
    if (size === 0 || side.levels.has(price) || removed.has(price)) continue;
    side.levels.set(price, { price, size, at: requestedAt });
    if (side.levels.size > LEVELS_MAX) dropWorst(side);
  }
  side.sorted = undefined;
}
