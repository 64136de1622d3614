/**
 * Transactions between CheckTx and the block: accepted against the check state, executed in order
 * of arrival, each wholly or not at all.
 */
import { eventIds, type BlockContext } from './block-steps.js';
import type { ChainMessage, ChainTransaction } from '../chain-messages.js';
import { ACCEPTED } from './validate-basic.js';
import type { CheckResult, ExchangeOutput } from '../exchange-types.js';
import type { Delivery, Effects, MoneyModule, OrderModule } from './money-module.js';

/** More than this does not fit into the mempool: it is refused, and may be sent again. */
const PENDING_MAX = 10_000;

export interface TransactionModules {
  readonly money: MoneyModule;
  readonly orders: OrderModule;
  /** Counts a message that is about to be checked; a refusal if its owner has sent too many. */
  readonly admit: (message: ChainMessage) => CheckResult | undefined;
}

export class PendingTransactions {
  readonly #modules: TransactionModules;
  #pending: ChainTransaction[] = [];

  constructor(modules: TransactionModules) {
    this.#modules = modules;
  }

  /** CheckTx: code 0 = it waits for the next block. */
  accept(transaction: ChainTransaction): CheckResult {
    if (this.#pending.length >= PENDING_MAX) {
      return { code: 20, codespace: 'sdk', log: `mempool is full: ${PENDING_MAX} transactions` };
    }
    const { money, orders, admit } = this.#modules;
    const refusal =
      money.checkFee(transaction, this.#pending) ??
      firstRefusal(transaction.messages, admit) ??
      atomically(transaction.messages, (message, effects) =>
        message.type === 'place' || message.type === 'cancel'
          ? orders.check(message, effects)
          : money.check(message),
      );
    if (refusal !== undefined) return refusal;
    this.#pending.push(transaction);
    return ACCEPTED;
  }

  /** Executes what waits, and tells of each whether it succeeded. */
  run(block: BlockContext): void {
    const transactions = this.#pending;
    this.#pending = [];
    for (const [place, transaction] of transactions.entries()) {
      const index = place + 1;
      const result = this.#deliver(block, transaction, index) ?? ACCEPTED;
      const { hash } = transaction;
      block.emit({ type: 'transaction', hash, height: block.height, index, result });
    }
  }

  #deliver(
    block: BlockContext,
    transaction: ChainTransaction,
    index: number,
  ): CheckResult | undefined {
    const { money, orders } = this.#modules;
    const unpaid = money.chargeFee(transaction);
    if (unpaid !== undefined) return unpaid;
    const outputs: ExchangeOutput[] = [];
    const shared = {
      height: block.height,
      timeMs: block.timeMs,
      transactionHash: transaction.hash,
      nextEventId: eventIds(block.height, index),
      emit: (output: ExchangeOutput) => {
        outputs.push(output);
      },
    };
    const refusal = atomically(transaction.messages, (message, effects) => {
      const delivery: Delivery = { ...shared, revert: (undo) => effects.revert(undo) };
      return message.type === 'place' || message.type === 'cancel'
        ? orders.execute(message, delivery)
        : money.execute(message, delivery);
    });
    if (refusal !== undefined) return refusal;
    for (const output of outputs) block.emit(output);
    return undefined;
  }
}

/** At the first refusal everything before it is taken back. */
function atomically(
  messages: readonly ChainMessage[],
  act: (message: ChainMessage, effects: Effects) => CheckResult | undefined,
): CheckResult | undefined {
  const undos: (() => void)[] = [];
  const revert = (undo: () => void): void => {
    undos.push(undo);
  };
  const refusal = firstRefusal(messages, (message) => act(message, { revert }));
  if (refusal !== undefined) for (const undo of undos.toReversed()) undo();
  return refusal;
}

function firstRefusal(
  messages: readonly ChainMessage[],
  check: (message: ChainMessage) => CheckResult | undefined,
): CheckResult | undefined {
  for (const message of messages) {
    const refusal = check(message);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}
