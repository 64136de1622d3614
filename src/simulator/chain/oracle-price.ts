/**
 * The oracle's price: follows the middle of the book with lag, and between units of the order
 * book.
 */
import { absolute, powerOfTen } from '../../model/quantities.js';
import type { PerpetualMarket } from '../exchange-types.js';
import type { Memclob } from './memclob.js';

/** The part of the distance to the mid that one block closes. */
const LAG_DIVISOR = 5n;
/** A block moves the price by 0.5 % at most, so that a lone quote cannot drag it away. */
const LARGEST_MOVE_DIVISOR = 200n;
/** The price is quoted in tenths of a tick. */
const STEPS_A_TICK = 10n;

const ORACLE_SCALE = 12;
const QUOTE_SCALE = 6;

/** USD × 1e12 → subticks, rounded down. */
export function oracleSubticks(market: PerpetualMarket, priceE12: bigint): bigint {
  const exponent = subticksExponent(market) - ORACLE_SCALE;
  return exponent >= 0 ? priceE12 * powerOfTen(exponent) : priceE12 / powerOfTen(-exponent);
}

/** Subticks → USD × 1e12, rounded down. */
export function subticksPriceE12(market: PerpetualMarket, subticks: bigint): bigint {
  const exponent = ORACLE_SCALE - subticksExponent(market);
  return exponent >= 0 ? subticks * powerOfTen(exponent) : subticks / powerOfTen(-exponent);
}

/** The price after one more block; unchanged while a side of the book is empty. */
export function nextOraclePrice(market: PerpetualMarket, priceE12: bigint, book: Memclob): bigint {
  const bid = book.best('BUY');
  const ask = book.best('SELL');
  if (bid === undefined || ask === undefined) return priceE12;
  const mid = subticksPriceE12(market, bid.subticks + ask.subticks) / 2n;
  const wanted = (mid - priceE12) / LAG_DIVISOR;
  const limit = priceE12 / LARGEST_MOVE_DIVISOR;
  const move = absolute(wanted) <= limit ? wanted : wanted > 0n ? limit : -limit;
  const step = subticksPriceE12(market, market.subticksPerTick) / STEPS_A_TICK;
  const next = priceE12 + move;
  return step > 0n && next > step ? next - (next % step) : next;
}

/** Price = subticks ÷ 10^exponent. */
export const subticksExponent = (market: PerpetualMarket): number =>
  market.atomicResolution - market.quantumConversionExponent + QUOTE_SCALE;
