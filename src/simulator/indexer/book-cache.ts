/**
 * The indexer's own memory of the books, which errs. It adds and subtracts what it hears of orders,
 * so that a removal that comes late or not at all leaves a level standing that the exchange no
 * longer has: the book is crossed for a while. Readers get an uncrossed view; a periodic job really
 * deletes old crossed levels without telling anybody: ghosts stay with all who listen.
 */
import type { BookLevel, Exchange } from '../exchange-types.js';
import type { OrderSide } from '../order-terms.js';

/** Crossed levels younger than this stay when the job comes. */
const STALE_SECONDS = 10;
/** Removals that wait to be heard; above this the oldest is heard at once. */
const PENDING_MAX = 10_000;
const DEPTH_ALL = Number.MAX_SAFE_INTEGER;

interface CachedLevel {
  readonly subticks: bigint;
  /** What the exchange has, and what the indexer believes. */
  held: bigint;
  told: bigint;
  /** Whole seconds, as the indexer keeps it. */
  updatedAt: number;
}

export interface LevelChange {
  readonly clobPairId: number;
  readonly side: OrderSide;
  readonly level: BookLevel;
}

interface Pending extends LevelChange {
  readonly dueMs: number;
}

type Sides = Readonly<Record<OrderSide, Map<bigint, CachedLevel>>>;

export interface BookView {
  readonly bids: readonly BookLevel[];
  readonly asks: readonly BookLevel[];
}

export class BookCache {
  readonly #exchange: Exchange;
  readonly #books = new Map<number, Sides>();
  #pending: Pending[] = [];

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  /**
   * The exchange's level has this size now. Answers what to tell; undefined when a removal is to be
   * heard `delayMs` later only.
   */
  apply(change: LevelChange, nowMs: number, delayMs = 0): LevelChange | undefined {
    const { clobPairId, side, level } = change;
    const { subticks, quantums } = level;
    const entry = this.#entry(clobPairId, side, subticks);
    const delta = quantums - entry.held;
    entry.held = quantums;
    if (delayMs <= 0 || delta >= 0n) return this.#tell(clobPairId, side, entry, delta, nowMs);
    const late = { clobPairId, side, level: { subticks, quantums: delta } };
    this.#pending.push({ ...late, dueMs: nowMs + delayMs });
    return undefined;
  }

  /** What is heard by now of the late removals. */
  heard(nowMs: number): readonly LevelChange[] {
    if (this.#pending.length === 0) return [];
    const excess = this.#pending.length - PENDING_MAX;
    const due = this.#pending.filter(({ dueMs }, index) => dueMs <= nowMs || index < excess);
    if (due.length === 0) return [];
    const isDue = new Set(due);
    this.#pending = this.#pending.filter((pending) => !isDue.has(pending));
    return due.map(({ clobPairId, side, level }) => {
      const entry = this.#entry(clobPairId, side, level.subticks);
      return this.#tell(clobPairId, side, entry, level.quantums, nowMs);
    });
  }

  /** Best first, uncrossed, at most `depth` levels a side. */
  view(clobPairId: number, depth: number): BookView {
    const { bids, asks } = this.#sorted(clobPairId);
    const { bid, ask } = crossed(bids, asks, (a, b) => {
      return a.updatedAt > b.updatedAt || a.told > b.told;
    });
    const shown = ({ subticks, told }: CachedLevel): BookLevel => ({ subticks, quantums: told });
    return {
      bids: bids.slice(bid, bid + depth).map(shown),
      asks: asks.slice(ask, ask + depth).map(shown),
    };
  }

  /** The periodic job: the older side of a cross goes, silently. */
  uncross(nowMs: number): void {
    const staleBefore = Math.floor(nowMs / 1000) - STALE_SECONDS;
    for (const [clobPairId, sides] of this.#books) {
      const { bids, asks } = this.#sorted(clobPairId);
      const { bid, ask } = crossed(bids, asks, (a, b) => a.updatedAt > b.updatedAt);
      for (const [side, levels] of [
        ['BUY', bids.slice(0, bid)],
        ['SELL', asks.slice(0, ask)],
      ] as const) {
        for (const level of levels) {
          if (level.updatedAt < staleBefore) forget(sides[side], level);
        }
      }
    }
  }

  #tell(
    clobPairId: number,
    side: OrderSide,
    entry: CachedLevel,
    delta: bigint,
    nowMs: number,
  ): LevelChange {
    const told = entry.told + delta;
    entry.told = told > 0n ? told : 0n;
    entry.updatedAt = Math.floor(nowMs / 1000);
    if (entry.told === 0n && entry.held === 0n)
      this.#sides(clobPairId)[side].delete(entry.subticks);
    return { clobPairId, side, level: { subticks: entry.subticks, quantums: entry.told } };
  }

  #entry(clobPairId: number, side: OrderSide, subticks: bigint): CachedLevel {
    const levels = this.#sides(clobPairId)[side];
    let entry = levels.get(subticks);
    if (entry === undefined) {
      entry = { subticks, held: 0n, told: 0n, updatedAt: 0 };
      levels.set(subticks, entry);
    }
    return entry;
  }

  /** A book that was not heard of yet begins as the exchange has it. */
  #sides(clobPairId: number): Sides {
    let sides = this.#books.get(clobPairId);
    if (sides === undefined) {
      const { bids, asks } = this.#exchange.book(clobPairId, DEPTH_ALL);
      sides = { BUY: cached(bids), SELL: cached(asks) };
      this.#books.set(clobPairId, sides);
    }
    return sides;
  }

  #sorted(clobPairId: number) {
    const { BUY, SELL } = this.#sides(clobPairId);
    const isShown = ({ told }: CachedLevel): boolean => told > 0n;
    const ascending = (a: CachedLevel, b: CachedLevel): number =>
      a.subticks < b.subticks ? -1 : 1;
    return {
      bids: [...BUY.values()].filter(isShown).sort((a, b) => ascending(b, a)),
      asks: [...SELL.values()].filter(isShown).sort(ascending),
    };
  }
}

const cached = (levels: readonly BookLevel[]): Map<bigint, CachedLevel> =>
  new Map(
    levels.map(({ subticks, quantums }) => [
      subticks,
      { subticks, held: quantums, told: quantums, updatedAt: 0 },
    ]),
  );

/** How many levels at the top of each side lose against the other side's. */
function crossed(
  bids: readonly CachedLevel[],
  asks: readonly CachedLevel[],
  bidWins: (bid: CachedLevel, ask: CachedLevel) => boolean,
): { readonly bid: number; readonly ask: number } {
  let bid = 0;
  let ask = 0;
  for (;;) {
    const [best, offer] = [bids[bid], asks[ask]];
    if (best === undefined || offer === undefined || best.subticks < offer.subticks) {
      return { bid, ask };
    }
    if (bidWins(best, offer)) ask += 1;
    else bid += 1;
  }
}

function forget(levels: Map<bigint, CachedLevel>, level: CachedLevel): void {
  level.told = 0n;
  if (level.held === 0n) levels.delete(level.subticks);
}
