/** Causes for restricting trading, who may clear them, and the permission that follows. */
import type { UnixMs, Usd } from './quantities.js';

export type RiskLevel = 'active' | 'reducing' | 'halted';

export const RISK_CAUSES = [
  'operator',
  'account.stale',
  'market-data.stale',
  'chain.slow',
  'indexer.lag',
  'position.drift',
  'account.drift',
  'order.overfill',
  'order.unexplained',
  'foreign.activity',
  'foreign.run',
  'account.liquidated',
  'loss.daily',
  'drawdown',
  'rejects.repeated',
  'journal.failed',
  'signer.failed',
  'compliance.blocked',
  'compliance.close-only',
  'strategy.fault',
  'facts.ended',
] as const;
export type RiskCause = (typeof RISK_CAUSES)[number];

/** One reason to restrict trading. A latched one stays until a named operator clears it. */
export interface Breach {
  readonly cause: RiskCause;
  readonly severity: 'reduce' | 'halt';
  readonly latched: boolean;
  /** The numbers, for a person. */
  readonly evidence: string;
  readonly at: UnixMs;
  /** The operator wants every position left, also those that come about later. */
  readonly flatten?: true;
}

/** Whether risk-increasing orders may leave, decided in the turn of the send. */
export type Permission =
  | { readonly granted: true; readonly expiresAt: UnixMs }
  | { readonly granted: false; readonly reasons: readonly string[] };

/** How long a permission lives between decision and signature. */
export const PERMISSION_MS = 250;

/** What losses are counted from: profit and loss of the account at these two moments. */
export interface LossMark {
  /** Days since 1970, UTC. */
  readonly day: number;
  /** At the day's first look, or when an operator cleared its loss. */
  readonly dayOpenPnl: Usd;
  /** The best there was, or when an operator cleared the drawdown. */
  readonly peakPnl: Usd;
}
