/**
 * The money of the subaccounts: balances, signed positions, fees and the collateral check of every
 * match, optimistic ones included. Σ balances + treasury = Σ paid in, and positions sum to zero in
 * every market, at all times.
 */
import { largest, smallest } from '../../model/quantities.js';
import type { MoneyTotals } from '../chain-messages.js';
import type { PerpetualMarket } from '../exchange-types.js';
import type { OrderSide, PlaceOrder, SubaccountId } from '../order-terms.js';
import { emptyAccount, subaccountKey, type Account, type Holdings } from './clearing-account.js';
import { TradedVolume, dayOf, feeOf, type FeeSchedule } from './fee-schedule.js';
import { poolOf, poolOfHeld, violatesIsolation } from './isolated-rule.js';
import { bankruptcyQuote, largestLiquidationFee } from './liquidation-terms.js';
import { MarginBook, isPermitted, type Change, type MarginState, type Risk } from './margin.js';
import { quoteOf } from './quote-quantums.js';
import { Treasury } from './treasury.js';
import { Wallets } from './wallets.js';

type Builder = PlaceOrder['builder'];

/** Both sides of one match before it is booked. */
export interface Match {
  readonly taker: Account;
  readonly maker: Account;
  readonly takerSide: OrderSide;
  readonly clobPairId: number;
  readonly quantums: bigint;
  readonly subticks: bigint;
  readonly takerBuilder?: Builder;
  readonly makerBuilder?: Builder;
  /** The taker does not trade: the protocol closes his position. */
  readonly isLiquidation?: boolean;
}

/** What each side paid (< 0: received), 1e-6 USDC. */
interface Charges {
  /** Of a liquidated taker: to the insurance fund, or from it. */
  readonly takerFee: bigint;
  readonly makerFee: bigint;
  /** On top, to the address that the order names. */
  readonly takerBuilderFee: bigint;
  readonly makerBuilderFee: bigint;
}

export interface Settlement extends Charges {
  readonly type: 'settled';
  readonly quoteQuantums: bigint;
}

/** Why an account may not have a position that a match would give it. */
export type Unfit = 'UNDERCOLLATERALIZED' | 'VIOLATES_ISOLATED_SUBACCOUNT_CONSTRAINTS';

export interface Refusal {
  readonly type: 'refused';
  readonly taker: Unfit | undefined;
  readonly maker: Unfit | undefined;
  /** A liquidation would cost more than the insurance fund has. */
  readonly isUninsured: boolean;
}

/** One side of an exchange: what it would get (< 0: pay), 1e-6 USDC. */
interface Side {
  readonly account: Account;
  readonly quote: bigint;
}

/** Signed base quantums in a market. */
interface Move {
  readonly state: MarginState;
  readonly base: bigint;
}

/** Accounts that are opened because a client asks; the doors refuse further ones (`hasRoom`). */
const ACCOUNTS_MAX = 100_000;

export interface ClearingOptions {
  readonly margins: readonly MarginState[];
  readonly fees: FeeSchedule;
  readonly startTimeMs: number;
  readonly accountsMax?: number | undefined;
}

export class Clearing {
  readonly margins: MarginBook;
  readonly fees: FeeSchedule;
  readonly treasury = new Treasury();
  readonly wallets = new Wallets();
  readonly #accounts = new Map<string, Account>();
  readonly #volumes = new Map<string, TradedVolume>();
  readonly #accountsMax: number;
  #day: number;

  constructor({ margins, fees, startTimeMs, accountsMax = ACCOUNTS_MAX }: ClearingOptions) {
    this.#accountsMax = accountsMax;
    this.margins = new MarginBook(margins);
    this.fees = fees;
    this.#day = dayOf(startTimeMs);
  }

  /** The time of the block: volumes are counted by its day. */
  advance(timeMs: number): void {
    this.#day = dayOf(timeMs);
  }

  account(id: SubaccountId): Account | undefined {
    return this.#accounts.get(subaccountKey(id));
  }

  /** Whether a client may make use of this subaccount. */
  hasRoom(id: SubaccountId): boolean {
    return this.#accounts.size < this.#accountsMax || this.account(id) !== undefined;
  }

  accounts(): IterableIterator<Account> {
    return this.#accounts.values();
  }

  margin(clobPairId: number): MarginState {
    return this.margins.state(clobPairId);
  }

  /** The account of a subaccount, opened empty if it is new. */
  open(id: SubaccountId, seeded = false): Account {
    const key = subaccountKey(id);
    let account = this.#accounts.get(key);
    if (account === undefined) {
      account = emptyAccount(id, {
        seeded,
        fundingRound: this.margins.fundingRound,
        volume: this.#volumeOf(id.owner),
      });
      this.#accounts.set(key, account);
    }
    return account;
  }

  /** Credits 1e-6 USDC > 0 from outside. */
  fund(account: Account, quoteQuantums: bigint): void {
    if (quoteQuantums <= 0n) throw new RangeError(`expected funds > 0, was ${quoteQuantums}`);
    this.settleFunding(account);
    account.quoteQuantums += quoteQuantums;
    this.treasury.payIn(quoteQuantums);
  }

  risk(holdings: Holdings): Risk {
    return this.margins.risk(holdings);
  }

  /** What an address has traded within 30 days, 1e-6 USDC. */
  volume30d(owner: string): bigint {
    return this.#volumes.get(owner)?.total(this.#day) ?? 0n;
  }

  /** May so much of the balance leave the account? */
  permitsWithdrawal(account: Account, quoteQuantums: bigint): boolean {
    return this.#permits(account, { clobPairId: -1, base: 0n, quote: -quoteQuantums });
  }

  /** Why an account may not have this whole order filled at its price, as a maker. */
  unfitFor({ id, side, quantums, subticks }: PlaceOrder): Unfit | undefined {
    const account = this.open(id.subaccount);
    const quoteQuantums = quoteOf(this.margin(id.clobPairId).market, quantums, subticks);
    const { makerFeePpm } = this.fees.tier(account.volume.total(this.#day));
    const sign = side === 'BUY' ? 1n : -1n;
    const quote = -sign * quoteQuantums - feeOf(quoteQuantums, makerFeePpm);
    return this.#unfit(account, { clobPairId: id.clobPairId, base: sign * quantums, quote });
  }

  /** The insurance fund and collateral pool that an account belongs to. */
  poolOf({ positions }: Account): number {
    return poolOfHeld(positions, (clobPairId) => this.margin(clobPairId).market);
  }

  /** Whom a match would not fit; nothing changes. */
  refusal(match: Match): Refusal | undefined {
    const { taker, maker, state, base } = this.#terms(match);
    return this.#refusal(taker, maker, { state, base });
  }

  /** Books a match, or says whom it would not fit. Nothing changes when refused. */
  settle(match: Match): Settlement | Refusal {
    const { state, base, quoteQuantums, charges, taker, maker } = this.#terms(match);
    const pool = poolOf(state.market);
    const payment = charges.takerFee < 0n && match.isLiquidation === true ? -charges.takerFee : 0n;
    if (payment > this.treasury.insurance(pool)) return UNINSURED;
    const refused = this.#exchange(taker, maker, { state, base });
    if (refused !== undefined) return refused;
    if (match.isLiquidation === true) this.treasury.insure(pool, charges.takerFee);
    else this.treasury.collectFee(charges.takerFee);
    this.treasury.collectFee(charges.makerFee);
    this.#payBuilder(match.takerBuilder, charges.takerBuilderFee);
    this.#payBuilder(match.makerBuilder, charges.makerBuilderFee);
    match.taker.volume.add(this.#day, quoteQuantums);
    match.maker.volume.add(this.#day, quoteQuantums);
    return { type: 'settled', quoteQuantums, ...charges };
  }

  /**
   * Moves so much of a position (signed, as it changes the first account) and money between two
   * accounts without fees; false, and nothing changes, if that does not fit one of them.
   */
  offset(deleveraged: Account, offsetting: Account, { clobPairId, base, quote }: Change): boolean {
    const refused = this.#exchange(
      { account: deleveraged, quote },
      { account: offsetting, quote: -quote },
      { state: this.margin(clobPairId), base },
    );
    return refused === undefined;
  }

  /**
   * Pays what all ticks since the last settlement owe to the account, or collects it; answers how
   * to take that back.
   */
  settleFunding(account: Account): () => void {
    const { margins, treasury } = this;
    const { fundingRound, fundingIndexes } = account;
    if (fundingRound === margins.fundingRound) return NOTHING;
    const undos: (() => void)[] = [];
    for (const clobPairId of account.positions.keys()) {
      const owedPpm = margins.unsettledPpm(account, clobPairId);
      const before = fundingIndexes.get(clobPairId) ?? 0n;
      const paid = treasury.payFunding(owedPpm);
      account.quoteQuantums += paid;
      fundingIndexes.set(clobPairId, this.margin(clobPairId).fundingIndex);
      undos.push(() => {
        treasury.takeBackFunding(owedPpm, paid);
        account.quoteQuantums -= paid;
        fundingIndexes.set(clobPairId, before);
      });
    }
    account.fundingRound = margins.fundingRound;
    return () => {
      for (const undo of undos) undo();
      account.fundingRound = fundingRound;
    };
  }

  totals(): MoneyTotals {
    let subaccounts = 0n;
    for (const { quoteQuantums } of this.#accounts.values()) subaccounts += quoteQuantums;
    return this.treasury.totals({ subaccounts, wallets: this.wallets.usdc() });
  }

  /** What a match would change of both sides; `base` as it changes the taker. */
  #terms(match: Match) {
    const state = this.margin(match.clobPairId);
    const quoteQuantums = quoteOf(state.market, match.quantums, match.subticks);
    const sign = match.takerSide === 'BUY' ? 1n : -1n;
    const base = sign * match.quantums;
    const quote = sign * quoteQuantums;
    const charges =
      match.isLiquidation === true
        ? this.#liquidationCharges(match, base, quote)
        : this.#charges(match, quoteQuantums);
    const { takerFee, takerBuilderFee, makerFee, makerBuilderFee } = charges;
    return {
      state,
      base,
      quoteQuantums,
      charges,
      taker: { account: match.taker, quote: -quote - takerFee - takerBuilderFee },
      maker: { account: match.maker, quote: quote - makerFee - makerBuilderFee },
    };
  }

  #charges(match: Match, quoteQuantums: bigint): Charges {
    const tier = ({ volume }: Account) => this.fees.tier(volume.total(this.#day));
    return {
      takerFee: feeOf(quoteQuantums, tier(match.taker).takerFeePpm),
      makerFee: feeOf(quoteQuantums, tier(match.maker).makerFeePpm),
      takerBuilderFee: feeOf(quoteQuantums, match.takerBuilder?.feePpm ?? 0),
      makerBuilderFee: feeOf(quoteQuantums, match.makerBuilder?.feePpm ?? 0),
    };
  }

  /**
   * The liquidated side pays what is left above its bankruptcy price, up to the largest fee, to the
   * insurance fund, which pays what is missing below it; makers get no rebate.
   */
  #liquidationCharges(match: Match, base: bigint, quote: bigint): Charges {
    const bankrupt = bankruptcyQuote(this.margins, match.taker, match.clobPairId, base);
    const surplus = -quote - bankrupt;
    const quoteQuantums = quote < 0n ? -quote : quote;
    const { makerFeePpm } = this.fees.tier(match.maker.volume.total(this.#day));
    return {
      takerFee: smallest(surplus, largestLiquidationFee(quoteQuantums)),
      makerFee: largest(0n, feeOf(quoteQuantums, makerFeePpm)),
      takerBuilderFee: 0n,
      makerBuilderFee: feeOf(quoteQuantums, match.makerBuilder?.feePpm ?? 0),
    };
  }

  /** Both sides or none; `base` as it changes the first one. */
  #exchange(first: Side, second: Side, { state, base }: Move): Refusal | undefined {
    const refused = this.#refusal(first, second, { state, base });
    if (refused !== undefined) return refused;
    state.openInterest += interestOf(first, second, { state, base });
    this.#book(first.account, state, base, first.quote);
    this.#book(second.account, state, -base, second.quote);
    return undefined;
  }

  /** Margins are judged with the open interest that the match would leave. */
  #refusal(first: Side, second: Side, { state, base }: Move): Refusal | undefined {
    const { clobPairId } = state.market;
    const interest = interestOf(first, second, { state, base });
    state.openInterest += interest;
    const taker = this.#unfit(first.account, { clobPairId, base, quote: first.quote });
    const maker = this.#unfit(second.account, { clobPairId, base: -base, quote: second.quote });
    state.openInterest -= interest;
    if (taker === undefined && maker === undefined) return undefined;
    return { type: 'refused', taker, maker, isUninsured: false };
  }

  #unfit(account: Account, change: Change): Unfit | undefined {
    const marketOf = (clobPairId: number): PerpetualMarket => this.margin(clobPairId).market;
    if (violatesIsolation(account.positions, change.clobPairId, marketOf)) {
      return 'VIOLATES_ISOLATED_SUBACCOUNT_CONSTRAINTS';
    }
    return this.#permits(account, change) ? undefined : 'UNDERCOLLATERALIZED';
  }

  #permits(account: Account, change: Change): boolean {
    const after = this.margins.risk(account, change);
    return after.equity >= after.initialMargin || isPermitted(this.risk(account), after);
  }

  #book(account: Account, state: MarginState, base: bigint, quote: bigint): void {
    const { clobPairId } = state.market;
    this.settleFunding(account);
    account.quoteQuantums += quote;
    const quantums = (account.positions.get(clobPairId) ?? 0n) + base;
    if (quantums === 0n) {
      account.positions.delete(clobPairId);
      account.fundingIndexes.delete(clobPairId);
    } else {
      account.positions.set(clobPairId, quantums);
      account.fundingIndexes.set(clobPairId, state.fundingIndex);
    }
  }

  #payBuilder(builder: Builder, fee: bigint): void {
    if (builder === undefined || fee === 0n) return;
    if (!this.wallets.add(builder.address, 'usdc', fee)) this.treasury.collectFee(fee);
  }

  #volumeOf(owner: string): TradedVolume {
    let volume = this.#volumes.get(owner);
    if (volume === undefined) {
      volume = new TradedVolume();
      this.#volumes.set(owner, volume);
    }
    return volume;
  }
}

const NOTHING = (): void => {};

const UNINSURED: Refusal = {
  type: 'refused',
  taker: undefined,
  maker: undefined,
  isUninsured: true,
};

const long = (quantums: bigint): bigint => (quantums > 0n ? quantums : 0n);

const interestOf = (first: Side, second: Side, { state, base }: Move): bigint =>
  interestChange(first.account, state.market.clobPairId, base) +
  interestChange(second.account, state.market.clobPairId, -base);

function interestChange({ positions }: Account, clobPairId: number, base: bigint): bigint {
  const before = positions.get(clobPairId) ?? 0n;
  return long(before + base) - long(before);
}
