/**
 * The holder of the trading key: typed requests in, broadcast results out; the key never leaves.
 */
import type { Observable } from 'rxjs';
import type { MarketSpec } from '../model/market.js';
import type { CancelRequest, OrderRequest } from '../model/order.js';
import type { BlockHeight, ClientId, UnixMs } from '../model/quantities.js';
import type { SendAnswer } from './venue.js';

/** Short-term orders to be canceled by one message. The venue's yes says nothing of any of them. */
export interface BatchCancelRequest {
  readonly cancels: readonly {
    readonly spec: MarketSpec;
    readonly clientIds: readonly ClientId[];
  }[];
  readonly goodTilBlock: BlockHeight;
}

export interface Signer {
  /** bech32 address of the account that is traded. */
  readonly address: string;
  /** Refuses to sign once `expiresAt` has passed (`unsent`). Never errors. */
  place(request: OrderRequest, spec: MarketSpec, expiresAt: UnixMs): Observable<SendAnswer>;
  cancel(request: CancelRequest, spec: MarketSpec): Observable<SendAnswer>;
  batchCancel(request: BatchCancelRequest): Observable<SendAnswer>;
  close(): Promise<void>;
}
