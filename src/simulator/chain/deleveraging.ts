/**
 * Setting one account's position off against others of the opposite side, without the book: at the
 * price at which it is just bankrupt, or at the oracle price. Nobody pays fees.
 */
import type { Random } from '../../ports/random.js';
import { absolute, smallest } from '../../model/quantities.js';
import type { Clearing } from './clearing.js';
import type { Account } from './clearing-account.js';
import { bankruptcyQuote, oracleQuote } from './liquidation-terms.js';
import type { OptimisticMatch } from './order-matcher.js';
import { protocolOrder } from './protocol-order.js';
import { subticksOf } from './quote-quantums.js';

/** So many accounts are tried for one position at most. */
const COUNTERPARTIES_MAX = 500;

export interface DeleveragingOptions {
  readonly clearing: Clearing;
  readonly matched: (match: OptimisticMatch) => void;
  /** From which counterparty to start. */
  readonly random: Random;
}

export class Deleveraging {
  readonly #options: DeleveragingOptions;

  constructor(options: DeleveragingOptions) {
    this.#options = options;
  }

  /** As much of the whole position as counterparties can bear. */
  offset(account: Account, clobPairId: number, price: 'bankruptcy' | 'oracle'): void {
    const others = this.#opposites(account, clobPairId);
    const start = others.length === 0 ? 0 : this.#options.random.integer(others.length);
    const tried = Math.min(others.length, COUNTERPARTIES_MAX);
    for (let index = 0; index < tried && account.positions.has(clobPairId); index += 1) {
      const other = others[(start + index) % others.length];
      if (other !== undefined) this.#offsetOne(account, other, clobPairId, price);
    }
  }

  #opposites(account: Account, clobPairId: number): readonly Account[] {
    const isLong = (account.positions.get(clobPairId) ?? 0n) > 0n;
    const found: Account[] = [];
    for (const other of this.#options.clearing.accounts()) {
      const held = other.positions.get(clobPairId) ?? 0n;
      if (isLong ? held < 0n : held > 0n) found.push(other);
    }
    return found;
  }

  #offsetOne(
    account: Account,
    other: Account,
    clobPairId: number,
    price: 'bankruptcy' | 'oracle',
  ): void {
    const { clearing, matched } = this.#options;
    const held = account.positions.get(clobPairId) ?? 0n;
    const isLong = held > 0n;
    const quantums = smallest(absolute(held), absolute(other.positions.get(clobPairId) ?? 0n));
    const base = isLong ? -quantums : quantums;
    const terms = [clearing.margins, account, clobPairId, base] as const;
    const quote = price === 'oracle' ? oracleQuote(...terms) : bankruptcyQuote(...terms);
    // A position that is worth less than nothing cannot be told as a fill.
    const quoteQuantums = isLong ? quote : -quote;
    if (quoteQuantums < 0n) return;
    if (!clearing.offset(account, other, { clobPairId, base, quote })) return;
    const { market } = clearing.margin(clobPairId);
    const subticks = subticksOf(market, quantums, quoteQuantums);
    const order = { clobPairId, quantums, subticks };
    const taker = protocolOrder('deleveraging', account, {
      ...order,
      side: isLong ? 'SELL' : 'BUY',
    });
    const maker = protocolOrder('deleveraging', other, { ...order, side: isLong ? 'BUY' : 'SELL' });
    taker.filled = quantums;
    maker.filled = quantums;
    const settled = { type: 'settled', quoteQuantums, ...NO_FEES } as const;
    matched({ ...settled, taker, maker, clobPairId, quantums, subticks });
  }
}

const NO_FEES = { takerFee: 0n, makerFee: 0n, takerBuilderFee: 0n, makerBuilderFee: 0n };
