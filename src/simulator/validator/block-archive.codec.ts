/**
 * The blocks of the chain and what was executed in them, hash linked to hash, with ears for those
 * who wait for the next one. The oldest blocks are forgotten first.
 */
import { createHash } from 'node:crypto';
import type { CheckResult } from '../exchange-types.js';
import { sha256Hex } from '../indexer/venue-ids.codec.js';
import type { Transaction } from './transaction.codec.js';

const BLOCKS_MAX = 10_000;
/** Executed transactions that can be queried; the oldest are forgotten first. */
const TRANSACTIONS_MAX = 20_000;

export interface ExecutedTransaction {
  readonly hash: string;
  readonly height: number;
  /** Place in the block; 0 is the proposer's own operations. */
  readonly index: number;
  readonly bytes: Uint8Array;
  readonly transaction: Transaction;
  readonly result: CheckResult;
  readonly gasUsed: bigint;
}

export interface ArchivedBlock {
  readonly height: number;
  readonly timeMs: number;
  readonly hash: string;
  readonly previousHash: string;
  readonly dataHash: string;
  /** In order of execution, behind the proposer's own operations. */
  readonly transactions: readonly ExecutedTransaction[];
}

export type ArchiveListener = (block: ArchivedBlock) => void;

export class BlockArchive {
  readonly #chainId: string;
  readonly #operations: Uint8Array;
  readonly #blocks = new Map<number, ArchivedBlock>();
  readonly #byHash = new Map<string, ExecutedTransaction>();
  readonly #listeners = new Set<ArchiveListener>();
  #executed: ExecutedTransaction[] = [];
  #newest: ArchivedBlock;

  /** Begins with the block that the chain stands at; its transactions are unknown. */
  constructor(options: {
    readonly chainId: string;
    readonly height: number;
    readonly timeMs: number;
    /** What stands first in every block. */
    readonly operations: Uint8Array;
  }) {
    this.#chainId = options.chainId;
    this.#operations = options.operations;
    this.#newest = this.#link(options.height, options.timeMs, sha256Hex(options.chainId));
  }

  get newest(): ArchivedBlock {
    return this.#newest;
  }

  get oldestHeight(): number {
    return this.#blocks.keys().next().value ?? this.#newest.height;
  }

  at(height: number): ArchivedBlock | undefined {
    return this.#blocks.get(height);
  }

  transaction(hash: string): ExecutedTransaction | undefined {
    return this.#byHash.get(hash);
  }

  /** All that are remembered, oldest first. */
  transactions(): readonly ExecutedTransaction[] {
    return [...this.#byHash.values()];
  }

  /** Executed in the block that `commit` ends. */
  execute(transaction: ExecutedTransaction): void {
    this.#executed.push(transaction);
    this.#byHash.set(transaction.hash, transaction);
    forgetOldest(this.#byHash, TRANSACTIONS_MAX);
  }

  commit(height: number, timeMs: number): void {
    this.#newest = this.#link(height, timeMs, this.#newest.hash);
    this.#executed = [];
    for (const listener of this.#listeners) listener(this.#newest);
  }

  /** Called once per block, after its state can be queried. Returns the end of it. */
  listen(listener: ArchiveListener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Every block's bytes as the block carries them. */
  transactionBytes(block: ArchivedBlock): readonly Uint8Array[] {
    return [this.#operations, ...block.transactions.map(({ bytes }) => bytes)];
  }

  #link(height: number, timeMs: number, previousHash: string): ArchivedBlock {
    const transactions = this.#executed;
    const dataHash = merkleRoot([this.#operations, ...transactions.map(({ bytes }) => bytes)]);
    const content = `${this.#chainId}/${height}/${timeMs}/${dataHash}/${previousHash}`;
    const hash = sha256Hex(content);
    const block = { height, timeMs, hash, previousHash, dataHash, transactions };
    this.#blocks.set(height, block);
    forgetOldest(this.#blocks, BLOCKS_MAX);
    return block;
  }
}

/** RFC 6962 over the hashes of the transactions, as CometBFT computes `data_hash`. */
export function merkleRoot(transactions: readonly Uint8Array[]): string {
  return rootOf(transactions.map((bytes) => sha256(Buffer.of(0), sha256(bytes))))
    .toString('hex')
    .toUpperCase();
}

function rootOf(leaves: readonly Buffer[]): Buffer {
  const [only] = leaves;
  if (only === undefined) return sha256();
  if (leaves.length === 1) return only;
  const split = 2 ** Math.floor(Math.log2(leaves.length - 1));
  return sha256(Buffer.of(1), rootOf(leaves.slice(0, split)), rootOf(leaves.slice(split)));
}

function sha256(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

export function forgetOldest<K>(
  collection: { readonly size: number; keys(): IterableIterator<K>; delete(key: K): unknown },
  max: number,
): void {
  const oldest = collection.keys().next();
  if (collection.size > max && oldest.done !== true) collection.delete(oldest.value);
}
