/**
 * Who may sign for whom: the authenticators that accounts have added. Changed only by transactions
 * that a block has executed.
 */
import type { CheckResult } from '../exchange-types.js';
import {
  readNewAuthenticator,
  type Authenticator,
  type AuthenticatorConfig,
} from './authenticator-tree.codec.js';
import { moduleRefusal, UNDEFINED_ERROR } from './check-results.js';
import type { AuthenticatorMessage } from './transaction-messages.js';

export interface StoredAuthenticator extends AuthenticatorConfig {
  /** Counted over all accounts. */
  readonly id: bigint;
  readonly authenticator: Authenticator;
}

/** In all; a message that would add one more fails. */
const AUTHENTICATORS_MAX = 100_000n;

type Accounts = ReadonlyMap<string, readonly StoredAuthenticator[]>;

export class AuthenticatorRegistry {
  #accounts: Accounts = new Map();
  #nextId = 0n;

  /** Ascending by id. */
  of(owner: string): readonly StoredAuthenticator[] {
    return this.#accounts.get(owner) ?? [];
  }

  find(owner: string, id: bigint): Authenticator | undefined {
    return this.of(owner).find((stored) => stored.id === id)?.authenticator;
  }

  /** Applies all or none; the first refusal, if any. */
  apply(messages: readonly AuthenticatorMessage[]): CheckResult | undefined {
    if (messages.length === 0) return undefined;
    const trial = this.#try(messages);
    if ('refusal' in trial) return trial.refusal;
    this.#accounts = trial.accounts;
    this.#nextId = trial.nextId;
    return undefined;
  }

  /** What `apply` would answer now. */
  check(messages: readonly AuthenticatorMessage[]): CheckResult | undefined {
    const trial = this.#try(messages);
    return 'refusal' in trial ? trial.refusal : undefined;
  }

  #try(messages: readonly AuthenticatorMessage[]) {
    const accounts = new Map(this.#accounts);
    let nextId = this.#nextId;
    for (const message of messages) {
      const stored = accounts.get(message.owner) ?? [];
      if (message.type === 'addAuthenticator') {
        const { kind, config } = message;
        if (nextId >= AUTHENTICATORS_MAX) return { refusal: UNDEFINED_ERROR };
        const reading = readNewAuthenticator({ kind, config });
        if ('refusal' in reading) return reading;
        const { authenticator } = reading;
        accounts.set(message.owner, [...stored, { id: nextId, kind, config, authenticator }]);
        nextId += 1n;
      } else {
        const { owner, id } = message;
        const rest = stored.filter((other) => other.id !== id);
        if (rest.length === stored.length) {
          const log = `RemoveAuthenticator: failed to get authenticator ${id} for address ${owner}`;
          return {
            refusal: moduleRefusal('accountplus', 1, `${log}: Authenticator is not found`),
          };
        }
        accounts.set(owner, rest);
      }
    }
    return { accounts, nextId };
  }
}
