/**
 * What a journal says when it is read from the start: the orders that may still live, all fills,
 * the positions they add up to, and what an operator has not cleared yet.
 */
import {
  signedFillSize,
  type CancelRequest,
  type OrderEnd,
  type OrderRequest,
  type VenuePosition,
} from '../model/order.js';
import {
  blockHeight,
  signedSize,
  type BlockHeight,
  type FillId,
  type MarketId,
  type OrderId,
} from '../model/quantities.js';
import { eitherOf } from '../model/replacement.js';
import type { Fallback } from '../model/engine-status.js';
import type { Breach, LossMark, RiskCause } from '../model/risk.js';
import type { JournalEntry, JournalRow } from '../ports/journal.js';
import type { SendAnswer } from '../ports/venue.js';

/** One order as the journal knows it. Without an answer its bytes may or may not have left. */
export interface RecoveredOrder {
  readonly request: OrderRequest;
  readonly answer: SendAnswer | undefined;
  readonly cancel: CancelRequest | undefined;
  readonly fillIds: readonly FillId[];
  readonly filled: bigint;
  readonly end: OrderEnd | undefined;
}

/** What changed positions, in order: feeding these to the position book restores it. */
export type BookEntry = Extract<JournalEntry, { type: 'fill' | 'position.opening' }>;

/** What changed the balance beside trades, in order: feeding these to the ledger restores it. */
export type MoneyEntry = Extract<
  JournalEntry,
  { type: 'balance.opening' | 'funding' | 'transfer' | 'balance.adjustment' }
>;

export interface RecoveredState {
  /** Of the newest run; 0 in a new journal. The next run takes the next one. */
  readonly epoch: number;
  /** Orders without an end, and ended ones that a fill after `completeTo` may still name. */
  readonly orders: readonly RecoveredOrder[];
  /** Each fill once; openings in between where they were adopted. */
  readonly bookEntries: readonly BookEntry[];
  readonly moneyEntries: readonly MoneyEntry[];
  /** What daily loss and drawdown were counted from. */
  readonly lossMark: LossMark | undefined;
  /** Opening plus fills per market, flat ones left out. */
  readonly positions: readonly VenuePosition[];
  readonly latched: readonly Breach[];
  /** Of the engines, and not cleared yet. */
  readonly fallback: Fallback | undefined;
  /** Fills up to this height are all in the journal. */
  readonly completeTo: BlockHeight;
}

export function recoverState(rows: readonly JournalRow[]): RecoveredState {
  const ledger = new Ledger();
  for (const row of rows) ledger.apply(row.entry);
  return ledger.state();
}

export const isLive = (order: RecoveredOrder): boolean => order.end === undefined;

class Ledger {
  #epoch = 0;
  #completeTo = blockHeight(0);
  readonly #orders = new Map<OrderId, RecoveredOrder>();
  readonly #fillIds = new Set<FillId>();
  readonly #bookEntries: BookEntry[] = [];
  readonly #moneyEntries: MoneyEntry[] = [];
  #lossMark: LossMark | undefined;
  #fallback: Fallback | undefined;
  readonly #latched = new Map<RiskCause, Breach>();

  apply(entry: JournalEntry): void {
    switch (entry.type) {
      case 'run':
        this.#epoch = Math.max(this.#epoch, entry.epoch);
        return;
      case 'order.intent':
        return this.#intend(entry.request);
      case 'order.sent':
        return this.#change(entry.orderId, { answer: entry.answer });
      case 'order.end':
        return this.#change(entry.orderId, { end: entry.end });
      case 'cancel.intent':
        return this.#change(entry.request.orderId, { cancel: entry.request });
      case 'fill':
        return this.#fill(entry);
      case 'position.opening':
        this.#bookEntries.push(entry);
        return;
      case 'balance.opening':
      case 'funding':
      case 'transfer':
      case 'balance.adjustment':
        this.#moneyEntries.push(entry);
        return;
      case 'loss.mark':
        this.#lossMark = entry.mark;
        return;
      case 'sweep':
        return this.#sweep(entry.completeTo);
      case 'risk.latched':
        this.#latched.set(entry.breach.cause, entry.breach);
        return;
      case 'risk.cleared':
        this.#latched.delete(entry.cause as RiskCause);
        return;
      case 'engine.fallback':
        this.#fallback = entry.fallback;
        return;
      case 'engine.restored':
        this.#fallback = undefined;
        return;
      case 'command':
        return;
    }
  }

  state(): RecoveredState {
    return {
      epoch: this.#epoch,
      orders: [...this.#orders.values()],
      bookEntries: this.#bookEntries,
      moneyEntries: this.#moneyEntries,
      lossMark: this.#lossMark,
      positions: positionsOf(this.#bookEntries),
      latched: [...this.#latched.values()],
      fallback: this.#fallback,
      completeTo: this.#completeTo,
    };
  }

  /** A second intent of an id replaces the order: it may be alive under either terms. */
  #intend(request: OrderRequest): void {
    const known = this.#orders.get(request.orderId);
    if (known !== undefined) {
      return this.#change(request.orderId, { request: eitherOf(known.request, request) });
    }
    this.#orders.set(request.orderId, {
      request,
      answer: undefined,
      cancel: undefined,
      fillIds: [],
      filled: 0n,
      end: undefined,
    });
  }

  #fill(entry: Extract<BookEntry, { type: 'fill' }>): void {
    const { fill } = entry;
    if (this.#fillIds.has(fill.fillId)) return;
    this.#fillIds.add(fill.fillId);
    this.#bookEntries.push(entry);
    const order = fill.orderId === undefined ? undefined : this.#orders.get(fill.orderId);
    if (order === undefined) return;
    this.#change(order.request.orderId, {
      fillIds: [...order.fillIds, fill.fillId],
      filled: order.filled + fill.size,
    });
  }

  #change(id: OrderId, change: Partial<RecoveredOrder>): void {
    const order = this.#orders.get(id);
    if (order !== undefined) this.#orders.set(id, { ...order, ...change });
  }

  /** Forgets ended orders of which no fill can come any more. */
  #sweep(completeTo: BlockHeight): void {
    if (completeTo < this.#completeTo) return;
    this.#completeTo = completeTo;
    for (const [id, order] of this.#orders) {
      if (!isLive(order) && order.request.goodTilBlock < completeTo) this.#orders.delete(id);
    }
  }
}

function positionsOf(entries: readonly BookEntry[]): readonly VenuePosition[] {
  const sizes = new Map<MarketId, bigint>();
  for (const entry of entries) {
    const [market, change] = changeOf(entry);
    sizes.set(market, (sizes.get(market) ?? 0n) + change);
  }
  return [...sizes]
    .filter(([, size]) => size !== 0n)
    .map(([market, size]) => ({ market, size: signedSize(size) }));
}

function changeOf(entry: BookEntry): readonly [MarketId, bigint] {
  return entry.type === 'fill'
    ? [entry.fill.market, signedFillSize(entry.fill)]
    : [entry.market, entry.size];
}
