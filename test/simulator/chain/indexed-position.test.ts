/** Positions from fills: the sums of opening and closing, and the way through zero. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ExchangeFill, ExchangePosition } from '../../../src/simulator/exchange-types.js';
import { applyFill } from '../../../src/simulator/chain/indexed-position.js';
import { START_MS, idOf, subaccount } from '../../support/exchange-driver.js';

const fillOf = (signed: bigint, quoteQuantums: bigint, eventId = 'e'): ExchangeFill => ({
  eventId,
  orderId: idOf('alice', 1),
  subaccount: subaccount('alice'),
  clobPairId: 0,
  side: signed > 0n ? 'BUY' : 'SELL',
  liquidity: 'TAKER',
  type: 'LIMIT',
  quantums: signed > 0n ? signed : -signed,
  subticks: 1n,
  quoteQuantums,
  fee: 0n,
  clientMetadata: 0,
  height: 7,
  timeMs: START_MS,
});

const run = (fills: readonly ExchangeFill[]) => {
  let open: ExchangePosition | undefined;
  const closed: ExchangePosition[] = [];
  for (const fill of fills) {
    const change = applyFill(open, fill);
    open = change.open;
    if (change.closed !== undefined) closed.push(change.closed);
  }
  return { open, closed };
};

describe('a position', () => {
  it('grows, shrinks and keeps its greatest size', () => {
    const { open } = run([fillOf(10n, 100n), fillOf(5n, 60n), fillOf(-12n, 150n), fillOf(4n, 40n)]);
    expect(open).toMatchObject({
      quantums: 7n,
      maxQuantums: 15n,
      sumOpen: 19n,
      sumOpenQuote: 200n,
      sumClose: 12n,
      sumCloseQuote: 150n,
    });
  });

  it('closes at zero', () => {
    const { open, closed } = run([fillOf(-10n, 100n), fillOf(10n, 90n)]);
    expect(open).toBeUndefined();
    expect(closed).toMatchObject([
      { closed: true, quantums: 0n, maxQuantums: -10n, sumClose: 10n },
    ]);
  });

  it('that flips is closed, and another one is opened by the same fill', () => {
    const { open, closed } = run([fillOf(10n, 100n, 'first'), fillOf(-13n, 140n, 'second')]);
    expect(closed).toMatchObject([{ openEventId: 'first', sumClose: 10n, sumCloseQuote: 107n }]);
    expect(open).toMatchObject({ openEventId: 'second', quantums: -3n, sumOpenQuote: 33n });
  });
});

describe('any sequence of fills', () => {
  it('leaves the sum of its sizes, and accounts for every unit of size and money', () => {
    const fill = fc
      .tuple(fc.bigInt(-50n, 50n), fc.bigInt(1n, 10_000n))
      .filter(([signed]) => signed !== 0n);
    fc.assert(
      fc.property(fc.array(fill, { minLength: 1, maxLength: 40 }), (changes) => {
        const fills = changes.map(([signed, quote]) => fillOf(signed, quote));
        const { open, closed } = run(fills);
        const all = open === undefined ? closed : [...closed, open];
        const sum = (values: readonly bigint[]) => values.reduce((a, b) => a + b, 0n);
        expect(open?.quantums ?? 0n).toBe(sum(changes.map(([signed]) => signed)));
        expect(sum(all.map((each) => each.sumOpen + each.sumClose))).toBe(
          sum(fills.map(({ quantums }) => quantums)),
        );
        expect(sum(all.map((each) => each.sumOpenQuote + each.sumCloseQuote))).toBe(
          sum(fills.map(({ quoteQuantums }) => quoteQuantums)),
        );
      }),
    );
  });
});
