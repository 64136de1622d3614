/**
 * What a node's answer to a broadcast means for us: the one place that knows the codes. Every code
 * of which we are not certain that the message is dead is `unknown`, those that no order can cause
 * and those that nobody has listed included: the order is then fenced and queried, never sent
 * again.
 */
import type { Remedy, SendAnswer } from '../ports/venue.js';

/** What was broadcast: some refusals of a cancel say that there is nothing left to cancel. */
export type Broadcast = 'place' | 'cancel';

export type Verdict =
  | { readonly type: 'accepted' }
  /** Definitive: this message will never act. */
  | { readonly type: 'rejected'; readonly name: string }
  /** Definitive too; the intent may be tried again once `remedy` was applied. */
  | { readonly type: 'retryable'; readonly name: string; readonly remedy: Remedy }
  | { readonly type: 'unknown'; readonly name: string };

const accepted: Verdict = { type: 'accepted' };
const rejected = (name: string): Verdict => ({ type: 'rejected', name });
const retryable = (name: string, remedy: Remedy): Verdict => ({ type: 'retryable', name, remedy });
const unknown = (name: string): Verdict => ({ type: 'unknown', name });

/** `x/clob/types/errors.go`, without the codes below. */
const CLOB: Readonly<Record<number, Verdict>> = {
  2: rejected('order does not exist'),
  3: rejected('invalid side'),
  4: rejected('zero quantums'),
  5: rejected('zero good-til-block'),
  6: rejected('zero subticks'),
  7: rejected('already canceled'),
  8: retryable('unknown market', 'market-parameters'),
  9: rejected('cancel already known'),
  10: retryable('good-til-block passed', 'fresh-height'),
  11: retryable('good-til-block too far', 'smaller-good-til-block'),
  12: retryable('off tick or step', 'market-parameters'),
  17: rejected('too many orders on one side'),
  20: unknown('an order with this id is alive'),
  24: unknown('already filled'),
  29: retryable('good-til-time of the cancel too early', 'new-good-til-time'),
  30: unknown('the same order is known'),
  32: rejected('cancel already pending'),
  34: retryable('conflicts with the market status', 'market-status'),
  36: retryable('market not active', 'market-status'),
  44: rejected('invalid time in force'),
  45: rejected('invalid batch cancel'),
  46: rejected('no cancel of the batch succeeded'),
  47: retryable('order book not initialised', 'next-block'),
  48: rejected('deprecated field'),
  49: rejected('invalid TWAP'),
  50: rejected('invalid builder code'),
  2000: rejected('fill-or-kill could not be filled'),
  2001: rejected('reduce-only would grow the position'),
  2002: rejected('reduce-only would flip the position'),
  2003: retryable('post-only would cross', 'new-price'),
  2004: unknown('immediate order already filled'),
  2005: rejected('violates isolated margin'),
  3000: rejected('invalid order flags'),
  3001: rejected('zero good-til-time'),
  3002: rejected('long-term order cannot be immediate'),
  3003: retryable('good-til-time passed', 'new-good-til-time'),
  3004: retryable('good-til-time too far', 'new-good-til-time'),
  3005: unknown('a stateful order with this id is alive'),
  3006: rejected('stateful order does not exist'),
  3007: retryable('collateral check failed', 'collateral'),
  3008: rejected('previously canceled'),
  3009: rejected('previously removed'),
  3010: rejected('cancel of a removed order'),
  5001: retryable('block rate limit', 'rate-window'),
  6000: rejected('invalid conditional order'),
  6001: rejected('invalid conditional order'),
  6002: rejected('conditional order untriggered'),
  9003: rejected('reduce-only must be immediate'),
  10_001: retryable('equity tier limit', 'equity'),
  11_000: rejected('invalid order router'),
  11_001: rejected('invalid leverage'),
  11_002: rejected('invalid leverage'),
  11_003: rejected('invalid leverage'),
  11_004: rejected('invalid leverage'),
};

/** First and last: proposals, liquidations, the operations queue, governance. No order gets one. */
const INTERNAL: readonly (readonly [number, number])[] = [
  [13, 16],
  [18, 19],
  [21, 23],
  [25, 28],
  [31, 31],
  [33, 33],
  [35, 35],
  [37, 37],
  [39, 43],
  [1000, 1022],
  [4000, 4008],
  [5000, 5000],
  [9000, 9002],
  [10_000, 10_000],
];

/** Cosmos SDK. 19, 20 and 32 may be said of bytes that came there before, by whatever road. */
const SDK: Readonly<Record<number, Verdict>> = {
  4: rejected('unauthorized: signature, chain id or account number'),
  5: rejected('insufficient funds'),
  9: retryable('account is not on chain', 'account'),
  11: rejected('out of gas'),
  12: rejected('memo too large'),
  13: rejected('insufficient fee'),
  18: rejected('invalid request'),
  19: unknown('already in the mempool cache'),
  20: unknown('mempool is full'),
  30: rejected('timeout height passed'),
  32: unknown('nonce or sequence is used: perhaps by these bytes'),
};

/** Permissioned keys. */
const ACCOUNT_PLUS: Readonly<Record<number, Verdict>> = {
  100: rejected('authenticator: signature'),
  101: rejected('authenticator: message type'),
  102: rejected('authenticator: market'),
  103: rejected('authenticator: subaccount'),
  104: retryable('all authenticators', 'account'),
  105: rejected('no authenticator'),
};

const TABLES: Readonly<Record<string, Readonly<Record<number, Verdict>>>> = {
  clob: CLOB,
  sdk: SDK,
  accountplus: ACCOUNT_PLUS,
};

/** Refusals of a cancel that leave nothing to cancel, or a cancel that is there already. */
const CANCEL_IS_THERE: ReadonlySet<number> = new Set([2, 9, 32, 3006, 3010]);

export interface CheckTxResult {
  readonly codespace: string;
  readonly code: number;
}

export function classifyCheckTx(broadcast: Broadcast, { codespace, code }: CheckTxResult): Verdict {
  if (code === 0) return accepted;
  if (broadcast === 'cancel' && codespace === 'clob' && CANCEL_IS_THERE.has(code)) return accepted;
  const verdict = Object.hasOwn(TABLES, codespace) ? TABLES[codespace]?.[code] : undefined;
  if (verdict !== undefined) return verdict;
  const isInternal = INTERNAL.some(([first, last]) => code >= first && code <= last);
  return unknown(codespace === 'clob' && isInternal ? 'internal to the chain' : 'unlisted code');
}

/** An answer without a transaction hash: everything but a plain acceptance. */
export type Refusal = Exclude<SendAnswer, { readonly type: 'accepted' }>;

/** What a non-zero code tells the order; `accepted` for a cancel that had nothing left to do. */
export function answerOfCode(
  broadcast: Broadcast,
  result: CheckTxResult & { readonly log: string },
): Refusal | { readonly type: 'accepted' } {
  const code = `${result.codespace}.${result.code}`;
  const verdict = classifyCheckTx(broadcast, result);
  if (verdict.type === 'accepted') return verdict;
  const message = `${verdict.name}: ${result.log}`;
  switch (verdict.type) {
    case 'unknown':
      return { type: 'unknown', reason: `${code} ${message}` };
    case 'rejected':
      return { type: 'rejected', code, message };
    case 'retryable':
      return { type: 'rejected', code, message, remedy: verdict.remedy };
  }
}
