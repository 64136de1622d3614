/**
 * The two planes of numbers. Market data counts in safe integers (`Ticks`, `Steps`); money counts
 * in bigint (`Price`, `Size`, `Usd`). Oracle prices are a brand of their own: they need not lie on
 * a tick. Every constructor checks; every division names its rounding.
 */
import { InvariantError } from './result.js';

declare const brand: unique symbol;
type Brand<T, B extends string> = T & { readonly [brand]: B };

/** Price ÷ tick size of its market. Safe integer > 0. */
export type Ticks = Brand<number, 'Ticks'>;
/** Size ÷ step size of its market. Safe integer ≥ 0. */
export type Steps = Brand<number, 'Steps'>;
/** Order or fill price in the market's finest price unit (see `MarketSpec.priceExponent`). > 0. */
export type Price = Brand<bigint, 'Price'>;
/** Order or fill size in the market's finest size unit (see `MarketSpec.sizeExponent`). ≥ 0. */
export type Size = Brand<bigint, 'Size'>;
/** Signed size: positive is long, negative is short. Same unit as `Size`. */
export type SignedSize = Brand<bigint, 'SignedSize'>;
/** Money in 1e-6 USDC. May be negative. */
export type Usd = Brand<bigint, 'Usd'>;
/** Oracle price: USD per whole base unit × 1e18. > 0. */
export type OraclePrice = Brand<bigint, 'OraclePrice'>;
/** All that is held long in a market: whole base units × 1e18. ≥ 0. */
export type OpenInterest = Brand<bigint, 'OpenInterest'>;
/** A market's ticker, such as `BTC-USD`. */
export type MarketId = Brand<string, 'MarketId'>;
/** Our own order number, uint32, never reused. */
export type ClientId = Brand<number, 'ClientId'>;
/** The venue's id of an order: a UUID that can be computed before the order is sent. */
export type OrderId = Brand<string, 'OrderId'>;
/** The venue's id of a fill: a UUID, the same on every channel. */
export type FillId = Brand<string, 'FillId'>;
/** Height of a committed block. Safe integer ≥ 0. */
export type BlockHeight = Brand<number, 'BlockHeight'>;
/** Milliseconds since 1970, fractional. */
export type UnixMs = Brand<number, 'UnixMs'>;

export const ORACLE_SCALE = 18;
export const OPEN_INTEREST_SCALE = 18;
export const USD_SCALE = 6;

const MARKET = /^[A-Za-z0-9][A-Za-z0-9.,_/+$-]{0,63}-USD$/;

function wholeNumber(value: number, what: string, min: number): number {
  if (!Number.isSafeInteger(value) || value < min) {
    throw new InvariantError(`${what}: expected a safe integer ≥ ${min}, was ${value}`);
  }
  return value;
}

function atLeast(value: bigint, what: string, min: bigint): bigint {
  if (value < min) throw new InvariantError(`${what}: expected ≥ ${min}, was ${value}`);
  return value;
}

export const ticks = (value: number): Ticks => wholeNumber(value, 'Ticks', 1) as Ticks;
export const steps = (value: number): Steps => wholeNumber(value, 'Steps', 0) as Steps;
export const price = (value: bigint): Price => atLeast(value, 'Price', 1n) as Price;
export const size = (value: bigint): Size => atLeast(value, 'Size', 0n) as Size;
export const signedSize = (value: bigint): SignedSize => value as SignedSize;
export const usd = (value: bigint): Usd => value as Usd;
export const oraclePrice = (value: bigint): OraclePrice =>
  atLeast(value, 'OraclePrice', 1n) as OraclePrice;
export const openInterest = (value: bigint): OpenInterest =>
  atLeast(value, 'OpenInterest', 0n) as OpenInterest;
export const blockHeight = (value: number): BlockHeight =>
  wholeNumber(value, 'BlockHeight', 0) as BlockHeight;

export function marketId(value: string): MarketId {
  if (!MARKET.test(value))
    throw new InvariantError(`MarketId: expected a ticker like BTC-USD, was ${value}`);
  return value as MarketId;
}

export const isMarketId = (value: string): value is MarketId => MARKET.test(value);

export function clientId(value: number): ClientId {
  wholeNumber(value, 'ClientId', 0);
  if (value > 0xff_ff_ff_ff) throw new InvariantError(`ClientId: expected a uint32, was ${value}`);
  return value as ClientId;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export function orderId(value: string): OrderId {
  if (!UUID.test(value)) throw new InvariantError(`OrderId: expected a UUID, was ${value}`);
  return value as OrderId;
}

export function fillId(value: string): FillId {
  if (!UUID.test(value)) throw new InvariantError(`FillId: expected a UUID, was ${value}`);
  return value as FillId;
}

export function unixMs(value: number): UnixMs {
  if (!Number.isFinite(value) || value < 0) {
    throw new InvariantError(`UnixMs: expected a finite number ≥ 0, was ${value}`);
  }
  return value as UnixMs;
}

/** Quotient rounded towards −∞. Divisor must be positive. */
export function divideFloor(dividend: bigint, divisor: bigint): bigint {
  atLeast(divisor, 'divisor', 1n);
  const quotient = dividend / divisor;
  return dividend % divisor < 0n ? quotient - 1n : quotient;
}

/** Quotient rounded towards +∞. Divisor must be positive. */
export function divideCeil(dividend: bigint, divisor: bigint): bigint {
  return -divideFloor(-dividend, divisor);
}

/** Raising to a power takes longer than all else that is done with the result. */
const POWERS_OF_TEN: readonly bigint[] = Array.from({ length: 40 }, (_, power) => {
  return 10n ** BigInt(power);
});

/** 10^exponent, exponent ≥ 0. */
export function powerOfTen(exponent: number): bigint {
  return POWERS_OF_TEN[exponent] ?? 10n ** BigInt(wholeNumber(exponent, 'exponent', 0));
}

export const absolute = (value: bigint): bigint => (value < 0n ? -value : value);
export const largest = (a: bigint, b: bigint): bigint => (a > b ? a : b);
export const smallest = (a: bigint, b: bigint): bigint => (a < b ? a : b);
