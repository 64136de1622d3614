/**
 * From one side of a quote to an order that rests: checked as any entry, numbered, registered. What
 * stops it is said with its numbers, and nothing is sent.
 */
import type { QuotedOrder, Quote } from '../model/decision.js';
import type { Side } from '../model/book.js';
import type { Denial, OrderIntent, OrderRequest } from '../model/order.js';
import { ok, type Result } from '../model/result.js';
import { makeRequest, type RequestContext } from '../execution/order-factory.js';
import { approve } from '../risk/pre-trade.js';
import type { RiskContext } from '../risk/risk-context.js';

export interface QuoteFlowOptions {
  readonly risk: (intent: OrderIntent) => RiskContext;
  /** Undefined while the chain's height is unknown. */
  readonly request: () => RequestContext | undefined;
  readonly submit: (request: OrderRequest) => void;
  /** Number of the run. */
  readonly epoch: () => number;
  readonly denied: (intent: OrderIntent, denial: Denial) => void;
}

export type QuoteFlow = (
  quote: Quote,
  side: Side,
  order: QuotedOrder,
) => Result<OrderRequest, Denial>;

export function quoteFlow(options: QuoteFlowOptions): QuoteFlow {
  const { risk, request, submit, epoch, denied } = options;
  let count = 0;
  return (quote, side, order) => {
    count += 1;
    const intent = intentOf(quote, side, order, `${epoch()}.q${count}`);
    const approved = approve(intent, risk(intent));
    const context = request();
    if (!approved.ok) {
      denied(intent, approved.error);
      return approved;
    }
    if (context === undefined) {
      const error: Denial = { code: 'permission.closed', message: 'the chain height is unknown' };
      return { ok: false, error };
    }
    const made = makeRequest(approved.value, context);
    submit(made);
    return ok(made);
  };
}

/** It must not take: a quote that would cross is refused by the venue. */
const intentOf = (
  { strategy, market, reasons, newestFrameAt, decidedAt }: Quote,
  side: Side,
  { price, size }: QuotedOrder,
  number: string,
): OrderIntent => ({
  intentId: `${strategy}/${market}/${number}`,
  strategy,
  market,
  side,
  size,
  limitPrice: price,
  timeInForce: 'postOnly',
  reduceOnly: false,
  purpose: 'entry',
  reasons,
  newestFrameAt,
  decidedAt,
  heldMs: 0,
});
