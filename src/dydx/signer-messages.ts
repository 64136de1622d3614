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
import { signedAmounts } from './units.js';

/** `MsgPlaceOrder`, short-term. */
export interface PlaceMessage {
  readonly type: 'place';
  readonly subaccountNumber: number;
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
  /** USD value = quantums × subticks × 10^(this − 6): the thread compares it with the chain's. */
  readonly notionalExponent: number;
  /** Not signed any more once this time has passed. */
  readonly expiresAt: UnixMs;
}

/** `MsgCancelOrder`, short-term. */
export interface CancelMessage {
  readonly type: 'cancel';
  readonly subaccountNumber: number;
  readonly clientId: number;
  readonly clobPairId: number;
  readonly goodTilBlock: number;
}

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

/** Refuses what the chain would refuse for its form: off grid, resting reduce-only. */
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
  return ok({
    type: 'place',
    subaccountNumber,
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

export const cancelMessage = (
  request: CancelRequest,
  spec: MarketSpec,
  subaccountNumber: number,
): CancelMessage => ({
  type: 'cancel',
  subaccountNumber,
  clientId: request.clientId,
  clobPairId: spec.venueNumber,
  goodTilBlock: request.goodTilBlock,
});

export const batchCancelMessage = (
  { cancels, goodTilBlock }: BatchCancelRequest,
  subaccountNumber: number,
): BatchCancelMessage => ({
  type: 'batchCancel',
  subaccountNumber,
  cancels: cancels.map(({ spec, clientIds }) => ({ clobPairId: spec.venueNumber, clientIds })),
  goodTilBlock,
});
