/**
 * A node's memory of short-term orders: checks them, matches them optimistically in price-time
 * order at the maker's price, lets them rest, and tells a listener at once; the matches wait for
 * the next block. Orders, cancels and fills are forgotten 41, 41 and 81 blocks after their last
 * change at most, and the block rate limit bounds how many come.
 */
import { smallest } from '../../model/quantities.js';
import {
  ACCEPTED,
  SHORT_BLOCK_WINDOW,
  checkBatch,
  checkCancel,
  checkPlace,
  matchable,
  orderKey,
  refuse,
  type CheckContext,
} from './check-tx.js';
import type { Clearing, Refusal, Settlement } from './clearing.js';
import type { MarginState } from './margin.js';
import type { BookLevel, CheckResult, PerpetualMarket } from '../exchange-types.js';
import type {
  BatchCancel,
  CancelOrder,
  OrderSide,
  PlaceOrder,
  SubaccountId,
} from '../order-terms.js';
import { HeightMemory } from './height-memory.js';
import { Memclob, opposite, remaining, type LiveOrder } from './memclob.js';
import { oracleSubticks } from './oracle-price.js';

export type RemovalReason =
  | 'EXPIRED'
  | 'USER_CANCELED'
  | 'UNDERCOLLATERALIZED'
  | 'SELF_TRADE_ERROR'
  | 'POST_ONLY_WOULD_CROSS_MAKER_ORDER'
  | 'IMMEDIATE_OR_CANCEL_WOULD_REST_ON_BOOK'
  | 'REDUCE_ONLY_RESIZE'
  | 'REPLACED'
  | 'VIOLATES_ISOLATED_SUBACCOUNT_CONSTRAINTS';

export interface OptimisticMatch extends Settlement {
  readonly taker: LiveOrder;
  readonly maker: LiveOrder;
  readonly clobPairId: number;
  readonly quantums: bigint;
  readonly subticks: bigint;
}

/** Told in the order in which a node would publish. */
export interface EngineListener {
  opened(order: LiveOrder): void;
  removed(order: LiveOrder, reason: RemovalReason): void;
  /** A cancel was accepted for an order that the node does not hold, or holds on to. */
  canceledElsewhere(cancel: CancelOrder): void;
  level(clobPairId: number, side: OrderSide, level: BookLevel): void;
  matched(match: OptimisticMatch): void;
}

export class MatchingEngine implements CheckContext {
  readonly #clearing: Clearing;
  readonly #listener: EngineListener;
  readonly #markets = new Map<number, MarginState>();
  readonly #books = new Map<number, Memclob>();
  readonly #owners = new Set<string>();
  readonly #resting = new HeightMemory<LiveOrder>();
  readonly #canceled = new HeightMemory<number>();
  readonly #filled = new HeightMemory<bigint>();
  nextHeight: number;

  constructor(options: {
    readonly clearing: Clearing;
    readonly margins: readonly MarginState[];
    readonly nextHeight: number;
    readonly listener: EngineListener;
  }) {
    this.#clearing = options.clearing;
    this.#listener = options.listener;
    this.nextHeight = options.nextHeight;
    for (const state of options.margins) {
      this.#markets.set(state.market.clobPairId, state);
      this.#books.set(state.market.clobPairId, new Memclob());
    }
  }

  /** Orders, cancels and fills that are remembered now. */
  get memorySize(): number {
    return this.#resting.size + this.#canceled.size + this.#filled.size;
  }

  book(clobPairId: number): Memclob {
    const book = this.#books.get(clobPairId);
    if (book === undefined) throw new RangeError(`expected a clob pair, was ${clobPairId}`);
    return book;
  }

  market(clobPairId: number): PerpetualMarket | undefined {
    return this.#markets.get(clobPairId)?.market;
  }

  oracleSubticks(clobPairId: number): bigint {
    const { market, oraclePriceE12 } = this.#clearing.margin(clobPairId);
    return oracleSubticks(market, oraclePriceE12);
  }

  hasAccount(owner: string): boolean {
    return this.#owners.has(owner);
  }

  canceledUntil(key: string): number | undefined {
    return this.#canceled.get(key);
  }

  resting(key: string): LiveOrder | undefined {
    return this.#resting.get(key);
  }

  filled(key: string): bigint {
    return this.#filled.get(key) ?? 0n;
  }

  position(subaccount: SubaccountId, clobPairId: number): bigint {
    return this.#clearing.account(subaccount)?.positions.get(clobPairId) ?? 0n;
  }

  /** Orders of this address are known from now on. */
  admit(owner: string): void {
    this.#owners.add(owner);
  }

  /** The admission is taken back. */
  dismiss(owner: string): void {
    this.#owners.delete(owner);
  }

  place(placed: PlaceOrder): CheckResult {
    const refusal = checkPlace(placed, this);
    if (refusal !== undefined) return refusal;
    const key = orderKey(placed.id);
    const old = this.#resting.get(key);
    if (old !== undefined) this.#remove(old, 'REPLACED');
    const order: LiveOrder = {
      key,
      // A subaccount that was never funded may place: its orders just find no collateral.
      account: this.#clearing.open(placed.id.subaccount),
      placed,
      filled: this.filled(key),
    };
    this.#listener.opened(order);
    const book = this.book(placed.id.clobPairId);
    if (placed.timeInForce === 'POST_ONLY' && book.crosses(placed.side, placed.subticks)) {
      this.#listener.removed(order, 'POST_ONLY_WOULD_CROSS_MAKER_ORDER');
      return refuse(2003, 'post-only order would cross one or more maker orders');
    }
    const reason = this.#match(order, book) ?? unfit(order);
    if (reason !== undefined) this.#listener.removed(order, reason);
    else if (remaining(order) > 0n) this.#rest(order, book);
    return reason === 'VIOLATES_ISOLATED_SUBACCOUNT_CONSTRAINTS'
      ? refuse(2005, 'order violates isolated subaccount constraints')
      : ACCEPTED;
  }

  cancel(cancel: CancelOrder): CheckResult {
    const refusal = checkCancel(cancel, this);
    if (refusal !== undefined) return refusal;
    const key = orderKey(cancel.id);
    this.#canceled.set(key, cancel.goodTilBlock, cancel.goodTilBlock);
    const order = this.#resting.get(key);
    if (order !== undefined && cancel.goodTilBlock >= order.placed.goodTilBlock) {
      this.#remove(order, 'USER_CANCELED');
    } else {
      this.#listener.canceledElsewhere(cancel);
    }
    return ACCEPTED;
  }

  batchCancel(batch: BatchCancel): CheckResult {
    const refusal = checkBatch(batch, this);
    if (refusal !== undefined) return refusal;
    for (const { clobPairId, clientIds } of batch.batches) {
      for (const clientId of clientIds) {
        const id = { subaccount: batch.subaccount, clientId, orderFlags: 0, clobPairId };
        this.cancel({ id, goodTilBlock: batch.goodTilBlock, goodTilBlockTime: 0 });
      }
    }
    return ACCEPTED;
  }

  /** Block `height` has committed: what was good until then is over. */
  expire(height: number): void {
    for (const order of this.#resting.expire(height)) this.#unrest(order, 'EXPIRED');
    this.#canceled.expire(height);
    this.#filled.expire(height);
    this.nextHeight = height + 1;
  }

  /** Why the taker must go; undefined when nothing (more) matches. */
  #match(taker: LiveOrder, book: Memclob): RemovalReason | undefined {
    const { side, subticks } = taker.placed;
    while (remaining(taker) > 0n && book.crosses(side, subticks)) {
      const maker = book.first(opposite(side));
      if (maker === undefined) return undefined;
      if (maker.account === taker.account) {
        this.#remove(maker, 'SELF_TRADE_ERROR');
        continue;
      }
      const quantums = smallest(matchable(taker), remaining(maker));
      if (quantums === 0n) return 'REDUCE_ONLY_RESIZE';
      const refused = this.#settle(taker, maker, quantums);
      if (refused?.maker !== undefined) this.#remove(maker, refused.maker);
      if (refused?.taker !== undefined) return refused.taker;
    }
    return undefined;
  }

  #settle(taker: LiveOrder, maker: LiveOrder, quantums: bigint): Refusal | undefined {
    const { subticks, id, side } = maker.placed;
    const { clobPairId } = id;
    const settled = this.#clearing.settle({
      taker: taker.account,
      maker: maker.account,
      takerSide: taker.placed.side,
      clobPairId,
      quantums,
      subticks,
      takerBuilder: taker.placed.builder,
      makerBuilder: maker.placed.builder,
    });
    if (settled.type === 'refused') return settled;
    const level = this.book(clobPairId).fill(maker, quantums);
    taker.filled += quantums;
    this.#rememberFill(taker);
    this.#rememberFill(maker);
    if (remaining(maker) === 0n) this.#resting.delete(maker.key);
    this.#listener.matched({ ...settled, taker, maker, clobPairId, quantums, subticks });
    this.#listener.level(clobPairId, side, level);
    return undefined;
  }

  #rememberFill({ key, filled, placed }: LiveOrder): void {
    this.#filled.set(key, filled, placed.goodTilBlock + SHORT_BLOCK_WINDOW);
  }

  #rest(order: LiveOrder, book: Memclob): void {
    const { id, side, goodTilBlock } = order.placed;
    this.#resting.set(order.key, order, goodTilBlock);
    this.#listener.level(id.clobPairId, side, book.add(order));
  }

  #remove(order: LiveOrder, reason: RemovalReason): void {
    this.#resting.delete(order.key);
    this.#unrest(order, reason);
  }

  #unrest(order: LiveOrder, reason: RemovalReason): void {
    const { id, side } = order.placed;
    const level = this.book(id.clobPairId).remove(order);
    this.#listener.removed(order, reason);
    this.#listener.level(id.clobPairId, side, level);
  }
}

/** Why what is left of a taker may not rest. */
function unfit(order: LiveOrder): RemovalReason | undefined {
  if (remaining(order) === 0n || order.placed.timeInForce !== 'IOC') return undefined;
  return matchable(order) === 0n ? 'REDUCE_ONLY_RESIZE' : 'IMMEDIATE_OR_CANCEL_WOULD_REST_ON_BOOK';
}
