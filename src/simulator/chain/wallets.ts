/** Balances of addresses outside the subaccounts. */
import type { Wallet, WalletDenom } from '../chain-messages.js';

/** At the limit no further address can receive anything. */
const WALLETS_MAX = 100_000;
const EMPTY: Wallet = { usdc: 0n, native: 0n };

export class Wallets {
  readonly #wallets = new Map<string, Wallet>();

  of(address: string): Wallet {
    return this.#wallets.get(address) ?? EMPTY;
  }

  get isFull(): boolean {
    return this.#wallets.size >= WALLETS_MAX;
  }

  /** Adds (< 0: takes) so much; false, and nothing happens, if the balance does not suffice. */
  add(address: string, denom: WalletDenom, amount: bigint): boolean {
    const wallet = this.of(address);
    const balance = wallet[denom] + amount;
    if (balance < 0n || (this.isFull && !this.#wallets.has(address))) return false;
    this.#wallets.set(address, { ...wallet, [denom]: balance });
    return true;
  }

  /** Σ of all USDC. */
  usdc(): bigint {
    let sum = 0n;
    for (const { usdc } of this.#wallets.values()) sum += usdc;
    return sum;
  }
}
