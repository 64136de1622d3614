/** The micro-price: the mid, leaning to the side on which less is offered. */
import type { BookView, Level } from '../model/book.js';

export interface Top {
  readonly bid: Level;
  readonly ask: Level;
}

/** Best levels of a live book; nothing when it is stale, crossed or has an empty side. */
export function topOf(book: BookView): Top | undefined {
  const [bid] = book.bids;
  const [ask] = book.asks;
  if (book.state !== 'live' || bid === undefined || ask === undefined) return undefined;
  return bid.price < ask.price && bid.size > 0 && ask.size > 0 ? { bid, ask } : undefined;
}

/** In ticks, strictly between best bid and best ask. */
export const microPrice = ({ bid, ask }: Top): number =>
  (bid.price * ask.size + ask.price * bid.size) / (bid.size + ask.size);
