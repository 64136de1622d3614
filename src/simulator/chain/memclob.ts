/**
 * The resting orders of one market: price levels sorted on each side, first come first served
 * within a level. Sizes are kept per level, so that the book can be shown without visiting its
 * orders.
 */
import type { BookLevel } from '../exchange-types.js';
import type { OrderSide, PlaceOrder } from '../order-terms.js';
import type { Account } from './clearing-account.js';

export type ProtocolKind = 'liquidation' | 'deleveraging';

/**
 * An order in the exchange's memory; `filled` counts optimistic matches, also before their block.
 */
export interface LiveOrder {
  readonly key: string;
  /** Not sent by anybody: the protocol closes a position. */
  readonly kind?: ProtocolKind;
  readonly account: Account;
  readonly placed: PlaceOrder;
  filled: bigint;
  isResting: boolean;
}

interface Level {
  readonly subticks: bigint;
  quantums: bigint;
  /** In order of arrival. */
  readonly orders: Set<LiveOrder>;
}

export const opposite = (side: OrderSide): OrderSide => (side === 'BUY' ? 'SELL' : 'BUY');
export const remaining = (order: LiveOrder): bigint => order.placed.quantums - order.filled;

export class Memclob {
  /** Best last, because the touch is where levels come and go. */
  readonly #levels: Readonly<Record<OrderSide, Level[]>> = { BUY: [], SELL: [] };

  best(side: OrderSide): BookLevel | undefined {
    return this.#levels[side].at(-1);
  }

  /** Middle of the touch in half subticks; undefined while a side is empty. */
  mid(): bigint | undefined {
    const bid = this.best('BUY');
    const ask = this.best('SELL');
    return bid && ask && bid.subticks + ask.subticks;
  }

  /** The order that is next to be matched on this side. */
  first(side: OrderSide): LiveOrder | undefined {
    return this.#levels[side].at(-1)?.orders.values().next().value;
  }

  /** Would an order of this side and price match at once? */
  crosses(side: OrderSide, subticks: bigint): boolean {
    const best = this.best(opposite(side));
    if (best === undefined) return false;
    return side === 'BUY' ? best.subticks <= subticks : best.subticks >= subticks;
  }

  add(order: LiveOrder): BookLevel {
    const { side, subticks } = order.placed;
    const levels = this.#levels[side];
    const index = this.#indexOf(side, subticks);
    let level = levels[index];
    if (level?.subticks !== subticks) {
      level = { subticks, quantums: 0n, orders: new Set() };
      levels.splice(index, 0, level);
    }
    level.orders.add(order);
    order.isResting = true;
    level.quantums += remaining(order);
    return copy(level);
  }

  /** Books `quantums` of a match against a resting order; a filled order leaves the book. */
  fill(order: LiveOrder, quantums: bigint): BookLevel {
    order.filled += quantums;
    return this.#shrink(order, quantums);
  }

  remove(order: LiveOrder): BookLevel {
    return this.#shrink(order, remaining(order), true);
  }

  /** Best first. */
  levels(side: OrderSide, depth: number): BookLevel[] {
    return depth > 0 ? this.#levels[side].slice(-depth).reverse().map(copy) : [];
  }

  /** The orders at a price, first come first. */
  at(side: OrderSide, subticks: bigint): LiveOrder[] {
    const level = this.#levels[side][this.#indexOf(side, subticks)];
    return level?.subticks === subticks ? [...level.orders] : [];
  }

  /** The orders of a side in the order in which they would be matched; no changes meanwhile. */
  *queue(side: OrderSide): Generator<LiveOrder> {
    const levels = this.#levels[side];
    for (let index = levels.length - 1; index >= 0; index -= 1) yield* levels[index]?.orders ?? [];
  }

  /** All resting orders: bids, then asks. */
  orders(): LiveOrder[] {
    return [...this.#levels.BUY, ...this.#levels.SELL].flatMap(({ orders }) => [...orders]);
  }

  #shrink(order: LiveOrder, quantums: bigint, gone = remaining(order) === 0n): BookLevel {
    const { side, subticks } = order.placed;
    const index = this.#indexOf(side, subticks);
    const level = this.#levels[side][index];
    if (level?.subticks !== subticks || !level.orders.has(order)) {
      throw new Error(`expected order ${order.key} to rest at ${subticks}`);
    }
    level.quantums -= quantums;
    if (gone) {
      level.orders.delete(order);
      order.isResting = false;
    }
    if (level.orders.size === 0) this.#levels[side].splice(index, 1);
    return copy(level);
  }

  /** Where a level of this price stands, or would be inserted. */
  #indexOf(side: OrderSide, subticks: bigint): number {
    const levels = this.#levels[side];
    let low = 0;
    let high = levels.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const price = levels[middle]?.subticks ?? 0n;
      const isWorse = side === 'BUY' ? price < subticks : price > subticks;
      if (isWorse) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const copy = ({ subticks, quantums }: Level): BookLevel => ({ subticks, quantums });
