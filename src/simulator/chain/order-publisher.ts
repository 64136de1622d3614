/**
 * The off-chain publisher: turns what happens in the node's memory into order messages and book
 * levels. Seeded traders' orders are only seen in the levels.
 */
import { orderKey } from './check-tx.js';
import type { Clearing } from './clearing.js';
import type { BookLevel, ExchangeOrder, ExchangeOutput } from '../exchange-types.js';
import type { EngineListener, OptimisticMatch, RemovalReason } from './order-matcher.js';
import type { LiveOrder } from './memclob.js';
import { ORDER_FLAGS, type CancelOrder, type OrderSide } from '../order-terms.js';
import type { SubaccountRecords } from './subaccount-records.js';
import { isShortTerm } from './validate-basic.js';

export interface OrderPublisherOptions {
  readonly clearing: Clearing;
  readonly records: SubaccountRecords;
  readonly emit: (output: ExchangeOutput) => void;
  /** What was filled of a short-term order, optimistic matches included. */
  readonly filled: (key: string) => bigint;
  /** The book has dropped a stateful order by itself. */
  readonly dropped: (order: LiveOrder, reason: RemovalReason) => void;
  readonly remember: (match: OptimisticMatch) => void;
}

/** The chain has told of these ends itself. */
const TOLD_BY_CHAIN: ReadonlySet<RemovalReason> = new Set([
  'EXPIRED',
  'USER_CANCELED',
  'FINAL_SETTLEMENT',
]);

export class OrderPublisher implements EngineListener {
  readonly #options: OrderPublisherOptions;
  #matches: OptimisticMatch[] = [];

  constructor(options: OrderPublisherOptions) {
    this.#options = options;
  }

  /** The matches since the last call: the next block's operations. */
  takeMatches(): readonly OptimisticMatch[] {
    const matches = this.#matches;
    this.#matches = [];
    return matches;
  }

  opened(order: LiveOrder): void {
    if (order.account.seeded) return;
    this.#tell(this.#options.records.of(order.account).opened(order));
  }

  removed(order: LiveOrder, reason: RemovalReason): void {
    if (order.account.seeded) return;
    const { id } = order.placed;
    if (!isShortTerm(id)) {
      if (TOLD_BY_CHAIN.has(reason)) return;
      this.#options.dropped(order, reason);
      if (id.orderFlags === ORDER_FLAGS.twapSuborder) return;
    }
    const status = reason === 'EXPIRED' ? 'CANCELED' : 'BEST_EFFORT_CANCELED';
    const record = this.#options.records.of(order.account);
    const removed = record.removed(order.key, { status, reason });
    if (removed !== undefined) this.#tell({ ...removed, totalFilled: order.filled });
  }

  /** The indexer reports every accepted cancel, except of orders whose end it has seen. */
  canceledElsewhere({ id, goodTilBlock }: CancelOrder): void {
    const { clearing, records, filled } = this.#options;
    if (clearing.account(id.subaccount)?.seeded === true) return;
    const key = orderKey(id);
    const record = records.find(id.subaccount);
    const known = record?.order(key);
    if (record === undefined || known === undefined) {
      this.#tell({ ...UNSEEN, id, goodTilBlock });
      return;
    }
    const totalFilled = filled(key);
    if (totalFilled >= known.quantums) return;
    const status = 'BEST_EFFORT_CANCELED';
    const removed = record.removed(key, { status, reason: 'USER_CANCELED' });
    if (removed !== undefined) this.#tell({ ...removed, totalFilled });
  }

  level(clobPairId: number, side: OrderSide, level: BookLevel): void {
    this.#options.emit({ type: 'level', clobPairId, side, level });
  }

  matched(match: OptimisticMatch): void {
    this.#options.remember(match);
    this.#matches.push(match);
  }

  #tell(order: ExchangeOrder): void {
    this.#options.emit({ type: 'order', order, publisher: 'vulcan' });
  }
}

/** What is told of a canceled order that was never seen: its id and that it has no size. */
const UNSEEN = {
  side: 'BUY',
  quantums: 0n,
  subticks: 0n,
  goodTilBlockTime: 0,
  timeInForce: 'GTT',
  reduceOnly: false,
  clientMetadata: 0,
  status: 'BEST_EFFORT_CANCELED',
  totalFilled: 0n,
  removalReason: 'ORDER_REMOVAL_REASON_USER_CANCELED',
  createdAtHeight: undefined,
  updatedAtHeight: undefined,
  updatedAtMs: undefined,
} as const;
