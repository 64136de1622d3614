/**
 * What every message must satisfy by itself (ValidateBasic), whatever the state is, with the
 * module's own codes and in its order. Each rule answers a refusal or nothing.
 */
import type { CheckResult } from '../exchange-types.js';
import { ORDER_FLAGS } from '../order-terms.js';
import { isAddress } from './addresses.codec.js';
import { moduleRefusal } from './check-results.js';
import type { WireExpiry, WireOrder, WireOrderId, WireSubaccount } from './proto-codecs.codec.js';

const SUBACCOUNT_NUMBER_MAX = 128_000;
const BATCH_CANCEL_MAX = 100;
const BUILDER_FEE_PPM_MAX = 10_000;
const TWAP_INTERVAL_SECONDS = { min: 30, max: 3_600 } as const;
const TWAP_DURATION_SECONDS = { min: 300, max: 86_400 } as const;
const TWAP_PRICE_TOLERANCE_PPM_LIMIT = 1_000_000;
const AUTHENTICATOR_BYTES_MAX = 1_024;

const CONDITION_TYPES = 3;
const TIMES_IN_FORCE = 4;
const SIDES = 3;
const IOC = 1;
const FOK = 3;

type Verdict = CheckResult | undefined;

const clobError = (code: number, log: string): CheckResult => moduleRefusal('clob', code, log);

export function checkSubaccount(id: WireSubaccount): Verdict {
  if (!isAddress(id.owner)) {
    const log = `invalid SubaccountId Owner address (${id.owner})`;
    return moduleRefusal('subaccounts', 201, `${log}: subaccount id owner is an invalid address`);
  }
  return id.number > SUBACCOUNT_NUMBER_MAX
    ? moduleRefusal('subaccounts', 200, `subaccount id number cannot exceed 128000: ${id.number}`)
    : undefined;
}

export function checkOrder(order: WireOrder, id: WireOrderId): Verdict {
  if (order.timeInForce === FOK) {
    return clobError(48, 'Fill-or-kill has been deprecated: This field has been deprecated');
  }
  return (
    checkSubaccount(subaccountOf(id)) ??
    checkTerms(order) ??
    checkRouter(order) ??
    checkLifetime(order, id) ??
    checkExecution(order, id) ??
    checkCondition(order, id) ??
    checkBuilder(order) ??
    checkTwap(order, id)
  );
}

function checkTerms({ side, timeInForce, conditionType, quantums }: WireOrder): Verdict {
  if (!isIndex(side, SIDES)) return clobError(3, `invalid order side (${side})`);
  if (!isIndex(timeInForce, TIMES_IN_FORCE)) {
    return clobError(44, `invalid time in force (${timeInForce})`);
  }
  if (!isIndex(conditionType, CONDITION_TYPES)) {
    return clobError(6000, `invalid condition type (${conditionType})`);
  }
  if (side === 0) return clobError(3, 'UNSPECIFIED is not a valid order side');
  return isZero(quantums) ? clobError(4, 'order size quantums cannot be 0') : undefined;
}

function checkRouter({ orderRouterAddress }: WireOrder): Verdict {
  if (orderRouterAddress === '' || isAddress(orderRouterAddress)) return undefined;
  return clobError(
    11_000,
    `order router address '${orderRouterAddress}' must be a valid bech32 address`,
  );
}

/** A short-term message must have a block, a stateful one a time; suborders cannot be sent. */
function checkLifetime(expiry: WireExpiry, { orderFlags }: WireOrderId): Verdict {
  if (orderFlags === ORDER_FLAGS.shortTerm) {
    return (expiry.goodTilBlock ?? 0) === 0
      ? clobError(5, 'goodTilBlock cannot be 0: Invalid order goodTilBlock')
      : undefined;
  }
  if (!STATEFUL_FLAGS.has(orderFlags)) {
    return clobError(3000, `invalid order flag ${orderFlags}: Invalid order flags`);
  }
  return (expiry.goodTilBlockTime ?? 0) === 0
    ? clobError(3001, 'stateful goodTilBlockTime cannot be 0: Invalid order goodTilBlockTime')
    : undefined;
}

function checkExecution(order: WireOrder, { orderFlags }: WireOrderId): Verdict {
  const isImmediate = order.timeInForce === IOC;
  if (orderFlags === ORDER_FLAGS.longTerm && isImmediate) {
    return clobError(3002, 'Stateful orders cannot require immediate execution');
  }
  if (order.reduceOnly && !isImmediate) {
    return clobError(9003, 'Reduce-only is currently disabled for non-IOC orders');
  }
  return isZero(order.subticks) && orderFlags !== ORDER_FLAGS.twap
    ? clobError(6, 'order subticks cannot be 0 for this order type')
    : undefined;
}

function checkCondition(order: WireOrder, { orderFlags }: WireOrderId): Verdict {
  const { conditionType, conditionalOrderTriggerSubticks } = order;
  const hasType = conditionType !== 0;
  const hasTrigger = !isZero(conditionalOrderTriggerSubticks);
  if (orderFlags === ORDER_FLAGS.conditional) {
    if (!hasType) return clobError(6000, 'condition type cannot be unspecified');
    return hasTrigger ? undefined : clobError(6001, 'order trigger subticks cannot be 0');
  }
  if (hasType) return clobError(6000, 'condition type specified for non-conditional order');
  return hasTrigger
    ? clobError(6001, 'trigger subticks greater than 0 for non-conditional order')
    : undefined;
}

function checkBuilder({ builderCodeParameters: builder }: WireOrder): Verdict {
  if (builder === undefined) return undefined;
  if (!isAddress(builder.builderAddress)) {
    return clobError(50, `builder address '${builder.builderAddress}': Invalid builder code`);
  }
  return builder.feePpm <= 0 || builder.feePpm > BUILDER_FEE_PPM_MAX
    ? clobError(50, `builder fee ppm '${builder.feePpm}' must be in (0, ${BUILDER_FEE_PPM_MAX}]`)
    : undefined;
}

function checkTwap({ twapParameters }: WireOrder, { orderFlags }: WireOrderId): Verdict {
  if (orderFlags !== ORDER_FLAGS.twap) return undefined;
  if (twapParameters === undefined) return clobError(12, 'TWAP order must have a TWAP config');
  const { interval, duration, priceTolerance } = twapParameters;
  if (!isWithin(interval, TWAP_INTERVAL_SECONDS)) {
    return clobError(12, 'TWAP order interval must be in the range [30 seconds, 3600 seconds]');
  }
  if (!isWithin(duration, TWAP_DURATION_SECONDS)) {
    return clobError(12, 'TWAP order duration must be in the range [300 seconds, 86400 seconds]');
  }
  if (duration % interval !== 0) {
    return clobError(12, 'TWAP order duration must be a multiple of the interval');
  }
  return priceTolerance >= TWAP_PRICE_TOLERANCE_PPM_LIMIT
    ? clobError(12, 'TWAP order price tolerance must be in the range [0, 1000000)')
    : undefined;
}

export const checkCancel = (expiry: WireExpiry, id: WireOrderId): Verdict =>
  checkSubaccount(subaccountOf(id)) ?? checkLifetime(expiry, id);

export function checkBatchCancel(batch: {
  readonly subaccount: WireSubaccount;
  readonly batches: readonly {
    readonly clobPairId: number;
    readonly clientIds: readonly number[];
  }[];
}): Verdict {
  const { subaccount, batches } = batch;
  const count = batches.reduce((sum, { clientIds }) => sum + clientIds.length, 0);
  const isUnique =
    new Set(batches.map(({ clobPairId }) => clobPairId)).size === batches.length &&
    batches.every(({ clientIds }) => new Set(clientIds).size === clientIds.length);
  return (
    checkSubaccount(subaccount) ??
    (count === 0 || count > BATCH_CANCEL_MAX || !isUnique
      ? clobError(45, `expected 1 to ${BATCH_CANCEL_MAX} different cancels, was ${count}`)
      : undefined)
  );
}

export function checkLeverage(
  subaccount: WireSubaccount | undefined,
  entries: readonly { readonly clobPairId: number; readonly customImfPpm: number }[],
): Verdict {
  if (subaccount === undefined || !isAddress(subaccount.owner)) {
    return clobError(11_001, `subaccount owner '${subaccount?.owner ?? ''}': Invalid address`);
  }
  const pairs = new Set(entries.map(({ clobPairId }) => clobPairId));
  const isSound = entries.length > 0 && pairs.size === entries.length;
  return isSound && entries.every(({ customImfPpm }) => customImfPpm > 0)
    ? undefined
    : clobError(11_002, 'expected entries > 0 for different markets: Invalid update leverage');
}

/** USDC only, and something must move. */
export function checkAmount(assetId: number, amount: bigint): Verdict {
  if (assetId !== 0)
    return moduleRefusal('sending', 1101, 'assets other than USDC cannot be transferred');
  return amount === 0n ? moduleRefusal('sending', 2, 'Invalid transfer amount') : undefined;
}

export function checkDifferent(sender: WireSubaccount, recipient: WireSubaccount): Verdict {
  return sender.owner === recipient.owner && sender.number === recipient.number
    ? moduleRefusal('sending', 1, 'Sender is the same as recipient')
    : undefined;
}

export const checkAccount = (address: string): Verdict =>
  isAddress(address) ? undefined : moduleRefusal('sending', 6, 'Account address is invalid');

export function checkAuthenticatorData(sender: string, data: Uint8Array): Verdict {
  if (!isAddress(sender)) return moduleRefusal('accountplus', 2, 'Invalid account address');
  return data.length > AUTHENTICATOR_BYTES_MAX
    ? moduleRefusal('accountplus', 3, 'Authenticator data exceeds maximum length')
    : undefined;
}

const STATEFUL_FLAGS: ReadonlySet<number> = new Set([
  ORDER_FLAGS.conditional,
  ORDER_FLAGS.longTerm,
  ORDER_FLAGS.twap,
]);

/** Protobuf omits zeros: what is missing is empty. */
export const subaccountOf = (id: WireOrderId): WireSubaccount =>
  id.subaccountId ?? { owner: '', number: 0 };

const isIndex = (value: number, count: number): boolean => value >= 0 && value < count;
const isZero = (value: { toString(): string }): boolean => value.toString() === '0';
const isWithin = (
  value: number,
  { min, max }: { readonly min: number; readonly max: number },
): boolean => value >= min && value <= max;
