/**
 * What the signing thread refuses by itself, whatever the service says: a second, independent check
 * of the hard limits. Market parameters and heights are those that the thread has read from a node.
 * Every comparison is written so that NaN refuses. Cancels only lower risk: their form is checked,
 * and that they are of our subaccount.
 */
import type { BatchCancelMessage, CancelMessage, PlaceMessage } from './signer-messages.js';
import type { SendMessage, SignerLimits } from './signer-messages.js';

/** A market as a node tells it. */
export interface ChainMarket {
  readonly ticker: string;
  /** USD value = quantums × subticks × 10^(this − 6). */
  readonly notionalExponent: number;
}

export interface Circumstances {
  /** Unix milliseconds. */
  readonly now: number;
  /** The newest height that a node has told, and when; NaN before the first. */
  readonly height: number;
  readonly heightAt: number;
  readonly markets: ReadonlyMap<number, ChainMarket>;
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
  { goodTilBlock }: PlaceMessage,
  { goodTilBlocksMax }: SignerLimits,
  { now, height, heightAt }: Circumstances,
): string | undefined {
  const growth = Math.min(GROWTH_MAX, Math.max(0, Math.ceil((now - heightAt) / BLOCK_MS_MIN)));
  const last = height + growth + goodTilBlocksMax;
  if (goodTilBlock <= last) return undefined;
  return `expected a good-til-block ≤ ${last}, was ${goodTilBlock}`;
}

function notionalOf({ quantums, subticks, notionalExponent: exponent }: PlaceMessage): bigint {
  const product = BigInt(quantums) * BigInt(subticks);
  if (exponent >= 0) return product * 10n ** BigInt(exponent);
  const unit = 10n ** BigInt(-exponent);
  return (product + unit - 1n) / unit;
}

/** What is wrong with the form of a message: its types say it, but a thread takes anything. */
function malformation(message: SendMessage): string | undefined {
  const { subaccountNumber, goodTilBlock } = message;
  if (!isWhole(subaccountNumber, 0)) return `subaccount ${subaccountNumber}`;
  if (!isWhole(goodTilBlock, 1)) return `good-til-block ${goodTilBlock}`;
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
  // Only immediate orders can reduce only: a resting one would escape the limits of entries.
  if (reduceOnly && timeInForce !== 1) return 'reduce-only, but not immediate';
  if (!Number.isSafeInteger(notionalExponent)) return `notional exponent ${notionalExponent}`;
  return malformationOfCancel(message);
}

function malformationOfCancel({
  clientId,
  clobPairId,
}: PlaceMessage | CancelMessage): string | undefined {
  if (!isWhole(clientId, 0)) return `client id ${clientId}`;
  return isWhole(clobPairId, 0) ? undefined : `market number ${clobPairId}`;
}

function malformationOfBatch({ cancels }: BatchCancelMessage): string | undefined {
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
