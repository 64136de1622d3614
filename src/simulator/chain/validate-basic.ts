/**
 * What can be said of an order, cancel or batch by looking at it alone, in the chain's order and
 * with its codes. The first refusal counts.
 */
import type { CheckResult } from '../exchange-types.js';
import {
  ORDER_FLAGS,
  type BatchCancel,
  type CancelOrder,
  type PlaceOrder,
  type VenueOrderId,
} from '../order-terms.js';

/** Client ids in one batch cancel. */
const BATCH_CANCEL_MAX = 100;
const BUILDER_FEE_PPM_MAX = 10_000;
const MILLION = 1_000_000;

const TWAP_DURATION_SECONDS = { min: 300, max: 86_400 };
const TWAP_INTERVAL_SECONDS = { min: 30, max: 3_600 };

export const ACCEPTED: CheckResult = { code: 0, codespace: '', log: '' };

export const refuse = (code: number, log: string): CheckResult => ({
  code,
  codespace: 'clob',
  log,
});

/** Of the first rule that refuses. */
export function firstRefusal<T, C extends readonly unknown[]>(
  rules: readonly ((message: T, ...context: C) => CheckResult | undefined)[],
  message: T,
  ...context: C
): CheckResult | undefined {
  for (const rule of rules) {
    const refusal = rule(message, ...context);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

type Rule<T> = (message: T) => CheckResult | undefined;

/** Suborders are the chain's own. */
const SENDABLE_FLAGS: ReadonlySet<number> = new Set([
  ORDER_FLAGS.shortTerm,
  ORDER_FLAGS.conditional,
  ORDER_FLAGS.longTerm,
  ORDER_FLAGS.twap,
]);

const TIMES_IN_FORCE: ReadonlySet<string> = new Set(['GTT', 'IOC', 'POST_ONLY', 'FOK']);

const enums: Rule<PlaceOrder> = ({ side, timeInForce }) => {
  if (side !== 'BUY' && side !== 'SELL') return refuse(3, 'side: expected BUY or SELL');
  return TIMES_IN_FORCE.has(timeInForce)
    ? undefined
    : refuse(44, `invalid time in force (${timeInForce})`);
};

const size: Rule<PlaceOrder> = ({ quantums }) =>
  quantums > 0n ? undefined : refuse(4, `quantums: expected > 0, was ${quantums}`);

const lifetime: Rule<CancelOrder> = ({ id, goodTilBlock, goodTilBlockTime }) => {
  if (!SENDABLE_FLAGS.has(id.orderFlags)) {
    return refuse(3000, `orderFlags: expected 0, 32, 64 or 128, was ${id.orderFlags}`);
  }
  if (id.orderFlags === ORDER_FLAGS.shortTerm) {
    return goodTilBlock > 0 ? undefined : refuse(5, 'goodTilBlock: expected > 0, was 0');
  }
  return goodTilBlockTime > 0 ? undefined : refuse(3001, 'goodTilBlockTime: expected > 0, was 0');
};

const timeInForce: Rule<PlaceOrder> = ({ id, timeInForce, reduceOnly }) => {
  const isImmediate = timeInForce === 'IOC' || timeInForce === 'FOK';
  if (id.orderFlags === ORDER_FLAGS.longTerm && isImmediate) {
    return refuse(3002, `long-term orders cannot require immediate execution, was ${timeInForce}`);
  }
  if (timeInForce === 'FOK') return refuse(48, 'FILL_OR_KILL is a deprecated time in force');
  return reduceOnly && timeInForce !== 'IOC'
    ? refuse(9003, `reduce-only: expected time in force IOC, was ${timeInForce}`)
    : undefined;
};

/** Only a TWAP order may have no price: then the oracle's is the only limit. */
const price: Rule<PlaceOrder> = ({ id, subticks }) => {
  const isPriced = id.orderFlags === ORDER_FLAGS.twap ? subticks >= 0n : subticks > 0n;
  return isPriced ? undefined : refuse(6, `subticks: expected > 0, was ${subticks}`);
};

const condition: Rule<PlaceOrder> = ({ id, condition }) => {
  if (id.orderFlags !== ORDER_FLAGS.conditional) {
    return condition === undefined
      ? undefined
      : refuse(6000, `condition ${condition.type} of an order that is not conditional`);
  }
  if (condition === undefined) return refuse(6000, 'condition type cannot be unspecified');
  return condition.triggerSubticks > 0n
    ? undefined
    : refuse(6001, `trigger subticks: expected > 0, was ${condition.triggerSubticks}`);
};

const twap: Rule<PlaceOrder> = ({ id, twap }) => {
  if (id.orderFlags !== ORDER_FLAGS.twap) {
    return twap === undefined ? undefined : refuse(49, 'parameters of an order that is not TWAP');
  }
  if (twap === undefined) return refuse(49, 'TWAP parameters are missing');
  const { durationSeconds, intervalSeconds, priceTolerancePpm } = twap;
  if (!isWithin(durationSeconds, TWAP_DURATION_SECONDS)) {
    return refuse(49, `TWAP duration: expected 300 to 86400 s, was ${durationSeconds}`);
  }
  if (!isWithin(intervalSeconds, TWAP_INTERVAL_SECONDS)) {
    return refuse(49, `TWAP interval: expected 30 to 3600 s, was ${intervalSeconds}`);
  }
  if (durationSeconds % intervalSeconds !== 0) {
    return refuse(49, `TWAP interval ${intervalSeconds} does not divide ${durationSeconds}`);
  }
  return isWithin(priceTolerancePpm, { min: 0, max: MILLION - 1 })
    ? undefined
    : refuse(49, `TWAP price tolerance: expected < 1000000 ppm, was ${priceTolerancePpm}`);
};

const builder: Rule<PlaceOrder> = ({ builder }) => {
  if (builder === undefined) return undefined;
  if (builder.address === '') return refuse(50, 'builder code: the address is missing');
  return isWithin(builder.feePpm, { min: 1, max: BUILDER_FEE_PPM_MAX })
    ? undefined
    : refuse(50, `builder fee: expected 1 to ${BUILDER_FEE_PPM_MAX} ppm, was ${builder.feePpm}`);
};

const PLACE_RULES = [enums, size, lifetime, timeInForce, price, condition, twap, builder];

export const validatePlace: Rule<PlaceOrder> = (order) => firstRefusal(PLACE_RULES, order);
export const validateCancel: Rule<CancelOrder> = lifetime;

export function validateBatch({ batches }: BatchCancel): CheckResult | undefined {
  const pairs = batches.map(({ clobPairId }) => clobPairId);
  const count = batches.reduce((sum, { clientIds }) => sum + clientIds.length, 0);
  const isUnique =
    new Set(pairs).size === pairs.length &&
    batches.every(({ clientIds }) => new Set(clientIds).size === clientIds.length);
  return count > 0 && count <= BATCH_CANCEL_MAX && isUnique
    ? undefined
    : refuse(45, `batch cancel: expected 1 to ${BATCH_CANCEL_MAX} different ids, was ${count}`);
}

const isWithin = (value: number, { min, max }: { readonly min: number; readonly max: number }) =>
  Number.isSafeInteger(value) && value >= min && value <= max;

export const isShortTerm = ({ orderFlags }: VenueOrderId): boolean =>
  orderFlags === ORDER_FLAGS.shortTerm;
