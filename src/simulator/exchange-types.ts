/**
 * The vocabulary of the simulated exchange: inputs, outputs and queries of the pure core, in dYdX's
 * own words (quantums, subticks, clob pairs). Hosts decode the wire into inputs and write outputs
 * back.
 */
import type {
  ChainLimits,
  ChainTransaction,
  ExchangeTransfer,
  FeeTier,
  FundingPayment,
  FundingTick,
  MoneyTotals,
  PnlTick,
  Wallet,
  WalletDenom,
} from './chain-messages.js';
import type {
  SubaccountId,
  OrderSide,
  VenueOrderId,
  PlaceOrder,
  CancelOrder,
  BatchCancel,
} from './order-terms.js';
import type { RecordedMoment } from './recorded-moment.js';

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
  readonly status: MarketStatus;
  /** Isolated: a subaccount with such a position holds no other. */
  readonly marketType: 'CROSS' | 'ISOLATED';
  /** Added to every funding rate: fraction per 8 hours in ppm. */
  readonly defaultFundingPpm: number;
  /** The size at which the premium is measured, 1e-6 USDC. */
  readonly impactNotional: bigint;
}

export type MarketStatus = 'ACTIVE' | 'INITIALIZING' | 'FINAL_SETTLEMENT';

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
  /** Checked now, executed in the next block. */
  | { readonly type: 'transaction'; readonly transaction: ChainTransaction }
  /** Faucet: credits USDC (1e-6) and creates account and subaccount where needed. */
  | { readonly type: 'fund'; readonly subaccount: SubaccountId; readonly quoteQuantums: bigint }
  /** Faucet for wallets: credits a balance and creates the account where needed. */
  | {
      readonly type: 'fundWallet';
      readonly address: string;
      readonly denom: WalletDenom;
      readonly amount: bigint;
    }
  /** Governance or a fault: a market's status or parameters change with the next block. */
  | {
      readonly type: 'market';
      readonly clobPairId: number;
      readonly change: Partial<Omit<PerpetualMarket, 'ticker' | 'clobPairId'>>;
    }
  /** A fault: the oracle price is multiplied by ppm ÷ 1e6 in the next block. */
  | { readonly type: 'oracleJump'; readonly clobPairId: number; readonly ratioPpm: number }
  /**
   * A fault: so many of the next accepted short-term cancels come too late for the proposer. The
   * order is told as best-effort canceled and fills in the next block all the same.
   */
  | { readonly type: 'lateCancels'; readonly count: number }
  /**
   * A fault: so many of the next accepted short-term orders find no match, whatever the book says,
   * and are removed.
   */
  | { readonly type: 'missedMatches'; readonly count: number }
  /** A recording drives the book of a market: see flow/recorded-book.ts for the conventions. */
  | { readonly type: 'recorded'; readonly moment: RecordedMoment }
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

/** LIQUIDATED and DELEVERAGED: the losing side, without an order. */
export type FillType =
  | 'LIMIT'
  | 'LIQUIDATED'
  | 'LIQUIDATION'
  | 'DELEVERAGED'
  | 'OFFSETTING'
  | 'TWAP_SUBORDER';

export interface ExchangeFill {
  /** 24 hex digits: height, transaction index, event index. */
  readonly eventId: string;
  readonly orderId: VenueOrderId | undefined;
  readonly subaccount: SubaccountId;
  readonly clobPairId: number;
  readonly side: OrderSide;
  readonly liquidity: 'TAKER' | 'MAKER';
  readonly type: FillType;
  readonly quantums: bigint;
  readonly subticks: bigint;
  readonly quoteQuantums: bigint;
  /** 1e-6 USDC, rounded up; negative = rebate. Of a liquidated side: to the insurance fund. */
  readonly fee: bigint;
  /** On top of `fee`, to the builder that the order names. */
  readonly builderFee?: bigint | undefined;
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
  /** Funding that this position has received (> 0) or paid, settled, 1e-6 USDC. */
  readonly settledFunding: bigint;
  readonly openEventId: string;
  readonly createdAtHeight: number;
  readonly createdAtMs: number;
  readonly closed: boolean;
  readonly closedAtMs: number | undefined;
}

export interface ExchangeTrade {
  readonly eventId: string;
  readonly type: 'LIMIT' | 'LIQUIDATED' | 'DELEVERAGED' | 'TWAP_SUBORDER';
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
  /** Base quantums held long when the period began. */
  readonly startingOpenInterest: bigint;
  /** Middle of the book at both ends, in half subticks; undefined while a side was empty. */
  readonly midOpen: bigint | undefined;
  readonly midClose: bigint | undefined;
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
  /**
   * Order message: opened, best-effort canceled (with reason), canceled, expired from the off-chain
   * publisher; a conditional order that was placed from the on-chain one, as its whole row.
   */
  | {
      readonly type: 'order';
      readonly order: ExchangeOrder;
      readonly publisher: 'vulcan' | 'ender';
    }
  /** One message per order per block: its fills, the order and the position after. */
  | {
      readonly type: 'fills';
      readonly subaccount: SubaccountId;
      /** Undefined for the liquidated or deleveraged side and its offsetting counterparty. */
      readonly order: ExchangeOrder | undefined;
      readonly fills: readonly ExchangeFill[];
      readonly position: ExchangePosition;
      readonly publisher: 'ender';
    }
  /** After a match: its position has the new size and still the averages of before it. */
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
  /** To every subaccount that takes part. */
  | { readonly type: 'transfer'; readonly transfer: ExchangeTransfer; readonly publisher: 'ender' }
  | { readonly type: 'funding'; readonly tick: FundingTick }
  /** A market's parameters or status have changed. */
  | { readonly type: 'market'; readonly clobPairId: number }
  /** A transaction was executed in this block, well or not. */
  | {
      readonly type: 'transaction';
      readonly hash: string;
      readonly height: number;
      /** Place among the block's transactions; 0 is the block's own operations. */
      readonly index: number;
      readonly result: CheckResult;
    }
  /** USD × 10^-exponent as the oracle module keeps it is simplified to USD × 1e-12 units. */
  | {
      readonly type: 'oracle';
      readonly clobPairId: number;
      readonly priceE12: bigint;
      readonly height: number;
    }
  | { readonly type: 'block'; readonly height: number; readonly timeMs: number };

export interface ApplyResult {
  /** For place, cancel, batchCancel and transaction; code 0 for all other inputs. */
  readonly check: CheckResult;
  readonly outputs: readonly ExchangeOutput[];
}

export interface SubaccountView {
  readonly subaccount: SubaccountId;
  /** Settled balance. */
  readonly quoteQuantums: bigint;
  /** Funding since each position was last settled, by clobPairId; counted in `equity`. */
  readonly unsettledFunding: ReadonlyMap<number, bigint>;
  readonly positions: readonly ExchangePosition[];
  /** The market's funding index at which each position was settled last, by clobPairId. */
  readonly fundingIndexes: ReadonlyMap<number, bigint>;
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
  /** Σ of all funding ticks: quote quantums per base quantum × 1e6. */
  readonly fundingIndex: bigint;
  /** Prediction for the running hour, fraction × 1e12; positive: longs pay shorts. */
  readonly nextFundingRate1hE12: bigint;
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
  wallet(address: string): Wallet;
  /** Newest first, as all lists below. */
  transfers(id: SubaccountId): readonly ExchangeTransfer[];
  fundingPayments(id: SubaccountId): readonly FundingPayment[];
  fundingHistory(clobPairId: number): readonly FundingTick[];
  pnlTicks(id: SubaccountId): readonly PnlTick[];
  feeTiers(): readonly FeeTier[];
  feeTierOf(owner: string): FeeTier;
  /** Traded by an address within 30 days, 1e-6 USDC. */
  volume30d(owner: string): bigint;
  limits(): ChainLimits;
  /** Custom initial margin fractions by clobPairId, ppm. */
  leverage(id: SubaccountId): ReadonlyMap<number, number>;
  totals(): MoneyTotals;
  /** Rolling hash over all inputs and outputs: equal seeds and inputs give equal hashes. */
  hash(): string;
}
