/** Pre-trade checks against limits: price, size, exposure, margin, rate. No number, no order. */
import { formatSize, formatUsd, oracleNotional, oracleOfPrice } from '../model/market.js';
import type { Denial, DenialCode, OrderIntent } from '../model/order.js';
import {
  absolute,
  divideCeil,
  largest,
  usd,
  type OraclePrice,
  type Usd,
} from '../model/quantities.js';
import { worstCase, type MarketHolding } from './exposure.js';
import { marginNeed } from './margin-need.js';
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
  const worst = worstCase(holdingWith(intent, context, view.spec));
  if (worst === undefined) return deny('oracle.missing', 'the position cannot be valued');
  const code = 'limit.position-notional';
  return above(code, 'worst-case position', worst, limits.maxPositionNotionalUsd);
};

export const checkExposure: Check = (intent, context) => {
  const worst = total(intent, context, worstCase);
  if (worst === undefined) return deny('oracle.missing', 'the exposure cannot be valued');
  return above('limit.exposure', 'worst-case exposure', worst, context.limits.maxExposureUsd);
};

/** In the worst case equity, less what the fills cost, is the initial margin and its buffer. */
export const checkFreeCollateral: Check = (intent, context) => {
  const { equity, limits } = context;
  if (equity === undefined) return deny('free-collateral', 'the equity is unknown');
  const margin = total(intent, context, (holding) => marginNeed(holding)?.margin);
  const loss = total(intent, context, (holding) => marginNeed(holding)?.loss);
  if (margin === undefined || loss === undefined) {
    return deny('oracle.missing', 'the margin cannot be valued');
  }
  const buffer = bufferOf(margin, limits.marginBufferPct);
  if (buffer !== undefined && margin + buffer + loss <= equity) return undefined;
  const needed = `${formatUsd(margin)} USD of initial margin`;
  const more = `${limits.marginBufferPct} % of buffer and ${formatUsd(loss)} of costs`;
  return deny('free-collateral', `${needed}, ${more}, at most ${formatUsd(equity)} of equity`);
};

/** One market holds the account alone where it is isolated: the chain would refuse. */
export const checkIsolation: Check = ({ market }, { view, holdings }) => {
  if (view === undefined) return deny('market.unknown', `nothing is known of ${market}`);
  for (const [other, { spec, position, orders }] of holdings) {
    if (other === market || !(spec.isolated || view.spec.isolated)) continue;
    if (position === 0n && orders.every(({ reduceOnly }) => reduceOnly)) continue;
    const isolated = view.spec.isolated ? market : other;
    return deny('market.isolated', `${isolated} is isolated: not beside ${other} and ${market}`);
  }
  return undefined;
};

/** It would close what is not the strategy's, and what it then owns could not be closed. */
export const checkForeign: Check = ({ side, strategy, market }, { foreign, view }) => {
  const isAgainst = side === 'buy' ? foreign < 0n : foreign > 0n;
  if (!isAgainst) return undefined;
  const amount = view === undefined ? `${foreign} quantums` : formatSize(view.spec, foreign);
  return deny('position.foreign', `${amount} of ${market} is not ${strategy}'s: no ${side}`);
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
  const { oracle, openInterest } = view ?? {};
  return { spec, oracle, openInterest, position, orders };
}

/** Over all markets, with the intent's order live; undefined when one cannot be valued. */
function total(
  intent: OrderIntent,
  context: RiskContext,
  of: (holding: MarketHolding) => bigint | undefined,
): Usd | undefined {
  const { view, holdings } = context;
  if (view === undefined) return undefined;
  const after = new Map(holdings).set(intent.market, holdingWith(intent, context, view.spec));
  let sum = 0n;
  for (const holding of after.values()) {
    const value = of(holding);
    if (value === undefined) return undefined;
    sum += value;
  }
  return usd(sum);
}

/** Rounded up; undefined for what is no share. */
function bufferOf(margin: Usd, percent: number): bigint | undefined {
  if (!Number.isFinite(percent) || percent < 0) return undefined;
  return divideCeil(margin * BigInt(Math.ceil(percent * 10_000)), 1_000_000n);
}
