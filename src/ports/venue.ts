/**
 * The venue as execution and reconciliation see it: sends are fire-and-forget, answers are inputs.
 */
import type { Observable } from 'rxjs';
import type {
  AccountSnapshot,
  Compliance,
  FamilyMember,
  FundingPayment,
  Transfer,
} from '../model/account.js';
import type { LevelChange } from '../model/events.js';
import type { Candle } from '../model/book.js';
import type { MarketSpec } from '../model/market.js';
import type { CancelRequest, Fill, OrderRequest, VenueOrder } from '../model/order.js';
import type {
  BlockHeight,
  MarketId,
  OpenInterest,
  OrderId,
  OraclePrice,
  UnixMs,
  Usd,
} from '../model/quantities.js';
import type { VenueLimits } from '../model/venue-limits.js';

/** Nothing is tried again by itself: it is for who reads, and for the next decision. */
export type Remedy =
  | 'fresh-height'
  | 'smaller-good-til-block'
  | 'new-good-til-time'
  | 'market-parameters'
  | 'market-status'
  | 'new-price'
  | 'next-block'
  | 'rate-window'
  | 'collateral'
  | 'equity'
  | 'account'
  | 'other-node';

export type SendAnswer =
  /**
   * The node accepted the message: received, not resting. `broadcastAt` = the call of broadcast.
   */
  | { readonly type: 'accepted'; readonly txHash: string; readonly broadcastAt: UnixMs }
  /** The venue's definitive no; `remedy`: what would have to change for the same to be taken. */
  | {
      readonly type: 'rejected';
      readonly code: string;
      readonly message: string;
      readonly remedy?: Remedy;
    }
  /** Bytes may have left; nobody knows. */
  | { readonly type: 'unknown'; readonly reason: string }
  /** Certainly not sent: permission expired before signing, signer not ready. */
  | { readonly type: 'unsent'; readonly reason: string };

/**
 * All Observables are cold, emit once and complete; they never error (sends) or error with
 * a `Failure` (reads).
 */
export interface VenuePort {
  place(request: OrderRequest, expiresAt: UnixMs): Observable<SendAnswer>;
  cancel(request: CancelRequest): Observable<SendAnswer>;
  /**
   * Up to 100 short-term orders by one message. The venue's yes says nothing of any of them.
   * Those in markets that are not known are left out; `unsent` when all are.
   */
  batchCancel(requests: readonly CancelRequest[]): Observable<SendAnswer>;
  /** 404 is a normal answer: undefined. */
  order(id: OrderId): Observable<VenueOrder | undefined>;
  openOrders(): Observable<readonly VenueOrder[]>;
  /** Newest first, complete down to `since` (inclusive). */
  fillsSince(since: BlockHeight): Observable<readonly Fill[]>;
  account(): Observable<AccountSnapshot | undefined>;
  /** Our subaccount's parent and all of its children; undefined: none was ever funded. */
  family(): Observable<VenueFamily | undefined>;
  /** Oldest first, complete from `since` (inclusive) on; rows come a minute after their hour. */
  fundingPayments(since: UnixMs): Observable<readonly FundingPayment[]>;
  /** Oldest first, complete from `since` (inclusive) on. */
  transfers(since: BlockHeight): Observable<readonly Transfer[]>;
  /** Whether the venue serves our address. */
  compliance(): Observable<Compliance>;
  /** Height that the indexer has processed. */
  indexerHeight(): Observable<BlockHeight>;
  /** Height that the chain has committed, as our node sees it. */
  chainHeight(): Observable<BlockHeight>;
  /** What governance lets this account do now. */
  limits(): Observable<VenueLimits>;
  markets(): Observable<readonly VenueMarket[]>;
  book(
    market: MarketId,
  ): Observable<{ readonly bids: readonly LevelChange[]; readonly asks: readonly LevelChange[] }>;
  /** One-minute candles, oldest first. */
  candles(market: MarketId, limit: number): Observable<readonly Candle[]>;
}

/** All that the venue says of a family, and what it is valued with, of about one moment. */
export interface VenueFamily {
  /** Sums over the members. */
  readonly equity: Usd;
  readonly freeCollateral: Usd;
  readonly members: readonly FamilyMember[];
  readonly markets: readonly VenueMarket[];
}

export interface VenueMarket {
  readonly spec: MarketSpec;
  readonly oracle: OraclePrice | undefined;
  readonly openInterest?: OpenInterest | undefined;
}
