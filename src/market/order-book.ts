/**
 * The order book of one market: raw levels as the venue told them, and an uncrossed view of them.
 *
 * 1. Raw levels are changed by the venue's words only. Uncrossing hides levels in the view and
 *    never deletes one: a later update may prove the other side stale.
 * 2. Where bids and asks cross, the older level is hidden; of one age, the smaller, or both.
 * 3. A stale book becomes live again with a new snapshot and with nothing else.
 */
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

/** A reading that took longer tells of another book. Removals are remembered for as long. */
const READING_AGE_MS_MAX = 10_000;
/** Of each side; what lies deeper says little about the next moment. */
const WEIGHED_LEVELS = 10;

export interface Changes {
  readonly bids: readonly LevelChange[];
  readonly asks: readonly LevelChange[];
}

export type RereadVerdict = 'applied' | 'no-snapshot' | 'too-old';

export class OrderBook {
  readonly #bids = new SortedLevels('highest');
  readonly #asks = new SortedLevels('lowest');
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
      side.set((prices[index] ?? 0) as Ticks, (sizes[index] ?? 0) as Steps, at);
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
    // A reading of before the snapshot is of another book.
    if (requestedAt < this.#snapshotAt) return 'too-old';
    const forgottenTo = Math.max(this.#bids.forgottenTo, this.#asks.forgottenTo);
    if (requestedAt < forgottenTo || at - requestedAt > READING_AGE_MS_MAX) return 'too-old';
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
    this.#bids.clear();
    this.#asks.clear();
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
      bids: levelsFrom(this.#bids, hidden.bids, VIEW_DEPTH),
      asks: levelsFrom(this.#asks, hidden.asks, VIEW_DEPTH),
      updatedAt: this.#updatedAt,
    };
    return this.#view;
  }

  /** The best raw levels, crossed or not. */
  top(count: number): { readonly bids: readonly Level[]; readonly asks: readonly Level[] } {
    return {
      bids: levelsFrom(this.#bids, 0, count),
      asks: levelsFrom(this.#asks, 0, count),
    };
  }

  /** Steps on the best `count` levels of one side of the uncrossed book; allocates no levels. */
  depth(side: 'bids' | 'asks', count: number): Steps {
    return (side === 'bids' ? this.#bids : this.#asks).sizeOf(count, this.#hidden()[side]);
  }

  /** Best price of one side of the uncrossed book; NaN when it has none. Allocates nothing. */
  best(side: 'bids' | 'asks'): number {
    const levels = side === 'bids' ? this.#bids : this.#asks;
    if (this.#crossedSince === undefined) return levels.bestPrice;
    const hidden = this.#hidden()[side];
    return hidden < levels.length ? levels.priceAt(hidden) : Number.NaN;
  }

  /** As `Glance.slipped`, of the levels that the view shows. */
  slipped(side: 'bids' | 'asks', wanted: number): number {
    const hidden = this.#crossedSince === undefined ? 0 : this.#hidden()[side];
    return (side === 'bids' ? this.#bids : this.#asks).slipped(wanted, VIEW_DEPTH, hidden);
  }

  /** Fills in the best levels of a live book; false otherwise. Allocates nothing. */
  readTouch(touch: Touch): boolean {
    const bids = this.#bids;
    const asks = this.#asks;
    if (this.state !== 'live' || bids.length === 0 || asks.length === 0) return false;
    touch.bidPrice = bids.bestPrice;
    touch.bidSize = bids.bestSize;
    touch.askPrice = asks.bestPrice;
    touch.askSize = asks.bestSize;
    return true;
  }

  /**
   * Σ size × weight of one side, the weight falling in straight line from 1 at the touch to 0 at
   * `reach` ticks beyond it, of the nearest levels. Of an uncrossed book; allocates nothing.
   */
  weightNear(side: 'bids' | 'asks', reach: number): number {
    return (side === 'bids' ? this.#bids : this.#asks).weightNear(reach, WEIGHED_LEVELS);
  }

  /** Whether a taker's trade went past the best level that we know (never in a crossed book). */
  isBeyondTouch({ side, price }: Trade): boolean {
    if (this.state !== 'live') return false;
    // An empty side has no best price, and NaN is beyond nothing.
    const best = (side === 'buy' ? this.#asks : this.#bids).bestPrice;
    return side === 'buy' ? price > best : price < best;
  }

  #set(side: SortedLevels, changes: readonly LevelChange[], at: UnixMs): void {
    for (const { price, size } of changes) side.set(price, size, at);
  }

  #changed(at: UnixMs): void {
    this.#updatedAt = at;
    this.#noteCrossing(at);
  }

  #noteCrossing(at: UnixMs): void {
    this.#view = undefined;
    // An empty side has no best price, and NaN crosses nothing.
    const isCrossed = this.#bids.bestPrice >= this.#asks.bestPrice;
    this.#crossedSince = isCrossed ? (this.#crossedSince ?? at) : undefined;
  }

  /** How many of the best raw levels of each side the view does not show. */
  #hidden(): { readonly bids: number; readonly asks: number } {
    const bids = this.#bids;
    const asks = this.#asks;
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

const crosses = (bids: SortedLevels, bid: number, asks: SortedLevels, ask: number): boolean =>
  bid < bids.length && ask < asks.length && bids.priceAt(bid) >= asks.priceAt(ask);

function levelsFrom(levels: SortedLevels, fromRank: number, count: number): readonly Level[] {
  const top: Level[] = [];
  levels.visit(fromRank, count, (price, size) => top.push({ price, size }));
  return top;
}

/** An empty reading says that the side is empty; any other reaches down to its worst price. */
function replaceUntouched(
  levels: SortedLevels,
  read: readonly LevelChange[],
  requestedAt: UnixMs,
  isDeeper: (price: Ticks, worst: Ticks) => boolean,
): void {
  const worst = read.at(-1)?.price;
  levels.retain(
    (price, stamp) => stamp > requestedAt || (worst !== undefined && isDeeper(price, worst)),
  );
  for (const { price, size } of read) {
    const isTouched = levels.has(price) || levels.removedAt(price) > requestedAt;
    if (!isTouched) levels.set(price, size, requestedAt);
  }
}
