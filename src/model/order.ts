/**
 * Orders from intent to end: what is wanted, what was approved, what was sent, what became of it.
 */
import type { Side } from './book.js';
import type { Decision, Reason } from './decision.js';
import type { Lifetime, StatefulTerms } from './stateful-order.js';
import {
  signedSize,
  type BlockHeight,
  type ClientId,
  type FillId,
  type MarketId,
  type OrderId,
  type Price,
  type SignedSize,
  type Size,
  type UnixMs,
  type Usd,
} from './quantities.js';

export const TIMES_IN_FORCE = ['ioc', 'gtt', 'postOnly'] as const;
export type TimeInForce = (typeof TIMES_IN_FORCE)[number];

/** What a position machine asks for; price and size are added by execution. */
export type Wish =
  | {
      readonly purpose: 'entry';
      /** Becomes the intent's id: `<strategy>/<market>/<epoch>.<n>`. */
      readonly wishId: string;
      readonly strategy: string;
      readonly market: MarketId;
      readonly decision: Decision;
    }
  | {
      readonly purpose: 'exit';
      readonly wishId: string;
      readonly strategy: string;
      readonly market: MarketId;
      /** The position to be closed. */
      readonly position: SignedSize;
      readonly reason: Reason;
    };

/** A wish with exact numbers. Prices and sizes are exact and already on tick and step. */
export interface OrderIntent {
  /** The wish's id. Never reused within a journal. */
  readonly intentId: string;
  readonly strategy: string;
  readonly market: MarketId;
  readonly side: Side;
  readonly size: Size;
  readonly limitPrice: Price;
  readonly timeInForce: TimeInForce;
  /** Absent for short-term orders, which live in the validators' memory. */
  readonly lifetime?: Lifetime;
  readonly reduceOnly: boolean;
  readonly purpose: 'entry' | 'exit';
  readonly reasons: readonly Reason[];
  readonly newestFrameAt: UnixMs;
  readonly decidedAt: UnixMs;
  readonly heldMs: number;
}

declare const approved: unique symbol;
/** Proof that the pre-trade checks passed. Only `src/risk/pre-trade.ts` makes one. */
export type Approved<T> = T & { readonly [approved]: true };

/** Why we refused our own order. Codes are stable; the text carries the numbers. */
export interface Denial {
  readonly code: DenialCode;
  readonly message: string;
}

export const DENIAL_CODES = [
  'risk.halted',
  'risk.reducing',
  'permission.closed',
  'market.unknown',
  'market.inactive',
  'market.isolated',
  'position.foreign',
  'book.not-live',
  'book.old',
  'oracle.missing',
  'oracle.old',
  'decision.old',
  'size.invalid',
  'price.invalid',
  'price.collar',
  'limit.order-notional',
  'limit.position-notional',
  'limit.exposure',
  'limit.order-rate',
  'limit.working-orders',
  'limit.unknown',
  'limit.block-rate',
  'limit.equity-tier',
  'order.fills-forgotten',
  'order.not-working',
  'reduce-only.would-grow',
  'duplicate.intent',
  'free-collateral',
] as const;
/** Of a verdict to enter, before it is a wish: its strategy may not act on it. */
export const ENTRY_DENIAL_CODES = ['strategy.paused', 'strategy.cold', 'strategy.full'] as const;

export type DenialCode = (typeof DENIAL_CODES)[number] | (typeof ENTRY_DENIAL_CODES)[number];

/** What goes to the signer. `orderId` is computed before the send and is the key of everything. */
export interface OrderRequest {
  readonly orderId: OrderId;
  readonly clientId: ClientId;
  readonly intentId: string;
  readonly strategy: string;
  readonly market: MarketId;
  readonly side: Side;
  readonly size: Size;
  readonly price: Price;
  readonly timeInForce: TimeInForce;
  readonly reduceOnly: boolean;
  readonly purpose: 'entry' | 'exit';
  /** Short-term orders die with this height; `NO_BLOCK` for stateful ones. */
  readonly goodTilBlock: BlockHeight;
  /** Set for orders that live on chain. */
  readonly stateful?: StatefulTerms;
  readonly newestFrameAt: UnixMs;
  readonly heldMs: number;
}

export interface CancelRequest {
  readonly orderId: OrderId;
  readonly clientId: ClientId;
  readonly market: MarketId;
  /** Never below the order's: a smaller one would be reported as canceled and cancel nothing. */
  readonly goodTilBlock: BlockHeight;
  /** Of the order: its kind is part of its id, and its time is the least that the cancel needs. */
  readonly stateful?: StatefulTerms;
}

/** How an order ended. */
export const ORDER_ENDS = ['filled', 'canceled', 'expired', 'rejected', 'denied'] as const;
export type OrderEnd = (typeof ORDER_ENDS)[number];

export type Liquidity = 'maker' | 'taker';
export const FILL_TYPES = [
  'LIMIT',
  'LIQUIDATED',
  'LIQUIDATION',
  'DELEVERAGED',
  'OFFSETTING',
  'TWAP_SUBORDER',
] as const;
export type FillType = (typeof FILL_TYPES)[number];

/** One fill, final the moment it is published. */
export interface Fill {
  readonly fillId: FillId;
  /** Absent for liquidations and deleveraging of our own position. */
  readonly orderId: OrderId | undefined;
  readonly market: MarketId;
  readonly side: Side;
  readonly size: Size;
  readonly price: Price;
  /** Negative = rebate. */
  readonly fee: Usd;
  readonly liquidity: Liquidity;
  readonly type: FillType;
  readonly height: BlockHeight;
  readonly at: UnixMs;
}

/** What a fill adds to the position: positive for a buy. */
export const signedFillSize = (fill: Fill): SignedSize =>
  signedSize(fill.side === 'buy' ? fill.size : 0n - fill.size);

/** The venue's word on an order, as every channel gives it. */
export const VENUE_ORDER_STATUSES = [
  'bestEffortOpened',
  'open',
  'filled',
  'bestEffortCanceled',
  'canceled',
  'untriggered',
] as const;
export type VenueOrderStatus = (typeof VENUE_ORDER_STATUSES)[number];

export interface VenueOrder {
  readonly orderId: OrderId;
  readonly clientId: ClientId;
  readonly market: MarketId;
  readonly status: VenueOrderStatus;
  /** Absent in best-effort messages: unknown, not zero. */
  readonly totalFilled: Size | undefined;
  readonly removalReason: string | undefined;
  readonly goodTilBlock: BlockHeight | undefined;
}

/** The venue's own figure for a position, to check ours against. */
export interface VenuePosition {
  readonly market: MarketId;
  readonly size: SignedSize;
}
