/**
 * Margin at oracle prices: what a position requires, how open interest and the owner's own leverage
 * raise it, and which updates of an account are permitted.
 */
import { absolute, divideCeil, divideFloor, smallest } from '../../model/quantities.js';
import type { PerpetualMarket } from '../exchange-types.js';
import { oracleValue } from '../indexer/wire-units.js';
import type { Holdings } from './clearing-account.js';
import { fundingOwedPpm } from './funding-index.js';

const MILLION = 1_000_000n;

/** What a market's margin depends on; changes with every match and every block. */
export interface MarginState {
  market: PerpetualMarket;
  oraclePriceE12: bigint;
  /** Base quantums held long (= held short). */
  openInterest: bigint;
  /** Σ of all funding ticks: quote quantums per base quantum × 1e6. */
  fundingIndex: bigint;
}

/** In 1e-6 USDC. */
export interface Risk {
  /** Net collateral: balance, unsettled funding and positions. */
  readonly equity: bigint;
  readonly initialMargin: bigint;
  readonly maintenanceMargin: bigint;
}

/** A change that is only imagined: so much more of one position and of the balance. */
export interface Change {
  readonly clobPairId: number;
  readonly base: bigint;
  readonly quote: bigint;
}

export const NO_CHANGE: Change = { clobPairId: -1, base: 0n, quote: 0n };

/** Initial margin fraction in ppm: grows linearly to 1 between the caps of open interest. */
export function initialMarginPpm(state: MarginState): bigint {
  const { market, oraclePriceE12, openInterest } = state;
  const base = BigInt(market.initialMarginPpm);
  const { openInterestLowerCap: lower, openInterestUpperCap: upper } = market;
  if (upper === 0n) return base;
  const notional = oracleValue(market, openInterest, oraclePriceE12);
  if (notional <= lower) return base;
  if (notional >= upper) return MILLION;
  return smallest(MILLION, base + divideCeil((MILLION - base) * (notional - lower), upper - lower));
}

/** Of a position of this size, signed base quantums. */
export const maintenanceMargin = (
  { market, oraclePriceE12 }: MarginState,
  quantums: bigint,
): bigint =>
  divideCeil(
    oracleValue(market, absolute(quantums), oraclePriceE12) * BigInt(market.maintenanceMarginPpm),
    MILLION,
  );

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

/** Below its maintenance margin: the protocol may close positions. */
export const isLiquidatable = ({ equity, maintenanceMargin }: Risk): boolean =>
  maintenanceMargin > 0n && equity < maintenanceMargin;

/** The margins of all markets and the arithmetic over an account's positions. */
export class MarginBook {
  readonly #states = new Map<number, MarginState>();
  /** How many funding ticks there have been: accounts of this round have nothing unsettled. */
  fundingRound = 0;

  constructor(states: readonly MarginState[]) {
    for (const state of states) this.#states.set(state.market.clobPairId, state);
  }

  find(clobPairId: number): MarginState | undefined {
    return this.#states.get(clobPairId);
  }

  state(clobPairId: number): MarginState {
    const state = this.#states.get(clobPairId);
    if (state === undefined) throw new RangeError(`expected a clob pair, was ${clobPairId}`);
    return state;
  }

  /** What `holdings` would be worth, and would need, after the change. */
  risk(holdings: Holdings, { clobPairId, base, quote }: Change = NO_CHANGE): Risk {
    const sum = { equity: holdings.quoteQuantums + quote, initial: 0n, maintenance: 0n };
    for (const [held, before] of holdings.positions) {
      const quantums = held === clobPairId ? before + base : before;
      if (quantums !== 0n) this.#count(sum, holdings, held, quantums);
    }
    if (base !== 0n && !holdings.positions.has(clobPairId)) {
      this.#count(sum, holdings, clobPairId, base);
    }
    return {
      equity: sum.equity + this.unsettledFunding(holdings),
      initialMargin: sum.initial,
      maintenanceMargin: sum.maintenance,
    };
  }

  /** What settling would add to the balance now, rounded down position by position. */
  unsettledFunding(holdings: Holdings): bigint {
    if (holdings.fundingRound === this.fundingRound) return 0n;
    let sum = 0n;
    for (const clobPairId of holdings.positions.keys())
      sum += this.unsettledOf(holdings, clobPairId);
    return sum;
  }

  /** Of one position; > 0: to be received. */
  unsettledOf(holdings: Holdings, clobPairId: number): bigint {
    return divideFloor(this.unsettledPpm(holdings, clobPairId), MILLION);
  }

  /** The same, exact, × 1e6. */
  unsettledPpm({ positions, fundingIndexes }: Holdings, clobPairId: number): bigint {
    const { fundingIndex } = this.state(clobPairId);
    const change = fundingIndex - (fundingIndexes.get(clobPairId) ?? fundingIndex);
    return fundingOwedPpm(change, positions.get(clobPairId) ?? 0n);
  }

  #count(
    sum: { equity: bigint; initial: bigint; maintenance: bigint },
    { leverage }: Holdings,
    clobPairId: number,
    quantums: bigint,
  ): void {
    const state = this.state(clobPairId);
    const { market, oraclePriceE12 } = state;
    const notional = oracleValue(market, absolute(quantums), oraclePriceE12);
    sum.equity += oracleValue(market, quantums, oraclePriceE12);
    const scaled = initialMarginPpm(state);
    const custom = BigInt(leverage.get(clobPairId) ?? 0);
    sum.initial += divideCeil(notional * (custom > scaled ? custom : scaled), MILLION);
    sum.maintenance += divideCeil(notional * BigInt(market.maintenanceMarginPpm), MILLION);
  }
}
