/**
 * The markets of the simulated exchange: dYdX's own parameters, the busiest markets first, and the
 * liquidity tiers of its chain. Prices are starting points; from there the order flow decides.
 */
import type { PerpetualMarket } from './exchange-types.js';
import { LISTINGS, type Listing, type TierName } from './market-listings.js';

export const MARKETS_MAX = 250;

/** Margins in ppm; caps of open interest and impact notional in 1e-6 USDC; cap 0: none. */
type Tier = Pick<
  PerpetualMarket,
  | 'initialMarginPpm'
  | 'maintenanceMarginPpm'
  | 'openInterestLowerCap'
  | 'openInterestUpperCap'
  | 'impactNotional'
>;

const TIERS: Readonly<Record<TierName, Tier>> = {
  large: tier({ initial: 20_000, maintenance: 12_000, caps: [0n, 0n], impact: 10_000n }),
  mid: tier({ initial: 50_000, maintenance: 30_000, caps: [40_000n, 100_000n], impact: 5_000n }),
  small: tier({ initial: 100_000, maintenance: 50_000, caps: [20_000n, 50_000n], impact: 5_000n }),
  longTail: tier({
    initial: 200_000,
    maintenance: 100_000,
    caps: [5_000n, 10_000n],
    impact: 2_500n,
  }),
  isolated: tier({ initial: 50_000, maintenance: 30_000, caps: [500n, 1_000n], impact: 2_500n }),
};

const STEP_BASE_QUANTUMS = 1_000_000n;
const SUBTICKS_PER_TICK = 1_000_000n;
const FINE_SUBTICKS_PER_TICK = 100_000n;
const QUANTUM_CONVERSION_EXPONENT = -9;

export const REAL_MARKETS: readonly PerpetualMarket[] = LISTINGS.map(parametersOf);

/** The first `count` markets, 1 to 250, the busiest first. */
export function marketsOf(count: number): {
  readonly markets: readonly PerpetualMarket[];
  readonly oraclePricesE12: ReadonlyMap<number, bigint>;
} {
  if (!Number.isInteger(count) || count < 1 || count > MARKETS_MAX) {
    throw new RangeError(`markets: expected an integer from 1 to ${MARKETS_MAX}, was ${count}`);
  }
  const listings = LISTINGS.slice(0, count);
  return {
    markets: listings.map(parametersOf),
    oraclePricesE12: new Map(listings.map(({ clobPairId, priceE12 }) => [clobPairId, priceE12])),
  };
}

/** What a market has that is not known otherwise: that of a mid-sized one. */
export const ORDINARY_TERMS = {
  ...TIERS.mid,
  status: 'ACTIVE',
  marketType: 'CROSS',
  defaultFundingPpm: 0,
} as const;

/** Caps in thousands of USDC, impact in USDC. */
function tier(terms: {
  readonly initial: number;
  readonly maintenance: number;
  readonly caps: readonly [lower: bigint, upper: bigint];
  readonly impact: bigint;
}): Tier {
  const [lower, upper] = terms.caps;
  return {
    initialMarginPpm: terms.initial,
    maintenanceMarginPpm: terms.maintenance,
    openInterestLowerCap: lower * 1_000_000_000n,
    openInterestUpperCap: upper * 1_000_000_000n,
    impactNotional: terms.impact * 1_000_000n,
  };
}

function parametersOf(listed: Listing): PerpetualMarket {
  return {
    ticker: listed.ticker,
    clobPairId: listed.clobPairId,
    atomicResolution: listed.atomicResolution,
    quantumConversionExponent: QUANTUM_CONVERSION_EXPONENT,
    stepBaseQuantums: STEP_BASE_QUANTUMS,
    subticksPerTick: listed.tier === 'large' ? FINE_SUBTICKS_PER_TICK : SUBTICKS_PER_TICK,
    ...TIERS[listed.tier],
    status: 'ACTIVE',
    marketType: listed.tier === 'isolated' ? 'ISOLATED' : 'CROSS',
    defaultFundingPpm: 0,
  };
}
