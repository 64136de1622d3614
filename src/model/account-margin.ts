/**
 * Margin at oracle prices, as the chain counts it: what positions are worth, what they require,
 * and the price at which one of them brings its account down. Every division names its rounding:
 * values towards −∞, requirements towards +∞, liquidation prices towards the sooner end.
 */
import type { MarketSpec } from './market.js';
import {
  absolute,
  divideCeil,
  divideFloor,
  largest,
  OPEN_INTEREST_SCALE,
  ORACLE_SCALE,
  powerOfTen,
  smallest,
  usd,
  USD_SCALE,
  type OpenInterest,
  type OraclePrice,
  type SignedSize,
  type Usd,
} from './quantities.js';

const MILLION = 1_000_000n;
/** Open interest × oracle price is in 1e-36 USD. */
const INTEREST_UNIT = powerOfTen(OPEN_INTEREST_SCALE + ORACLE_SCALE - USD_SCALE);

/** What the margin of a market depends on, beside the size. */
export interface MarginTerms {
  readonly spec: MarketSpec;
  readonly oracle: OraclePrice;
  /** Undefined: not known, and taken for the worst where the market has caps. */
  readonly openInterest?: OpenInterest | undefined;
  /** Initial margin that the account has asked for itself; 0 or absent: none. */
  readonly askedPpm?: number;
}

/** An open size and what it is valued with. */
export interface Holding extends MarginTerms {
  readonly size: SignedSize;
}

/** One account's money at one moment. Liquidatable when equity < maintenance margin. */
export interface AccountRisk {
  /** Balance plus the value of every position. */
  readonly equity: Usd;
  readonly initialMargin: Usd;
  readonly maintenanceMargin: Usd;
}

/** Signed value at the oracle price, rounded towards −∞: never overstated. */
export function positionValue(held: SignedSize, spec: MarketSpec, oracle: OraclePrice): Usd {
  const exponent = spec.sizeExponent + USD_SCALE - ORACLE_SCALE;
  const product = held * oracle;
  return usd(
    exponent < 0 ? divideFloor(product, powerOfTen(-exponent)) : product * powerOfTen(exponent),
  );
}

/** What margin is taken of: the value of the size without its sign, rounded down as on chain. */
export const marginNotional = ({ size, spec, oracle }: Holding): Usd =>
  positionValue(absolute(size) as SignedSize, spec, oracle);

/**
 * Initial margin in ppm of the notional: what the market asks, or the account itself, whichever is
 * more. `added` base units × 1e18 are held long in addition.
 */
export const initialMarginPpm = (terms: MarginTerms, added = 0n): bigint =>
  largest(scaledMarginPpm(terms, added), BigInt(terms.askedPpm ?? 0));

/** Grows linearly to all between the market's caps of open interest, rounded up. */
function scaledMarginPpm(terms: MarginTerms, added: bigint): bigint {
  const { spec, oracle, openInterest } = terms;
  const base = BigInt(spec.initialMarginPpm);
  if (spec.openInterestCaps === undefined) return base;
  if (openInterest === undefined) return MILLION;
  const { lower, upper } = spec.openInterestCaps;
  const notional = divideFloor((openInterest + added) * oracle, INTEREST_UNIT);
  if (notional <= lower) return base;
  if (notional >= upper) return MILLION;
  const grown = divideCeil((MILLION - base) * (notional - lower), upper - lower);
  return smallest(MILLION, base + grown);
}

/** Of one position, rounded up. */
export const initialMargin = (held: Holding): Usd =>
  usd(divideCeil(marginNotional(held) * initialMarginPpm(held), MILLION));

/**
 * Initial margin as the indexer has it: without the scaling by open interest, and without what the
 * account has asked for. Rounded up.
 */
export const unscaledInitialMargin = (held: Holding): Usd =>
  usd(divideCeil(marginNotional(held) * BigInt(held.spec.initialMarginPpm), MILLION));

/** Of one position, rounded up. Open interest does not scale it. */
export const maintenanceMargin = (held: Holding): Usd =>
  usd(divideCeil(marginNotional(held) * BigInt(held.spec.maintenanceMarginPpm), MILLION));

/** The account that has this balance and these positions; at most one holding per market. */
export function accountRisk(balance: Usd, holdings: readonly Holding[]): AccountRisk {
  const sum = (of: (held: Holding) => bigint): bigint =>
    holdings.reduce((total, held) => total + of(held), 0n);
  return {
    equity: usd(balance + sum(({ size, spec, oracle }) => positionValue(size, spec, oracle))),
    initialMargin: usd(sum(initialMargin)),
    maintenanceMargin: usd(sum(maintenanceMargin)),
  };
}

/** Equity less initial margin; below zero nothing may grow. */
export const freeCollateralOf = ({ equity, initialMargin: needed }: AccountRisk): Usd =>
  usd(equity - needed);

/**
 * The oracle price of `held` at which its account is liquidated, all other prices as they are:
 * (balance and other values − other maintenance) = |size| · price · (maintenance fraction ∓ 1).
 * For longs rounded up, for shorts down; exact to the roundings of two values, 2e-6 USDC ÷ |size|.
 * Undefined: no price does it. A short that is liquidated at any price has the smallest there is.
 */
export function liquidationPrice(risk: AccountRisk, held: Holding): OraclePrice | undefined {
  const { size, spec, oracle } = held;
  if (size === 0n) return undefined;
  const others = risk.equity - positionValue(size, spec, oracle);
  const otherMargin = risk.maintenanceMargin - maintenanceMargin(held);
  const fraction = BigInt(spec.maintenanceMarginPpm);
  const exponent = ORACLE_SCALE - USD_SCALE - spec.sizeExponent;
  const unit = powerOfTen(Math.max(0, exponent)) * MILLION;
  const scale = powerOfTen(Math.max(0, -exponent)) * absolute(size);
  if (size > 0n) {
    if (fraction >= MILLION) return others < otherMargin ? oracle : undefined;
    const price = divideCeil((otherMargin - others) * unit, scale * (MILLION - fraction));
    return price > 0n ? (price as OraclePrice) : undefined;
  }
  const price = divideFloor((others - otherMargin) * unit, scale * (MILLION + fraction));
  return largest(1n, price) as OraclePrice;
}
