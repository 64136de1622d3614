/**
 * A node's door for transactions: remembers what it has seen, checks what a node checks, hands
 * short-term messages to the exchange at once and everything else to the next block, and takes note
 * of what became of it there.
 */
import { TxBody, TxRaw } from 'cosmjs-types/cosmos/tx/v1beta1/tx.js';
import type { ChainMessage, WalletDenom } from '../chain-messages.js';
import type { CheckResult, Exchange, ExchangeInput, ExchangeOutput } from '../exchange-types.js';
import { sha256Hex } from '../indexer/venue-ids.codec.js';
import { AccountSequences, type SequenceUse } from './account-sequences.js';
import {
  checkSimulation,
  checkTransaction,
  ownerOf,
  skipsSequence,
  type AnteContext,
} from './ante.codec.js';
import { AuthenticatorRegistry } from './authenticator-registry.js';
import { BlockArchive, forgetOldest } from './block-archive.codec.js';
import { PASSED, sdkRefusal } from './check-results.js';
import { paidFee } from './coins.js';
import { gasUsed, isFree } from './gas.js';
import { clob, encodeWith } from './proto-codecs.codec.js';
import { decodeTransaction, type Transaction } from './transaction.codec.js';
import type { AuthenticatorMessage, MessageContent } from './transaction-messages.js';

/** Transactions between two blocks; at the limit new ones are refused, and not remembered. */
const MEMPOOL_MAX = 5_000;
const MEMPOOL_BYTES_MAX = 1_073_741_824;
/** Hashes of seen transactions, refused ones included; the least recently seen go first. */
const SEEN_MAX = 200_000;

export type Broadcast =
  | { readonly type: 'checked'; readonly hash: string; readonly result: CheckResult }
  | { readonly type: 'seen'; readonly hash: string }
  | { readonly type: 'full'; readonly reason: string };

export type Simulation = { readonly gasUsed: bigint } | { readonly refusal: CheckResult };

export interface MempoolOptions {
  readonly chainId: string;
  readonly exchange: Exchange;
  readonly submit: (input: ExchangeInput) => CheckResult;
  /** A refusal without a look at the transaction, which is not remembered as seen. */
  readonly refusal?: (() => CheckResult | undefined) | undefined;
  readonly transactionsMax?: number | undefined;
}

interface PendingTransaction {
  readonly bytes: Uint8Array;
  readonly transaction: Transaction;
  /** It is known to fail when it is executed: only its fee is paid then. */
  readonly failure: CheckResult | undefined;
  readonly fee: { readonly denom: WalletDenom; readonly amount: bigint } | undefined;
}

export class Mempool {
  readonly sequences = new AccountSequences();
  readonly authenticators = new AuthenticatorRegistry();
  readonly archive: BlockArchive;
  readonly #options: MempoolOptions;
  readonly #context: AnteContext;
  readonly #seen = new Set<string>();
  readonly #pending = new Map<string, PendingTransaction>();
  /** Keys that settled transactions were signed with, by account. */
  readonly #publicKeys = new Map<string, Uint8Array>();
  /** Short-term transactions since the last block, and the bytes of all that wait. */
  #shortTerm = 0;
  #bytes = 0;

  constructor(options: MempoolOptions) {
    const { chainId, exchange } = options;
    const { height, timeMs } = exchange;
    this.#options = options;
    this.archive = new BlockArchive({ chainId, height, timeMs, operations: proposedOperations() });
    this.#context = {
      chainId,
      exchange,
      sequences: this.sequences,
      authenticators: this.authenticators,
      publicKey: (owner) => this.#publicKeys.get(owner),
      pendingFees: (payer, denom) => this.#pendingFees(payer, denom),
    };
  }

  publicKey(owner: string): Uint8Array | undefined {
    return this.#publicKeys.get(owner);
  }

  broadcast(bytes: Uint8Array): Broadcast {
    const hash = sha256Hex(bytes);
    const result = this.#options.refusal?.();
    return result === undefined ? this.#receive(hash, bytes) : { type: 'checked', hash, result };
  }

  #receive(hash: string, bytes: Uint8Array): Broadcast {
    const { transactionsMax = MEMPOOL_MAX } = this.#options;
    const waiting = this.#pending.size + this.#shortTerm;
    if (waiting >= transactionsMax) {
      const count = `number of txs ${waiting} (max: ${transactionsMax})`;
      const size = `total txs bytes ${this.#bytes} (max: ${MEMPOOL_BYTES_MAX})`;
      return { type: 'full', reason: `mempool is full: ${count}, ${size}` };
    }
    const isSeen = this.#seen.delete(hash);
    this.#seen.add(hash);
    forgetOldest(this.#seen, SEEN_MAX);
    if (isSeen) return { type: 'seen', hash };
    const decoded = decodeTransaction(bytes);
    const result = decoded.ok
      ? this.#check(decoded.value, { hash, bytes })
      : sdkRefusal(2, decoded.error.message);
    if (result.code === 0) this.#bytes += bytes.length;
    return { type: 'checked', hash, result };
  }

  /** The gas that the transaction would use, its signature aside. */
  simulate(bytes: Uint8Array): Simulation {
    const decoded = decodeTransaction(bytes);
    if (!decoded.ok) return { refusal: sdkRefusal(2, decoded.error.message) };
    const transaction = decoded.value;
    const refusal =
      checkSimulation(transaction, this.#context) ??
      vainFailure(transaction) ??
      this.authenticators.check(authenticatorMessages(transaction));
    return refusal === undefined ? { gasUsed: gasUsed(transaction) } : { refusal };
  }

  /** Takes note of what a block has done; called before anybody else hears of it. */
  note(output: ExchangeOutput): void {
    if (output.type === 'transaction') this.#settle(output);
    if (output.type !== 'block') return;
    this.#shortTerm = 0;
    this.#bytes = 0;
    this.sequences.recheck(this.#pendingSequences());
    this.archive.commit(output.height, output.timeMs);
  }

  #check(
    transaction: Transaction,
    sent: { readonly hash: string; readonly bytes: Uint8Array },
  ): CheckResult {
    const refusal = checkTransaction(transaction, this.#context);
    if (refusal !== undefined) return refusal;
    if (!skipsSequence(transaction)) return this.#queue(transaction, sent);
    const result = this.#actNow(transaction);
    if (result.code === 0) this.#shortTerm += 1;
    return result;
  }

  /** What a batch cancel did is never told: its transaction is accepted in any case. */
  #actNow(transaction: Transaction): CheckResult {
    const [content] = transaction.messages[0]?.contents ?? [];
    if (content?.type === 'place' || content?.type === 'cancel') {
      return this.#options.submit(content);
    }
    if (content?.type === 'batchCancel') this.#options.submit(content);
    return PASSED;
  }

  #queue(
    transaction: Transaction,
    { hash, bytes }: { readonly hash: string; readonly bytes: Uint8Array },
  ): CheckResult {
    const failure = this.#certainFailure(transaction);
    const fee = isFree(transaction) ? undefined : paidFee(transaction.fee);
    const result = this.#options.submit({
      type: 'transaction',
      transaction: {
        hash,
        messages: failure === undefined ? chainMessages(transaction) : [],
        feePayer: ownerOf(transaction),
        feeDenom: fee?.denom ?? 'usdc',
        fee: fee?.amount ?? 0n,
      },
    });
    if (result.code !== 0) return result;
    this.sequences.consume(this.#sequenceUse(transaction));
    this.#pending.set(hash, { bytes, transaction, failure, fee });
    return PASSED;
  }

  #certainFailure(transaction: Transaction): CheckResult | undefined {
    const { gasLimit } = transaction.fee;
    const used = gasUsed(transaction);
    if (used > gasLimit) {
      const amounts = `gasWanted: ${gasLimit}, gasUsed: ${used}`;
      return sdkRefusal(11, `out of gas in location: WriteFlat; ${amounts}`);
    }
    const changes = authenticatorMessages(transaction);
    const isMixed = changes.length > 0 && chainMessages(transaction).length > 0;
    return (
      vainFailure(transaction) ??
      (isMixed ? inExecution(this.authenticators.check(changes)) : undefined)
    );
  }

  #settle(output: Extract<ExchangeOutput, { readonly type: 'transaction' }>): void {
    const { hash, height, index } = output;
    const pending = this.#pending.get(hash);
    if (pending === undefined) return;
    this.#pending.delete(hash);
    const { bytes, transaction, failure } = pending;
    this.sequences.settle(this.#sequenceUse(transaction));
    const publicKey = transaction.signers[0]?.publicKey;
    if (publicKey !== undefined && transaction.selectedAuthenticators.length === 0) {
      this.#publicKeys.set(ownerOf(transaction), publicKey);
    }
    const executed = failure ?? output.result;
    const result =
      executed.code === 0
        ? (inExecution(this.authenticators.apply(authenticatorMessages(transaction))) ?? executed)
        : executed;
    const used = gasUsed(transaction);
    const { gasLimit } = transaction.fee;
    const shared = { hash, height, index, bytes, transaction, result };
    this.archive.execute({ ...shared, gasUsed: used < gasLimit ? used : gasLimit });
  }

  #sequenceUse(transaction: Transaction): SequenceUse {
    return {
      owner: ownerOf(transaction),
      sequence: transaction.signers[0]?.sequence ?? 0n,
      blockTimeMs: this.#options.exchange.timeMs,
    };
  }

  *#pendingSequences(): Iterable<SequenceUse> {
    for (const { transaction } of this.#pending.values()) yield this.#sequenceUse(transaction);
  }

  #pendingFees(payer: string, denom: WalletDenom): bigint {
    let sum = 0n;
    for (const { transaction, fee } of this.#pending.values()) {
      if (fee?.denom === denom && ownerOf(transaction) === payer) sum += fee.amount;
    }
    return sum;
  }
}

const contentsOf = ({ messages }: Transaction): readonly MessageContent[] =>
  messages.flatMap(({ contents }) => contents);

const isAuthenticatorMessage = (content: MessageContent): content is AuthenticatorMessage =>
  content.type === 'addAuthenticator' || content.type === 'removeAuthenticator';

const authenticatorMessages = (transaction: Transaction): readonly AuthenticatorMessage[] =>
  contentsOf(transaction).filter(isAuthenticatorMessage);

const chainMessages = (transaction: Transaction): readonly ChainMessage[] =>
  contentsOf(transaction).filter(
    (content): content is ChainMessage =>
      !isAuthenticatorMessage(content) && content.type !== 'batchCancel' && content.type !== 'vain',
  );

const vainFailure = (transaction: Transaction): CheckResult | undefined => {
  const vain = contentsOf(transaction).find((content) => content.type === 'vain');
  return inExecution(vain?.refusal);
};

function inExecution(refusal: CheckResult | undefined): CheckResult | undefined {
  if (refusal === undefined || refusal.codespace === 'undefined') return refusal;
  return { ...refusal, log: `failed to execute message; message index: 0: ${refusal.log}` };
}

/** What a proposer puts first into a block: unsigned, and here always with an empty queue. */
function proposedOperations(): Uint8Array {
  const typeUrl = '/dydxprotocol.clob.MsgProposedOperations';
  const messages = [{ typeUrl, value: encodeWith(clob.MsgProposedOperations, {}) }];
  const bodyBytes = TxBody.encode(TxBody.fromPartial({ messages })).finish();
  return TxRaw.encode(TxRaw.fromPartial({ bodyBytes })).finish();
}
