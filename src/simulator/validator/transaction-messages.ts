/** What a transaction may contain, in the exchange's vocabulary. */
import type { ChainMessage } from '../chain-messages.js';
import type { CheckResult } from '../exchange-types.js';
import { ORDER_FLAGS, type BatchCancel } from '../order-terms.js';

export type AuthenticatorMessage =
  | {
      readonly type: 'addAuthenticator';
      readonly owner: string;
      readonly kind: string;
      readonly config: Uint8Array;
    }
  | { readonly type: 'removeAuthenticator'; readonly owner: string; readonly id: bigint };

export interface BatchCancelMessage {
  readonly type: 'batchCancel';
  readonly batch: BatchCancel;
}

/** A bank transfer that cannot succeed: a coin nobody has, or an address that is none. */
export interface VainMessage {
  readonly type: 'vain';
  readonly refusal: CheckResult;
}

export type MessageContent = ChainMessage | BatchCancelMessage | AuthenticatorMessage | VainMessage;

/** One message of a transaction. */
export interface TransactionMessage {
  readonly typeUrl: string;
  /** Whose signature it needs. */
  readonly signer: string;
  /** Why it is refused whatever the state is; it has no contents then. */
  readonly refusal?: CheckResult | undefined;
  /** More than one only for a bank transfer of several coins. */
  readonly contents: readonly MessageContent[];
}

/** Lives in memory only and is protected against replay by its block window, not by a sequence. */
export function isShortTerm(message: TransactionMessage): boolean {
  return message.contents.some((content) => {
    if (content.type === 'place') return content.order.id.orderFlags === ORDER_FLAGS.shortTerm;
    if (content.type === 'cancel') return content.cancel.id.orderFlags === ORDER_FLAGS.shortTerm;
    return content.type === 'batchCancel';
  });
}

/** Messages of the order book are free of fees and gas, and may not be mixed with most others. */
const CLOB = '/dydxprotocol.clob.';
export const isOrderBookMessage = ({ typeUrl }: TransactionMessage): boolean =>
  typeUrl.startsWith(CLOB);
