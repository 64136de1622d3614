/** The account as the venue tells it: snapshots and updates of one subaccount. */
import type { BlockHeight, SignedSize, MarketId, Usd } from './quantities.js';
import type { Fill, VenueOrder, VenuePosition } from './order.js';

/** `address/number`, as the venue names a subaccount. */
export interface Subaccount {
  readonly address: string;
  readonly number: number;
}

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
