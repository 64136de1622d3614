/**
 * The markets of the simulated exchange: dYdX's own parameters for the busiest ones, generated ones
 * beyond them. Prices are starting points; from there the order flow decides.
 */
import { powerOfTen } from '../model/quantities.js';
import type { PerpetualMarket } from './exchange-types.js';

export const MARKETS_MAX = 250;

/** In ppm and 1e-6 USDC, as the liquidity tiers of the chain. */
const TIERS = {
  large: { initial: 20_000, maintenance: 12_000, lower: 0n, upper: 0n },
  mid: {
    initial: 50_000,
    maintenance: 30_000,
    lower: 40_000_000_000_000n,
    upper: 100_000_000_000_000n,
  },
  small: {
    initial: 100_000,
    maintenance: 50_000,
    lower: 20_000_000_000_000n,
    upper: 50_000_000_000_000n,
  },
  longTail: {
    initial: 200_000,
    maintenance: 100_000,
    lower: 5_000_000_000_000n,
    upper: 10_000_000_000_000n,
  },
} as const;

interface Listing {
  readonly ticker: string;
  readonly clobPairId: number;
  readonly atomicResolution: number;
  readonly subticksPerTick: bigint;
  readonly tier: keyof typeof TIERS;
  readonly priceE12: bigint;
}

const MILLION = 1_000_000n;

const LISTINGS: readonly Listing[] = [
  listing('BTC-USD', 0, -10, 'large', 94_520_000_000_000_000n, 100_000n),
  listing('ETH-USD', 1, -9, 'large', 3_348_700_000_000_000n, 100_000n),
  listing('SOL-USD', 5, -7, 'mid', 191_340_000_000_000n),
  listing('XRP-USD', 32, -5, 'mid', 2_184_600_000_000n),
  listing('DOGE-USD', 10, -4, 'mid', 318_720_000_000n),
  listing('AVAX-USD', 7, -7, 'mid', 36_520_000_000_000n),
  listing('LINK-USD', 2, -6, 'mid', 21_437_000_000_000n),
  listing('LTC-USD', 9, -7, 'mid', 101_850_000_000_000n),
  listing('ADA-USD', 6, -5, 'mid', 886_300_000_000n),
  listing('SUI-USD', 31, -5, 'mid', 4_127_500_000_000n),
  listing('NEAR-USD', 16, -6, 'small', 5_093_000_000_000n),
  listing('UNI-USD', 13, -6, 'small', 13_318_000_000_000n),
  listing('BCH-USD', 14, -8, 'small', 441_600_000_000_000n),
  listing('DOT-USD', 12, -6, 'small', 6_952_000_000_000n),
  listing('ATOM-USD', 11, -6, 'small', 6_447_000_000_000n),
  listing('APT-USD', 23, -6, 'small', 8_915_000_000_000n),
];

export const REAL_MARKETS: readonly PerpetualMarket[] = LISTINGS.map(parametersOf);

/** The first `count` markets, 1 to 250, the busiest first. */
export function marketsOf(count: number): {
  readonly markets: readonly PerpetualMarket[];
  readonly oraclePricesE12: ReadonlyMap<number, bigint>;
} {
  if (!Number.isInteger(count) || count < 1 || count > MARKETS_MAX) {
    throw new RangeError(`markets: expected an integer from 1 to ${MARKETS_MAX}, was ${count}`);
  }
  const listings = Array.from({ length: count }, (_, index) => LISTINGS[index] ?? generated(index));
  return {
    markets: listings.map(parametersOf),
    oraclePricesE12: new Map(listings.map(({ clobPairId, priceE12 }) => [clobPairId, priceE12])),
  };
}

function listing(
  ticker: string,
  clobPairId: number,
  atomicResolution: number,
  tier: Listing['tier'],
  priceE12: bigint,
  subticksPerTick = MILLION,
): Listing {
  return { ticker, clobPairId, atomicResolution, subticksPerTick, tier, priceE12 };
}

/** Like the chain's own listings: a step is worth some dollars, a tick some parts in 100 000. */
function generated(index: number): Listing {
  const digits = index % 5;
  const priceE12 = BigInt(1_013 + ((index * 7_919) % 8_000)) * powerOfTen(12 - digits);
  return listing(`ALT${index}-USD`, 1_000 + index, digits - 8, 'longTail', priceE12);
}

function parametersOf(listed: Listing): PerpetualMarket {
  const { initial, maintenance, lower, upper } = TIERS[listed.tier];
  return {
    ticker: listed.ticker,
    clobPairId: listed.clobPairId,
    atomicResolution: listed.atomicResolution,
    quantumConversionExponent: -9,
    stepBaseQuantums: MILLION,
    subticksPerTick: listed.subticksPerTick,
    initialMarginPpm: initial,
    maintenanceMarginPpm: maintenance,
    openInterestLowerCap: lower,
    openInterestUpperCap: upper,
    status: 'ACTIVE',
    marketType: 'CROSS',
    defaultFundingPpm: 0,
    impactNotional: 10_000_000_000n,
  };
}
