/**
 * Matching: price-time priority at the maker's price, with the collateral check of every match.
 * The books hold orders of all kinds; a listener is told at once, and the matches wait for the
 * next block.
 */
import { absolute, smallest } from '../../model/quantities.js';
import type { Clearing, Match, Refusal, Settlement } from './clearing.js';
import type { BookLevel } from '../exchange-types.js';
import type { MarginState } from './margin.js';
import { Memclob, opposite, remaining, type LiveOrder } from './memclob.js';
import type { CancelOrder, OrderSide } from '../order-terms.js';

export type RemovalReason =
  | 'EXPIRED'
  | 'USER_CANCELED'
  | 'UNDERCOLLATERALIZED'
  | 'INTERNAL_ERROR'
  | 'SELF_TRADE_ERROR'
  | 'POST_ONLY_WOULD_CROSS_MAKER_ORDER'
  | 'IMMEDIATE_OR_CANCEL_WOULD_REST_ON_BOOK'
  | 'REDUCE_ONLY_RESIZE'
  | 'REPLACED'
  | 'FINAL_SETTLEMENT'
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

export class OrderMatcher {
  readonly #clearing: Clearing;
  readonly #listener: EngineListener;
  readonly #books = new Map<number, Memclob>();

  constructor(options: {
    readonly clearing: Clearing;
    readonly margins: readonly MarginState[];
    readonly listener: EngineListener;
  }) {
    this.#clearing = options.clearing;
    this.#listener = options.listener;
    for (const { market } of options.margins) this.#books.set(market.clobPairId, new Memclob());
  }

  book(clobPairId: number): Memclob {
    const book = this.#books.get(clobPairId);
    if (book === undefined) throw new RangeError(`expected a clob pair, was ${clobPairId}`);
    return book;
  }

  /** Matches what matches and lets the rest rest, or removes it and says why. */
  enter(order: LiveOrder): RemovalReason | undefined {
    const book = this.book(order.placed.id.clobPairId);
    const reason = this.#match(order, book) ?? unfit(order);
    if (reason !== undefined) this.#listener.removed(order, reason);
    else if (remaining(order) > 0n) this.#level(order, book.add(order));
    return reason;
  }

  remove(order: LiveOrder, reason: RemovalReason): void {
    const level = this.book(order.placed.id.clobPairId).remove(order);
    this.#listener.removed(order, reason);
    this.#level(order, level);
  }

  /**
   * Books a match of two orders at the maker's price, wherever they stand; or says whom it would
   * not fit.
   */
  settle(taker: LiveOrder, maker: LiveOrder, quantums: bigint): Refusal | undefined {
    const { subticks, id } = maker.placed;
    const { clobPairId } = id;
    const settled = this.#clearing.settle(matchOf(taker, maker, quantums));
    if (settled.type === 'refused') return settled;
    taker.filled += quantums;
    if (maker.isResting) this.#level(maker, this.book(clobPairId).fill(maker, quantums));
    else maker.filled += quantums;
    this.#listener.matched({ ...settled, taker, maker, clobPairId, quantums, subticks });
    return undefined;
  }

  /** Why the taker must go; undefined when nothing (more) matches. */
  #match(taker: LiveOrder, book: Memclob): RemovalReason | undefined {
    const { side, subticks, timeInForce } = taker.placed;
    while (remaining(taker) > 0n && book.crosses(side, subticks)) {
      const maker = book.first(opposite(side));
      if (maker === undefined) return undefined;
      if (maker.account === taker.account) {
        this.remove(maker, 'SELF_TRADE_ERROR');
        continue;
      }
      const quantums = smallest(matchable(taker), remaining(maker));
      if (quantums === 0n) return 'REDUCE_ONLY_RESIZE';
      const isPostOnly = timeInForce === 'POST_ONLY';
      const refused = isPostOnly
        ? this.#clearing.refusal(matchOf(taker, maker, quantums))
        : this.settle(taker, maker, quantums);
      if (isPostOnly && refused === undefined) return 'POST_ONLY_WOULD_CROSS_MAKER_ORDER';
      if (refused?.maker !== undefined) this.remove(maker, refused.maker);
      if (refused?.taker !== undefined) return refused.taker;
    }
    return undefined;
  }

  #level({ placed }: LiveOrder, level: BookLevel): void {
    this.#listener.level(placed.id.clobPairId, placed.side, level);
  }
}

const matchOf = (taker: LiveOrder, maker: LiveOrder, quantums: bigint): Match => ({
  taker: taker.account,
  maker: maker.account,
  takerSide: taker.placed.side,
  clobPairId: maker.placed.id.clobPairId,
  quantums,
  subticks: maker.placed.subticks,
  takerBuilder: taker.placed.builder,
  makerBuilder: maker.placed.builder,
  isLiquidation: taker.kind === 'liquidation',
});

/** The size a taker may still match: a reduce-only order never more than the position. */
function matchable(order: LiveOrder): bigint {
  const left = remaining(order);
  if (!order.placed.reduceOnly) return left;
  const position = order.account.positions.get(order.placed.id.clobPairId) ?? 0n;
  const isOpposite = order.placed.side === 'BUY' ? position < 0n : position > 0n;
  return isOpposite ? smallest(absolute(position), left) : 0n;
}

/** Why what is left of a taker may not rest. */
function unfit(order: LiveOrder): RemovalReason | undefined {
  if (remaining(order) === 0n || order.placed.timeInForce !== 'IOC') return undefined;
  return matchable(order) === 0n ? 'REDUCE_ONLY_RESIZE' : 'IMMEDIATE_OR_CANCEL_WOULD_REST_ON_BOOK';
}
