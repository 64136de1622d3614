/** The account as the venue tells it: snapshots and updates of one subaccount. */
import type { BlockHeight, SignedSize, MarketId, UnixMs, Usd } from './quantities.js';
import type { Fill, VenueOrder, VenuePosition } from './order.js';
import type { VenueLimits } from './venue-limits.js';

/** Whom the venue serves, and how far: by the address. */
export const COMPLIANCE_STATUSES = [
  'COMPLIANT',
  'FIRST_STRIKE',
  'FIRST_STRIKE_CLOSE_ONLY',
  'CLOSE_ONLY',
  'BLOCKED',
] as const;
export interface Compliance {
  readonly status: (typeof COMPLIANCE_STATUSES)[number];
  readonly reason: string | undefined;
}

export interface Subaccount {
  readonly address: string;
  readonly number: number;
}

/** Numbers from here on are children: each of the number that is left modulo this. */
export const CHILDREN_PER_PARENT = 128;
export const parentNumber = (number: number): number => number % CHILDREN_PER_PARENT;

/** `address/number`, as the venue names a subaccount. */
export const subaccountKey = (subaccount: Subaccount): string =>
  `${subaccount.address}/${subaccount.number}`;

/** Everything REST says of a subaccount at one height. */
export interface AccountSnapshot {
  readonly height: BlockHeight;
  /** USDC balance, settled funding included. */
  readonly usdc: Usd;
  readonly equity: Usd;
  readonly freeCollateral: Usd;
  readonly positions: readonly VenuePosition[];
}

/** One subaccount of a family: a parent or a child. Nothing nets between them. */
export interface FamilyMember extends AccountSnapshot {
  readonly number: number;
  /** Initial margin that it has asked for itself, in ppm, by the venue's market number. */
  readonly marginPpm: VenueLimits['marginPpm'];
}

/** A position message on the wire: absolute, replaces the previous one. */
export interface PositionUpdate {
  readonly market: MarketId;
  readonly size: SignedSize;
}

/** One decoded account frame. Arrays may be empty; the order inside a frame is the venue's. */
export interface AccountUpdate {
  readonly height: BlockHeight | undefined;
  readonly orders: readonly VenueOrder[];
  readonly fills: readonly Fill[];
  readonly positions: readonly PositionUpdate[];
  readonly usdc: Usd | undefined;
}

/** What one hour's funding moved for one position: > 0 was received. One per market and height. */
export interface FundingPayment {
  readonly market: MarketId;
  readonly height: BlockHeight;
  readonly at: UnixMs;
  readonly payment: Usd;
  /** Of so many hours together, up to this one; of one unless told. */
  readonly hours?: number;
}

/** Money that came (> 0) or went (< 0) by no trade: deposits, withdrawals, transfers. */
export interface Transfer {
  readonly transferId: string;
  readonly height: BlockHeight;
  readonly at: UnixMs;
  readonly amount: Usd;
}

/** Balance that no booked fill explains, as of a height: funding and transfers count after it. */
export interface BalanceOpening {
  readonly usdc: Usd;
  readonly height: BlockHeight;
  readonly at: UnixMs;
}

/** Added to the balance so that it is the venue's: everything up to this height is in it. */
export interface BalanceAdjustment {
  readonly amount: Usd;
  readonly height: BlockHeight;
}

/** A figure of the account beside the venue's own, and how far apart they may be. */
export interface FigureDrift {
  readonly figure: 'usdc' | 'equity' | 'freeCollateral';
  readonly ours: Usd;
  readonly venue: Usd;
  readonly tolerance: Usd;
}
