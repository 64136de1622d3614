/**
 * What a transaction can ask of the simulated chain besides short-term orders, and what its money
 * modules remember. Everything here needs a sequence (or a timestamp in its place) and takes effect
 * in a block, in the order of arrival.
 */
import type { CancelOrder, PlaceOrder, SubaccountId } from './order-terms.js';

/** Executed together or not at all. Authenticators are kept by the transaction layer itself. */
export type ChainMessage =
  /** Conditional, long-term or TWAP order. */
  | { readonly type: 'place'; readonly order: PlaceOrder }
  | { readonly type: 'cancel'; readonly cancel: CancelOrder }
  | {
      readonly type: 'transfer';
      readonly from: SubaccountId;
      readonly to: SubaccountId;
      /** 1e-6 USDC. */
      readonly quoteQuantums: bigint;
    }
  | {
      readonly type: 'deposit';
      readonly fromAddress: string;
      readonly to: SubaccountId;
      readonly quoteQuantums: bigint;
    }
  | {
      readonly type: 'withdraw';
      readonly from: SubaccountId;
      readonly toAddress: string;
      readonly quoteQuantums: bigint;
    }
  /** Wallet to wallet. */
  | {
      readonly type: 'send';
      readonly fromAddress: string;
      readonly toAddress: string;
      readonly denom: WalletDenom;
      readonly amount: bigint;
    }
  | {
      readonly type: 'updateLeverage';
      readonly subaccount: SubaccountId;
      readonly entries: readonly { readonly clobPairId: number; readonly customImfPpm: number }[];
    };

export type WalletDenom = 'usdc' | 'native';

/** 1e-6 USDC, and 1e-18 of the chain's own coin. */
export interface Wallet {
  readonly usdc: bigint;
  readonly native: bigint;
}

export interface ChainTransaction {
  /** Upper-case hex SHA-256 of the bytes. */
  readonly hash: string;
  /** May be empty: a transaction that only concerns its own layer. */
  readonly messages: readonly ChainMessage[];
  /** Who pays, and how much; order messages are free. */
  readonly feePayer: string;
  readonly feeDenom: WalletDenom;
  readonly fee: bigint;
}

/** One movement of money into, out of or between subaccounts. */
export interface ExchangeTransfer {
  readonly eventId: string;
  /** A wallet has no number. */
  readonly sender: { readonly address: string; readonly number: number | undefined };
  readonly recipient: { readonly address: string; readonly number: number | undefined };
  readonly quoteQuantums: bigint;
  readonly height: number;
  readonly timeMs: number;
  readonly transactionHash: string;
}

/** One market's funding of one hour. */
export interface FundingTick {
  readonly clobPairId: number;
  /** Fraction per hour × 1e12; positive: longs pay shorts. */
  readonly rate1hE12: bigint;
  readonly priceE12: bigint;
  readonly height: number;
  readonly timeMs: number;
}

/** What one position paid (< 0) or received (> 0) at one funding tick. */
export interface FundingPayment {
  readonly clobPairId: number;
  /** Signed, as held at the tick. */
  readonly quantums: bigint;
  readonly rate1hE12: bigint;
  readonly priceE12: bigint;
  readonly payment: bigint;
  /** The market's index after the tick, quote quantums per base quantum × 1e6. */
  readonly fundingIndex: bigint;
  readonly height: number;
  readonly timeMs: number;
}

/** An hourly look at one subaccount, 1e-6 USDC. */
export interface PnlTick {
  readonly equity: bigint;
  readonly totalPnl: bigint;
  readonly netTransfers: bigint;
  readonly height: number;
  readonly timeMs: number;
}

/** One step of the fee schedule: 30-day volume of an address and what it pays. */
export interface FeeTier {
  readonly name: string;
  /** Maker and taker volume of 30 days, 1e-6 USDC, from which the tier applies. */
  readonly volumeRequired: bigint;
  readonly takerFeePpm: number;
  readonly makerFeePpm: number;
}

/** How many stateful orders a subaccount may have open, by net collateral (1e-6 USDC). */
export interface EquityTier {
  readonly collateralRequired: bigint;
  readonly limit: number;
}

/** At most `limit` within `blocks`, per owner. */
export interface RateLimitRule {
  readonly blocks: number;
  readonly limit: number;
}

export interface ChainLimits {
  readonly shortTerm: readonly RateLimitRule[];
  readonly stateful: readonly RateLimitRule[];
  /** Leverage updates; none: unlimited. */
  readonly leverage?: readonly RateLimitRule[] | undefined;
  readonly equityTiers: readonly EquityTier[];
}

/** Where all money is. Σ of all fields = everything ever paid in; never changes otherwise. */
export interface MoneyTotals {
  readonly subaccounts: bigint;
  readonly wallets: bigint;
  readonly fees: bigint;
  readonly insurance: bigint;
  /** Funding that some have paid and others have not yet been paid. */
  readonly fundingPool: bigint;
  /** What roundings left over. */
  readonly dust: bigint;
  readonly paidIn: bigint;
}
