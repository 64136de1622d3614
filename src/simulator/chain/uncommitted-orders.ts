/** What the check state adds to the chain's: placements and cancels that wait for their block. */
import { orderKey } from './check-tx.js';
import { subaccountKey } from './clearing-account.js';
import type { Effects } from './money-module.js';
import type { PlaceOrder, SubaccountId, VenueOrderId } from '../order-terms.js';

export class UncommittedOrders {
  readonly #placed = new Map<string, PlaceOrder>();
  readonly #canceled = new Set<string>();
  /** Placements less cancels, by account. */
  readonly #counts = new Map<string, number>();

  placed(key: string): PlaceOrder | undefined {
    return this.#placed.get(key);
  }

  isCanceled(key: string): boolean {
    return this.#canceled.has(key);
  }

  count(accountKey: string): number {
    return this.#counts.get(accountKey) ?? 0;
  }

  place(order: PlaceOrder, effects: Effects): void {
    const key = orderKey(order.id);
    this.#placed.set(key, order);
    this.#add(order.id.subaccount, 1);
    effects.revert(() => {
      this.#placed.delete(key);
      this.#add(order.id.subaccount, -1);
    });
  }

  cancel(id: VenueOrderId, effects: Effects): void {
    const key = orderKey(id);
    this.#canceled.add(key);
    this.#add(id.subaccount, -1);
    effects.revert(() => {
      this.#canceled.delete(key);
      this.#add(id.subaccount, 1);
    });
  }

  /** The block has taken everything that waited. */
  clear(): void {
    this.#placed.clear();
    this.#canceled.clear();
    this.#counts.clear();
  }

  #add(subaccount: SubaccountId, change: number): void {
    const key = subaccountKey(subaccount);
    this.#counts.set(key, this.count(key) + change);
  }
}
