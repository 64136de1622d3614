/**
 * What the signing thread refuses by itself, whatever the service says: a second, independent check
 * of the hard limits. Market parameters and heights are those that the thread has read from a node.
 * Every comparison is written so that NaN refuses. Cancels only lower risk: their form is checked,
 * and that they are of our subaccount.
 */
import { ORDER_FLAGS } from './order-id.codec.js';
import type { BatchCancelMessage, CancelMessage, PlaceMessage } from './signer-messages.js';
import type { SendMessage, SignerLimits } from './signer-messages.js';
import { NONCE_WINDOW_MS } from './timestamp-nonce.js';

/** A market as a node tells it. */
export interface ChainMarket {
  readonly ticker: string;
  /** USD value = quantums × subticks × 10^(this − 6). */
  readonly notionalExponent: number;
}

export interface Circumstances {
  /** Unix milliseconds. */
  readonly now: number;
  /** The largest height that a node has told, and when it was told first; NaN before any. */
  readonly height: number;
  readonly heightAt: number;
  readonly markets: ReadonlyMap<number, ChainMarket>;
  /** What the message is signed with if the chain checks its sequence. */
  readonly nonce: number;
}

const UINT32_MAX = 2 ** 32 - 1;
const MESSAGES_PER_BATCH_MAX = 100;
/** Blocks are not faster; a height that is old may have grown by so much. */
const BLOCK_MS_MIN = 400;
const GROWTH_MAX = 20;

/** Why a message must not be signed now; undefined when it may. */
export function refusal(
  message: SendMessage,
  limits: SignerLimits,
  circumstances: Circumstances,
): string | undefined {
  const malformed = malformation(message);
  if (malformed !== undefined) return `not readable: ${malformed}`;
  if (!limits.subaccountNumbers.includes(message.subaccountNumber)) {
    const allowed = limits.subaccountNumbers.join(', ');
    return `expected subaccount ${allowed}, was ${message.subaccountNumber}`;
  }
  return message.type === 'place' ? refusalOfOrder(message, limits, circumstances) : undefined;
}

/** Whether the known height alone is why a message is refused: a newer one may let it go. */
export function wantsHeight(
  message: SendMessage,
  limits: SignerLimits,
  circumstances: Circumstances,
): boolean {
  const atAnyHeight = { ...circumstances, height: Infinity, heightAt: circumstances.now };
  return (
    refusal(message, limits, circumstances) !== undefined &&
    refusal(message, limits, atAnyHeight) === undefined
  );
}

function refusalOfOrder(
  message: PlaceMessage,
  limits: SignerLimits,
  circumstances: Circumstances,
): string | undefined {
  const { now, markets } = circumstances;
  if (!(now <= message.expiresAt)) return `permission expired ${now - message.expiresAt} ms ago`;
  const market = markets.get(message.clobPairId);
  if (market === undefined) return `no node has told of market number ${message.clobPairId}`;
  const { ticker, notionalExponent } = market;
  if (message.notionalExponent !== notionalExponent) {
    const was = `was ${message.notionalExponent}`;
    return `expected a notional exponent of ${notionalExponent} in ${ticker}, ${was}`;
  }
  const tooFar = refusalOfHorizon(message, limits, circumstances);
  if (tooFar !== undefined || message.reduceOnly) return tooFar;
  if (limits.markets !== 'all' && !limits.markets.includes(ticker)) {
    return `${ticker} is not on the list of markets`;
  }
  const notional = notionalOf(message);
  return notional <= limits.orderNotionalMax
    ? undefined
    : `expected a notional ≤ ${limits.orderNotionalMax}, was ${notional} (1e-6 USD)`;
}

function refusalOfHorizon(
  message: PlaceMessage,
  limits: SignerLimits,
  circumstances: Circumstances,
): string | undefined {
  return message.orderFlags === ORDER_FLAGS.shortTerm
    ? refusalOfBlock(message, limits, circumstances)
    : refusalOfTimes(message, limits, circumstances);
}

function refusalOfBlock(
  { goodTilBlock }: { readonly goodTilBlock: number },
  { goodTilBlocksMax }: SignerLimits,
  { now, height, heightAt }: Circumstances,
): string | undefined {
  const growth = Math.min(GROWTH_MAX, Math.max(0, Math.ceil((now - heightAt) / BLOCK_MS_MIN)));
  const last = height + growth + goodTilBlocksMax;
  if (goodTilBlock <= last) return undefined;
  return `expected a good-til-block ≤ ${last}, was ${goodTilBlock}`;
}

/**
 * The nonce alone decides which is the last block that can take the message, however long it waits
 * in a mempool and whatever our clock says: after `includeBy` the order is held for dead.
 */
function refusalOfTimes(
  { goodTilBlockTime, includeBy }: { goodTilBlockTime: number; includeBy: number },
  { goodTilSecondsMax }: SignerLimits,
  { now, nonce }: Circumstances,
): string | undefined {
  const untilBlockOf = nonce + NONCE_WINDOW_MS;
  if (!(untilBlockOf <= includeBy)) {
    return `a block of ${untilBlockOf} could take it, expected none after ${includeBy}`;
  }
  const last = Math.floor(now / 1000) + goodTilSecondsMax;
  if (goodTilBlockTime <= last) return undefined;
  return `expected a good-til-time ≤ ${last}, was ${goodTilBlockTime}`;
}

/** At the limit price or the trigger, the higher of both: a stop may sell far below its trigger. */
function notionalOf(message: PlaceMessage): bigint {
  const { quantums, notionalExponent: exponent } = message;
  const limit = BigInt(message.subticks);
  const isConditional = message.orderFlags === ORDER_FLAGS.conditional;
  const trigger = isConditional ? BigInt(message.triggerSubticks) : 0n;
  const product = BigInt(quantums) * (trigger > limit ? trigger : limit);
  if (exponent >= 0) return product * 10n ** BigInt(exponent);
  const unit = 10n ** BigInt(-exponent);
  return (product + unit - 1n) / unit;
}

/** What is wrong with the form of a message: its types say it, but a thread takes anything. */
function malformation(message: SendMessage): string | undefined {
  const { subaccountNumber } = message;
  if (!isWhole(subaccountNumber, 0)) return `subaccount ${subaccountNumber}`;
  switch (message.type) {
    case 'place':
      return malformationOfOrder(message);
    case 'cancel':
      return malformationOfCancel(message);
    case 'batchCancel':
      return malformationOfBatch(message);
  }
  return `type ${String((message as { readonly type: unknown }).type)}`;
}

function malformationOfOrder(message: PlaceMessage): string | undefined {
  const { side, timeInForce, quantums, subticks, reduceOnly, notionalExponent } = message;
  if (side !== 1 && side !== 2) return `side ${String(side)}`;
  if (![0, 1, 2].includes(timeInForce)) return `time in force ${timeInForce}`;
  if (!isAmount(quantums)) return `size ${quantums}`;
  if (!isAmount(subticks)) return `price ${subticks}`;
  if (typeof reduceOnly !== 'boolean') return `reduce-only ${String(reduceOnly)}`;
  // Only immediate orders can reduce only: a resting one would escape the limits of entries. One
  // that waits for its trigger is held to it by the chain when it is pulled.
  if (reduceOnly && timeInForce !== 1) return 'reduce-only, but not immediate';
  if (!Number.isSafeInteger(notionalExponent)) return `notional exponent ${notionalExponent}`;
  return malformationOfCancel(message) ?? malformationOfKind(message);
}

function malformationOfCancel(message: PlaceMessage | CancelMessage): string | undefined {
  const { clientId, clobPairId } = message;
  if (!isWhole(clientId, 0)) return `client id ${clientId}`;
  if (!isWhole(clobPairId, 0)) return `market number ${clobPairId}`;
  return malformationOfEnd(message);
}

/** One end, and that of its kind: with both, somebody has meant another order. */
function malformationOfEnd(message: PlaceMessage | CancelMessage): string | undefined {
  const { orderFlags, goodTilBlock: block, goodTilBlockTime: time } = message as Loose;
  switch (orderFlags) {
    case ORDER_FLAGS.shortTerm:
      if (!isWhole(block, 1)) return `good-til-block ${String(block)}`;
      return time === undefined ? undefined : 'a good-til-time and a block';
    case ORDER_FLAGS.longTerm:
    case ORDER_FLAGS.conditional:
      if (!isWhole(time, 1)) return `good-til-time ${String(time)}`;
      return block === undefined ? undefined : 'a good-til-block and a time';
    default:
      return `order flags ${String(orderFlags)}`;
  }
}

function malformationOfKind(message: PlaceMessage): string | undefined {
  const { orderFlags, timeInForce, conditionType, triggerSubticks } = message as Loose;
  if (orderFlags === ORDER_FLAGS.conditional) {
    if (conditionType !== 1 && conditionType !== 2) return `condition ${String(conditionType)}`;
    return isAmount(triggerSubticks) ? undefined : `trigger ${String(triggerSubticks)}`;
  }
  if (conditionType !== undefined || triggerSubticks !== undefined) {
    return 'a condition, but not conditional';
  }
  const isImmediate = orderFlags === ORDER_FLAGS.longTerm && timeInForce === 1;
  return isImmediate ? 'long-term, but immediate' : undefined;
}

/** What may stand in a message whose types nobody has checked. */
type Loose = Readonly<
  Partial<
    Record<
      | 'orderFlags'
      | 'goodTilBlock'
      | 'goodTilBlockTime'
      | 'timeInForce'
      | 'conditionType'
      | 'triggerSubticks',
      unknown
    >
  >
>;

function malformationOfBatch({ cancels, goodTilBlock }: BatchCancelMessage): string | undefined {
  if (!isWhole(goodTilBlock, 1)) return `good-til-block ${goodTilBlock}`;
  const count = cancels.reduce((sum, { clientIds }) => sum + clientIds.length, 0);
  if (!(count >= 1 && count <= MESSAGES_PER_BATCH_MAX)) {
    return `a batch of ${count}, expected 1 to ${MESSAGES_PER_BATCH_MAX}`;
  }
  for (const { clobPairId, clientIds } of cancels) {
    if (!isWhole(clobPairId, 0)) return `market number ${clobPairId}`;
    const odd = clientIds.find((clientId) => !isWhole(clientId, 0));
    if (odd !== undefined) return `client id ${odd}`;
  }
  return undefined;
}

const isWhole = (value: unknown, min: number): boolean =>
  Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= UINT32_MAX;

/** Of 64 bits without a sign, above zero. */
const isAmount = (text: unknown): boolean =>
  typeof text === 'string' && /^[1-9]\d{0,19}$/.test(text) && BigInt(text) < 2n ** 64n;
