/** What the chain lets one account do, as its governance has set it. */
import type { Usd } from './quantities.js';

/** At most `limit` messages of an owner within `blocks` blocks. Several rules apply at once. */
export interface BlockRule {
  readonly blocks: number;
  readonly limit: number;
}

/** From so much net collateral on, so many stateful orders may be open. */
export interface EquityTier {
  readonly equity: Usd;
  readonly limit: number;
}

export interface VenueLimits {
  /** Short-term places and cancels together; a batch cancel counts as two. */
  readonly shortTerm: readonly BlockRule[];
  /** Places of orders that live on chain; their cancels are not limited. */
  readonly stateful: readonly BlockRule[];
  readonly leverageUpdates: readonly BlockRule[];
  /** Of a subaccount, over all markets. No tiers: no limit. */
  readonly equityTiers: readonly EquityTier[];
  /** Initial margin that the account has asked for itself, in ppm, by the venue's market number. */
  readonly marginPpm: readonly { readonly venueNumber: number; readonly ppm: number }[];
}

/** How far one limit is used. */
export interface LimitUsage {
  readonly what: 'short-term' | 'stateful' | 'equity-tier';
  readonly used: number;
  readonly limit: number;
  /** The window; 0: what is open now. */
  readonly blocks: number;
}
