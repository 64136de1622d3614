/**
 * The order book of one market: raw levels as the venue told them, and an uncrossed view of them.
 *
 * 1. Raw levels are changed by the venue's words only. Uncrossing hides levels in the view and
 *    never deletes one: a later update may prove the other side stale.
 * 2. Where bids and asks cross, the older level is hidden; of one age, the smaller, or both.
 * 3. A stale book becomes live again with a new snapshot and with nothing else.
 */
import { RemovalLog } from '../collections/removal-log.js';
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
import type { Touch } from '../ports/lenses.js';
import type { LevelBatch } from '../ports/market-feed.js';

/** Removals remembered per side. */
const REMOVALS_MAX = 512;
/** Of each side; what lies deeper says little about the next moment. */
const WEIGHED_LEVELS = 10;

export interface Changes {
  readonly bids: readonly LevelChange[];
  readonly asks: readonly LevelChange[];
}

export type RereadVerdict = 'applied' | 'no-snapshot' | 'too-old';

interface BookSide {
  readonly levels: SortedLevels;
  /** When levels were removed, so that a late reread does not bring them back. */
  readonly removals: RemovalLog;
}

export class OrderBook {
  readonly #bids: BookSide = newSide('highest');
  readonly #asks: BookSide = newSide('lowest');
  #snapshotAt: UnixMs | undefined;
  #updatedAt = unixMs(0);
  #crossedSince: UnixMs | undefined;
  #staleReason: string | undefined;
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

  /** The same out of a frame's batch, without an object in between. */
  applyLevels({ count, sides, prices, sizes }: LevelBatch, at: UnixMs): boolean {
    if (this.#snapshotAt === undefined) return false;
    for (let index = 0; index < count; index += 1) {
      const side = sides[index] === 0 ? this.#bids : this.#asks;
      setLevel(side, (prices[index] ?? 0) as Ticks, (sizes[index] ?? 0) as Steps, at);
    }
    this.#changed(at);
    return true;
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
    const { removals } = this.#bids;
    const forgottenTo = Math.max(removals.forgottenTo, this.#asks.removals.forgottenTo);
    if (requestedAt < forgottenTo) return 'too-old';
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

  /** Fills in the best levels of a live book; false otherwise. Allocates nothing. */
  readTouch(touch: Touch): boolean {
    const bids = this.#bids.levels;
    const asks = this.#asks.levels;
    if (this.state !== 'live' || bids.length === 0 || asks.length === 0) return false;
    touch.bidPrice = bids.priceAt(0);
    touch.bidSize = bids.sizeAt(0);
    touch.askPrice = asks.priceAt(0);
    touch.askSize = asks.sizeAt(0);
    return true;
  }

  /**
   * Σ size × weight of one side, the weight falling in straight line from 1 at the touch to 0 at
   * `reach` ticks beyond it, of the nearest levels. Of an uncrossed book; allocates nothing.
   */
  weightNear(side: 'bids' | 'asks', reach: number): number {
    return (side === 'bids' ? this.#bids : this.#asks).levels.weightNear(reach, WEIGHED_LEVELS);
  }

  /** Whether a taker's trade went past the best level that we know (never in a crossed book). */
  isBeyondTouch({ side, price }: Trade): boolean {
    const { levels } = side === 'buy' ? this.#asks : this.#bids;
    if (this.state !== 'live' || levels.length === 0) return false;
    const best = levels.priceAt(0);
    return side === 'buy' ? price > best : price < best;
  }

  #set(side: BookSide, changes: readonly LevelChange[], at: UnixMs): void {
    for (const { price, size } of changes) setLevel(side, price, size, at);
  }

  #changed(at: UnixMs): void {
    this.#updatedAt = at;
    this.#noteCrossing(at);
  }

  #noteCrossing(at: UnixMs): void {
    this.#view = undefined;
    // An empty side has no best price, and NaN crosses nothing.
    const isCrossed = this.#bids.levels.bestPrice >= this.#asks.levels.bestPrice;
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

function setLevel({ levels, removals }: BookSide, price: Ticks, size: Steps, at: UnixMs): void {
  levels.set(price, size, at);
  if (size === 0) removals.note(price, at);
}

const newSide = (best: 'highest' | 'lowest'): BookSide => ({
  levels: new SortedLevels(best),
  removals: new RemovalLog(REMOVALS_MAX),
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
    const isTouched = levels.rankOf(price) !== undefined || removals.newestAt(price) > requestedAt;
    if (!isTouched) levels.set(price, size, requestedAt);
  }
}
