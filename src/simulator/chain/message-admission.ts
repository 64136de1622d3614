/**
 * The door before the order rules: a message that is well formed, from a known address that has not
 * sent too many.
 */
import { BlockRateLimit } from './block-rate-limit.js';
import type { ChainLimits, ChainMessage } from '../chain-messages.js';
import type { CheckResult } from '../exchange-types.js';
import type { BatchCancel, CancelOrder, PlaceOrder } from '../order-terms.js';
import {
  isShortTerm,
  refuse,
  validateBatch,
  validateCancel,
  validatePlace,
} from './validate-basic.js';

/** A batch cancel counts as two messages. */
const BATCH_WEIGHT = 2;

export class MessageAdmission {
  readonly #hasAccount: (owner: string) => boolean;
  readonly #shortTerm: BlockRateLimit;
  readonly #stateful: BlockRateLimit;
  readonly #leverage: BlockRateLimit;

  constructor(limits: ChainLimits, hasAccount: (owner: string) => boolean) {
    this.#hasAccount = hasAccount;
    this.#shortTerm = new BlockRateLimit(limits.shortTerm);
    this.#stateful = new BlockRateLimit(limits.stateful);
    this.#leverage = new BlockRateLimit(limits.leverage ?? []);
  }

  /** Each answers a refusal or nothing. */
  place(order: PlaceOrder): CheckResult | undefined {
    return this.#place(order) ?? (isShortTerm(order.id) ? undefined : NEEDS_TRANSACTION);
  }

  cancel(cancel: CancelOrder): CheckResult | undefined {
    return this.#cancel(cancel) ?? (isShortTerm(cancel.id) ? undefined : NEEDS_TRANSACTION);
  }

  batchCancel(batch: BatchCancel): CheckResult | undefined {
    const { owner } = batch.subaccount;
    const refusal = validateBatch(batch) ?? this.#unknown(owner);
    return refusal ?? limited(this.#shortTerm, owner, BATCH_WEIGHT);
  }

  /** A message of a transaction that needs a sequence. */
  inTransaction(message: ChainMessage): CheckResult | undefined {
    switch (message.type) {
      case 'place':
        return isShortTerm(message.order.id) ? SHORT_TERM : this.#place(message.order);
      case 'cancel':
        return isShortTerm(message.cancel.id) ? SHORT_TERM : this.#cancel(message.cancel);
      case 'updateLeverage':
        return limited(this.#leverage, message.subaccount.owner);
      case 'transfer':
      case 'deposit':
      case 'withdraw':
      case 'send':
        return undefined;
    }
  }

  /** A block has committed. */
  advance(): void {
    this.#shortTerm.advance();
    this.#stateful.advance();
    this.#leverage.advance();
  }

  #place(order: PlaceOrder): CheckResult | undefined {
    const { owner } = order.id.subaccount;
    const limit = isShortTerm(order.id) ? this.#shortTerm : this.#stateful;
    return validatePlace(order) ?? this.#unknown(owner) ?? limited(limit, owner);
  }

  /** Stateful cancels are not limited. */
  #cancel(cancel: CancelOrder): CheckResult | undefined {
    const { owner } = cancel.id.subaccount;
    const refusal = validateCancel(cancel) ?? this.#unknown(owner);
    if (refusal !== undefined || !isShortTerm(cancel.id)) return refusal;
    return limited(this.#shortTerm, owner);
  }

  #unknown(owner: string): CheckResult | undefined {
    return this.#hasAccount(owner)
      ? undefined
      : { code: 9, codespace: 'sdk', log: `account ${owner} does not exist: unknown address` };
  }
}

const SHORT_TERM: CheckResult = {
  code: 18,
  codespace: 'sdk',
  log: 'a short-term order or cancel must be the only message of its transaction',
};

const NEEDS_TRANSACTION: CheckResult = {
  code: 18,
  codespace: 'sdk',
  log: 'a stateful order or cancel needs a transaction with a sequence',
};

function limited(limit: BlockRateLimit, owner: string, weight = 1): CheckResult | undefined {
  const broken = limit.exceeded(owner, weight);
  if (broken === undefined) return undefined;
  const { blocks, count } = broken;
  return refuse(
    5001,
    `block rate limit of ${owner}: expected ≤ ${broken.limit} in ${blocks} blocks, was ${count}`,
  );
}
