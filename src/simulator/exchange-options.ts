/** What a simulated exchange is made from. Equal options and inputs give equal outputs. */
import type { ChainLimits, FeeTier } from './chain-messages.js';
import type { PerpetualMarket } from './exchange-types.js';

export interface ExchangeOptions {
  readonly seed: number;
  readonly markets: readonly PerpetualMarket[];
  /** Starting oracle price of each market by clobPairId, USD × 1e12. */
  readonly oraclePricesE12: ReadonlyMap<number, bigint>;
  readonly startTimeMs: number;
  readonly startHeight: number;
  /** Of the lowest tier when `feeTiers` is not given: one tier for all. */
  readonly takerFeePpm: number;
  readonly makerFeePpm: number;
  readonly feeTiers?: readonly FeeTier[] | undefined;
  readonly limits?: ChainLimits | undefined;
  /** At the limit clients can open no further ones; 100 000 unless given. */
  readonly subaccountsMax?: number | undefined;
  /** How lively the seeded traders are; `none`: there are none. */
  readonly preset: FlowPresetName;
}

export type FlowPresetName = 'none' | 'calm' | 'busy' | 'storm' | 'trend' | 'crash';
