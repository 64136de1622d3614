/** Pre-trade checks against limits: price, size, exposure, margin, rate. No number, no order. */
import { formatUsd, oracleNotional, oracleOfPrice } from '../model/market.js';
import type { Denial, DenialCode, OrderIntent } from '../model/order.js';
import { absolute, largest, usd, type OraclePrice, type Usd } from '../model/quantities.js';
import { worstCase, type Exposure, type MarketHolding } from './exposure.js';
import {
  deny,
  EXIT_COLLAR_FACTOR,
  EXITS_PER_MINUTE_MAX,
  WORKING_ORDERS_MAX,
  type Check,
  type RiskContext,
} from './risk-context.js';
import { refuseOpen, refuseSend, sendKindOf } from './send-budget.js';
import { checkOracle } from './state-checks.js';
import { usdLimit } from './usd-limit.js';

export const checkCollar: Check = (intent, context) =>
  collar(intent, context, context.limits.priceCollarPct);

/** Wider than an entry's, and left out without a fresh oracle price: a position must be left. */
export const checkExitCollar: Check = (intent, context) =>
  checkOracle(intent, context) === undefined
    ? collar(intent, context, context.limits.priceCollarPct * EXIT_COLLAR_FACTOR)
    : undefined;

/** A reduce-only order is smaller than the position and against it. */
export const checkShrinks: Check = ({ side, size }, { position }) => {
  const shrinks = side === 'buy' ? position < 0n : position > 0n;
  if (shrinks && size <= absolute(position)) return undefined;
  return deny(
    'reduce-only.would-grow',
    `${side} ${size} does not shrink a position of ${position}`,
  );
};

/** At the limit price or the oracle price, whichever is higher. */
export const checkOrderNotional: Check = (intent, { view, limits }) => {
  if (view?.oracle === undefined) return deny('oracle.missing', 'an order cannot be valued');
  const limitPrice = oracleOfPrice(view.spec, intent.limitPrice);
  const highest = largest(view.oracle, limitPrice) as OraclePrice;
  const notional = oracleNotional(view.spec, intent.size, highest);
  return above('limit.order-notional', 'order notional', notional, limits.maxOrderNotionalUsd);
};

export const checkPositionNotional: Check = (intent, context) => {
  const { view, limits } = context;
  if (view === undefined) return deny('market.unknown', `nothing is known of ${intent.market}`);
  const exposure = worstCase(holdingWith(intent, context, view.spec));
  if (exposure === undefined) return deny('oracle.missing', 'the position cannot be valued');
  const code = 'limit.position-notional';
  return above(code, 'worst-case position', exposure.worst, limits.maxPositionNotionalUsd);
};

export const checkExposure: Check = (intent, context) => {
  const exposure = totalExposure(intent, context);
  if (exposure === undefined) return deny('oracle.missing', 'the exposure cannot be valued');
  const { maxExposureUsd } = context.limits;
  return above('limit.exposure', 'worst-case exposure', exposure.worst, maxExposureUsd);
};

export const checkFreeCollateral: Check = (intent, context) => {
  const { freeCollateral } = context;
  if (freeCollateral === undefined) return deny('free-collateral', 'free collateral is unknown');
  const exposure = totalExposure(intent, context);
  if (exposure === undefined) return deny('oracle.missing', 'the margin cannot be valued');
  if (exposure.addedMargin <= freeCollateral) return undefined;
  const [needed, free] = [formatUsd(exposure.addedMargin), formatUsd(freeCollateral)];
  return deny('free-collateral', `${needed} USD of margin needed, ${free} free`);
};

export const checkEntryRate: Check = (_intent, { entriesLastMinute, limits }) =>
  rate(entriesLastMinute, limits.maxOrdersPerMinute);

export const checkExitRate: Check = (_intent, { exitsLastMinute }) =>
  rate(exitsLastMinute, EXITS_PER_MINUTE_MAX);

export const checkWorkingOrders: Check = (_intent, { workingOrders }) =>
  workingOrders < WORKING_ORDERS_MAX
    ? undefined
    : deny('limit.working-orders', `${workingOrders} orders work, at most ${WORKING_ORDERS_MAX}`);

/** The chain would refuse one message more. Exits have a part of the limit to themselves. */
export const checkBlockRate: Check = (intent, { sends }) =>
  refuseSend(sends(sendKindOf(intent)), intent.purpose);

/** Stateful orders only: the chain limits how many of them are open. */
export const checkEquityTier: Check = (intent, { stateful }) =>
  sendKindOf(intent) === 'stateful' ? refuseOpen(stateful) : undefined;

function collar(intent: OrderIntent, { view }: RiskContext, percent: number): Denial | undefined {
  if (view?.oracle === undefined) return deny('oracle.missing', 'a price cannot be compared');
  // Millionths of a percent: floor keeps the collar from growing.
  const width = Number.isFinite(percent) && percent >= 0 ? BigInt(Math.floor(percent * 1e6)) : -1n;
  const distance = absolute(oracleOfPrice(view.spec, intent.limitPrice) - view.oracle);
  if (distance * 100_000_000n <= view.oracle * width) return undefined;
  const actual = Number((distance * 1_000_000n) / view.oracle) / 10_000;
  return deny('price.collar', `the limit is ${actual} % from the oracle, at most ${percent} %`);
}

function above(code: DenialCode, what: string, value: Usd, limitUsd: number): Denial | undefined {
  const limit = usdLimit(limitUsd);
  if (limit !== undefined && value <= limit) return undefined;
  return deny(code, `${what} ${formatUsd(value)} USD, at most ${limitUsd}`);
}

/** True comparison first: a count or a limit that is no number refuses. */
function rate(count: number, max: number): Denial | undefined {
  if (count < max && Number.isFinite(max)) return undefined;
  return deny('limit.order-rate', `${count} orders in the last minute, expected fewer than ${max}`);
}

/** The intent's market as it would be with the intent's order live. */
function holdingWith(
  intent: OrderIntent,
  { view, position, holdings }: RiskContext,
  spec: MarketHolding['spec'],
): MarketHolding {
  const order = { ...intent, remaining: intent.size };
  const orders = [...(holdings.get(intent.market)?.orders ?? []), order];
  return { spec, oracle: view?.oracle, position, orders };
}

function totalExposure(intent: OrderIntent, context: RiskContext): Exposure | undefined {
  const { view, holdings } = context;
  if (view === undefined) return undefined;
  const after = new Map(holdings).set(intent.market, holdingWith(intent, context, view.spec));
  let [worst, addedMargin] = [0n, 0n];
  for (const holding of after.values()) {
    const exposure = worstCase(holding);
    if (exposure === undefined) return undefined;
    worst += exposure.worst;
    addedMargin += exposure.addedMargin;
  }
  return { worst: usd(worst), addedMargin: usd(addedMargin) };
}
