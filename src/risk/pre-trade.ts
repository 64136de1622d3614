/**
 * The gate before the market: the only maker of `Approved`. The first check that refuses is the
 * answer. A reduce-only order takes the weaker list: it passes while risk is reducing or halted and
 * without permission, because the chain lets it shrink a position only; it must fit the position.
 * Everything else, whatever its purpose says, takes the full list.
 */
import type { Approved, Denial, OrderIntent } from '../model/order.js';
import { ok, type Result } from '../model/result.js';
import {
  checkBlockRate,
  checkCollar,
  checkEntryRate,
  checkEquityTier,
  checkExitCollar,
  checkExitRate,
  checkExposure,
  checkForeign,
  checkFreeCollateral,
  checkIsolation,
  checkOrderNotional,
  checkPositionNotional,
  checkShrinks,
  checkWorkingOrders,
} from './limit-checks.js';
import type { Check, RiskContext } from './risk-context.js';
import {
  checkBook,
  checkDecisionAge,
  checkIntentIsNew,
  checkLevel,
  checkMarket,
  checkOracle,
  checkPermission,
  checkPrice,
  checkSize,
} from './state-checks.js';

const GROWING: readonly Check[] = [
  checkIntentIsNew,
  checkLevel,
  checkMarket,
  checkBook,
  checkOracle,
  checkDecisionAge,
  checkPermission,
  checkSize,
  checkPrice,
  checkCollar,
  checkEntryRate,
  checkBlockRate,
  checkEquityTier,
  checkWorkingOrders,
  checkOrderNotional,
  checkPositionNotional,
  checkExposure,
  checkIsolation,
  checkForeign,
  checkFreeCollateral,
];

const SHRINKING: readonly Check[] = [
  checkIntentIsNew,
  checkMarket,
  checkSize,
  checkPrice,
  checkShrinks,
  checkExitCollar,
  checkExitRate,
  checkBlockRate,
  checkEquityTier,
];

export function approve(
  intent: OrderIntent,
  context: RiskContext,
): Result<Approved<OrderIntent>, Denial> {
  for (const check of intent.reduceOnly ? SHRINKING : GROWING) {
    const denial = check(intent, context);
    if (denial !== undefined) return { ok: false, error: denial };
  }
  return ok(intent as Approved<OrderIntent>);
}
