/**
 * The money: balances, signed positions, fees and the collateral check of every match, optimistic
 * ones included. Σ balances + fees = Σ funded, and positions sum to zero in every market, at all
 * times.
 */
import { absolute, divideCeil, divideFloor, powerOfTen, smallest } from '../../model/quantities.js';
import type { PerpetualMarket } from '../exchange-types.js';
import type { OrderSide, SubaccountId } from '../order-terms.js';
import { oracleValue } from '../indexer/wire-units.js';

const MILLION = 1_000_000n;

export interface Account {
  readonly key: string;
  readonly id: SubaccountId;
  /** One of the exchange's own traders: nobody asks for its history, so none is kept. */
  readonly seeded: boolean;
  quoteQuantums: bigint;
  /** Signed base quantums by clobPairId; no zeros. */
  readonly positions: Map<number, bigint>;
}

/** What a market's margin depends on; changes with every match and every block. */
export interface MarginState {
  market: PerpetualMarket;
  oraclePriceE12: bigint;
  openInterest: bigint;
}

/** Both sides of one match before it is booked. */
export interface Match {
  readonly taker: Account;
  readonly maker: Account;
  readonly takerSide: OrderSide;
  readonly clobPairId: number;
  readonly quantums: bigint;
  readonly subticks: bigint;
}

export interface Settlement {
  readonly quoteQuantums: bigint;
  readonly takerFee: bigint;
  readonly makerFee: bigint;
}

/** In 1e-6 USDC. */
export interface Risk {
  readonly equity: bigint;
  readonly initialMargin: bigint;
  readonly maintenanceMargin: bigint;
}

type Holdings = Pick<Account, 'quoteQuantums' | 'positions'>;

export const subaccountKey = ({ owner, number }: SubaccountId): string => `${owner}/${number}`;

/** ⌊ subticks · quantums · 10^QCE ⌋ in 1e-6 USDC. */
export function quoteOf(market: PerpetualMarket, quantums: bigint, subticks: bigint): bigint {
  const exponent = market.quantumConversionExponent;
  return exponent >= 0
    ? quantums * subticks * powerOfTen(exponent)
    : divideFloor(quantums * subticks, powerOfTen(-exponent));
}

/** Initial margin fraction in ppm: grows linearly to 1 between the caps of open interest. */
export function initialMarginPpm({ market, oraclePriceE12, openInterest }: MarginState): bigint {
  const base = BigInt(market.initialMarginPpm);
  const { openInterestLowerCap: lower, openInterestUpperCap: upper } = market;
  if (upper === 0n) return base;
  const notional = oracleValue(market, openInterest, oraclePriceE12);
  if (notional <= lower) return base;
  if (notional >= upper) return MILLION;
  return smallest(MILLION, base + divideCeil((MILLION - base) * (notional - lower), upper - lower));
}

/**
 * Equity ≥ initial margin, or not riskier than before: maintenance and equity ÷ maintenance no
 * worse.
 */
export function isPermitted(before: Risk, after: Risk): boolean {
  if (after.equity >= after.initialMargin) return true;
  if (after.maintenanceMargin > before.maintenanceMargin) return false;
  if (after.maintenanceMargin === 0n) return after.equity >= before.equity;
  return after.equity * before.maintenanceMargin >= before.equity * after.maintenanceMargin;
}

export class Clearing {
  readonly #accounts = new Map<string, Account>();
  readonly #margins = new Map<number, MarginState>();
  readonly #takerFeePpm: bigint;
  readonly #makerFeePpm: bigint;
  #funded = 0n;
  #fees = 0n;

  constructor(options: {
    readonly margins: readonly MarginState[];
    readonly takerFeePpm: number;
    readonly makerFeePpm: number;
  }) {
    for (const margin of options.margins) this.#margins.set(margin.market.clobPairId, margin);
    this.#takerFeePpm = BigInt(options.takerFeePpm);
    this.#makerFeePpm = BigInt(options.makerFeePpm);
  }

  get feesCollected(): bigint {
    return this.#fees;
  }

  get funded(): bigint {
    return this.#funded;
  }

  account(id: SubaccountId): Account | undefined {
    return this.#accounts.get(subaccountKey(id));
  }

  margin(clobPairId: number): MarginState {
    const margin = this.#margins.get(clobPairId);
    if (margin === undefined) throw new RangeError(`expected a clob pair, was ${clobPairId}`);
    return margin;
  }

  /** The account of a subaccount, opened empty if it is new. */
  open(id: SubaccountId, seeded = false): Account {
    const key = subaccountKey(id);
    let account = this.#accounts.get(key);
    if (account === undefined) {
      account = { key, id, seeded, quoteQuantums: 0n, positions: new Map() };
      this.#accounts.set(key, account);
    }
    return account;
  }

  /** Credits 1e-6 USDC > 0. */
  fund(account: Account, quoteQuantums: bigint): void {
    if (quoteQuantums <= 0n) throw new RangeError(`expected funds > 0, was ${quoteQuantums}`);
    account.quoteQuantums += quoteQuantums;
    this.#funded += quoteQuantums;
  }

  risk({ quoteQuantums, positions }: Holdings): Risk {
    let equity = quoteQuantums;
    let initialMargin = 0n;
    let maintenanceMargin = 0n;
    for (const [clobPairId, quantums] of positions) {
      const state = this.margin(clobPairId);
      const notional = oracleValue(state.market, absolute(quantums), state.oraclePriceE12);
      equity += oracleValue(state.market, quantums, state.oraclePriceE12);
      initialMargin += divideCeil(notional * initialMarginPpm(state), MILLION);
      maintenanceMargin += divideCeil(
        notional * BigInt(state.market.maintenanceMarginPpm),
        MILLION,
      );
    }
    return { equity, initialMargin, maintenanceMargin };
  }

  /** Books a match, or says whose collateral does not permit it. Nothing changes when refused. */
  settle(match: Match): Settlement | 'taker' | 'maker' {
    const { market } = this.margin(match.clobPairId);
    const quoteQuantums = quoteOf(market, match.quantums, match.subticks);
    const takerFee = divideCeil(quoteQuantums * this.#takerFeePpm, MILLION);
    const makerFee = divideCeil(quoteQuantums * this.#makerFeePpm, MILLION);
    const sign = match.takerSide === 'BUY' ? 1n : -1n;
    const base = sign * match.quantums;
    const quote = sign * quoteQuantums;
    const taker = after(match.taker, match.clobPairId, base, -quote - takerFee);
    const maker = after(match.maker, match.clobPairId, -base, quote - makerFee);
    if (!this.#permits(match.maker, maker)) return 'maker';
    if (!this.#permits(match.taker, taker)) return 'taker';
    this.#book(match.taker, match.clobPairId, taker);
    this.#book(match.maker, match.clobPairId, maker);
    this.#fees += takerFee + makerFee;
    return { quoteQuantums, takerFee, makerFee };
  }

  #permits(account: Account, after: Holdings): boolean {
    return isPermitted(this.risk(account), this.risk(after));
  }

  #book(account: Account, clobPairId: number, { quoteQuantums, positions }: Holdings): void {
    const before = account.positions.get(clobPairId) ?? 0n;
    const quantums = positions.get(clobPairId) ?? 0n;
    this.margin(clobPairId).openInterest += long(quantums) - long(before);
    account.quoteQuantums = quoteQuantums;
    if (quantums === 0n) account.positions.delete(clobPairId);
    else account.positions.set(clobPairId, quantums);
  }
}

const long = (quantums: bigint): bigint => (quantums > 0n ? quantums : 0n);

function after(account: Account, clobPairId: number, base: bigint, quote: bigint): Holdings {
  const positions = new Map(account.positions);
  const quantums = (positions.get(clobPairId) ?? 0n) + base;
  if (quantums === 0n) positions.delete(clobPairId);
  else positions.set(clobPairId, quantums);
  return { quoteQuantums: account.quoteQuantums + quote, positions };
}
