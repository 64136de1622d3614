/** The position book: every fill once, to the right owner, within bounds. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Fill } from '../../src/model/order.js';
import { positionDrift } from '../../src/model/position.js';
import { blockHeight, signedSize, size, usd } from '../../src/model/quantities.js';
import { PositionBook, type Owner } from '../../src/portfolio/position-book.js';
import { aFill, aFillId, BTC, btcSize, btcSpec, ETH } from '../support/money-samples.js';

const specOf = (market: string) => (market === BTC ? btcSpec : undefined);
const newBook = (fillIdsMax = 100): PositionBook => new PositionBook({ specOf, fillIdsMax });
const fill = (n: number, change: Partial<Fill> = {}): Fill => ({
  ...aFill,
  fillId: aFillId(n),
  ...change,
});
const steps = (book: PositionBook, owner: Owner): number =>
  Number(book.ownedPosition(owner, BTC).size / 1_000_000n);

describe('the position book', () => {
  it('tells the position of the market and of the strategy after a fill', () => {
    const booking = newBook().book(fill(1), 'sniper');
    expect(booking).toMatchObject({
      type: 'booked',
      position: { market: BTC, size: aFill.size },
      owned: [{ owner: 'sniper', position: { size: aFill.size, fees: 100n } }],
    });
  });

  it('books a fill that comes twice once', () => {
    const book = newBook();
    book.book(fill(1), 'sniper');
    expect(book.book(fill(1), 'sniper').type).toBe('duplicate');
    expect(book.position(BTC).fills).toBe(1);
  });

  it('refuses a fill of a market without parameters, and books it when they are known', () => {
    const known = new Map([[BTC, btcSpec]]);
    const book = new PositionBook({ specOf: (market) => known.get(market) });
    const foreign = fill(1, { market: ETH });
    expect(book.book(foreign, 'sniper')).toMatchObject({ type: 'refused' });
    known.set(ETH, btcSpec);
    expect(book.book(foreign, 'sniper').type).toBe('booked');
  });

  it('keeps strategies in one market apart', () => {
    const book = newBook();
    book.book(fill(1), 'a');
    book.book(fill(2, { side: 'sell', size: btcSize(100) }), 'b');
    expect([steps(book, 'a'), steps(book, 'b')]).toEqual([40, -100]);
    expect(book.position(BTC).size).toBe(-60_000_000n);
    expect(book.positions()).toHaveLength(1);
    expect(book.ownedPositions().map(({ owner }) => owner)).toEqual(['a', 'b']);
  });

  it('knows flat positions of what it never saw', () => {
    expect(newBook().position(ETH)).toMatchObject({ size: 0n, fills: 0 });
    expect(newBook().ownedPosition('a', ETH)).toMatchObject({ size: 0n, fills: 0 });
  });

  it('takes a liquidation from those whose positions it shrinks, the largest first', () => {
    const book = newBook();
    book.book(fill(1, { size: btcSize(10) }), 'small');
    book.book(fill(2, { size: btcSize(30) }), 'large');
    book.book(fill(3, { size: btcSize(10) }), 'equal');
    book.book(fill(4, { side: 'sell', size: btcSize(5) }), 'short');
    const liquidation = fill(5, { side: 'sell', size: btcSize(42), orderId: undefined });
    const booking = book.book(liquidation, undefined);
    expect(booking).toHaveProperty('owned.length', 3);
    const left = ['small', 'large', 'equal', 'short'].map((owner) => steps(book, owner));
    expect(left).toEqual([0, 0, 8, -5]);
    expect(steps(book, undefined)).toBe(0);
  });

  it('leaves to nobody what shrinks no strategy', () => {
    const book = newBook();
    book.book(fill(1, { size: btcSize(10) }), 'a');
    book.book(fill(2, { side: 'sell', size: btcSize(25), orderId: undefined }), undefined);
    expect([steps(book, 'a'), steps(book, undefined)]).toEqual([0, -15]);
  });

  it('gives an adopted size to nobody, at its cost', () => {
    const book = newBook();
    book.book(fill(1), 'a');
    expect(book.adopt(BTC, signedSize(5n), usd(7n)).size).toBe(aFill.size + 5n);
    expect(book.ownedPosition(undefined, BTC)).toMatchObject({ size: 5n, cost: 7n, fills: 0 });
    expect(steps(book, 'a')).toBe(40);
  });

  it('forgets ids that a sweep has covered, and still knows those fills', () => {
    const book = newBook(2);
    book.book(fill(1, { height: blockHeight(5) }), 'a');
    book.book(fill(2, { height: blockHeight(109) }), 'a');
    book.sweptTo(blockHeight(109));
    book.sweptTo(blockHeight(3));
    expect(book.book(fill(3, { height: blockHeight(109) }), 'a').type).toBe('booked');
    expect(book.book(fill(1, { height: blockHeight(5) }), 'a').type).toBe('duplicate');
    expect(book.book(fill(2, { height: blockHeight(109) }), 'a').type).toBe('duplicate');
  });

  it('books a fill that a sweep finds late in the blocks that it reads again', () => {
    const book = newBook(2);
    book.book(fill(1, { height: blockHeight(5) }), 'a');
    book.book(fill(2, { height: blockHeight(6) }), 'a');
    book.sweptTo(blockHeight(200));
    book.book(fill(3, { height: blockHeight(201) }), 'a');
    expect(book.book(fill(4, { height: blockHeight(190) }), 'a').type).toBe('booked');
  });

  it('stops when ids run over and no sweep has covered any', () => {
    const book = newBook(1);
    book.book(fill(1), 'a');
    expect(() => book.book(fill(2), 'a')).toThrow('expected a sweep before 1 fills');
  });

  it('has the same size in total for owners and market, whatever comes how often', () => {
    const anyFill = fc.record({
      n: fc.integer({ min: 1, max: 20 }),
      side: fc.constantFrom('buy' as const, 'sell' as const),
      amount: fc.bigInt({ min: 1n, max: 10n ** 9n }),
      owner: fc.constantFrom<Owner>('a', 'b', undefined),
    });
    fc.assert(
      fc.property(fc.array(anyFill, { maxLength: 40 }), (fills) => {
        const book = newBook();
        for (const { n, side, amount, owner } of fills) {
          book.book(fill(n, { side, size: size(amount) }), owner);
        }
        const owned = book.ownedPositions().map(({ position }) => position);
        const market = book.position(BTC);
        expect(owned.reduce((sum, { size: held }) => sum + held, 0n)).toBe(market.size);
        expect(owned.reduce((sum, { fees }) => sum + fees, 0n)).toBe(market.fees);
        expect(market.fills).toBe(new Set(fills.map(({ n }) => n)).size);
      }),
    );
  });
});

describe('the books of an earlier run', () => {
  const swept = (height: number) => ({ fills: [], completeTo: blockHeight(height) });

  it('take any number of fills up again that a sweep has covered', () => {
    const book = newBook(10);
    book.load(undefined, swept(1_000));
    for (let n = 0; n < 50; n += 1) {
      const old = fill(n, { height: blockHeight(n) });
      expect(book.restore(old, 'sniper').type).toBe('booked');
    }
    expect(book.position(BTC).fills).toBe(50);
    // By whatever road it comes again.
    expect(book.book(fill(7, { height: blockHeight(7) }), 'sniper').type).toBe('duplicate');
  });

  it('go on from a snapshot as if there had never been one', () => {
    const fills = fc.array(
      fc.record({
        side: fc.constantFrom('buy' as const, 'sell' as const),
        owner: fc.constantFrom('a', 'b', undefined),
        steps: fc.integer({ min: 1, max: 90 }),
      }),
      { minLength: 1, maxLength: 30 },
    );
    fc.assert(
      fc.property(fills, fc.nat(30), (all, cut) => {
        const [whole, first, second] = [newBook(), newBook(), newBook()];
        const made = all.map(({ side, steps: count, owner }, n) => ({
          owner,
          made: fill(n, { side, size: btcSize(count), height: blockHeight(n + 1) }),
        }));
        for (const { made: one, owner } of made) whole.book(one, owner);
        const early = made.slice(0, cut);
        for (const { made: one, owner } of early) first.book(one, owner);
        const known = early.slice(-3).map(({ made: one }) => one);
        const completeTo = blockHeight(known[0]?.height ?? 0);
        second.load(first.snapshot(), { fills: known, completeTo });
        for (const { made: one, owner } of made) second.book(one, owner);
        expect(second.snapshot()).toEqual(whole.snapshot());
      }),
    );
  });
});

describe('the drift between our positions and the venue’s', () => {
  it('names both figures of every difference, and a missing market as flat', () => {
    const at = (market: typeof BTC, held: bigint) => ({ market, size: signedSize(held) });
    const ours = [at(BTC, 5n), at(ETH, 2n)];
    expect(positionDrift({ ours, venue: ours })).toEqual([]);
    expect(positionDrift({ ours, venue: [at(BTC, 6n)] })).toEqual([
      { market: BTC, ours: 5n, venue: 6n },
      { market: ETH, ours: 2n, venue: 0n },
    ]);
    expect(positionDrift({ ours: [], venue: [at(ETH, 1n)] })).toEqual([
      { market: ETH, ours: 0n, venue: 1n },
    ]);
  });
});
