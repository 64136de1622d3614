/**
 * From what a strategy wants to rest in a market to what is to be done about it, side by side: the
 * orders that are there are compared with the wish each time anew, and nothing is remembered.
 *
 * 1. A side whose order is under way, unknown or being changed is left alone: never two live orders
 *    on a side.
 * 2. A working order is changed in place while it is wanted: when its price is too far off, when
 *    less than half of the wanted size is left, and before its last block comes near.
 */
import type { Side } from '../model/book.js';
import type { QuotedOrder } from '../model/decision.js';
import {
  absolute,
  size,
  type BlockHeight,
  type OrderId,
  type Price,
  type Size,
} from '../model/quantities.js';

/** An order that rests, or is on its way to. */
export interface RestingOrder {
  readonly orderId: OrderId;
  readonly side: Side;
  readonly price: Price;
  /** The whole one. */
  readonly size: Size;
  readonly filled: Size;
  readonly goodTilBlock: BlockHeight;
  /** On the book, as far as anybody knows, and not being changed. */
  readonly isWorking: boolean;
  /** Its place was answered with a yes: only then it may be replaced. */
  readonly isAccepted: boolean;
}

export interface QuoteWish {
  readonly bid: QuotedOrder | undefined;
  readonly ask: QuotedOrder | undefined;
}

export type QuoteStep =
  | { readonly type: 'place'; readonly side: Side; readonly order: QuotedOrder }
  /** The size is the whole one: what is filled already counts against it. */
  | {
      readonly type: 'replace';
      readonly side: Side;
      readonly orderId: OrderId;
      readonly order: QuotedOrder;
    }
  | { readonly type: 'cancel'; readonly side: Side; readonly orderId: OrderId };

export interface QuotePlanOptions {
  /** Newest height of the chain; undefined: nothing can be ordered. */
  readonly height: BlockHeight | undefined;
  /** A price may be so far from the wanted one, basis points of it. */
  readonly requoteBps: number;
}

/** A working order gets a new last block when fewer are left. */
const BLOCKS_MIN = 5;

/** Cancels first. */
export function quoteSteps(
  { bid, ask }: QuoteWish,
  resting: readonly RestingOrder[],
  options: QuotePlanOptions,
): readonly QuoteStep[] {
  const of = (side: Side, wanted: QuotedOrder | undefined): readonly QuoteStep[] =>
    sideSteps(
      side,
      wanted,
      resting.filter((order) => order.side === side),
      options,
    );
  const steps = [...of('buy', bid), ...of('sell', ask)];
  const isCancel = ({ type }: QuoteStep): boolean => type === 'cancel';
  return [...steps.filter(isCancel), ...steps.filter((step) => !isCancel(step))];
}

function sideSteps(
  side: Side,
  wanted: QuotedOrder | undefined,
  resting: readonly RestingOrder[],
  { height, requoteBps }: QuotePlanOptions,
): readonly QuoteStep[] {
  const [order, ...more] = resting;
  if (order === undefined) {
    return wanted === undefined || height === undefined
      ? []
      : [{ type: 'place', side, order: wanted }];
  }
  // Of an earlier run there may be several: they go first.
  if (wanted === undefined || more.length > 0) {
    return resting
      .filter(({ isWorking }) => isWorking)
      .map(({ orderId }) => ({ type: 'cancel', side, orderId }));
  }
  if (!order.isWorking || !order.isAccepted || height === undefined) return [];
  const isOff = absolute(order.price - wanted.price) * 10_000_000n > allowed(wanted, requoteBps);
  const isThin = (order.size - order.filled) * 2n < wanted.size;
  if (!isOff && !isThin && order.goodTilBlock - height >= BLOCKS_MIN) return [];
  const whole = size(order.filled + wanted.size);
  const { orderId } = order;
  return [{ type: 'replace', side, orderId, order: { price: wanted.price, size: whole } }];
}

/** In ten-millionths of a price unit; what is no tolerance allows nothing. */
function allowed({ price }: QuotedOrder, requoteBps: number): bigint {
  const isTolerance = Number.isFinite(requoteBps) && requoteBps >= 0;
  return price * BigInt(isTolerance ? Math.floor(Math.min(requoteBps, 10_000) * 1_000) : 0);
}
