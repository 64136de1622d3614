/**
 * What the chain asks of whoever keeps the money, while it checks and executes transactions. A
 * transaction happens wholly or not at all: whoever changes state says how to take it back.
 */
import type { Block } from './block-steps.js';
import type { ChainMessage, ChainTransaction } from '../chain-messages.js';
import type { CheckResult, ExchangeOutput } from '../exchange-types.js';

export type MoneyMessage = Exclude<ChainMessage, { readonly type: 'place' | 'cancel' }>;
export type OrderMessage = Extract<ChainMessage, { readonly type: 'place' | 'cancel' }>;

export interface Effects {
  /** How to take back what was just done, should a later message fail; run newest first. */
  revert(undo: () => void): void;
}

/** One transaction while its block executes it. */
export interface Delivery extends Effects, Block {
  readonly transactionHash: string;
  nextEventId(): string;
  /** Told only if the whole transaction succeeds. */
  emit(output: ExchangeOutput): void;
}

/** Each method answers a refusal or nothing. */
export interface MoneyModule {
  /** Only shape: CheckTx does not execute. */
  check(message: MoneyMessage): CheckResult | undefined;
  /** Can the payer pay, after the fees of the transactions that wait for the block? */
  checkFee(
    transaction: ChainTransaction,
    pending: readonly ChainTransaction[],
  ): CheckResult | undefined;
  /** Never taken back: a transaction that fails pays as well. */
  chargeFee(transaction: ChainTransaction): CheckResult | undefined;
  execute(message: MoneyMessage, delivery: Delivery): CheckResult | undefined;
}

export interface OrderModule {
  check(message: OrderMessage, effects: Effects): CheckResult | undefined;
  execute(message: OrderMessage, delivery: Delivery): CheckResult | undefined;
}
