/** From a wish to exact numbers, and from an approved intent to the request that is signed. */
import type { BookView, MarketView, Side } from '../model/book.js';
import { opposite } from '../model/book.js';
import { oracleOfPrice, priceOfTicks, type MarketSpec } from '../model/market.js';
import type {
  Approved,
  CancelRequest,
  Denial,
  DenialCode,
  OrderIntent,
  OrderRequest,
  Wish,
} from '../model/order.js';
import {
  absolute,
  blockHeight,
  divideCeil,
  largest,
  ORACLE_SCALE,
  powerOfTen,
  price,
  size,
  smallest,
  unixMs,
  USD_SCALE,
  type BlockHeight,
  type ClientId,
  type MarketId,
  type OrderId,
  type Price,
  type SignedSize,
  type Size,
  type UnixMs,
} from '../model/quantities.js';
import { ok, type Result } from '../model/result.js';
import { INCLUDE_MS, NO_BLOCK, type Lifetime } from '../model/stateful-order.js';

/** Blocks that an immediate order lives: an attempt stays uncertain for about two seconds. */
export const IOC_BLOCKS = 3;
/**
 * Orders that rest: the dead man's switch. If this process dies, what it left working is gone
 * within so many blocks, about seven seconds; the chain would allow 40.
 */
export const WORKING_BLOCKS = 10;

/**
 * Exits that a frame has caused; all others (age, a settled change of mind, another attempt) are
 * caused by a timer, and the newest frame has waited for it.
 */
const FRAME_CAUSED: ReadonlySet<string> = new Set(['exit.stop', 'exit.take']);

export interface SizingContext {
  readonly now: UnixMs;
  readonly view: MarketView | undefined;
  /** What one entry is worth, in whole USD. */
  readonly orderNotionalUsd: number;
  /** Our newest figure for the position that an exit is to close. */
  readonly position: SignedSize;
  /** The account's position in that market, whoever caused it: the chain closes no more. */
  readonly whole: SignedSize;
  /** How far beyond the best opposite price an exit may go, 0 to below 10,000. */
  readonly exitSlippageBps: number;
}

type Sized = Pick<
  OrderIntent,
  | 'side'
  | 'size'
  | 'limitPrice'
  | 'reduceOnly'
  | 'reasons'
  | 'newestFrameAt'
  | 'decidedAt'
  | 'heldMs'
>;

export function makeIntent(wish: Wish, context: SizingContext): Result<OrderIntent, Denial> {
  const { view } = context;
  if (view?.market !== wish.market) {
    return deny('market.unknown', `nothing is known of ${wish.market}`);
  }
  const sized =
    wish.purpose === 'entry' ? sizeEntry(wish, view, context) : sizeExit(wish, view, context);
  if (!sized.ok) return sized;
  const { wishId: intentId, strategy, market, purpose } = wish;
  return ok({ intentId, strategy, market, purpose, timeInForce: 'ioc', ...sized.value });
}

export interface RequestContext {
  /** Newest height of the chain. */
  readonly height: BlockHeight;
  readonly now: UnixMs;
  readonly clientIds: { next(): ClientId };
  readonly orderIdOf: (clientId: ClientId, market: MarketId, lifetime?: Lifetime) => OrderId;
}

export function makeRequest(
  approved: Approved<OrderIntent>,
  { height, now, clientIds, orderIdOf }: RequestContext,
): OrderRequest {
  const { intentId, strategy, market, side, timeInForce, reduceOnly, purpose, lifetime } = approved;
  const clientId = clientIds.next();
  const blocks = timeInForce === 'ioc' ? IOC_BLOCKS : WORKING_BLOCKS;
  return {
    orderId: orderIdOf(clientId, market, lifetime),
    clientId,
    intentId,
    strategy,
    market,
    side,
    size: approved.size,
    price: approved.limitPrice,
    timeInForce,
    reduceOnly,
    purpose,
    goodTilBlock: lifetime === undefined ? blockHeight(height + blocks) : NO_BLOCK,
    ...(lifetime === undefined
      ? {}
      : { stateful: { ...lifetime, includeBy: unixMs(now + INCLUDE_MS) } }),
    newestFrameAt: approved.newestFrameAt,
    heldMs: approved.heldMs,
  };
}

/** Never below the order's goodTilBlock: such a cancel is reported and cancels nothing. */
export function makeCancel(order: OrderRequest, height: BlockHeight): CancelRequest {
  const { orderId, clientId, market } = order;
  const goodTilBlock = blockHeight(Math.max(order.goodTilBlock, height + IOC_BLOCKS));
  return { orderId, clientId, market, goodTilBlock };
}

/** Size at the limit price or the oracle price, whichever is higher, as risk will value it. */
function sizeEntry(
  { decision }: Extract<Wish, { purpose: 'entry' }>,
  { spec, oracle }: MarketView,
  { orderNotionalUsd }: SizingContext,
): Result<Sized, Denial> {
  const { side, limitPrice, reasons, newestFrameAt, decidedAt, heldMs } = decision;
  const highest = largest(oracleOfPrice(spec, limitPrice), oracle ?? 0n);
  const affordable = sizeFor(spec, orderNotionalUsd, highest);
  if (affordable <= 0n) {
    const words = `${orderNotionalUsd} USD is less than one step of ${spec.market}`;
    return deny('size.invalid', words);
  }
  const times = { newestFrameAt, decidedAt, heldMs };
  return ok({ side, size: affordable, limitPrice, reduceOnly: false, reasons, ...times });
}

/** Rounded down to a step; 0 for less than a step and for what is no amount. */
function sizeFor(spec: MarketSpec, notionalUsd: number, oracle: bigint): Size {
  if (!Number.isFinite(notionalUsd) || notionalUsd <= 0) return size(0n);
  const exponent = ORACLE_SCALE - USD_SCALE - spec.sizeExponent;
  const notional = BigInt(Math.floor(notionalUsd * 10 ** USD_SCALE));
  const exact = (notional * powerOfTen(exponent)) / oracle;
  return size(exact - (exact % spec.step));
}

/** The smaller of what was wished to be closed and what is there to be closed. */
function sizeExit(
  { position, reason }: Extract<Wish, { purpose: 'exit' }>,
  view: MarketView,
  context: SizingContext,
): Result<Sized, Denial> {
  if (position * context.position <= 0n) {
    const words = `expected a position like ${position}, was ${context.position}`;
    return deny('reduce-only.would-grow', words);
  }
  if (position * context.whole <= 0n) {
    const words = `expected the account to hold a position like ${position}, was ${context.whole}`;
    return deny('reduce-only.would-grow', words);
  }
  const owned = smallest(absolute(position), absolute(context.position));
  const open = smallest(owned, absolute(context.whole));
  const closable = size(open - (open % view.spec.step));
  if (closable === 0n) return deny('size.invalid', `${open} is less than one step`);
  const side: Side = position > 0n ? 'sell' : 'buy';
  const limitPrice = exitPrice(view, side, context.exitSlippageBps);
  if (limitPrice === undefined) {
    const words = `no price for an exit from ${view.market} within ${context.exitSlippageBps} bps`;
    return deny('price.invalid', words);
  }
  const isCausedByFrame = FRAME_CAUSED.has(reason.code);
  const heldMs = isCausedByFrame ? 0 : Math.max(0, context.now - view.at);
  const times = { newestFrameAt: view.at, decidedAt: context.now, heldMs };
  return ok({ side, size: closable, limitPrice, reduceOnly: true, reasons: [reason], ...times });
}

/** From the best opposite price, or the oracle's without a usable book; rounded away from it. */
function exitPrice(view: MarketView, side: Side, slippageBps: number): Price | undefined {
  if (!(slippageBps >= 0 && slippageBps < 10_000)) return undefined;
  const { spec } = view;
  const touch = bestPrice(view.book, opposite(side), spec);
  const isUsable = view.book.state !== 'stale' || view.oracle === undefined;
  const reference = touch !== undefined && isUsable ? oracleOfPrice(spec, touch) : view.oracle;
  if (reference === undefined) return undefined;
  // Hundredths of a basis point: whole numbers for every sensible slippage.
  const slippage = BigInt(Math.round(slippageBps * 100));
  const factor = 1_000_000n + (side === 'buy' ? slippage : -slippage);
  const tick = oracleOfPrice(spec, spec.tick) * 1_000_000n;
  const limit = reference * factor;
  const ticks = side === 'buy' ? divideCeil(limit, tick) : limit / tick;
  return price(largest(ticks, 1n) * spec.tick);
}

function bestPrice(book: BookView, side: Side, spec: MarketSpec): Price | undefined {
  const best = (side === 'buy' ? book.bids : book.asks)[0];
  return best === undefined ? undefined : priceOfTicks(spec, best.price);
}

const deny = (
  code: DenialCode,
  message: string,
): { readonly ok: false; readonly error: Denial } => ({
  ok: false,
  error: { code, message },
});
