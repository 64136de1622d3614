/**
 * The account's balance without its trades: what it was opened with, hourly funding, transfers.
 * Cash that trades move is the position book's; both together are the balance.
 *
 * 1. Funding is known by market and height, a transfer by its id; each counts once.
 * 2. What happened up to the opening's height is in the opening, and in an adjustment likewise.
 * 3. Memory is bounded: one height per market, and the ids of the newest height of transfers.
 */
import type {
  BalanceAdjustment,
  BalanceOpening,
  FundingPayment,
  Transfer,
} from '../model/account.js';
import {
  usd,
  type BlockHeight,
  type MarketId,
  type UnixMs,
  type Usd,
} from '../model/quantities.js';
import { assert } from '../model/result.js';

interface MarketFunding {
  readonly total: Usd;
  readonly height: BlockHeight;
}

const NO_FUNDING: Usd = usd(0n);

export class CashLedger {
  readonly #funding = new Map<MarketId, MarketFunding>();
  #opening: BalanceOpening | undefined;
  #payments = 0;
  #paidTo: UnixMs | undefined;
  #transfers = usd(0n);
  #adjustments = usd(0n);
  #adjustedTo: BlockHeight | undefined;
  #transferHeight: BlockHeight | undefined;
  #transferIds = new Set<string>();

  get opening(): BalanceOpening | undefined {
    return this.#opening;
  }

  open(opening: BalanceOpening): void {
    assert(this.#opening === undefined, 'expected a balance to be opened once');
    this.#opening = opening;
  }

  /** How many payments were booked: each may be rounded by one unit. */
  get payments(): number {
    return this.#payments;
  }

  /** Of the newest payment, or of the opening: older ones need not be asked for. */
  get paidTo(): UnixMs | undefined {
    return this.#paidTo ?? this.#opening?.at;
  }

  /** Transfers below this height need not be asked for. */
  get transferredTo(): BlockHeight | undefined {
    return this.#transferHeight ?? this.#opening?.height;
  }

  /** Of all markets, > 0: received. */
  get funding(): Usd {
    return usd([...this.#funding.values()].reduce((sum, { total }) => sum + total, 0n));
  }

  get adjustments(): Usd {
    return this.#adjustments;
  }

  get transfers(): Usd {
    return this.#transfers;
  }

  fundingOf(market: MarketId): Usd {
    return this.#funding.get(market)?.total ?? NO_FUNDING;
  }

  /** Payments of one market come in the order of their heights. False: known, or before opening. */
  fund({ market, height, at, payment, hours = 1 }: FundingPayment): boolean {
    const known = this.#funding.get(market);
    if (this.#isCovered(height) || height <= (known?.height ?? -1)) return false;
    this.#funding.set(market, { total: usd((known?.total ?? 0n) + payment), height });
    this.#payments += hours;
    if (at > (this.#paidTo ?? 0)) this.#paidTo = at;
    return true;
  }

  /** Transfers come in the order of their heights. False: known, or before the opening. */
  transfer({ transferId, height, amount }: Transfer): boolean {
    const newest = this.#transferHeight ?? -1;
    if (this.#isCovered(height) || height < newest) return false;
    if (height === newest && this.#transferIds.has(transferId)) return false;
    if (height > newest) this.#transferIds.clear();
    this.#transferIds.add(transferId);
    this.#transferHeight = height;
    this.#transfers = usd(this.#transfers + amount);
    return true;
  }

  /** Explains the balance by decree: funding and transfers up to this height are in it. */
  adjust({ amount, height }: BalanceAdjustment): void {
    this.#adjustments = usd(this.#adjustments + amount);
    if (height > (this.#adjustedTo ?? -1)) this.#adjustedTo = height;
  }

  /** With the cash that all booked trades have moved. Undefined before the opening. */
  balance(cashFlow: Usd): Usd | undefined {
    if (this.#opening === undefined) return undefined;
    const moved = cashFlow + this.funding + this.#transfers + this.#adjustments;
    return usd(this.#opening.usdc + moved);
  }

  #isCovered(height: BlockHeight): boolean {
    if (this.#opening === undefined || height <= this.#opening.height) return true;
    return height <= (this.#adjustedTo ?? -1);
  }
}
