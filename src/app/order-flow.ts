/**
 * From a strategy's wish to an order on its desk: sized, checked, numbered, registered. Whatever
 * stops it comes back to the position as a denial with its numbers.
 */
import type { Denial, OrderIntent, OrderRequest, Wish } from '../model/order.js';
import type { Result } from '../model/result.js';
import { approve } from '../risk/pre-trade.js';
import type { RiskContext } from '../risk/risk-context.js';
import {
  makeIntent,
  makeRequest,
  type RequestContext,
  type SizingContext,
} from '../execution/order-factory.js';

export interface OrderFlowOptions {
  readonly sizing: (wish: Wish) => SizingContext;
  readonly risk: (intent: OrderIntent) => RiskContext;
  /** Undefined while the chain's height is unknown. */
  readonly request: () => RequestContext | undefined;
  readonly submit: (request: OrderRequest) => void;
  readonly denied: (wish: Wish, denial: Denial) => void;
}

export function orderFlow(options: OrderFlowOptions): (wish: Wish) => void {
  return (wish) => {
    const made = makeOrder(wish, options);
    if (made.ok) options.submit(made.value);
    else options.denied(wish, made.error);
  };
}

function makeOrder(wish: Wish, options: OrderFlowOptions): Result<OrderRequest, Denial> {
  const intent = makeIntent(wish, options.sizing(wish));
  if (!intent.ok) return intent;
  const approved = approve(intent.value, options.risk(intent.value));
  if (!approved.ok) return approved;
  const context = options.request();
  if (context === undefined) {
    return {
      ok: false,
      error: { code: 'permission.closed', message: 'the chain height is unknown' },
    };
  }
  return { ok: true, value: makeRequest(approved.value, context) };
}
