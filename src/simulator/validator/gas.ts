/**
 * How much gas a transaction uses: plausible figures of the right size, equal for simulation and
 * execution. Order messages use none.
 */
import type { Transaction } from './transaction.codec.js';
import { isOrderBookMessage } from './transaction-messages.js';

const PER_BYTE = 10n;
/** Fee, signature and sequence. */
const ANTE = 32_000n;
const PER_MESSAGE: Readonly<Record<string, bigint>> = {
  '/dydxprotocol.sending.MsgCreateTransfer': 48_000n,
  '/dydxprotocol.sending.MsgDepositToSubaccount': 76_000n,
  '/dydxprotocol.sending.MsgWithdrawFromSubaccount': 79_000n,
  '/cosmos.bank.v1beta1.MsgSend': 36_000n,
  '/dydxprotocol.accountplus.MsgAddAuthenticator': 41_000n,
  '/dydxprotocol.accountplus.MsgRemoveAuthenticator': 28_000n,
};
const OTHER_MESSAGE = 40_000n;

type Weighed = Pick<Transaction, 'messages' | 'size'>;

/** Gas is free for a transaction with an order message. */
export const isFree = ({ messages }: Pick<Transaction, 'messages'>): boolean =>
  messages.some(isOrderBookMessage);

/** What the bytes alone cost, charged before anything else. */
export const gasForSize = ({ size }: Weighed): bigint => PER_BYTE * BigInt(size);

export function gasUsed(transaction: Weighed): bigint {
  if (isFree(transaction)) return 0n;
  return transaction.messages.reduce(
    (sum, { typeUrl }) => sum + (PER_MESSAGE[typeUrl] ?? OTHER_MESSAGE),
    ANTE + gasForSize(transaction),
  );
}
