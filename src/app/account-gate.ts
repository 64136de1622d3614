/**
 * Holds back what the account's channel says until the books are open: a fill that came before them
 * would be booked beside an opening position that already contains it.
 *
 * At the limit the oldest go: fills are read again by the sweep that opens the books.
 */
import type { AccountEvent } from '../model/events.js';

const HELD_MAX = 10_000;

export class AccountGate {
  readonly #pass: (event: AccountEvent) => void;
  #held: AccountEvent[] | undefined = [];

  constructor(pass: (event: AccountEvent) => void) {
    this.#pass = pass;
  }

  enter(event: AccountEvent): void {
    if (this.#held === undefined) return this.#pass(event);
    this.#held.push(event);
    if (this.#held.length > HELD_MAX) this.#held.shift();
  }

  /** Everything so far in its order, and from now on at once. */
  open(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    held.forEach(this.#pass);
  }
}
