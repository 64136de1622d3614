/**
 * The order book of one market: raw levels as the venue told them, and an uncrossed view of them.
 *
 * 1. Raw levels are changed by the venue's words only. Uncrossing hides levels in the view and
 *    never deletes one: a later update may prove the other side stale.
 * 2. Where bids and asks cross, the older level is hidden; of one age, the smaller, or both.
 * 3. A stale book becomes live again with a new snapshot and with nothing else.
 */
import { BoundedMap } from '../collections/bounded-map.js';
import { SortedLevels } from '../collections/sorted-levels.js';
import {
  VIEW_DEPTH,
  type BookState,
  type BookView,
  type Level,
  type Trade,
} from '../model/book.js';
import type { LevelChange } from '../model/events.js';
import { unixMs, type Steps, type Ticks, type UnixMs } from '../model/quantities.js';

/** Removals remembered per side, so that a late reread does not bring the levels back. */
const REMOVALS_MAX = 4_096;

export interface Changes {
  readonly bids: readonly LevelChange[];
  readonly asks: readonly LevelChange[];
}

export type RereadVerdict = 'applied' | 'no-snapshot' | 'too-old';

interface BookSide {
  readonly levels: SortedLevels;
  /** When a level was removed at this price, newest last. */
  readonly removals: BoundedMap<Ticks, UnixMs>;
}

export class OrderBook {
  readonly #bids: BookSide = newSide('highest');
  readonly #asks: BookSide = newSide('lowest');
  #snapshotAt: UnixMs | undefined;
  #updatedAt = unixMs(0);
  #crossedSince: UnixMs | undefined;
  #staleReason: string | undefined;
  /** Removals up to this stamp may have been forgotten. */
  #forgottenTo = unixMs(0);
  #view: BookView | undefined;

  get state(): BookState {
    if (this.#snapshotAt === undefined) return 'empty';
    if (this.#staleReason !== undefined) return 'stale';
    return this.#crossedSince === undefined ? 'live' : 'crossed';
  }

  get staleReason(): string | undefined {
    return this.#staleReason;
  }

  /** Since when the raw book has been crossed without a break. */
  get crossedSince(): UnixMs | undefined {
    return this.#crossedSince;
  }

  /** Stamp of the newest message of the venue about this book. */
  get updatedAt(): UnixMs {
    return this.#updatedAt;
  }

  /** Replaces everything, whatever the state was. */
  applySnapshot({ bids, asks }: Changes, at: UnixMs): void {
    this.clear();
    this.#snapshotAt = at;
    this.#set(this.#bids, bids, at);
    this.#set(this.#asks, asks, at);
    this.#changed(at);
  }

  /** Sets absolute sizes. False before the first snapshot: there is nothing to update. */
  applyUpdate({ bids, asks }: Changes, at: UnixMs): boolean {
    if (this.#snapshotAt === undefined) return false;
    this.#set(this.#bids, bids, at);
    this.#set(this.#asks, asks, at);
    this.#changed(at);
    return true;
  }

  /**
   * Heals by a reading made beside the stream: within its depth it replaces all levels but those
   * that the stream changed after `requestedAt` (default: after the snapshot). Does not count as a
   * sign of life.
   */
  reread({ bids, asks }: Changes, at: UnixMs, requestedAt = this.#snapshotAt): RereadVerdict {
    if (requestedAt === undefined || this.#snapshotAt === undefined) return 'no-snapshot';
    if (requestedAt < this.#forgottenTo) return 'too-old';
    replaceUntouched(this.#bids, bids, requestedAt, (price, worst) => price < worst);
    replaceUntouched(this.#asks, asks, requestedAt, (price, worst) => price > worst);
    this.#noteCrossing(at);
    return 'applied';
  }

  /** Keeps the levels, but nobody may trade on them until the next snapshot. */
  markStale(reason: string): void {
    if (this.#snapshotAt === undefined) return;
    this.#staleReason ??= reason;
    this.#view = undefined;
  }

  /** Back to `empty`. */
  clear(): void {
    for (const { levels, removals } of [this.#bids, this.#asks]) {
      levels.clear();
      removals.clear();
    }
    this.#snapshotAt = undefined;
    this.#crossedSince = undefined;
    this.#staleReason = undefined;
    this.#forgottenTo = unixMs(0);
    this.#view = undefined;
  }

  /** The uncrossed top, at most `VIEW_DEPTH` levels a side; the same object until a change. */
  view(): BookView {
    if (this.#view !== undefined) return this.#view;
    const hidden = this.#hidden();
    this.#view = {
      state: this.state,
      bids: levelsFrom(this.#bids.levels, hidden.bids, VIEW_DEPTH),
      asks: levelsFrom(this.#asks.levels, hidden.asks, VIEW_DEPTH),
      updatedAt: this.#updatedAt,
    };
    return this.#view;
  }

  /** The best raw levels, crossed or not. */
  top(count: number): { readonly bids: readonly Level[]; readonly asks: readonly Level[] } {
    return {
      bids: levelsFrom(this.#bids.levels, 0, count),
      asks: levelsFrom(this.#asks.levels, 0, count),
    };
  }

  /** Steps on the best `count` levels of one side of the uncrossed book; allocates no levels. */
  depth(side: 'bids' | 'asks', count: number): Steps {
    const { levels } = side === 'bids' ? this.#bids : this.#asks;
    return levels.sizeOf(count, this.#hidden()[side]);
  }

  /** Whether a taker's trade went past the best level that we know (never in a crossed book). */
  isBeyondTouch({ side, price }: Trade): boolean {
    const { levels } = side === 'buy' ? this.#asks : this.#bids;
    if (this.state !== 'live' || levels.length === 0) return false;
    const best = levels.priceAt(0);
    return side === 'buy' ? price > best : price < best;
  }

  #set(side: BookSide, changes: readonly LevelChange[], at: UnixMs): void {
    for (const { price, size } of changes) {
      side.levels.set(price, size, at);
      if (size !== 0) continue;
      const forgotten = side.removals.set(price, at);
      if (forgotten !== undefined) this.#forgottenTo = forgotten[1];
    }
  }

  #changed(at: UnixMs): void {
    this.#updatedAt = at;
    this.#noteCrossing(at);
  }

  #noteCrossing(at: UnixMs): void {
    this.#view = undefined;
    const isCrossed = crosses(this.#bids.levels, 0, this.#asks.levels, 0);
    this.#crossedSince = isCrossed ? (this.#crossedSince ?? at) : undefined;
  }

  /** How many of the best raw levels of each side the view does not show. */
  #hidden(): { readonly bids: number; readonly asks: number } {
    const bids = this.#bids.levels;
    const asks = this.#asks.levels;
    const hidden = { bids: 0, asks: 0 };
    while (crosses(bids, hidden.bids, asks, hidden.asks)) {
      const bidAhead =
        bids.stampAt(hidden.bids) - asks.stampAt(hidden.asks) ||
        bids.sizeAt(hidden.bids) - asks.sizeAt(hidden.asks);
      if (bidAhead <= 0) hidden.bids += 1;
      if (bidAhead >= 0) hidden.asks += 1;
    }
    return hidden;
  }
}

const newSide = (best: 'highest' | 'lowest'): BookSide => ({
  levels: new SortedLevels(best),
  removals: new BoundedMap(REMOVALS_MAX),
});

const crosses = (bids: SortedLevels, bid: number, asks: SortedLevels, ask: number): boolean =>
  bid < bids.length && ask < asks.length && bids.priceAt(bid) >= asks.priceAt(ask);

function levelsFrom(levels: SortedLevels, fromRank: number, count: number): readonly Level[] {
  const end = Math.min(levels.length, fromRank + count);
  const top: Level[] = [];
  for (let rank = fromRank; rank < end; rank += 1) {
    top.push({ price: levels.priceAt(rank), size: levels.sizeAt(rank) });
  }
  return top;
}

/** An empty reading says that the side is empty; any other reaches down to its worst price. */
function replaceUntouched(
  { levels, removals }: BookSide,
  read: readonly LevelChange[],
  requestedAt: UnixMs,
  isDeeper: (price: Ticks, worst: Ticks) => boolean,
): void {
  const worst = read.at(-1)?.price;
  levels.retain(
    (price, stamp) => stamp > requestedAt || (worst !== undefined && isDeeper(price, worst)),
  );
  for (const { price, size } of read) {
    const isTouched =
      levels.rankOf(price) !== undefined || (removals.get(price) ?? 0) > requestedAt;
    if (!isTouched) levels.set(price, size, requestedAt);
  }
}
