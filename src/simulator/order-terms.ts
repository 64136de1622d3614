/** What orders say, in dYdX's own words: ids, terms, cancels. */

export interface SubaccountId {
  readonly owner: string;
  readonly number: number;
}

/** Suborders are the chain's own: nobody can send them. */
export const ORDER_FLAGS = {
  shortTerm: 0,
  conditional: 32,
  longTerm: 64,
  twap: 128,
  twapSuborder: 256,
} as const;
export type OrderSide = 'BUY' | 'SELL';
export type TimeInForce = 'GTT' | 'IOC' | 'POST_ONLY' | 'FOK';

export interface VenueOrderId {
  readonly subaccount: SubaccountId;
  readonly clientId: number;
  readonly orderFlags: number;
  readonly clobPairId: number;
}

export interface PlaceOrder {
  readonly id: VenueOrderId;
  readonly side: OrderSide;
  readonly quantums: bigint;
  readonly subticks: bigint;
  /** Short-term only; 0 for stateful orders. */
  readonly goodTilBlock: number;
  readonly goodTilBlockTime: number;
  readonly timeInForce: TimeInForce;
  readonly reduceOnly: boolean;
  readonly clientMetadata: number;
  /** Conditional orders only. */
  readonly condition?: OrderCondition | undefined;
  readonly twap?: TwapTerms | undefined;
  readonly builder?: { readonly address: string; readonly feePpm: number } | undefined;
  readonly orderRouterAddress?: string | undefined;
}

/** A buy stop and a sell take-profit trigger from below, the others from above. */
export interface OrderCondition {
  readonly type: 'STOP_LOSS' | 'TAKE_PROFIT';
  readonly triggerSubticks: bigint;
}

export interface TwapTerms {
  readonly durationSeconds: number;
  readonly intervalSeconds: number;
  readonly priceTolerancePpm: number;
}

export interface CancelOrder {
  readonly id: VenueOrderId;
  readonly goodTilBlock: number;
  readonly goodTilBlockTime: number;
}

export interface BatchCancel {
  readonly subaccount: SubaccountId;
  readonly batches: readonly {
    readonly clobPairId: number;
    readonly clientIds: readonly number[];
  }[];
  readonly goodTilBlock: number;
}
