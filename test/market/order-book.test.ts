/** The order book: the venue's words kept, crossings hidden and never resolved by force. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OrderBook, type Changes } from '../../src/market/order-book.js';
import { steps, ticks, unixMs, type UnixMs } from '../../src/model/quantities.js';
import type { Level, Side } from '../../src/model/book.js';

const at = (ms: number): UnixMs => unixMs(ms);

/** Levels in short: `'10x5 9x4'` is 5 at 10 and 4 at 9. */
const levelsOf = (text: string): readonly Level[] =>
  Array.from(text.matchAll(/(\d+)x(\d+)/g), ([, price, size]) => ({
    price: ticks(Number(price)),
    size: steps(Number(size)),
  }));
const textOf = (levels: readonly Level[]): string =>
  levels.map(({ price, size }) => `${price}x${size}`).join(' ');
const changes = (bids: string, asks = ''): Changes => ({
  bids: levelsOf(bids),
  asks: levelsOf(asks),
});

const viewOf = (book: OrderBook) => {
  const { state, bids, asks } = book.view();
  return { state, bids: textOf(bids), asks: textOf(asks) };
};
const bookOf = (bids: string, asks: string): OrderBook => {
  const book = new OrderBook();
  book.applySnapshot(changes(bids, asks), at(1));
  return book;
};

describe('an order book', () => {
  it('is empty until its first snapshot, and refuses updates before it', () => {
    const book = new OrderBook();
    expect(book.applyUpdate(changes('10x1'), at(1))).toBe(false);
    expect(book.reread(changes('10x1'), at(1))).toBe('no-snapshot');
    book.markStale('connection.lost');
    expect(viewOf(book)).toEqual({ state: 'empty', bids: '', asks: '' });
  });

  it('takes sizes as absolute, removes at zero, and shows the best first', () => {
    const book = bookOf('10x5 9x4', '12x3');
    book.applyUpdate(changes('10x7 11x1', '12x0 13x2'), at(2));
    expect(viewOf(book)).toEqual({
      state: 'live',
      bids: '11x1 10x7 9x4',
      asks: '13x2',
    });
    expect(book.view().updatedAt).toBe(2);
  });

  it('is replaced by a new snapshot', () => {
    const book = bookOf('10x5', '12x3');
    book.applySnapshot(changes('20x1', '21x1'), at(2));
    expect(viewOf(book)).toEqual({ state: 'live', bids: '20x1', asks: '21x1' });
  });

  it('gives the same view object until something changes', () => {
    const book = bookOf('10x5', '12x3');
    const view = book.view();
    expect(book.view()).toBe(view);
    book.applyUpdate(changes('10x5'), at(2));
    expect(book.view()).not.toBe(view);
  });

  it('shows at most ten levels, and sums as deep as it is asked', () => {
    const prices = Array.from({ length: 15 }, (_, index) => `${100 - index}x${index + 1}`);
    const book = bookOf(prices.join(' '), '');
    expect(book.view().bids).toHaveLength(10);
    expect(book.top(12).bids).toHaveLength(12);
    expect([book.depth('bids', 3), book.depth('bids', 99), book.depth('asks', 3)]).toEqual([
      6, 120, 0,
    ]);
  });
});

describe('a crossed book', () => {
  it.each<[string, string, string, number, string, string]>([
    ['hides the older bid', '12x9', '12x1', 2, '10x5', '12x1 14x5'],
    ['hides every older bid that crosses', '13x9 12x1', '12x1', 2, '10x5', '12x1 14x5'],
    ['hides the smaller of one age', '12x1', '12x2', 1, '10x5', '12x2 14x5'],
    ['hides both of one age and size', '12x1', '12x1', 1, '10x5', '14x5'],
  ])('%s', (_, bids, asks, askAt, bidsSeen, asksSeen) => {
    const book = bookOf('10x5', '14x5');
    book.applyUpdate(changes(bids), at(1));
    book.applyUpdate(changes('', asks), at(askAt));
    expect(viewOf(book)).toEqual({ state: 'crossed', bids: bidsSeen, asks: asksSeen });
    expect(book.crossedSince).toBe(askAt);
    expect(textOf(book.top(1).bids)).toEqual(bids.split(' ')[0]);
    expect(book.depth('bids', 9)).toBe(5);
  });

  it('hides the older ask under a newer bid', () => {
    const book = bookOf('10x5', '14x5 15x1');
    book.applyUpdate(changes('14x1'), at(2));
    expect(viewOf(book)).toEqual({
      state: 'crossed',
      bids: '14x1 10x5',
      asks: '15x1',
    });
  });

  it('heals by itself with every level that was hidden', () => {
    const book = bookOf('10x5', '12x3 13x1');
    book.applyUpdate(changes('12x9'), at(2));
    expect(viewOf(book).asks).toEqual('13x1');
    book.applyUpdate(changes('12x0'), at(3));
    expect(viewOf(book)).toEqual({
      state: 'live',
      bids: '10x5',
      asks: '12x3 13x1',
    });
    expect(book.crossedSince).toBeUndefined();
  });

  it('may be crossed from the first snapshot on, as before an opening', () => {
    const book = bookOf('19x1 15x7 10x30', '11x4 16x9 20x8');
    expect(viewOf(book)).toEqual({
      state: 'crossed',
      bids: '15x7 10x30',
      asks: '16x9 20x8',
    });
    book.applyUpdate(changes('19x0 15x0', '11x0'), at(2));
    expect(viewOf(book).state).toBe('live');
  });

  it('counts its crossing from the first moment, through all changes', () => {
    const book = bookOf('12x1', '11x1');
    book.applyUpdate(changes('13x1'), at(5));
    expect(book.crossedSince).toBe(1);
  });
});

describe('a stale book', () => {
  it('keeps its levels and its first reason, and ends with a snapshot only', () => {
    const book = bookOf('10x5', '12x3');
    book.markStale('connection.lost');
    book.markStale('book.crossed');
    book.applyUpdate(changes('11x1'), at(2));
    expect(viewOf(book)).toEqual({
      state: 'stale',
      bids: '11x1 10x5',
      asks: '12x3',
    });
    expect(book.staleReason).toBe('connection.lost');
    book.reread(changes('10x5', '12x3'), at(3));
    expect(book.state).toBe('stale');
    book.applySnapshot(changes('10x5', '12x3'), at(4));
    expect([book.state, book.staleReason]).toEqual(['live', undefined]);
  });
});

describe('a reread', () => {
  const healed = (requestedAt: number | undefined, reading: Changes) => {
    const book = bookOf('10x5 9x4 8x3', '12x3 13x2');
    book.applyUpdate(changes('10x0 7x1', '13x6'), at(5));
    const verdict = book.reread(
      reading,
      at(9),
      requestedAt === undefined ? undefined : at(requestedAt),
    );
    return { verdict, ...viewOf(book), updatedAt: book.updatedAt };
  };

  it.each<[string, number | undefined, Changes, string, string]>([
    [
      'made after all updates replaces what is within its depth and leaves what is below',
      6,
      changes('11x1 9x2', '12x1 13x1'),
      '11x1 9x2 8x3 7x1',
      '12x1 13x1',
    ],
    [
      'made before an update does not undo it, nor bring back what it removed',
      4,
      changes('10x5 9x2', '12x1 13x2'),
      '9x2 8x3 7x1',
      '12x1 13x6',
    ],
    [
      'without a time is as old as the snapshot',
      undefined,
      changes('10x5 8x3', '13x2'),
      '8x3 7x1',
      '13x6',
    ],
    [
      'of an empty side removes all that was there at the time',
      6,
      changes('', '12x1'),
      '',
      '12x1 13x6',
    ],
  ])('%s', (_, requestedAt, reading, bids, asks) => {
    expect(healed(requestedAt, reading)).toEqual({
      verdict: 'applied',
      state: 'live',
      bids,
      asks,
      updatedAt: 5,
    });
  });

  it('older than the snapshot changes nothing', () => {
    const { bids, asks } = healed(0, changes('9x1', '13x1'));
    expect({ bids, asks }).toEqual({
      bids: '9x4 8x3 7x1',
      asks: '12x3 13x6',
    });
  });

  it('that was asked for before a newer snapshot is of another book', () => {
    const book = bookOf('10x5', '12x3');
    book.applySnapshot(changes('10x5', '12x3'), at(21));
    expect(book.reread(changes('11x5', '12x3'), at(22), at(20))).toBe('too-old');
    expect(book.view().bids).toHaveLength(1);
  });

  it('removes the ghost that kept a book crossed', () => {
    const book = bookOf('10x5', '12x3');
    book.applyUpdate(changes('12x1'), at(2));
    book.reread(changes('10x5', '12x3'), at(9), at(8));
    expect(viewOf(book)).toEqual({ state: 'live', bids: '10x5', asks: '12x3' });
  });

  it('is refused when it is older than the removals that are remembered', () => {
    const book = bookOf('9999x1', '');
    for (let price = 1; price <= 513; price += 1) {
      book.applyUpdate(changes(`${price}x0`), at(100 * price));
    }
    expect(book.reread(changes('1x1'), at(51_300), at(1))).toBe('too-old');
    // The last ten seconds are remembered.
    expect(book.reread(changes('500x1'), at(51_300), at(41_300))).toBe('applied');
    expect(textOf(book.top(5).bids)).toEqual('');
    expect(book.reread(changes('1x1'), at(51_400), at(51_350))).toBe('applied');
    expect(textOf(book.top(5).bids)).toEqual('1x1');
  });
});

describe('a trade beyond the touch', () => {
  it.each<[Side, number, boolean]>([
    ['buy', 12, false],
    ['buy', 13, true],
    ['sell', 10, false],
    ['sell', 9, true],
  ])('%s at %i: %s', (side, price, expected) => {
    const trade = { id: '1', side, price: ticks(price), size: steps(1), at: at(1) };
    expect(bookOf('10x5', '12x3').isBeyondTouch(trade)).toBe(expected);
    expect(bookOf('14x5', '8x3').isBeyondTouch(trade)).toBe(false);
    expect(bookOf('', '').isBeyondTouch(trade)).toBe(false);
  });
});

describe('any book', () => {
  const message = fc.record({
    side: fc.constantFrom('bids' as const, 'asks' as const),
    price: fc.integer({ min: 1, max: 30 }),
    size: fc.nat({ max: 3 }),
    wait: fc.nat({ max: 1 }),
  });

  it('equals two sorted maps, and its view is never crossed', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 200 }), (messages) => {
        const book = bookOf('', '');
        const naive = { bids: new Map<number, number>(), asks: new Map<number, number>() };
        let now = 1;
        for (const { side, price, size, wait } of messages) {
          now += wait;
          book.applyUpdate({ ...changes(''), [side]: changes(`${price}x${size}`).bids }, at(now));
          naive[side].set(price, size);
          const best = book.view();
          const [bid, ask] = [best.bids[0]?.price ?? 0, best.asks[0]?.price ?? Infinity];
          expect(bid).toBeLessThan(ask);
          const raw = book.top(99);
          const isCrossed = (raw.bids[0]?.price ?? 0) >= (raw.asks[0]?.price ?? Infinity);
          expect(best.state).toBe(isCrossed ? 'crossed' : 'live');
          if (!isCrossed) expect(best.bids).toEqual(raw.bids.slice(0, 10));
        }
        const resting = (side: 'bids' | 'asks') =>
          [...naive[side]]
            .filter(([, size]) => size > 0)
            .sort(([a], [b]) => (side === 'bids' ? b - a : a - b))
            .map((level) => level.join('x'))
            .join(' ');
        expect(textOf(book.top(99).bids)).toBe(resting('bids'));
        expect(textOf(book.top(99).asks)).toBe(resting('asks'));
      }),
    );
  });
});
