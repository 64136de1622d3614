/**
 * New price and size for an order that works: checked by risk as if the old one were not there,
 * then told to its machine. What the chain does not replace in place is ordered anew when the old
 * order is proved dead, for what is left of it, after another look by risk.
 *
 * An order that was filled is replaced while the chain remembers its fills, which is until some
 * blocks after the newest: once they are forgotten, its whole size could be filled again.
 *
 * The exposure of the table follows the machine: while both terms may be alive, the wider ones
 * count.
 */
import { makeRequest, WORKING_BLOCKS, type RequestContext } from '../execution/order-factory.js';
import type { OrderFact, OrderReport } from '../model/facts.js';
import type { Denial, OrderIntent, OrderRequest } from '../model/order.js';
import { blockHeight, size, type OrderId, type Price, type Size } from '../model/quantities.js';
import type { UnixMs } from '../model/quantities.js';
import { replacementOf } from '../model/replacement.js';
import { ok, type Result } from '../model/result.js';
import type { Log } from '../ports/log.js';
import { checkOrderNotional } from '../risk/limit-checks.js';
import { approve } from '../risk/pre-trade.js';
import type { RiskContext } from '../risk/risk-context.js';
import type { OrderRecord, OrderTable } from './order-table.js';

/** The chain keeps what is filled of a short-term order so long after its fill at least. */
const FILLS_KEPT_BLOCKS = 40;

export interface ReplaceFlowOptions {
  readonly orders: OrderTable;
  readonly now: () => UnixMs;
  readonly risk: (intent: OrderIntent) => RiskContext;
  /** Undefined while the chain's height is unknown. */
  readonly request: () => RequestContext | undefined;
  readonly tell: (orderId: OrderId, fact: OrderFact) => boolean;
  readonly submit: (request: OrderRequest) => void;
  readonly log: Log;
}

/** On tick and on step. The size is the whole one, with what is filled already. */
export interface NewPriceAndSize {
  readonly price: Price;
  readonly size: Size;
  /** Of the data behind it; undefined: nothing older than now. */
  readonly newestFrameAt?: UnixMs;
}

type SuccessorDue = Extract<OrderReport, { type: 'order.successorDue' }>;

export interface ReplaceFlow {
  readonly replace: (
    orderId: OrderId,
    change: NewPriceAndSize,
  ) => Result<'in-place' | 'after-cancel', Denial>;
  readonly succeed: (report: SuccessorDue) => void;
}

export function replaceFlow(options: ReplaceFlowOptions): ReplaceFlow {
  const { orders, now, risk, request, tell, submit, log } = options;
  return {
    replace(orderId, { price, size: whole, newestFrameAt = now() }) {
      const record = orders.get(orderId);
      const context = request();
      if (!record?.state.startsWith('working')) return deny(record?.state ?? 'not known');
      // A place that is refused after all must not be mistaken for the end of its replacement.
      if (record.answer?.type !== 'accepted') return deny(`${record.state}, not answered yet`);
      if (context === undefined) return deny('at an unknown height');
      const change = { price, size: whole, newestFrameAt };
      const intent = intentOf(record, change, now());
      const rules = risk(intent);
      const approved = approve(intent, withoutOld(rules, record));
      if (!approved.ok && intent.size > 0n) return approved;
      // The whole order is signed, and the signing thread holds it against this limit once more.
      const tooLarge = checkOrderNotional({ ...intent, size: whole }, rules);
      if (tooLarge !== undefined && !intent.reduceOnly) return { ok: false, error: tooLarge };
      const { goodTilBlock: last } = record.request;
      const goodTilBlock = blockHeight(Math.max(context.height + WORKING_BLOCKS, last + 1));
      if (isForgotten(record, goodTilBlock)) return FORGOTTEN;
      const terms = { ...change, goodTilBlock, heldMs: 0 };
      const isInPlace = replacementOf(record.request, terms, record.filled) !== undefined;
      tell(orderId, { type: 'order.replace', ...terms });
      return ok(isInPlace ? 'in-place' : 'after-cancel');
    },
    succeed({ orderId, terms, filled }) {
      const record = orders.get(orderId);
      const context = request();
      if (record === undefined || context === undefined) return;
      const change = { price: terms.price, size: terms.size, newestFrameAt: now() };
      const old = intentOf({ ...record, filled }, change, now());
      const intent = { ...old, intentId: `${old.intentId}+` };
      const approved = approve(intent, risk(intent));
      if (approved.ok) return submit(makeRequest(approved.value, context));
      log.write('info', 'order.denied', { market: intent.market, ...approved.error });
    },
  };
}

/** Whether the chain may have forgotten what is filled before the new terms end. */
const isForgotten = ({ request, filled, filledAt }: OrderRecord, goodTilBlock: number): boolean =>
  request.stateful === undefined &&
  filled > 0n &&
  !(filledAt !== undefined && goodTilBlock <= filledAt + FILLS_KEPT_BLOCKS);

const FORGOTTEN: { readonly ok: false; readonly error: Denial } = {
  ok: false,
  error: {
    code: 'order.fills-forgotten',
    message: `expected a fill in the last ${FILLS_KEPT_BLOCKS} blocks before the new last one`,
  },
};

/** What is left of the order, under its new terms. */
function intentOf(
  { request, filled }: OrderRecord,
  { price, size: whole, newestFrameAt }: Required<NewPriceAndSize>,
  now: UnixMs,
): OrderIntent {
  const { intentId, strategy, market, side, timeInForce, reduceOnly, purpose, stateful } = request;
  return {
    intentId,
    strategy,
    market,
    side,
    size: size(whole > filled ? whole - filled : 0n),
    limitPrice: price,
    timeInForce,
    ...(stateful === undefined ? {} : { lifetime: stateful }),
    reduceOnly,
    purpose,
    reasons: [{ code: 'replace', text: 'new terms for a working order' }],
    newestFrameAt,
    decidedAt: now,
    heldMs: 0,
  };
}

/** As if the order were not there, nor ever sent: the new terms are to take its place. */
function withoutOld(context: RiskContext, { request, filled }: OrderRecord): RiskContext {
  const holding = context.holdings.get(request.market);
  const others = {
    ...context,
    isKnownIntent: (): boolean => false,
    entriesLastMinute: context.entriesLastMinute - 1,
    exitsLastMinute: context.exitsLastMinute - 1,
    workingOrders: context.workingOrders - 1,
  };
  if (holding === undefined) return others;
  const remaining = request.size - filled;
  const at = holding.orders.findIndex(
    (order) =>
      order.side === request.side &&
      order.remaining === remaining &&
      order.limitPrice === request.price,
  );
  const orders = holding.orders.filter((_, index) => index !== at);
  const holdings = new Map(context.holdings).set(request.market, { ...holding, orders });
  return { ...others, holdings };
}

const deny = (was: string): { readonly ok: false; readonly error: Denial } => ({
  ok: false,
  error: { code: 'order.not-working', message: `expected a working order, was ${was}` },
});
