/** Funding arithmetic: from the step of a market's funding index to what a position is owed. */

/** What a position of signed base quantums is owed (< 0: owes), 1e-12 USDC: longs pay a rise. */
export const fundingOwedPpm = (indexChange: bigint, quantums: bigint): bigint =>
  -indexChange * quantums;
