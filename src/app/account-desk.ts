/**
 * The account's money in the running service: the ledger beside the books, both journaled, and our
 * figures beside the venue's. What is read here comes from the books; nothing is sent.
 */
import type { AccountSnapshot, FigureDrift, FundingPayment, Transfer } from '../model/account.js';
import { marginNotional, type Holding } from '../model/account-margin.js';
import { formatUsd } from '../model/market.js';
import type { MarketSpec } from '../model/market.js';
import type { MarketView } from '../model/book.js';
import { positionDrift, type Position } from '../model/position.js';
import { absolute, usd, type MarketId, type UnixMs, type Usd } from '../model/quantities.js';
import type { LossMark } from '../model/risk.js';
import type { MoneyEntry } from '../journal/journal-state.js';
import type { JournalEntry } from '../ports/journal.js';
import { accountFigures, figureDrifts, type AccountFigures } from '../portfolio/account-figures.js';
import { CashLedger } from '../portfolio/cash-ledger.js';
import { FundingRoom, hourlyFunding } from '../portfolio/funding-room.js';
import { cashFlow, unrealizedPnl } from '../portfolio/position-accounting.js';
import type { Books } from './books.js';

export interface AccountDeskOptions {
  readonly books: Books;
  readonly specOf: (market: MarketId) => MarketSpec | undefined;
  readonly view: (market: MarketId) => MarketView | undefined;
  /** Initial margin that the account has asked for, ppm of the notional. */
  readonly askedPpm: (spec: MarketSpec) => number;
  readonly record: (entry: JournalEntry) => void;
  readonly now: () => UnixMs;
}

/** A difference must last so long: rows of funding come a minute after the balance has moved. */
export const DRIFT_LASTS_MS = 180_000;
/** One that such rows can explain may last while an indexer is behind with them. */
export const FUNDING_LASTS_MS = 1_800_000;
const DRIFT_LOOKS_MIN = 3;
/** A market's frames come every second or so, its oracle prices among them. */
const MARKET_SILENCE_MS_MAX = 60_000;

export class AccountDesk {
  readonly ledger = new CashLedger();
  /** When each held market was last heard with a book that can be read. */
  #seenAt: ReadonlyMap<MarketId, UnixMs> = new Map();
  /** What losses are counted from: of an earlier run, then as the breakers said last. */
  lossMark: LossMark | undefined;
  readonly #options: AccountDeskOptions;
  #isBelieved = false;
  #compared: AccountSnapshot | undefined;
  #differences: readonly FigureDrift[] = [];
  #differsSince: UnixMs | undefined;
  #looks = 0;
  readonly #fundingRoom = new FundingRoom();

  constructor(options: AccountDeskOptions) {
    this.#options = options;
  }

  /** Of the last comparison, whether it lasts already or not. */
  get differences(): readonly FigureDrift[] {
    return this.#differences;
  }

  /** The venue's account that was compared last. */
  get compared(): AccountSnapshot | undefined {
    return this.#compared;
  }

  /** Entries of earlier runs, when the books are restored. */
  restore(entries: readonly MoneyEntry[]): void {
    for (const entry of entries) {
      switch (entry.type) {
        case 'balance.opening':
          this.ledger.open(entry.opening);
          break;
        case 'funding':
          this.ledger.fund(entry.payment);
          break;
        case 'transfer':
          this.ledger.transfer(entry.transfer);
          break;
        case 'balance.adjustment':
          this.ledger.adjust(entry.adjustment);
          break;
      }
    }
  }

  /**
   * Our positions are the venue's: from now on the balance is believed. The first time in a
   * journal's life it is the venue's own, with all fills up to its height booked.
   */
  confirm({ usdc, height }: AccountSnapshot): void {
    if (this.ledger.opening !== undefined) {
      this.#isBelieved = true;
      return;
    }
    if (this.#isAhead(height)) return;
    this.#isBelieved = true;
    const opening = { usdc: usd(usdc - this.#cashFlows()), height, at: this.#options.now() };
    this.ledger.open(opening);
    this.#options.record({ type: 'balance.opening', opening });
  }

  /** Books and journals what is new of it; says how much that was. */
  take(payments: readonly FundingPayment[], transfers: readonly Transfer[]): number {
    const { record } = this.#options;
    const paid = payments.filter((payment) => this.ledger.fund(payment));
    const moved = transfers.filter((transfer) => this.ledger.transfer(transfer));
    for (const payment of paid) record({ type: 'funding', payment });
    for (const transfer of moved) record({ type: 'transfer', transfer });
    return paid.length + moved.length;
  }

  /** Balance as our books have it; undefined before the first reconciliation. */
  usdc(): Usd | undefined {
    return this.#isBelieved ? this.ledger.balance(this.#cashFlows()) : undefined;
  }

  /**
   * Realised and unrealised with funding, fees taken off, transfers left out: of this journal's
   * whole life. Undefined while a watched market has no oracle price yet; what is not watched
   * counts at its cost.
   */
  pnl(): Usd | undefined {
    let sum: bigint = this.ledger.funding;
    for (const position of this.#options.books.positions.positions()) {
      sum += position.realizedPnl - position.fees;
      const view = position.size === 0n ? undefined : this.#options.view(position.market);
      if (view === undefined) continue;
      if (view.oracle === undefined) return undefined;
      sum += unrealizedPnl(position, view.spec, view.oracle);
    }
    return usd(sum);
  }

  /** Of the day, or since an operator cleared its loss. */
  dayPnl(): Usd | undefined {
    const pnl = this.pnl();
    return pnl === undefined || this.lossMark === undefined
      ? undefined
      : usd(pnl - this.lossMark.dayOpenPnl);
  }

  /** Open positions with what they are valued with; undefined while one cannot be valued. */
  holdings(): readonly Holding[] | undefined {
    const held = this.#options.books.positions.positions().filter(({ size }) => size !== 0n);
    const holdings = held.flatMap((position) => this.holding(position) ?? []);
    return holdings.length === held.length ? holdings : undefined;
  }

  /**
   * Held markets that said nothing for so long, or whose book could not be read: no stop of theirs
   * is seen. To be asked every now and then: a book counts from when it was last found live.
   */
  silent(): readonly MarketId[] {
    const { books, now, view } = this.#options;
    const held = books.positions.positions().filter(({ size }) => size !== 0n);
    const seenAt = new Map<MarketId, UnixMs>();
    for (const { market } of held) {
      const seen = view(market);
      if (seen === undefined) continue;
      const isLive = seen.book.state === 'live';
      seenAt.set(market, isLive ? seen.at : (this.#seenAt.get(market) ?? now()));
    }
    this.#seenAt = seenAt;
    return [...seenAt.keys()].filter(
      (market) => now() - (seenAt.get(market) ?? 0) > MARKET_SILENCE_MS_MAX,
    );
  }

  /** Undefined when nothing is known to value it with. */
  holding({ market, size }: Pick<Position, 'market' | 'size'>): Holding | undefined {
    const { askedPpm, specOf, view } = this.#options;
    const spec = specOf(market);
    const { oracle, openInterest } = view(market) ?? {};
    if (spec === undefined || oracle === undefined) return undefined;
    return { size, spec, oracle, openInterest, askedPpm: askedPpm(spec) };
  }

  /** Undefined while the balance or a position's value is not known. */
  figures(): AccountFigures | undefined {
    const [usdc, holdings] = [this.usdc(), this.holdings()];
    return usdc === undefined || holdings === undefined
      ? undefined
      : accountFigures(usdc, holdings);
  }

  /** Undefined where the two sides are not of one moment: later fills, other positions. */
  compare(account: AccountSnapshot): readonly FigureDrift[] | undefined {
    const ours = this.figures();
    const { positions } = this.#options.books;
    if (ours === undefined || this.#isAhead(account.height)) return undefined;
    const drift = positionDrift({ ours: positions.positions(), venue: account.positions });
    if (drift.length > 0) return undefined;
    return figureDrifts(ours, account, this.ledger.payments);
  }

  /** Remembers the comparison; the evidence, when a difference has lasted. */
  look(account: AccountSnapshot): string | undefined {
    const drifts = this.compare(account);
    if (drifts === undefined) return undefined;
    const now = this.#options.now();
    this.#compared = account;
    this.#differences = drifts;
    this.#looks = drifts.length === 0 ? 0 : this.#looks + 1;
    this.#differsSince = drifts.length === 0 ? undefined : (this.#differsSince ?? now);
    this.#noteFunded();
    const lasted = now - (this.#differsSince ?? now);
    const patienceMs = this.#mayBeFunding(drifts, now) ? FUNDING_LASTS_MS : DRIFT_LASTS_MS;
    if (this.#looks < DRIFT_LOOKS_MIN || lasted < patienceMs) return undefined;
    return drifts.map((each) => driftText(each)).join('; ');
  }

  /** An operator has looked at the difference: the venue's balance is ours from now on. */
  accept(): void {
    const drift = this.#differences.find(({ figure }) => figure === 'usdc');
    const height = this.#compared?.height;
    this.#looks = 0;
    this.#differsSince = undefined;
    if (drift === undefined || height === undefined) return;
    const adjustment = { amount: usd(drift.venue - drift.ours), height };
    this.ledger.adjust(adjustment);
    this.#options.record({ type: 'balance.adjustment', adjustment });
  }

  #noteFunded(): void {
    const held = (this.holdings() ?? []).map((holding) => ({
      notional: marginNotional(holding),
      rate1h: this.#options.view(holding.spec.market)?.fundingRate1h,
    }));
    this.#fundingRoom.note(hourlyFunding(held), this.ledger.paidTo);
  }

  #mayBeFunding(drifts: readonly FigureDrift[], now: UnixMs): boolean {
    const room = this.#fundingRoom.at(now);
    return drifts.every(({ ours, venue, tolerance }) => absolute(ours - venue) <= tolerance + room);
  }

  #isAhead(height: number): boolean {
    return this.#options.books.recent.some((fill) => fill.height > height);
  }

  #cashFlows(): Usd {
    const positions = this.#options.books.positions.positions();
    return usd(positions.reduce((sum, position) => sum + cashFlow(position), 0n));
  }
}

function driftText({ figure, ours, venue, tolerance }: FigureDrift): string {
  const both = `ours ${formatUsd(ours)}, venue ${formatUsd(venue)}`;
  return `${figure}: ${both}, at most ${formatUsd(tolerance)} apart`;
}
