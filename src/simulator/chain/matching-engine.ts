/**
 * A node's memory of short-term orders: checks them, has them matched at once, and forgets orders,
 * cancels and fills 41, 41 and 81 blocks after their last change at most; the block rate limit
 * bounds how many come.
 */
import {
  SHORT_BLOCK_WINDOW,
  checkCancel,
  checkPlace,
  orderKey,
  type CheckContext,
} from './check-tx.js';
import type { Clearing } from './clearing.js';
import type { MarginState } from './margin.js';
import type { CheckResult, PerpetualMarket } from '../exchange-types.js';
import type { BatchCancel, CancelOrder, PlaceOrder, SubaccountId } from '../order-terms.js';
import { HeightMemory } from './height-memory.js';
import { ACCEPTED, refuse } from './validate-basic.js';
import { opposite, remaining, type LiveOrder, type Memclob } from './memclob.js';
import { OrderMatcher, type EngineListener, type OptimisticMatch } from './order-matcher.js';
import { oracleSubticks } from './oracle-price.js';

/** Who else could take an order that the proposer still held when its cancel came. */
const LATE_TAKER: SubaccountId = { owner: 'exchange/late-taker', number: 0 };
/** 1e-6 USDC, paid in before each late match: the taker never lacks collateral. */
const LATE_TAKER_FUNDS = 10_000_000_000_000_000n;

/** What went wrong on the way to the proposer; nothing, usually. */
export interface Mishap {
  /** The cancel comes too late: the order is filled all the same. */
  readonly late?: boolean;
  /** The order finds no match, whatever the book says. */
  readonly missed?: boolean;
}

export class MatchingEngine implements CheckContext {
  readonly #clearing: Clearing;
  /** The books, which hold orders of all kinds. */
  readonly matcher: OrderMatcher;
  readonly #listener: EngineListener;
  readonly #markets = new Map<number, MarginState>();
  /** Also those that have left the book, until their last block. */
  readonly #placed = new HeightMemory<LiveOrder>();
  readonly #canceled = new HeightMemory<number>();
  readonly #filled = new HeightMemory<bigint>();
  /** Matched since the last block, by key. */
  readonly #matched = new Map<string, PlaceOrder>();
  nextHeight: number;

  constructor(options: {
    readonly clearing: Clearing;
    readonly margins: readonly MarginState[];
    readonly nextHeight: number;
    readonly listener: EngineListener;
  }) {
    this.#clearing = options.clearing;
    this.matcher = new OrderMatcher(options);
    this.#listener = options.listener;
    this.nextHeight = options.nextHeight;
    for (const state of options.margins) this.#markets.set(state.market.clobPairId, state);
  }

  /** Orders, cancels and fills that are remembered now. */
  get memorySize(): number {
    return this.#placed.size + this.#canceled.size + this.#filled.size;
  }

  book(clobPairId: number): Memclob {
    return this.matcher.book(clobPairId);
  }

  market(clobPairId: number): PerpetualMarket | undefined {
    return this.#markets.get(clobPairId)?.market;
  }

  oracleSubticks(clobPairId: number): bigint {
    const { market, oraclePriceE12 } = this.#clearing.margin(clobPairId);
    return oracleSubticks(market, oraclePriceE12);
  }

  canceledUntil(key: string): number | undefined {
    return this.#canceled.get(key);
  }

  resting(key: string): LiveOrder | undefined {
    const order = this.#placed.get(key);
    return order?.isResting === true ? order : undefined;
  }

  matched(key: string): PlaceOrder | undefined {
    return this.#matched.get(key);
  }

  filled(key: string): bigint {
    return this.#filled.get(key) ?? 0n;
  }

  position(subaccount: SubaccountId, clobPairId: number): bigint {
    return this.#clearing.account(subaccount)?.positions.get(clobPairId) ?? 0n;
  }

  place(placed: PlaceOrder, { missed = false }: Mishap = {}): CheckResult {
    const refusal = checkPlace(placed, this);
    if (refusal !== undefined) return refusal;
    const key = orderKey(placed.id);
    const old = this.resting(key);
    if (old !== undefined) this.matcher.remove(old, 'REPLACED');
    const order: LiveOrder = {
      key,
      // A subaccount that was never funded may place: its orders just find no collateral.
      account: this.#clearing.open(placed.id.subaccount),
      placed,
      filled: this.filled(key),
      isResting: false,
    };
    this.#placed.set(key, order, placed.goodTilBlock);
    this.#listener.opened(order);
    if (missed) {
      const isImmediate = placed.timeInForce === 'IOC';
      const reason = isImmediate ? 'IMMEDIATE_OR_CANCEL_WOULD_REST_ON_BOOK' : 'INTERNAL_ERROR';
      this.#listener.removed(order, reason);
      return ACCEPTED;
    }
    switch (this.matcher.enter(order)) {
      case 'POST_ONLY_WOULD_CROSS_MAKER_ORDER':
        return refuse(2003, 'post-only order would cross one or more maker orders');
      case 'VIOLATES_ISOLATED_SUBACCOUNT_CONSTRAINTS':
        return refuse(2005, 'order would violate isolated subaccount constraints');
      default:
        return ACCEPTED;
    }
  }

  cancel(cancel: CancelOrder, { late = false }: Mishap = {}): CheckResult {
    const refusal = checkCancel(cancel, this);
    if (refusal !== undefined) return refusal;
    const key = orderKey(cancel.id);
    this.#canceled.set(key, cancel.goodTilBlock, cancel.goodTilBlock);
    const order = this.resting(key);
    if (order !== undefined && cancel.goodTilBlock >= order.placed.goodTilBlock) {
      this.matcher.remove(order, 'USER_CANCELED');
      if (late) this.#takeLate(order);
    } else {
      this.#listener.canceledElsewhere(cancel);
    }
    return ACCEPTED;
  }

  /** Whether a cancel of this order would remove it now. */
  wouldCancel({ id, goodTilBlock }: CancelOrder): boolean {
    const order = this.resting(orderKey(id));
    return order !== undefined && goodTilBlock >= order.placed.goodTilBlock;
  }

  /** Always accepted: what became of the single cancels is never told. */
  batchCancel({ subaccount, batches, goodTilBlock }: BatchCancel): CheckResult {
    for (const { clobPairId, clientIds } of batches) {
      for (const clientId of clientIds) {
        const id = { subaccount, clientId, orderFlags: 0, clobPairId };
        this.cancel({ id, goodTilBlock, goodTilBlockTime: 0 });
      }
    }
    return ACCEPTED;
  }

  /** A match is remembered by both of its short-term orders. */
  remember({ taker, maker }: OptimisticMatch): void {
    for (const { key, filled, placed } of [taker, maker]) {
      if (placed.id.orderFlags !== 0) continue;
      this.#filled.set(key, filled, placed.goodTilBlock + SHORT_BLOCK_WINDOW);
      this.#matched.set(key, placed);
    }
  }

  /** Block `height` has committed: what was good until then is over. */
  expire(height: number): void {
    for (const order of this.#placed.expire(height)) {
      if (order.isResting) this.matcher.remove(order, 'EXPIRED');
    }
    this.#canceled.expire(height);
    this.#filled.expire(height);
    this.#matched.clear();
    this.nextHeight = height + 1;
  }

  /** The proposer's own book had a taker for the order. */
  #takeLate(maker: LiveOrder): void {
    const account = this.#clearing.open(LATE_TAKER, true);
    this.#clearing.fund(account, LATE_TAKER_FUNDS);
    const { placed } = maker;
    const quantums = remaining(maker);
    const id = { ...placed.id, subaccount: LATE_TAKER };
    const side = opposite(placed.side);
    const taker: LiveOrder = {
      key: orderKey(id),
      account,
      placed: { ...placed, id, side, quantums, timeInForce: 'IOC', clientMetadata: 0 },
      filled: 0n,
      isResting: false,
    };
    this.matcher.settle(taker, maker, quantums);
  }
}
