/** The limits that the chain's governance has set, unless a run chooses others. */
import type { ChainLimits } from '../chain-messages.js';

const tier = (usd: bigint, limit: number) => ({ collateralRequired: usd * 1_000_000n, limit });

export const DEFAULT_LIMITS: ChainLimits = {
  shortTerm: [{ blocks: 5, limit: 4_000 }],
  stateful: [
    { blocks: 1, limit: 2 },
    { blocks: 100, limit: 20 },
  ],
  leverage: [],
  equityTiers: [
    tier(0n, 0),
    tier(20n, 10),
    tier(100n, 20),
    tier(1_000n, 40),
    tier(10_000n, 100),
    tier(100_000n, 200),
  ],
};
