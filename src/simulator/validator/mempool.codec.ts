/**
 * A node's door for transactions: remembers what it has seen, checks decoding, account, sequence
 * and signature in the chain's order, and only then lets the messages reach the exchange.
 */
import { AccountSequences } from './account-sequences.js';
import { isShortTerm, ownerOf, type OrderMessage } from './clob-messages.codec.js';
import type { CheckResult, Exchange, ExchangeInput } from '../exchange-types.js';
import { decodeTransaction, isSignedFor, type Transaction } from './transaction.codec.js';
import { sha256Hex } from '../indexer/venue-ids.codec.js';

/** Hashes of seen transactions, refused ones included; the oldest are forgotten first. */
const SEEN_MAX = 50_000;
/** Included transactions that can be queried; the oldest are forgotten first. */
const INCLUDED_MAX = 10_000;

const ACCEPTED: CheckResult = { code: 0, codespace: '', log: '' };

export interface IncludedTransaction {
  readonly hash: string;
  readonly height: number;
  readonly bytes: Uint8Array;
}

export type Broadcast =
  | { readonly type: 'checked'; readonly hash: string; readonly result: CheckResult }
  | { readonly type: 'seen'; readonly hash: string };

export interface MempoolOptions {
  readonly chainId: string;
  readonly exchange: Exchange;
  readonly submit: (input: ExchangeInput) => CheckResult;
  /** A refusal without a look at the transaction, which is not remembered as seen. */
  readonly refusal?: () => CheckResult | undefined;
}

export class Mempool {
  readonly sequences = new AccountSequences();
  readonly #options: MempoolOptions;
  readonly #seen = new Set<string>();
  readonly #included = new Map<string, IncludedTransaction>();
  #pending: { readonly hash: string; readonly bytes: Uint8Array }[] = [];

  constructor(options: MempoolOptions) {
    this.#options = options;
  }

  broadcast(bytes: Uint8Array): Broadcast {
    const hash = sha256Hex(bytes);
    if (this.#seen.has(hash)) return { type: 'seen', hash };
    const refusal = this.#options.refusal?.();
    if (refusal !== undefined) return { type: 'checked', hash, result: refusal };
    this.#seen.add(hash);
    forgetOldest(this.#seen, SEEN_MAX);
    const decoded = decodeTransaction(bytes);
    if (!decoded.ok) {
      return { type: 'checked', hash, result: sdk(2, `${decoded.error.message}: tx parse error`) };
    }
    const orders: OrderMessage[] = [];
    for (const message of decoded.value.messages) {
      if (message.type === 'refused') return { type: 'checked', hash, result: message.refusal };
      orders.push(message);
    }
    const result = this.#admit(decoded.value, orders) ?? this.#deliver(decoded.value, orders);
    if (result.code === 0 && !orders.every(isShortTerm)) this.#pending.push({ hash, bytes });
    return { type: 'checked', hash, result };
  }

  /** A block was committed: pending transactions are in it. Short-term orders never are. */
  commit(): void {
    this.sequences.commit();
    for (const transaction of this.#pending) {
      const height = this.#options.exchange.height;
      this.#included.set(transaction.hash, { ...transaction, height });
      forgetOldest(this.#included, INCLUDED_MAX);
    }
    this.#pending = [];
  }

  included(hash: string): IncludedTransaction | undefined {
    return this.#included.get(hash);
  }

  /** Everything that is checked before the orders themselves; undefined when they may pass. */
  #admit(transaction: Transaction, orders: readonly OrderMessage[]): CheckResult | undefined {
    const { signer, sequence } = transaction;
    const { exchange, chainId } = this.#options;
    const owner = orders.map(ownerOf).find((name) => name !== signer) ?? signer;
    const accountNumber = exchange.accountNumber(owner);
    if (accountNumber === undefined) {
      return sdk(9, `account ${owner} does not exist: unknown address`);
    }
    if (owner !== signer) return sdk(4, 'pubKey does not match signer address: unauthorized');
    const wrongSequence = orders.every(isShortTerm)
      ? undefined
      : this.sequences.check(owner, sequence, exchange.timeMs);
    if (wrongSequence !== undefined) return wrongSequence;
    if (!isSignedFor(transaction, { chainId, accountNumber })) {
      const account = `account number (${accountNumber}) and chain-id (${chainId})`;
      return sdk(4, `signature verification failed; please verify ${account}: unauthorized`);
    }
    if (orders.length > 1 && orders.some(isShortTerm)) {
      const rule = 'a short term place order message may not be in a transaction with others';
      return sdk(18, `${rule}: invalid request`);
    }
    return undefined;
  }

  #deliver(transaction: Transaction, orders: readonly OrderMessage[]): CheckResult {
    for (const order of orders) {
      const result = this.#options.submit(order);
      if (order.type !== 'batchCancel' && result.code !== 0) return result;
    }
    const { signer, sequence, publicKey } = transaction;
    if (!orders.every(isShortTerm)) this.sequences.consume(signer, sequence, publicKey);
    return ACCEPTED;
  }
}

const sdk = (code: number, log: string): CheckResult => ({ code, codespace: 'sdk', log });

function forgetOldest<K>(
  collection: { readonly size: number; keys(): IterableIterator<K>; delete(key: K): unknown },
  max: number,
): void {
  const oldest = collection.keys().next();
  if (collection.size > max && oldest.done !== true) collection.delete(oldest.value);
}
