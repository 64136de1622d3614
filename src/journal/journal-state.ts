/**
 * What a journal says when it is read from the start: the orders that may still live, the fills and
 * the positions they add up to, and what an operator has not cleared yet. The running service folds
 * its own entries in the same way: so it can write a checkpoint.
 */
import { signedFillSize, type Fill, type VenuePosition } from '../model/order.js';
import {
  blockHeight,
  signedSize,
  usd,
  type BlockHeight,
  type ClientId,
  type FillId,
  type MarketId,
  type OrderId,
} from '../model/quantities.js';
import { eitherOf } from '../model/replacement.js';
import { overlapped } from '../model/sweep-overlap.js';
import type { Fallback } from '../model/engine-status.js';
import type { Breach, LossMark, RiskCause } from '../model/risk.js';
import type {
  BookSnapshot,
  Checkpoint,
  JournalEntry,
  JournalRow,
  RecoveredOrder,
} from '../ports/journal.js';
import { isVerbatim } from './entry-kinds.js';

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
  /** The books at the newest checkpoint. */
  readonly books: BookSnapshot | undefined;
  /** Fills that are in `books`, and known though they may come again. */
  readonly knownFills: readonly Fill[];
  /** Since the checkpoint: each fill once; openings in between where they were adopted. */
  readonly bookEntries: readonly BookEntry[];
  readonly moneyEntries: readonly MoneyEntry[];
  /** What daily loss and drawdown were counted from. */
  readonly lossMark: LossMark | undefined;
  /** Books, openings and fills per market, flat ones left out. */
  readonly positions: readonly VenuePosition[];
  readonly latched: readonly Breach[];
  /** Strategies that an operator has paused. */
  readonly paused: readonly string[];
  /** Of the engines, and not cleared yet. */
  readonly fallback: Fallback | undefined;
  /** Fills up to this height are all in the journal. */
  readonly completeTo: BlockHeight;
  /** Fills below this height are in what the first run adopted. */
  readonly openedAt: BlockHeight;
  /** By which the newest runs were heard of. */
  readonly claims: readonly ClientId[];
}

/** Words of older ones have long been heard. */
const CLAIMS_KEPT = 20;

export function recoverState(rows: readonly JournalRow[]): RecoveredState {
  const ledger = new JournalLedger();
  for (const row of rows) ledger.apply(row.entry);
  return ledger.state();
}

export const isLive = (order: RecoveredOrder): boolean => order.end === undefined;

export class JournalLedger {
  #epoch = 0;
  #completeTo = blockHeight(0);
  #openedAt = blockHeight(0);
  #claims: readonly ClientId[] = [];
  readonly #orders = new Map<OrderId, RecoveredOrder>();
  /** Those that a sweep may find again. */
  readonly #fills = new Map<FillId, Fill>();
  #books: BookSnapshot | undefined;
  #knownFills: readonly Fill[] = [];
  #bookEntries: BookEntry[] = [];
  #moneyEntries: MoneyEntry[] = [];
  #lossMark: LossMark | undefined;
  #fallback: Fallback | undefined;
  readonly #paused = new Set<string>();
  readonly #latched = new Map<RiskCause, Breach>();
  #verbatim: JournalEntry[] = [];

  apply(entry: JournalEntry): void {
    if (isVerbatim(entry)) this.#repeat(entry);
    switch (entry.type) {
      case 'run':
        this.#epoch = Math.max(this.#epoch, entry.epoch);
        if (entry.claim !== undefined) {
          this.#claims = [...this.#claims, entry.claim].slice(-CLAIMS_KEPT);
        }
        return;
      case 'order.intent':
        return this.#intend(entry);
      case 'order.sent':
        return this.#change(entry.orderId, { answer: entry.answer });
      case 'order.end':
        return this.#change(entry.orderId, { end: entry.end, endedAt: this.#completeTo });
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
      case 'checkpoint':
        return this.#begin(entry.state);
      case 'command':
        return this.#obey(entry);
      case 'cancel.sent':
      case 'risk.level':
        return;
    }
  }

  state(): RecoveredState {
    return {
      epoch: this.#epoch,
      orders: [...this.#orders.values()],
      books: this.#books,
      knownFills: this.#knownFills,
      bookEntries: this.#bookEntries,
      moneyEntries: this.#moneyEntries,
      lossMark: this.#lossMark,
      positions: positionsOf(this.#books, this.#bookEntries),
      latched: [...this.#latched.values()],
      fallback: this.#fallback,
      paused: [...this.#paused],
      completeTo: this.#completeTo,
      openedAt: this.#openedAt,
      claims: this.#claims,
    };
  }

  /** Everything so far in one entry; the books keep themselves. */
  checkpoint(books: BookSnapshot): Checkpoint {
    return {
      epoch: this.#epoch,
      completeTo: this.#completeTo,
      orders: [...this.#orders.values()],
      books,
      fills: [...this.#fills.values()],
      latched: [...this.#latched.values()],
      fallback: this.#fallback,
      paused: [...this.#paused],
      lossMark: this.#lossMark,
      openedAt: this.#openedAt,
      claims: this.#claims,
      entries: [...this.#verbatim],
    };
  }

  /** The books have been restored and keep themselves from now on. */
  forgetBooks(): void {
    this.#books = undefined;
    this.#knownFills = [];
    this.#bookEntries = [];
    this.#moneyEntries = [];
  }

  #begin(state: Checkpoint): void {
    this.#epoch = state.epoch;
    this.#completeTo = state.completeTo;
    this.#openedAt = state.openedAt ?? blockHeight(0);
    this.#claims = state.claims ?? [];
    this.#fallback = state.fallback;
    this.#paused.clear();
    for (const strategy of state.paused ?? []) this.#paused.add(strategy);
    this.#lossMark = state.lossMark;
    this.#orders.clear();
    for (const order of state.orders) {
      // What an earlier version has written lacks it.
      const endedAt = order.endedAt ?? state.completeTo;
      this.#orders.set(order.request.orderId, isLive(order) ? order : { ...order, endedAt });
    }
    this.#fills.clear();
    for (const fill of state.fills) this.#fills.set(fill.fillId, fill);
    this.#latched.clear();
    for (const breach of state.latched) this.#latched.set(breach.cause, breach);
    this.#books = state.books;
    this.#knownFills = state.fills;
    this.#bookEntries = [];
    this.#moneyEntries = [];
    this.#verbatim = [];
    for (const entry of state.entries) this.apply(entry);
  }

  #obey({ command, accepted = true }: Extract<JournalEntry, { type: 'command' }>): void {
    if (!accepted) return;
    if (command.type === 'pause') this.#paused.add(command.strategy);
    if (command.type === 'unpause') this.#paused.delete(command.strategy);
  }

  /** Funding is repeated as one payment a market: where the newest stands, of all together. */
  #repeat(entry: JournalEntry): void {
    if (entry.type !== 'funding') return void this.#verbatim.push(entry);
    const { market, payment, hours = 1 } = entry.payment;
    const at = this.#verbatim.findIndex(
      (other) => other.type === 'funding' && other.payment.market === market,
    );
    const [before] = at < 0 ? [] : this.#verbatim.splice(at, 1);
    if (before?.type !== 'funding') return void this.#verbatim.push(entry);
    const sum = {
      ...entry.payment,
      payment: usd(before.payment.payment + payment),
      hours: (before.payment.hours ?? 1) + hours,
    };
    this.#verbatim.push({ type: 'funding', payment: sum });
  }

  /** A second intent of an id replaces the order: it may be alive under either terms. */
  #intend({ request }: Extract<JournalEntry, { type: 'order.intent' }>): void {
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
    if (this.#fills.has(fill.fillId)) return;
    this.#fills.set(fill.fillId, fill);
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

  /** Forgets what can neither fill nor come again any more. */
  #sweep(completeTo: BlockHeight): void {
    if (completeTo < this.#completeTo) return;
    // The first is written with the opening itself.
    if (this.#completeTo === 0) this.#openedAt = completeTo;
    this.#completeTo = completeTo;
    const kept = overlapped(completeTo);
    for (const [id, order] of this.#orders) {
      if (!isLive(order) && lastBlockOf(order) < kept) this.#orders.delete(id);
    }
    for (const [id, fill] of this.#fills) if (fill.height < kept) this.#fills.delete(id);
  }
}

/** An hour of blocks: no sweep of ours reaches back so far behind the end of an order on chain. */
const ON_CHAIN_BLOCKS = 5_000;

/** Behind which no fill of an ended order comes any more. */
const lastBlockOf = ({ request, endedAt }: RecoveredOrder): number =>
  request.stateful === undefined ? request.goodTilBlock : (endedAt ?? 0) + ON_CHAIN_BLOCKS;

function positionsOf(
  books: BookSnapshot | undefined,
  entries: readonly BookEntry[],
): readonly VenuePosition[] {
  const sizes = new Map<MarketId, bigint>();
  const add = (market: MarketId, change: bigint): void =>
    void sizes.set(market, (sizes.get(market) ?? 0n) + change);
  for (const { market, size } of books?.positions ?? []) add(market, size);
  for (const entry of entries) add(...changeOf(entry));
  return [...sizes]
    .filter(([, size]) => size !== 0n)
    .map(([market, size]) => ({ market, size: signedSize(size) }));
}

function changeOf(entry: BookEntry): readonly [MarketId, bigint] {
  return entry.type === 'fill'
    ? [entry.fill.market, signedFillSize(entry.fill)]
    : [entry.market, entry.size];
}
