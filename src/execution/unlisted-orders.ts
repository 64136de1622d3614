/**
 * Orders that should stand among the venue's open ones and do not: one look proves nothing, because
 * the list may be older than the order. What is missing twice in a row is to be asked for by name.
 */
import type { OrderId } from '../model/quantities.js';

export class UnlistedOrders {
  #missing: ReadonlySet<OrderId> = new Set();

  /** Of the orders that work as far as we know, those to ask for. */
  look(working: readonly OrderId[], listed: readonly OrderId[]): readonly OrderId[] {
    const open = new Set(listed);
    const missing = working.filter((orderId) => !open.has(orderId));
    const again = missing.filter((orderId) => this.#missing.has(orderId));
    this.#missing = new Set(missing);
    return again;
  }
}
