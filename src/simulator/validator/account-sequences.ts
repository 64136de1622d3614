/**
 * Replay protection of transactions that reach the chain: an account's next number, checked ahead
 * of the block, or a timestamp in its place. Short-term orders need neither. The first of them also
 * tells the chain the account's public key.
 */
import type { CheckResult } from '../exchange-types.js';

/** Sequences from here on are milliseconds since 1970. */
const TIMESTAMP_NONCE_MIN = 2n ** 40n;
const TIMESTAMP_WINDOW_MS = 30_000n;
/** Timestamps that are remembered per account; a new one must then exceed the smallest. */
const TIMESTAMPS_MAX = 20;

interface AccountSequence {
  committed: bigint;
  checked: bigint;
  timestamps: readonly bigint[];
  newestEjected: bigint;
  committedKey: Uint8Array | undefined;
  checkedKey: Uint8Array | undefined;
}

export class AccountSequences {
  readonly #accounts = new Map<string, AccountSequence>();

  /** What queries answer: the state after the last block. */
  committed(owner: string): bigint {
    return this.#accounts.get(owner)?.committed ?? 0n;
  }

  /** Undefined until a block has an account's first transaction; short-term orders are in none. */
  publicKey(owner: string): Uint8Array | undefined {
    return this.#accounts.get(owner)?.committedKey;
  }

  /** Undefined if the sequence may be used now; it is consumed only by `consume`. */
  check(owner: string, sequence: bigint, blockTimeMs: number): CheckResult | undefined {
    const account = this.#account(owner);
    if (sequence >= TIMESTAMP_NONCE_MIN) return checkTimestamp(account, sequence, blockTimeMs);
    if (sequence === account.checked) return undefined;
    return wrongSequence(`account sequence mismatch, expected ${account.checked}, got ${sequence}`);
  }

  /** `publicKey`: of the account itself, not of a key that it has permitted. */
  consume(owner: string, sequence: bigint, publicKey?: Uint8Array): void {
    const account = this.#account(owner);
    account.checkedKey ??= publicKey;
    if (sequence < TIMESTAMP_NONCE_MIN) {
      account.checked += 1n;
      return;
    }
    const timestamps = [...account.timestamps, sequence].sort((a, b) => (a < b ? -1 : 1));
    const ejected = timestamps.length > TIMESTAMPS_MAX ? timestamps.shift() : undefined;
    account.timestamps = timestamps;
    account.newestEjected = ejected ?? account.newestEjected;
  }

  /** A block was committed: what was checked is now state. */
  commit(): void {
    for (const account of this.#accounts.values()) {
      account.committed = account.checked;
      account.committedKey = account.checkedKey;
    }
  }

  #account(owner: string): AccountSequence {
    const known = this.#accounts.get(owner);
    if (known !== undefined) return known;
    const account = {
      committed: 0n,
      checked: 0n,
      timestamps: [],
      newestEjected: 0n,
      committedKey: undefined,
      checkedKey: undefined,
    };
    this.#accounts.set(owner, account);
    return account;
  }
}

function checkTimestamp(
  account: AccountSequence,
  nonce: bigint,
  blockTimeMs: number,
): CheckResult | undefined {
  const age = BigInt(Math.floor(blockTimeMs)) - nonce;
  if (age > TIMESTAMP_WINDOW_MS || age < -TIMESTAMP_WINDOW_MS) {
    return wrongSequence(`timestamp nonce ${nonce} not within valid time window`);
  }
  if (nonce <= account.newestEjected || account.timestamps.includes(nonce)) {
    return wrongSequence(`timestamp nonce ${nonce} rejected`);
  }
  const isFull = account.timestamps.length >= TIMESTAMPS_MAX;
  const smallest = account.timestamps[0] ?? 0n;
  return isFull && nonce <= smallest
    ? wrongSequence(`timestamp nonce ${nonce} rejected`)
    : undefined;
}

const wrongSequence = (log: string): CheckResult => ({
  code: 32,
  codespace: 'sdk',
  log: `${log}: incorrect account sequence`,
});
