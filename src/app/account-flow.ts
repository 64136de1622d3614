/** What the account's channel says, to whom it concerns: fills first, then the orders' status. */
import type { AccountEvent } from '../model/events.js';
import type { OrderFact } from '../model/facts.js';
import type { VenueOrder } from '../model/order.js';
import type { OrderId } from '../model/quantities.js';
import type { Books } from './books.js';
import type { OrderTable } from './order-table.js';

export interface AccountFlowOptions {
  readonly books: Books;
  readonly orders: OrderTable;
  readonly tellOrder: (orderId: OrderId, fact: OrderFact) => boolean;
  /** A live order on our account that we did not make. */
  readonly onForeign: (order: VenueOrder) => void;
  /** Whether the word is another process's or our own claim to the account. */
  readonly isClaim: (order: VenueOrder) => boolean;
  /** After every snapshot: it may have lost updates around itself, REST has them. */
  readonly onSnapshot: (known: boolean) => void;
}

const LIVE_STATUSES = new Set<VenueOrder['status']>(['bestEffortOpened', 'open', 'untriggered']);

export function accountFlow(options: AccountFlowOptions): (event: AccountEvent) => void {
  const { books, orders, tellOrder, onForeign, isClaim, onSnapshot } = options;
  const orderWord = (order: VenueOrder): void => {
    if (isClaim(order)) return;
    if (orders.get(order.orderId) === undefined) {
      if (LIVE_STATUSES.has(order.status)) onForeign(order);
      return;
    }
    const { status, totalFilled, removalReason, goodTilBlock } = order;
    const word = { status, totalFilled, removalReason, goodTilBlock };
    tellOrder(order.orderId, { type: 'venue.order', ...word });
  };
  return (event) => {
    switch (event.type) {
      case 'account.snapshot':
        event.orders.forEach(orderWord);
        onSnapshot(event.snapshot !== undefined);
        return;
      case 'account.update':
        for (const fill of event.update.fills) books.book(fill);
        event.update.orders.forEach(orderWord);
        return;
    }
  };
}
