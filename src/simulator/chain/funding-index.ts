/**
 * Funding arithmetic: from an hour of premium samples to the rate, from the rate to the step of a
 * market's funding index, from the step to what a position is owed. Rates are ppm per 8 hours, as
 * the chain keeps them.
 */
import { divideFloor, powerOfTen } from '../../model/quantities.js';
import type { PerpetualMarket } from '../exchange-types.js';

/** A rate may be so many times the distance between initial and maintenance margin. */
const RATE_CLAMP_FACTOR = 6;
/** And a single vote about the premium so many times. */
const VOTE_CLAMP_FACTOR = 60;
const HOURS_A_RATE = 8n;
const SAMPLES_AN_HOUR = 60;
/** One hour's fraction × 1e12 of one ppm per 8 hours. */
const HOUR_E12 = 125_000n;
/** Oracle prices × 1e12 against quote quantums × 1e6: 12 − 6 digits. */
const PRICE_DIGITS = 6;

const clamp = (value: number, limit: number): number => Math.max(-limit, Math.min(limit, value));

const marginSpreadPpm = ({ initialMarginPpm, maintenanceMarginPpm }: PerpetualMarket): number =>
  Math.max(0, initialMarginPpm - maintenanceMarginPpm);

export const clampedVotePpm = (market: PerpetualMarket, premiumPpm: number): number =>
  clamp(premiumPpm, VOTE_CLAMP_FACTOR * marginSpreadPpm(market));

/** The plain average of the hour, cut off; samples that are missing count as 0. */
export const averagePremiumPpm = (samples: readonly number[], expected = SAMPLES_AN_HOUR): number =>
  Math.trunc(samples.reduce((sum, sample) => sum + sample, 0) / Math.max(expected, samples.length));

/** Premium and the market's own default, clamped to ±600 % of the margin spread. */
export const fundingRatePpm = (market: PerpetualMarket, premiumPpm: number): number =>
  clamp(premiumPpm + market.defaultFundingPpm, RATE_CLAMP_FACTOR * marginSpreadPpm(market));

/** As the indexer tells it: fraction per hour × 1e12. */
export const rate1hE12 = (ratePpm: number): bigint => BigInt(ratePpm) * HOUR_E12;

/**
 * One hour's step of the index, quote quantums per base quantum × 1e6, rounded towards −∞:
 * rate ÷ 8 · price.
 */
export function fundingIndexStep(
  market: PerpetualMarket,
  priceE12: bigint,
  ratePpm: number,
): bigint {
  const exponent = market.atomicResolution - PRICE_DIGITS;
  const product = BigInt(ratePpm) * priceE12;
  return exponent >= 0
    ? divideFloor(product * powerOfTen(exponent), HOURS_A_RATE)
    : divideFloor(product, powerOfTen(-exponent) * HOURS_A_RATE);
}

/** What a position of signed base quantums is owed (< 0: owes), 1e-12 USDC: longs pay a rise. */
export const fundingOwedPpm = (indexChange: bigint, quantums: bigint): bigint =>
  -indexChange * quantums;
