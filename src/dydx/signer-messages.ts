/**
 * What the service and its signing thread say to each other. Amounts are text or bigint, exact; the
 * key is no part of any message.
 */
import { notionalExponent, type MarketSpec } from '../model/market.js';
import type { CancelRequest, OrderRequest, TimeInForce } from '../model/order.js';
import type { UnixMs, Usd } from '../model/quantities.js';
import { fail, ok, type Result } from '../model/result.js';
import type { SendAnswer } from '../ports/venue.js';
import { signedAmounts } from './units.js';

/** `MsgPlaceOrder`, short-term. */
export interface PlaceMessage {
  readonly type: 'place';
  readonly clientId: number;
  readonly clobPairId: number;
  /** 1 buys, 2 sells. */
  readonly side: 1 | 2;
  readonly quantums: string;
  readonly subticks: string;
  readonly goodTilBlock: number;
  /** 0 rests, 1 is immediate-or-cancel, 2 is post-only. */
  readonly timeInForce: 0 | 1 | 2;
  readonly reduceOnly: boolean;
  /** USD value = quantums × subticks × 10^(this − 6): for the thread's own check of the limit. */
  readonly notionalExponent: number;
  /** Not signed any more once this time has passed. */
  readonly expiresAt: UnixMs;
}

/** `MsgCancelOrder`, short-term. */
export interface CancelMessage {
  readonly type: 'cancel';
  readonly clientId: number;
  readonly clobPairId: number;
  readonly goodTilBlock: number;
}

export type SendMessage = PlaceMessage | CancelMessage;

export type ToSigner =
  | { readonly type: 'send'; readonly id: number; readonly message: SendMessage }
  /** No more messages; the thread ends when its last answer is out. */
  | { readonly type: 'close' };

export type FromSigner =
  /** Libraries are loaded; the account is not known yet. */
  | { readonly type: 'loaded' }
  /** The account number is known: messages are signed from now on. */
  | { readonly type: 'ready' }
  /** The account could not be read; tried again. */
  | { readonly type: 'waiting'; readonly reason: string }
  | { readonly type: 'answer'; readonly id: number; readonly answer: SendAnswer };

/** Handed to the thread at its start, never sent again. */
export interface SignerData {
  /** 32 bytes; wiped by the thread after use. */
  readonly privateKey: Uint8Array;
  readonly rpcUrls: readonly string[];
  readonly chainId: string;
  readonly subaccountNumber: number;
  /** One order at most, reduce-only excepted; undefined: no check in the thread. */
  readonly orderNotionalMax: Usd | undefined;
}

const TIMES_IN_FORCE: Readonly<Record<TimeInForce, PlaceMessage['timeInForce']>> = {
  gtt: 0,
  ioc: 1,
  postOnly: 2,
};

/** Refuses what the chain would refuse for its form: off grid, resting reduce-only. */
export function placeMessage(
  request: OrderRequest,
  spec: MarketSpec,
  expiresAt: UnixMs,
): Result<PlaceMessage> {
  const amounts = signedAmounts(spec, request);
  if (!amounts.ok) return amounts;
  if (request.reduceOnly && request.timeInForce !== 'ioc') {
    return fail('order.reduce-only', `expected reduce-only with ioc, was ${request.timeInForce}`);
  }
  return ok({
    type: 'place',
    clientId: request.clientId,
    clobPairId: spec.venueNumber,
    side: request.side === 'buy' ? 1 : 2,
    ...amounts.value,
    goodTilBlock: request.goodTilBlock,
    timeInForce: TIMES_IN_FORCE[request.timeInForce],
    reduceOnly: request.reduceOnly,
    notionalExponent: notionalExponent(spec),
    expiresAt,
  });
}

export const cancelMessage = (request: CancelRequest, spec: MarketSpec): CancelMessage => ({
  type: 'cancel',
  clientId: request.clientId,
  clobPairId: spec.venueNumber,
  goodTilBlock: request.goodTilBlock,
});

/** Why a message must not be signed now; undefined when it may. Cancels always may. */
export function refusal(
  message: SendMessage,
  { now, orderNotionalMax }: { now: number; orderNotionalMax: Usd | undefined },
): string | undefined {
  if (message.type === 'cancel') return undefined;
  // Written so that NaN refuses.
  if (!(now <= message.expiresAt)) return `permission expired ${now - message.expiresAt} ms ago`;
  if (orderNotionalMax === undefined || message.reduceOnly) return undefined;
  const notional = notionalOf(message);
  return notional > orderNotionalMax
    ? `expected a notional ≤ ${orderNotionalMax}, was ${notional} (1e-6 USD)`
    : undefined;
}

function notionalOf({ quantums, subticks, notionalExponent: exponent }: PlaceMessage): bigint {
  const product = BigInt(quantums) * BigInt(subticks);
  if (exponent >= 0) return product * 10n ** BigInt(exponent);
  const unit = 10n ** BigInt(-exponent);
  return (product + unit - 1n) / unit;
}
