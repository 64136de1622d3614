/**
 * A market's parameters, and the exact arithmetic between ticks, steps, prices, sizes and money.
 */
import {
  absolute,
  divideCeil,
  divideFloor,
  ORACLE_SCALE,
  powerOfTen,
  price,
  size,
  ticks,
  usd,
  USD_SCALE,
  type MarketId,
  type OraclePrice,
  type Price,
  type SignedSize,
  type Size,
  type Steps,
  type Ticks,
  type Usd,
} from './quantities.js';
import { fail, ok, type Result } from './result.js';
import { formatDecimal, parseDecimal, toFloat } from './decimal.js';

export const MARKET_STATUSES = [
  'ACTIVE',
  'PAUSED',
  'CANCEL_ONLY',
  'POST_ONLY',
  'INITIALIZING',
  'FINAL_SETTLEMENT',
] as const;
export type MarketStatus = (typeof MARKET_STATUSES)[number];

export interface OpenInterestCaps {
  readonly lower: Usd;
  /** ≥ lower, > 0. */
  readonly upper: Usd;
}

/** What the venue says about one market. All integers; changed only by governance. */
export interface MarketSpec {
  readonly market: MarketId;
  /** The venue's number for the market. */
  readonly venueNumber: number;
  readonly status: MarketStatus;
  /** USD price = Price × 10^priceExponent (BTC-USD: −5). */
  readonly priceExponent: number;
  /** Base units = Size × 10^sizeExponent (BTC-USD: −10). */
  readonly sizeExponent: number;
  /** Price units in one tick, > 0. */
  readonly tick: Price;
  /** Size units in one step, > 0. */
  readonly step: Size;
  /** Parts per million of notional. */
  readonly initialMarginPpm: number;
  readonly maintenanceMarginPpm: number;
  readonly isolated: boolean;
  /** Between these notionals of open interest the initial margin grows to all. Absent: never. */
  readonly openInterestCaps?: OpenInterestCaps | undefined;
}

/** Exponent that turns Price × Size into Usd: negative for all real markets (BTC-USD: −9). */
export const notionalExponent = (spec: MarketSpec): number =>
  spec.priceExponent + spec.sizeExponent + USD_SCALE;

function scaleFloor(value: bigint, exponent: number): bigint {
  return exponent >= 0 ? value * powerOfTen(exponent) : divideFloor(value, powerOfTen(-exponent));
}

function scaleCeil(value: bigint, exponent: number): bigint {
  return exponent >= 0 ? value * powerOfTen(exponent) : divideCeil(value, powerOfTen(-exponent));
}

/** Quote amount of a fill, rounded towards −∞ as the chain does. */
export function notionalFloor(spec: MarketSpec, p: Price, s: Size): Usd {
  return usd(scaleFloor(p * s, notionalExponent(spec)));
}

/** Value of a signed position at the oracle price: |value| rounded up, sign kept. */
export function oracleNotional(spec: MarketSpec, s: SignedSize | Size, oracle: OraclePrice): Usd {
  const magnitude = scaleCeil(absolute(s) * oracle, spec.sizeExponent + USD_SCALE - ORACLE_SCALE);
  return usd(s < 0n ? -magnitude : magnitude);
}

/** An order price on the oracle's scale, for comparing the two. Exact while priceExponent ≥ −18. */
export function oracleOfPrice(spec: MarketSpec, p: Price): OraclePrice {
  return scaleCeil(p, spec.priceExponent + ORACLE_SCALE) as OraclePrice;
}

export const priceOfTicks = (spec: MarketSpec, t: Ticks): Price => price(BigInt(t) * spec.tick);
export const sizeOfSteps = (spec: MarketSpec, s: Steps): Size => size(BigInt(s) * spec.step);

/** What a few operations on doubles may leave beside a whole number, relative to it. */
const ROUNDING_NOISE = 16 * Number.EPSILON;

/** A proposed float price to a tick. The direction is the caller's word, never a default. */
export function roundToTick(
  spec: MarketSpec,
  usdPrice: number,
  direction: 'up' | 'down',
): Result<Price> {
  const exact = usdPrice / tickUsd(spec);
  const nearest = Math.round(exact);
  const whole =
    Math.abs(exact - nearest) < ROUNDING_NOISE * Math.max(1, nearest)
      ? nearest
      : direction === 'up'
        ? Math.ceil(exact)
        : Math.floor(exact);
  if (!Number.isSafeInteger(whole) || whole < 1) {
    return fail(
      'price.out-of-range',
      `expected a price of at least one tick of ${spec.market}, was ${usdPrice}`,
    );
  }
  return ok(priceOfTicks(spec, ticks(whole)));
}

/** Text forms, as the venue writes them. */
export const formatPrice = (spec: MarketSpec, p: Price): string =>
  formatDecimal(p, -spec.priceExponent);
export const formatSize = (spec: MarketSpec, s: Size | SignedSize): string =>
  formatDecimal(s, -spec.sizeExponent);
export const formatUsd = (value: Usd): string => formatDecimal(value, USD_SCALE);

export function parsePrice(spec: MarketSpec, text: string): Result<Price> {
  const parsed = parseDecimal(text, -spec.priceExponent);
  if (!parsed.ok) return parsed;
  return parsed.value > 0n
    ? ok(price(parsed.value))
    : fail('price.sign', `expected a price > 0, was ${text}`);
}

export function parseSize(spec: MarketSpec, text: string): Result<Size> {
  const parsed = parseDecimal(text, -spec.sizeExponent);
  if (!parsed.ok) return parsed;
  return parsed.value >= 0n
    ? ok(size(parsed.value))
    : fail('size.sign', `expected a size ≥ 0, was ${text}`);
}

/** Floats for signals only. */
export const tickUsd = (spec: MarketSpec): number => toFloat(spec.tick, -spec.priceExponent);
export const stepBase = (spec: MarketSpec): number => toFloat(spec.step, -spec.sizeExponent);
