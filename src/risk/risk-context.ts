/** Everything that the pre-trade checks look at, gathered in the turn of the send. */
import type { MarketView } from '../model/book.js';
import type { Denial, DenialCode, OrderIntent } from '../model/order.js';
import type { MarketId, SignedSize, UnixMs, Usd } from '../model/quantities.js';
import type { Permission, RiskLevel } from '../model/risk.js';
import type { LimitUsage } from '../model/venue-limits.js';
import type { MarketHolding } from './exposure.js';
import type { OpenStateful, SendKind } from './send-budget.js';

/** As the configuration has them. Amounts in whole USD; a limit that is no number ≥ 0 refuses. */
export interface RiskLimits {
  readonly maxOrderNotionalUsd: number;
  readonly maxPositionNotionalUsd: number;
  readonly maxExposureUsd: number;
  /** Greatest distance between limit price and oracle price, in percent of the oracle price. */
  readonly priceCollarPct: number;
  readonly maxOrdersPerMinute: number;
  /** Equity that must be left beyond the worst case's initial margin, in percent of that. */
  readonly marginBufferPct: number;
}

/** Greatest ages in milliseconds. */
export interface AgeLimits {
  readonly bookAgeMsMax: number;
  readonly oracleAgeMsMax: number;
  /** From the newest frame that the decision used, the stability window taken off. */
  readonly decisionAgeMsMax: number;
}

/** Oracle prices are told when they change: a calm market has old ones. */
export const AGE_LIMITS: AgeLimits = {
  bookAgeMsMax: 10_000,
  oracleAgeMsMax: 60_000,
  decisionAgeMsMax: 1000,
};

/** An exit's limit price may lie this many times as far from the oracle as an entry's. */
export const EXIT_COLLAR_FACTOR = 3;
/** Exits have a rate of their own, so that entries cannot use it up. */
export const EXITS_PER_MINUTE_MAX = 120;
/** A desk holds 200 orders; the rest is kept for exits. */
export const WORKING_ORDERS_MAX = 150;

export interface RiskContext {
  readonly now: UnixMs;
  readonly level: RiskLevel;
  readonly permission: Permission;
  readonly limits: RiskLimits;
  readonly ages: AgeLimits;
  /** Newest view of the intent's market. */
  readonly view: MarketView | undefined;
  /** Our whole position in the intent's market. */
  readonly position: SignedSize;
  /** What of it is not the strategy's: adopted, or of one that is not configured any more. */
  readonly foreign: SignedSize;
  /** Every market with a position or a live order. */
  readonly holdings: ReadonlyMap<MarketId, MarketHolding>;
  /** Orders in flight, working or unknown, in all markets. */
  readonly workingOrders: number;
  readonly entriesLastMinute: number;
  readonly exitsLastMinute: number;
  /** Whether an order was already made for an intent of this id. */
  readonly isKnownIntent: (intentId: string) => boolean;
  /** Balance and the value of all positions; undefined while unknown. */
  readonly equity: Usd | undefined;
  /** How far the chain's limits on messages of this kind are used; undefined while unknown. */
  readonly sends: (kind: SendKind) => readonly LimitUsage[] | undefined;
  readonly stateful: OpenStateful;
}

/** A reason to refuse, or nothing. */
export type Check = (intent: OrderIntent, context: RiskContext) => Denial | undefined;

export const deny = (code: DenialCode, message: string): Denial => ({ code, message });
