/**
 * The door before the order rules: a message that is well formed, from a known address that has not
 * sent too many.
 */
import { BlockRateLimit } from './block-rate-limit.js';
import type { ChainLimits, ChainMessage } from '../chain-messages.js';
import type { CheckResult } from '../exchange-types.js';
import type { BatchCancel, CancelOrder, PlaceOrder, SubaccountId } from '../order-terms.js';
import {
  isShortTerm,
  refuse,
  validateBatch,
  validateCancel,
  validatePlace,
} from './validate-basic.js';

/** A batch cancel counts as two messages. */
const BATCH_WEIGHT = 2;

/** What the door knows of those behind it. */
export interface Residents {
  /** The address has an account. */
  hasAccount(owner: string): boolean;
  /** The subaccount exists, or one more would still find room. */
  hasRoom(subaccount: SubaccountId): boolean;
}

export class MessageAdmission {
  readonly #residents: Residents;
  readonly #shortTerm: BlockRateLimit;
  readonly #stateful: BlockRateLimit;
  readonly #leverage: BlockRateLimit;

  constructor(limits: ChainLimits, residents: Residents) {
    this.#residents = residents;
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
        return (
          this.#crowded(message.subaccount) ?? limited(this.#leverage, message.subaccount.owner)
        );
      case 'transfer':
      case 'deposit':
        return this.#crowded(message.to);
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
    const { subaccount } = order.id;
    const limit = isShortTerm(order.id) ? this.#shortTerm : this.#stateful;
    const refusal = validatePlace(order) ?? this.#unknown(subaccount.owner);
    return refusal ?? limited(limit, subaccount.owner) ?? this.#crowded(subaccount);
  }

  /** Stateful cancels are not limited. */
  #cancel(cancel: CancelOrder): CheckResult | undefined {
    const { owner } = cancel.id.subaccount;
    const refusal = validateCancel(cancel) ?? this.#unknown(owner);
    if (refusal !== undefined || !isShortTerm(cancel.id)) return refusal;
    return limited(this.#shortTerm, owner);
  }

  #crowded(subaccount: SubaccountId): CheckResult | undefined {
    return this.#residents.hasRoom(subaccount) ? undefined : CROWDED;
  }

  #unknown(owner: string): CheckResult | undefined {
    return this.#residents.hasAccount(owner)
      ? undefined
      : { code: 9, codespace: 'sdk', log: `account ${owner} does not exist: unknown address` };
  }
}

/** The real chain has no such limit; a node that is full says it like this. */
const CROWDED: CheckResult = {
  code: 20,
  codespace: 'sdk',
  log: 'no room for a further subaccount: mempool is full',
};

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
