/** Fills to bookings: in order, none dropped, each owner found by the order. */
import { map } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { describe, expect, it } from 'vitest';
import { bookFills } from '../../src/portfolio/portfolio.stream.js';
import { PositionBook } from '../../src/portfolio/position-book.js';
import { aFill, aFillId, anOrderId, BTC, btcSpec } from '../support/money-samples.js';

describe('the portfolio’s stream', () => {
  it('tells what became of each fill, after the book has changed', () => {
    const scheduler = new TestScheduler((actual, expected) => expect(actual).toEqual(expected));
    scheduler.run(({ hot, expectObservable }) => {
      const book = new PositionBook({ specOf: () => btcSpec });
      const fills$ = hot('a-b(cd)|', {
        a: aFill,
        b: aFill,
        c: { ...aFill, fillId: aFillId(2), orderId: anOrderId(2) },
        d: { ...aFill, fillId: aFillId(3), orderId: undefined, side: 'sell' as const },
      });
      const ownerOf = (id: string): string | undefined =>
        id === anOrderId(1) ? 'sniper' : undefined;
      const told$ = fills$.pipe(
        bookFills({ book, ownerOf }),
        map((booking) => {
          const owned = booking.type === 'booked' ? booking.owned : [];
          const owners = owned.map(({ owner }) => owner ?? 'nobody').join();
          return `${booking.type} ${owners} ${book.position(BTC).fills}`;
        }),
      );
      expectObservable(told$).toBe('a-b(cd)|', {
        a: 'booked sniper 1',
        b: 'duplicate  1',
        c: 'booked nobody 2',
        d: 'booked sniper 3',
      });
    });
  });
});
