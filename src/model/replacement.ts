/**
 * New terms for an order that works already. The chain takes them under the same id while it is a
 * resting short-term order, with the same side and time in force and a greater good-til-block; all
 * others are canceled first, and what is left of them is ordered anew when they are proved dead.
 */
import type { CancelRequest, OrderRequest } from './order.js';
import { blockHeight, largest, price, size, smallest, type Size } from './quantities.js';

/** What may change. The size is the whole one: what is filled already counts against it. */
export type NewTerms = Pick<
  OrderRequest,
  'price' | 'size' | 'goodTilBlock' | 'newestFrameAt' | 'heldMs'
>;

/** The request that replaces the order in place, or undefined where the chain refuses that. */
export function replacementOf(
  order: OrderRequest,
  terms: NewTerms,
  filled: Size,
): OrderRequest | undefined {
  const rests = order.stateful === undefined && order.timeInForce !== 'ioc';
  const isLater = terms.goodTilBlock > order.goodTilBlock;
  return rests && isLater && terms.size > filled ? { ...order, ...terms } : undefined;
}

/**
 * Terms that cover both: an order that may be alive as either counts as the larger one at the worse
 * price (a buy's higher, a sell's lower), and is dead when the later one is.
 */
export function eitherOf(one: OrderRequest, other: OrderRequest): OrderRequest {
  const worse = other.side === 'buy' ? largest : smallest;
  return {
    ...other,
    size: size(largest(one.size, other.size)),
    price: price(worse(one.price, other.price)),
    goodTilBlock: blockHeight(Math.max(one.goodTilBlock, other.goodTilBlock)),
  };
}

/** Never below the order's own end: such a cancel would be reported, and cancel nothing. */
export function cancelOf(order: OrderRequest): CancelRequest {
  const { orderId, clientId, market, goodTilBlock, stateful } = order;
  const cancel = { orderId, clientId, market, goodTilBlock };
  return stateful === undefined ? cancel : { ...cancel, stateful };
}
