/**
 * What the service and its signing thread say to each other. Amounts are text or bigint, exact; the
 * key is no part of any message.
 */
import { notionalExponent, type MarketSpec } from '../model/market.js';
import type { CancelRequest, OrderRequest, TimeInForce } from '../model/order.js';
import type { UnixMs, Usd } from '../model/quantities.js';
import { fail, ok, type Result } from '../model/result.js';
import type { BatchCancelRequest } from '../ports/signer.js';
import type { SendAnswer } from '../ports/venue.js';
import { ORDER_FLAGS } from './order-id.codec.js';
import { signedAmounts } from './units.js';

/** Of an order in the validators' memory: the last block that may fill it. */
interface ShortTerm {
  readonly orderFlags: typeof ORDER_FLAGS.shortTerm;
  readonly goodTilBlock: number;
}

/** Of an order on chain: it ends with the first block of this time or later, unix seconds. */
interface OnChain<TKind extends 'longTerm' | 'conditional'> {
  readonly orderFlags: (typeof ORDER_FLAGS)[TKind];
  readonly goodTilBlockTime: number;
}

interface PlacedOnChain {
  /** No block of a later time may take it: not signed with a nonce that would let one. */
  readonly includeBy: UnixMs;
}

interface Conditional extends OnChain<'conditional'>, PlacedOnChain {
  /** 1 stops a loss, 2 takes a profit. */
  readonly conditionType: 1 | 2;
  readonly triggerSubticks: string;
}

/** `MsgPlaceOrder`. */
export type PlaceMessage = PlaceTerms & PlacedLife;

type PlacedLife = ShortTerm | (OnChain<'longTerm'> & PlacedOnChain) | Conditional;

interface PlaceTerms {
  readonly type: 'place';
  readonly subaccountNumber: number;
  readonly clientId: number;
  readonly clobPairId: number;
  /** 1 buys, 2 sells. */
  readonly side: 1 | 2;
  readonly quantums: string;
  readonly subticks: string;
  /** 0 rests, 1 is immediate-or-cancel, 2 is post-only. */
  readonly timeInForce: 0 | 1 | 2;
  readonly reduceOnly: boolean;
  /** USD value = quantums × subticks × 10^(this − 6): the thread compares it with the chain's. */
  readonly notionalExponent: number;
  /** Not signed any more once this time has passed. */
  readonly expiresAt: UnixMs;
}

/** `MsgCancelOrder`: of the order's kind, with an end that is not before the order's. */
export type CancelMessage = {
  readonly type: 'cancel';
  readonly subaccountNumber: number;
  readonly clientId: number;
  readonly clobPairId: number;
} & (ShortTerm | OnChain<'longTerm' | 'conditional'>);

/** `MsgBatchCancel`: short-term orders of several markets. */
export interface BatchCancelMessage {
  readonly type: 'batchCancel';
  readonly subaccountNumber: number;
  readonly cancels: readonly {
    readonly clobPairId: number;
    readonly clientIds: readonly number[];
  }[];
  readonly goodTilBlock: number;
}

export type SendMessage = PlaceMessage | CancelMessage | BatchCancelMessage;

export type ToSigner =
  | {
      readonly type: 'send';
      readonly id: number;
      readonly message: SendMessage;
      /** Of `rpcUrls`: the node to be asked. It is asked once, and no other is. */
      readonly node: number;
    }
  /** Answered by `pong`, or the thread hangs. */
  | { readonly type: 'ping' }
  /** The authenticators are read again: what was true at the start may be so no more. */
  | { readonly type: 'prove' }
  /** No more messages; the thread ends when its last answer is out. */
  | { readonly type: 'close' };

export type FromSigner =
  /** Libraries are loaded; the account is not known yet. */
  | { readonly type: 'loaded' }
  /** Account number, markets and height are known: messages are signed from now on. */
  | { readonly type: 'ready' }
  /** They could not be read; tried again. */
  | { readonly type: 'waiting'; readonly reason: string }
  /** Nothing will ever be signed with this key for this account. */
  | { readonly type: 'refused'; readonly code: string; readonly reason: string }
  | { readonly type: 'pong' }
  | {
      readonly type: 'answer';
      readonly id: number;
      readonly answer: SendAnswer;
      /** What is the node's fault, if anything. */
      readonly nodeFault?: string | undefined;
      readonly latencyMs?: number | undefined;
    };

/** Where the thread takes the key from, each time that it is started. */
export type KeySource =
  /** Hex, for exchanges of our own. */
  | { readonly type: 'plain'; readonly privateKey: string }
  | { readonly type: 'keystore'; readonly text: string; readonly passphrase: string }
  /** A file with the key in hex that systemd hands to this service alone. */
  | { readonly type: 'credential'; readonly path: string };

/** Whose orders are signed, and in whose name. */
export interface SignedAccount {
  /** bech32, of the account that is traded. */
  readonly address: string;
  readonly subaccountNumber: number;
  /** bech32, of the key. */
  readonly signer: string;
  /** Decimal: the owner's authenticator that lets another key trade. Undefined: the owner's key. */
  readonly authenticator: string | undefined;
}

/** What the thread refuses to go beyond, whatever it is told. */
export interface SignerLimits {
  /** Tickers in which an order may add risk; elsewhere only reduce-only ones are signed. */
  readonly markets: readonly string[] | 'all';
  readonly subaccountNumbers: readonly number[];
  /** One order at most, reduce-only excepted. */
  readonly orderNotionalMax: Usd;
  /** How far a good-til-block may lie above the chain's height. */
  readonly goodTilBlocksMax: number;
  /** How far the end of an order on chain may lie ahead. */
  readonly goodTilSecondsMax: number;
}

/** Handed to the thread at its start, never sent again. */
export interface SignerData {
  readonly key: KeySource;
  readonly account: SignedAccount;
  readonly rpcUrls: readonly string[];
  readonly chainId: string;
  readonly limits: SignerLimits;
}

const TIMES_IN_FORCE: Readonly<Record<TimeInForce, PlaceMessage['timeInForce']>> = {
  gtt: 0,
  ioc: 1,
  postOnly: 2,
};

/** Refuses what the chain would for its form: off grid, resting reduce-only, parts of a second. */
export function placeMessage(
  request: OrderRequest,
  spec: MarketSpec,
  { expiresAt, subaccountNumber }: { expiresAt: UnixMs; subaccountNumber: number },
): Result<PlaceMessage> {
  const amounts = signedAmounts(spec, request);
  if (!amounts.ok) return amounts;
  if (request.reduceOnly && request.timeInForce !== 'ioc') {
    return fail('order.reduce-only', `expected reduce-only with ioc, was ${request.timeInForce}`);
  }
  const life = lifeOf(request, spec);
  if (!life.ok) return life;
  return ok({
    type: 'place',
    subaccountNumber,
    clientId: request.clientId,
    clobPairId: spec.venueNumber,
    side: request.side === 'buy' ? 1 : 2,
    ...amounts.value,
    ...life.value,
    timeInForce: TIMES_IN_FORCE[request.timeInForce],
    reduceOnly: request.reduceOnly,
    notionalExponent: notionalExponent(spec),
    expiresAt,
  });
}

function lifeOf(request: OrderRequest, spec: MarketSpec): Result<PlacedLife> {
  const { goodTilBlock, stateful, timeInForce, size } = request;
  if (stateful === undefined) return ok({ orderFlags: ORDER_FLAGS.shortTerm, goodTilBlock });
  const { goodTilTime, includeBy } = stateful;
  if (goodTilTime % 1000 !== 0) {
    return fail('order.good-til-time', `expected whole seconds, was ${goodTilTime} ms`);
  }
  const onChain = { goodTilBlockTime: goodTilTime / 1000, includeBy };
  if (stateful.kind === 'longTerm') {
    return timeInForce === 'ioc'
      ? fail('order.long-term', 'expected a long-term order to rest, was ioc')
      : ok({ orderFlags: ORDER_FLAGS.longTerm, ...onChain });
  }
  const { type, price } = stateful.trigger;
  const trigger = signedAmounts(spec, { price, size });
  if (!trigger.ok) return trigger;
  return ok({
    orderFlags: ORDER_FLAGS.conditional,
    ...onChain,
    conditionType: type === 'stopLoss' ? 1 : 2,
    triggerSubticks: trigger.value.subticks,
  });
}

export function cancelMessage(
  { clientId, goodTilBlock, stateful }: CancelRequest,
  spec: MarketSpec,
  subaccountNumber: number,
): CancelMessage {
  const order = {
    type: 'cancel',
    subaccountNumber,
    clientId,
    clobPairId: spec.venueNumber,
  } as const;
  if (stateful === undefined) return { ...order, orderFlags: ORDER_FLAGS.shortTerm, goodTilBlock };
  const goodTilBlockTime = stateful.goodTilTime / 1000;
  return { ...order, orderFlags: ORDER_FLAGS[stateful.kind], goodTilBlockTime };
}

/** Whether the chain checks its sequence: short-term messages may carry any. */
export const needsSequence = (message: SendMessage): boolean =>
  message.type !== 'batchCancel' && message.orderFlags !== ORDER_FLAGS.shortTerm;

export const batchCancelMessage = (
  { cancels, goodTilBlock }: BatchCancelRequest,
  subaccountNumber: number,
): BatchCancelMessage => ({
  type: 'batchCancel',
  subaccountNumber,
  cancels: cancels.map(({ spec, clientIds }) => ({ clobPairId: spec.venueNumber, clientIds })),
  goodTilBlock,
});
