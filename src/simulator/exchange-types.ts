/**
 * The vocabulary of the simulated exchange: inputs, outputs and queries of the pure core, in dYdX's
 * own words (quantums, subticks, clob pairs). Hosts decode the wire into inputs and write outputs
 * back.
 */

export interface SubaccountId {
  readonly owner: string;
  readonly number: number;
}

export interface PerpetualMarket {
  readonly ticker: string;
  readonly clobPairId: number;
  readonly atomicResolution: number;
  readonly quantumConversionExponent: number;
  readonly stepBaseQuantums: bigint;
  readonly subticksPerTick: bigint;
  readonly initialMarginPpm: number;
  readonly maintenanceMarginPpm: number;
  readonly openInterestLowerCap: bigint;
  readonly openInterestUpperCap: bigint;
  readonly status: 'ACTIVE' | 'INITIALIZING' | 'FINAL_SETTLEMENT';
}

export const ORDER_FLAGS = { shortTerm: 0, conditional: 32, longTerm: 64, twap: 128 } as const;
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

/** CheckTx answer. Code 0 = received, nothing more. */
export interface CheckResult {
  readonly code: number;
  readonly codespace: string;
  readonly log: string;
}

/** Inputs arrive already decoded and signature-checked. */
export type ExchangeInput =
  | { readonly type: 'place'; readonly order: PlaceOrder }
  | { readonly type: 'cancel'; readonly cancel: CancelOrder }
  | { readonly type: 'batchCancel'; readonly batch: BatchCancel }
  /** Faucet: credits USDC (1e-6) and creates account and subaccount where needed. */
  | { readonly type: 'fund'; readonly subaccount: SubaccountId; readonly quoteQuantums: bigint }
  /** The seeded traders' turn: they look at the books and act. */
  | { readonly type: 'flow'; readonly timeMs: number }
  /** Commits a block: matches become fills, orders expire, oracle prices move. */
  | { readonly type: 'block'; readonly timeMs: number };

export interface BookLevel {
  readonly subticks: bigint;
  readonly quantums: bigint;
}

export type OrderStatus =
  | 'BEST_EFFORT_OPENED'
  | 'OPEN'
  | 'FILLED'
  | 'BEST_EFFORT_CANCELED'
  | 'CANCELED'
  | 'UNTRIGGERED';

export interface ExchangeOrder extends PlaceOrder {
  readonly status: OrderStatus;
  readonly totalFilled: bigint;
  readonly removalReason: string | undefined;
  /** Height of the first fill for short-term orders; undefined before it. */
  readonly createdAtHeight: number | undefined;
  readonly updatedAtHeight: number | undefined;
  readonly updatedAtMs: number | undefined;
}

export interface ExchangeFill {
  /** 24 hex digits: height, transaction index, event index. */
  readonly eventId: string;
  readonly orderId: VenueOrderId | undefined;
  readonly subaccount: SubaccountId;
  readonly clobPairId: number;
  readonly side: OrderSide;
  readonly liquidity: 'TAKER' | 'MAKER';
  readonly type: 'LIMIT';
  readonly quantums: bigint;
  readonly subticks: bigint;
  readonly quoteQuantums: bigint;
  /** 1e-6 USDC, rounded up; negative = rebate. */
  readonly fee: bigint;
  readonly clientMetadata: number;
  readonly height: number;
  readonly timeMs: number;
}

export interface ExchangePosition {
  readonly clobPairId: number;
  /** Signed base quantums. */
  readonly quantums: bigint;
  readonly maxQuantums: bigint;
  /** Σ quantums and Σ quote quantums of the opening and the closing fills of this position. */
  readonly sumOpen: bigint;
  readonly sumOpenQuote: bigint;
  readonly sumClose: bigint;
  readonly sumCloseQuote: bigint;
  readonly openEventId: string;
  readonly createdAtHeight: number;
  readonly createdAtMs: number;
  readonly closed: boolean;
  readonly closedAtMs: number | undefined;
}

export interface ExchangeTrade {
  readonly eventId: string;
  readonly clobPairId: number;
  readonly side: OrderSide;
  readonly quantums: bigint;
  readonly subticks: bigint;
  readonly height: number;
  readonly timeMs: number;
}

/** Integer candle of one resolution (`1MIN` …). */
export interface ExchangeCandle {
  readonly clobPairId: number;
  readonly resolution: string;
  readonly startedAtMs: number;
  readonly open: bigint;
  readonly high: bigint;
  readonly low: bigint;
  readonly close: bigint;
  readonly baseQuantums: bigint;
  readonly quoteQuantums: bigint;
  readonly trades: number;
}

/** What the two publishers (off-chain node, on-chain indexer) would write, in order. */
export type ExchangeOutput =
  /** Absolute new size of a level; 0 removes. */
  | {
      readonly type: 'level';
      readonly clobPairId: number;
      readonly side: OrderSide;
      readonly level: BookLevel;
    }
  /** Off-chain order message: opened, best-effort canceled (with reason), canceled on expiry. */
  | { readonly type: 'order'; readonly order: ExchangeOrder; readonly publisher: 'vulcan' }
  /** One message per order per block: its fills, the order and the position after. */
  | {
      readonly type: 'fills';
      readonly order: ExchangeOrder;
      readonly fills: readonly ExchangeFill[];
      readonly position: ExchangePosition;
      readonly publisher: 'ender';
    }
  | {
      readonly type: 'subaccount';
      readonly subaccount: SubaccountId;
      readonly positions: readonly ExchangePosition[];
      readonly quoteQuantums: bigint;
      readonly publisher: 'ender';
    }
  | {
      readonly type: 'trades';
      readonly clobPairId: number;
      readonly trades: readonly ExchangeTrade[];
    }
  | { readonly type: 'candle'; readonly candle: ExchangeCandle }
  /** USD × 10^-exponent as the oracle module keeps it is simplified to USD × 1e-12 units. */
  | {
      readonly type: 'oracle';
      readonly clobPairId: number;
      readonly priceE12: bigint;
      readonly height: number;
    }
  | { readonly type: 'block'; readonly height: number; readonly timeMs: number };

export interface ApplyResult {
  /** For place, cancel and batchCancel; code 0 for all other inputs. */
  readonly check: CheckResult;
  readonly outputs: readonly ExchangeOutput[];
}

export interface SubaccountView {
  readonly subaccount: SubaccountId;
  readonly quoteQuantums: bigint;
  readonly positions: readonly ExchangePosition[];
  /** Net collateral and initial margin at oracle prices, 1e-6 USDC. */
  readonly equity: bigint;
  readonly initialMargin: bigint;
  readonly maintenanceMargin: bigint;
  readonly updatedAtHeight: number;
}

export interface MarketView {
  readonly market: PerpetualMarket;
  readonly oraclePriceE12: bigint;
  /** Base quantums held long (= held short). */
  readonly openInterest: bigint;
  readonly volume24hQuote: bigint;
  readonly trades24h: number;
  readonly priceChange24hE12: bigint;
}

/** The pure core: no time, no chance but its seed, no input/output. */
export interface Exchange {
  apply(input: ExchangeInput): ApplyResult;
  readonly height: number;
  readonly timeMs: number;
  markets(): readonly MarketView[];
  /** Best first, at most `depth` levels a side; raw, never crossed at one node. */
  book(
    clobPairId: number,
    depth: number,
  ): { readonly bids: readonly BookLevel[]; readonly asks: readonly BookLevel[] };
  subaccount(id: SubaccountId): SubaccountView | undefined;
  /** Account numbers exist once an address was funded. */
  accountNumber(owner: string): number | undefined;
  order(id: VenueOrderId): ExchangeOrder | undefined;
  /** Orders of a subaccount that the indexer still knows, newest last. */
  orders(id: SubaccountId): readonly ExchangeOrder[];
  /** Newest first. */
  fills(id: SubaccountId): readonly ExchangeFill[];
  trades(clobPairId: number): readonly ExchangeTrade[];
  candles(clobPairId: number, resolution: string): readonly ExchangeCandle[];
  closedPositions(id: SubaccountId): readonly ExchangePosition[];
  /** Rolling hash over all inputs and outputs: equal seeds and inputs give equal hashes. */
  hash(): string;
}

export interface ExchangeOptions {
  readonly seed: number;
  readonly markets: readonly PerpetualMarket[];
  /** Starting oracle price of each market by clobPairId, USD × 1e12. */
  readonly oraclePricesE12: ReadonlyMap<number, bigint>;
  readonly startTimeMs: number;
  readonly startHeight: number;
  readonly takerFeePpm: number;
  readonly makerFeePpm: number;
  /** How lively the seeded traders are. */
  readonly preset: 'calm' | 'busy' | 'storm' | 'trend' | 'crash';
}
