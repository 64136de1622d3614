/** Fills in, bookings out: the book has changed before anybody hears of it. */
import { map, type OperatorFunction } from 'rxjs';
import type { Fill, OrderRequest } from '../model/order.js';
import type { Booking, Owner, PositionBook } from './position-book.js';

export interface PortfolioOptions {
  readonly book: PositionBook;
  /** Whose order a fill belongs to; undefined when it is nobody's of ours. */
  readonly ownerOf: (orderId: OrderRequest['orderId']) => Owner;
}

/** One booking for each fill, in order; nothing is dropped, duplicates are told as such. */
export function bookFills({ book, ownerOf }: PortfolioOptions): OperatorFunction<Fill, Booking> {
  return map((fill) =>
    book.book(fill, fill.orderId === undefined ? undefined : ownerOf(fill.orderId)),
  );
}
