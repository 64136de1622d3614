/**
 * What the protocol does at the end of a block: it closes positions of accounts below their
 * maintenance margin against the book, sets bankrupt ones that nobody takes off against positions
 * of the other side, and closes all positions of markets in final settlement at the oracle price.
 * The matches are operations of the next block. Worst accounts first, so many in a block.
 */
import type { Random } from '../../ports/random.js';
import { smallest } from '../../model/quantities.js';
import type { Block } from './block-steps.js';
import type { Clearing, Refusal } from './clearing.js';
import type { Account } from './clearing-account.js';
import { Deleveraging } from './deleveraging.js';
import { SUBACCOUNT_NOTIONAL_MAX, fillableSubticks, liquidationSize } from './liquidation-terms.js';
import { isLiquidatable, type MarginState, type Risk } from './margin.js';
import type { OptimisticMatch, RemovalReason } from './order-matcher.js';
import { opposite, remaining, type LiveOrder, type Memclob } from './memclob.js';
import { protocolOrder } from './protocol-order.js';
import { oracleValue } from '../indexer/wire-units.js';
import type { WithdrawalGate } from './withdrawal-gate.js';

/** Accounts that one block liquidates, and sets off, at most; the others wait for the next one. */
const LIQUIDATIONS_MAX = 50;
const DELEVERAGINGS_MAX = 10;

/** The books, as far as a liquidation needs them. */
export interface LiquidationBooks {
  book(clobPairId: number): Memclob;
  remove(order: LiveOrder, reason: RemovalReason): void;
  settle(taker: LiveOrder, maker: LiveOrder, quantums: bigint): Refusal | undefined;
}

export interface LiquidationsOptions {
  readonly clearing: Clearing;
  readonly states: readonly MarginState[];
  readonly books: LiquidationBooks;
  readonly matched: (match: OptimisticMatch) => void;
  readonly gate: WithdrawalGate;
  readonly random: Random;
}

export class Liquidations {
  readonly #options: LiquidationsOptions;
  readonly #deleveraging: Deleveraging;

  constructor(options: LiquidationsOptions) {
    this.#options = options;
    this.#deleveraging = new Deleveraging(options);
  }

  run({ height }: Block): void {
    const { clearing, gate } = this.#options;
    let deleveragings = this.#settleFinally();
    for (const account of this.#unsafe()) {
      for (const clobPairId of this.#liquidate(account)) {
        if (deleveragings >= DELEVERAGINGS_MAX || clearing.risk(account).equity >= 0n) break;
        deleveragings += 1;
        this.#deleveraging.offset(account, clobPairId, 'bankruptcy');
      }
      if (clearing.risk(account).equity < 0n) gate.shut(clearing.poolOf(account), height);
    }
  }

  /** Accounts below their maintenance margin, by what is left of it, as many as a block takes. */
  #unsafe(): readonly Account[] {
    const { clearing } = this.#options;
    const found: { readonly account: Account; readonly risk: Risk }[] = [];
    for (const account of clearing.accounts()) {
      const isSettled = account.fundingRound === clearing.margins.fundingRound;
      if (account.positions.size === 0 || (isSettled && isPlainlySafe(account))) continue;
      const risk = clearing.risk(account);
      if (isLiquidatable(risk)) found.push({ account, risk });
    }
    return found
      .sort((a, b) => compareHealth(a.risk, b.risk))
      .slice(0, LIQUIDATIONS_MAX)
      .map(({ account }) => account);
  }

  /** Closes until the account is safe or its block is used up; answers what nobody took. */
  #liquidate(account: Account): readonly number[] {
    const { clearing } = this.#options;
    const untaken: number[] = [];
    let notionalLeft = SUBACCOUNT_NOTIONAL_MAX;
    for (const [clobPairId, held] of Array.from(account.positions)) {
      if (!isLiquidatable(clearing.risk(account))) break;
      const { market, oraclePriceE12 } = clearing.margin(clobPairId);
      if (market.status === 'FINAL_SETTLEMENT') continue;
      const quantums = liquidationSize({ market, oraclePriceE12, held, notionalLeft });
      if (quantums === 0n) continue;
      const filled = this.#take(account, clobPairId, quantums);
      notionalLeft -= oracleValue(market, filled, oraclePriceE12);
      if (filled === 0n) untaken.push(clobPairId);
    }
    return untaken;
  }

  /** The protocol's taker order against the book; what is left of it is dropped. */
  #take(account: Account, clobPairId: number, quantums: bigint): bigint {
    const { clearing, books } = this.#options;
    const subticks = fillableSubticks(clearing.margins, account, clobPairId);
    const side = (account.positions.get(clobPairId) ?? 0n) > 0n ? 'SELL' : 'BUY';
    const terms = { clobPairId, side, quantums, subticks } as const;
    const taker = protocolOrder('liquidation', account, terms);
    const book = books.book(clobPairId);
    while (remaining(taker) > 0n && book.crosses(side, subticks)) {
      const maker = book.first(opposite(side));
      if (maker === undefined) break;
      if (maker.account === account) {
        books.remove(maker, 'SELF_TRADE_ERROR');
        continue;
      }
      const refused = books.settle(taker, maker, smallest(remaining(taker), remaining(maker)));
      if (refused?.maker !== undefined) books.remove(maker, refused.maker);
      else if (refused !== undefined) break;
    }
    return taker.filled;
  }

  /** Answers how many positions were closed. */
  #settleFinally(): number {
    const { clearing, states } = this.#options;
    let closed = 0;
    for (const { market } of states) {
      if (market.status !== 'FINAL_SETTLEMENT') continue;
      for (const account of clearing.accounts()) {
        if (closed >= DELEVERAGINGS_MAX) return closed;
        if (!account.positions.has(market.clobPairId)) continue;
        closed += 1;
        const isBankrupt = clearing.risk(account).equity < 0n;
        this.#deleveraging.offset(account, market.clobPairId, isBankrupt ? 'bankruptcy' : 'oracle');
      }
    }
    return closed;
  }
}

/** Without debts, shorts and unsettled funding equity is at least the value of the positions. */
function isPlainlySafe({ quoteQuantums, positions }: Account): boolean {
  if (quoteQuantums < 0n) return false;
  for (const quantums of positions.values()) if (quantums < 0n) return false;
  return true;
}

/** By equity ÷ maintenance margin, lowest first. */
function compareHealth(a: Risk, b: Risk): number {
  const difference = a.equity * b.maintenanceMargin - b.equity * a.maintenanceMargin;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}
