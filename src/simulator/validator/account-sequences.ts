/**
 * Replay protection of transactions that reach the chain: an account's next number, or a timestamp
 * in its place. Two states as in a node: what blocks have settled, and on top of it what CheckTx
 * has already let through. Short-term orders need neither.
 */
import type { CheckResult } from '../exchange-types.js';
import { sdkRefusal } from './check-results.js';

/** Sequences from here on are milliseconds since 1970. */
const TIMESTAMP_NONCE_MIN = 2n ** 40n;
const TIMESTAMP_WINDOW_MS = 30_000n;
/** Timestamps that are remembered per account; a new one must then exceed the smallest. */
const TIMESTAMPS_MAX = 20;

interface AccountSequence {
  readonly next: bigint;
  /** Ascending. */
  readonly timestamps: readonly bigint[];
  /** A timestamp must be greater than every one that was ever ejected. */
  readonly greatestEjected: bigint;
}

export type TimestampNonces = Pick<AccountSequence, 'timestamps' | 'greatestEjected'>;

/** A sequence that a transaction uses, in the block of this time. */
export interface SequenceUse {
  readonly owner: string;
  readonly sequence: bigint;
  readonly blockTimeMs: number;
}

const FRESH: AccountSequence = { next: 0n, timestamps: [], greatestEjected: 0n };

export class AccountSequences {
  readonly #committed = new Map<string, AccountSequence>();
  /** Only of accounts that differ from their committed state. */
  #checked = new Map<string, AccountSequence>();

  /** What queries answer: the state after the last block. */
  committed(owner: string): bigint {
    return this.#committed.get(owner)?.next ?? 0n;
  }

  timestampNonces(owner: string): TimestampNonces {
    return this.#committed.get(owner) ?? FRESH;
  }

  /** Undefined if the sequence may be used now; it is consumed only by `consume`. */
  check(use: SequenceUse): CheckResult | undefined {
    const account = this.#checkState(use.owner);
    if (use.sequence >= TIMESTAMP_NONCE_MIN) return checkTimestamp(account, use);
    if (use.sequence === account.next) return undefined;
    return sdkRefusal(
      32,
      `account sequence mismatch, expected ${account.next}, got ${use.sequence}`,
    );
  }

  consume(use: SequenceUse): void {
    this.#checked.set(use.owner, used(this.#checkState(use.owner), use));
  }

  /** A block has executed the transaction, well or not. */
  settle(use: SequenceUse): void {
    this.#committed.set(use.owner, used(this.#committed.get(use.owner) ?? FRESH, use));
  }

  /** After a block: what still waits is checked anew on top of what is settled. */
  recheck(waiting: Iterable<SequenceUse>): void {
    this.#checked = new Map();
    for (const use of waiting) this.consume(use);
  }

  #checkState(owner: string): AccountSequence {
    return this.#checked.get(owner) ?? this.#committed.get(owner) ?? FRESH;
  }
}

function used(account: AccountSequence, { sequence, blockTimeMs }: SequenceUse): AccountSequence {
  if (sequence < TIMESTAMP_NONCE_MIN) return { ...account, next: account.next + 1n };
  const { timestamps, greatestEjected, next } = withoutStale(account, blockTimeMs);
  const all = [...timestamps, sequence].sort((a, b) => (a < b ? -1 : 1));
  const isFull = timestamps.length >= TIMESTAMPS_MAX;
  return {
    next,
    timestamps: isFull ? all.slice(1) : all,
    greatestEjected: isFull ? (timestamps[0] ?? 0n) : greatestEjected,
  };
}

/** Timestamps that have left the window are ejected. */
function withoutStale(account: AccountSequence, blockTimeMs: number): AccountSequence {
  const oldest = BigInt(Math.floor(blockTimeMs)) - TIMESTAMP_WINDOW_MS;
  const timestamps = account.timestamps.filter((timestamp) => timestamp >= oldest);
  const newestStale = account.timestamps[account.timestamps.length - timestamps.length - 1] ?? 0n;
  const { greatestEjected } = account;
  return {
    ...account,
    timestamps,
    greatestEjected: newestStale > greatestEjected ? newestStale : greatestEjected,
  };
}

function checkTimestamp(
  account: AccountSequence,
  { sequence: nonce, blockTimeMs }: SequenceUse,
): CheckResult | undefined {
  const age = BigInt(Math.floor(blockTimeMs)) - nonce;
  if (age > TIMESTAMP_WINDOW_MS || age < -TIMESTAMP_WINDOW_MS) {
    return sdkRefusal(32, `timestamp nonce ${nonce} not within valid time window`);
  }
  const { timestamps, greatestEjected } = withoutStale(account, blockTimeMs);
  const isFull = timestamps.length >= TIMESTAMPS_MAX;
  const isKnown = nonce <= greatestEjected || timestamps.includes(nonce);
  return isKnown || (isFull && nonce <= (timestamps[0] ?? 0n))
    ? sdkRefusal(32, `timestamp nonce ${nonce} rejected`)
    : undefined;
}
