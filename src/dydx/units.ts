/**
 * Between the venue's decimal text and our integers. One `Price` is one subtick, one `Size` is one
 * base quantum; a market's four integers say how they relate to text, ticks and steps.
 */
import { parseDecimal, parseDecimalTruncated } from '../model/decimal.js';
import type { MarketSpec, OpenInterestCaps } from '../model/market.js';
import {
  divideCeil,
  isMarketId,
  price,
  size,
  steps,
  ticks,
  usd,
  USD_SCALE,
  type Price,
  type Size,
  type Steps,
  type Ticks,
} from '../model/quantities.js';
import { fail, ok, type Result } from '../model/result.js';
import type { MarketObject } from './schemas.js';
import { readable, Unreadable } from './unreadable.js';

/** Quote amounts have six decimal places on this chain. */
const QUOTE_RESOLUTION = -6;
const PPM_SCALE = 6;
const FRACTION_SCALE = 18;
const UINT64_MAX = 2n ** 64n - 1n;

/** The parameters of a market object; `tickSize` and `stepSize` must agree with the integers. */
export function specOfMarket(market: MarketObject): Result<MarketSpec> {
  const { ticker, subticksPerTick, stepBaseQuantums } = market;
  if (!isMarketId(ticker)) return fail('market.ticker', `expected a ticker, was ${ticker}`);
  const sizeExponent = market.atomicResolution;
  const priceExponent = market.quantumConversionExponent + QUOTE_RESOLUTION - sizeExponent;
  const tick = parseDecimal(market.tickSize, -priceExponent);
  const step = parseDecimal(market.stepSize, -sizeExponent);
  if (!tick.ok || tick.value !== BigInt(subticksPerTick))
    return fail('market.tick', `${ticker}: ${subticksPerTick} subticks ≠ ${market.tickSize}`);
  if (!step.ok || step.value !== BigInt(stepBaseQuantums))
    return fail('market.step', `${ticker}: ${stepBaseQuantums} quantums ≠ ${market.stepSize}`);
  const initialMarginPpm = ppmCeil(market.initialMarginFraction);
  const maintenanceMarginPpm = ppmCeil(market.maintenanceMarginFraction);
  if (!initialMarginPpm.ok) return initialMarginPpm;
  if (!maintenanceMarginPpm.ok) return maintenanceMarginPpm;
  const caps = openInterestCaps(market);
  if (!caps.ok) return caps;
  return ok({
    market: ticker,
    venueNumber: Number(market.clobPairId),
    status: market.status,
    priceExponent,
    sizeExponent,
    tick: price(tick.value),
    step: size(step.value),
    initialMarginPpm: initialMarginPpm.value,
    maintenanceMarginPpm: maintenanceMarginPpm.value,
    isolated: market.marketType === 'ISOLATED',
    ...(caps.value === undefined ? {} : { openInterestCaps: caps.value }),
  });
}

/** A fraction as parts per million, rounded up: margin is never understated. */
function ppmCeil(fraction: string): Result<number> {
  const exact = parseDecimal(fraction, FRACTION_SCALE);
  if (!exact.ok) return exact;
  return ok(Number(divideCeil(exact.value, 10n ** BigInt(FRACTION_SCALE - PPM_SCALE))));
}

/** In USDC; an upper cap of 0 is none. Cut off, which lets the margin grow earlier. */
function openInterestCaps({
  ticker,
  openInterestLowerCap,
  openInterestUpperCap,
}: MarketObject): Result<OpenInterestCaps | undefined> {
  const lower = parseDecimalTruncated(openInterestLowerCap ?? '0', USD_SCALE);
  const upper = parseDecimalTruncated(openInterestUpperCap ?? '0', USD_SCALE);
  if (!lower.ok) return lower;
  if (!upper.ok) return upper;
  if (lower.value < 0n || upper.value < 0n || (upper.value > 0n && upper.value < lower.value))
    return fail('market.caps', `${ticker}: caps ${openInterestLowerCap}, ${openInterestUpperCap}`);
  if (upper.value === 0n) return ok(undefined);
  return ok({ lower: usd(lower.value), upper: usd(upper.value) });
}

/** A unit of `coefficient` × 10^−`decimals`, prepared for counting it in text without bigint. */
export interface Grid {
  readonly coefficient: number;
  readonly decimals: number;
}

/** The grids of one market, made once and kept beside its spec. */
export interface MarketUnits {
  readonly spec: MarketSpec;
  /** A small number of its own, the same for the market's whole life. */
  readonly slot: number;
  readonly tick: Grid;
  readonly step: Grid;
}

export const unitsOf = (spec: MarketSpec, slot = 0): MarketUnits => ({
  spec,
  slot,
  tick: gridOf(spec.tick, -spec.priceExponent),
  step: gridOf(spec.step, -spec.sizeExponent),
});

function gridOf(unit: bigint, scale: number): Grid {
  let coefficient = unit;
  let decimals = scale;
  while (coefficient % 10n === 0n) {
    coefficient /= 10n;
    decimals -= 1;
  }
  return { coefficient: Number(coefficient), decimals };
}

const POWERS_OF_TEN = Array.from({ length: 16 }, (_, exponent) => 10 ** exponent);

/** Whole units in plain decimal text, or −1 on any doubt: off the grid, a sign, above 2^53. */
function countUnits(text: string, { coefficient, decimals }: Grid): number {
  let digits = 0;
  let fraction = -1;
  const { length } = text;
  for (let index = 0; index < length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === 46 && fraction < 0 && index > 0) fraction = 0;
    else if (code >= 48 && code <= 57) {
      digits = digits * 10 + (code - 48);
      if (fraction >= 0) fraction += 1;
    } else return -1;
  }
  if (length === 0 || fraction === 0 || digits > Number.MAX_SAFE_INTEGER) return -1;
  const shift = decimals - Math.max(0, fraction);
  const power = POWERS_OF_TEN[Math.abs(shift)];
  if (power === undefined) return digits === 0 ? 0 : -1;
  const scaled = shift >= 0 ? digits * power : digits / power;
  const count = scaled / coefficient;
  return Number.isSafeInteger(scaled) && Number.isInteger(count) ? count : -1;
}

/** Price text as ticks, exactly; `Unreadable` off the tick or not above zero. */
export function readTicks(units: MarketUnits, text: string): Ticks {
  const count = countUnits(text, units.tick);
  if (count > 0) return count as Ticks;
  return ticks(countSlowly(text, units.spec.tick, -units.spec.priceExponent, 1n));
}

/** Size text as steps, exactly; zero is a size. `Unreadable` off the step. */
export function readSteps(units: MarketUnits, text: string): Steps {
  const count = countUnits(text, units.step);
  if (count >= 0) return count as Steps;
  return steps(countSlowly(text, units.spec.step, -units.spec.sizeExponent, 0n));
}

/** The road for what the fast one doubts: huge but exact numbers, and the words of every fault. */
function countSlowly(text: string, unit: bigint, scale: number, min: bigint): number {
  const value = readable(parseDecimal(text, scale));
  const count = value / unit;
  if (value % unit !== 0n || count < min || count > BigInt(Number.MAX_SAFE_INTEGER)) {
    return readable(fail('units.off-grid', `expected ≥ ${min} whole units, was ${text}`));
  }
  return Number(count);
}

/** Price text as ticks, cut to the tick below: deleveraging prints at prices off the tick. */
export function readTicksDown(units: MarketUnits, text: string): Ticks {
  const { spec } = units;
  const value = readable(parseDecimalTruncated(text, -spec.priceExponent));
  if (value < 0n || !/[1-9]/.test(text)) {
    throw new Unreadable(`expected a price above 0, was ${JSON.stringify(text.slice(0, 64))}`);
  }
  return ticks(Number(value / spec.tick > 0n ? value / spec.tick : 1n));
}

/** What a signed order must say of price and size, as text for unsigned 64-bit integers. */
export interface SignedAmounts {
  readonly quantums: string;
  readonly subticks: string;
}

/** Refuses what the chain would refuse or read differently: zero, off grid, beyond uint64. */
export function signedAmounts(
  spec: MarketSpec,
  order: { readonly price: Price; readonly size: Size },
): Result<SignedAmounts> {
  if (order.size <= 0n || order.size % spec.step !== 0n || order.size > UINT64_MAX)
    return fail('size.off-step', `expected a multiple of ${spec.step} > 0, was ${order.size}`);
  if (order.price <= 0n || order.price % spec.tick !== 0n || order.price > UINT64_MAX)
    return fail('price.off-tick', `expected a multiple of ${spec.tick} > 0, was ${order.price}`);
  return ok({ quantums: order.size.toString(), subticks: order.price.toString() });
}
