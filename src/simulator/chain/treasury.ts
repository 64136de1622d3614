/**
 * The money that belongs to no account: fees, insurance funds, funding under way, rounding dust.
 * With all balances it always adds up to what was ever paid in, to the last 1e-6 USDC.
 */
import { divideFloor } from '../../model/quantities.js';
import type { MoneyTotals } from '../chain-messages.js';

const MILLION = 1_000_000n;
/** All cross markets share one insurance fund; an isolated market has its own. */
export const CROSS_POOL = -1;

export class Treasury {
  /** Of `CROSS_POOL`, or an isolated market's by its clobPairId. */
  readonly #insurance = new Map<number, bigint>();
  #fees = 0n;
  #paidIn = 0n;
  /** Net, to accounts: > 0 was paid out. */
  #fundingPaid = 0n;
  /** Fractions of 1e-6 USDC that rounding kept from accounts, × 1e6. */
  #dustPpm = 0n;

  /** Someone brings money from outside, 1e-6 USDC. */
  payIn(quoteQuantums: bigint): void {
    this.#paidIn += quoteQuantums;
  }

  /** < 0: a rebate. */
  collectFee(quoteQuantums: bigint): void {
    this.#fees += quoteQuantums;
  }

  insurance(pool: number): bigint {
    return this.#insurance.get(pool) ?? 0n;
  }

  /** < 0: the fund pays; callers see to it that it can. */
  insure(pool: number, quoteQuantums: bigint): void {
    this.#insurance.set(pool, this.insurance(pool) + quoteQuantums);
  }

  /** Pays what is owed × 1e6 (< 0: collects it), rounded down; the rest is dust. */
  payFunding(owedPpm: bigint): bigint {
    const paid = divideFloor(owedPpm, MILLION);
    this.#fundingPaid += paid;
    this.#dustPpm += owedPpm - paid * MILLION;
    return paid;
  }

  takeBackFunding(owedPpm: bigint, paid: bigint): void {
    this.#fundingPaid -= paid;
    this.#dustPpm -= owedPpm - paid * MILLION;
  }

  totals(held: { readonly subaccounts: bigint; readonly wallets: bigint }): MoneyTotals {
    const dust = divideFloor(this.#dustPpm, MILLION);
    let insurance = 0n;
    for (const fund of this.#insurance.values()) insurance += fund;
    return {
      ...held,
      fees: this.#fees,
      insurance,
      fundingPool: -this.#fundingPaid - dust,
      dust,
      paidIn: this.#paidIn,
    };
  }
}
