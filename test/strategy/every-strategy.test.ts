/** What holds for each strategy, whatever the market does. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Candidate, Sight, Strategy } from '../../src/ports/strategy.js';
import { costsOf } from '../../src/strategy/costs.js';
import { createMarketMaker } from '../../src/strategy/two-sided-quoter.js';
import { createMeanReversion } from '../../src/strategy/mean-reversion.js';
import { createMomentumBreakout } from '../../src/strategy/momentum-breakout.js';
import { createOrderBookScalper } from '../../src/strategy/order-book-scalper.js';
import { isBookOpen } from '../../src/strategy/sight-gates.js';
import { createSniper } from '../../src/strategy/sniper.js';
import { mirrored, runs } from './mirrored-sights.js';

/** Ready to act: with limits so low that many runs end in an entry. */
const makers: readonly (readonly [string, () => Strategy])[] = [
  ['the sniper', () => createSniper({ confidenceMin: 0.3 })],
  ['mean reversion', () => createMeanReversion({ samplesMin: 2, zEnter: 0.8, zExit: 0.1 })],
  ['the breakout', () => createMomentumBreakout({ volumeFactor: 0.5, candlesMin: 5 })],
  [
    'the scalper',
    () =>
      createOrderBookScalper({
        targetBps: 400,
        imbalanceMin: 0.05,
        flowMin: 0.05,
        tradesMin: 1,
        ageMsMax: 2_000,
      }),
  ],
  ['the market maker', () => createMarketMaker({ inventoryUsdMax: 100_000 })],
];

const looksOf = (strategy: Strategy, run: readonly Sight[]): readonly Candidate[] =>
  run.map((sight) => strategy.decide(sight));
const last = (strategy: Strategy, run: readonly Sight[]): Candidate => {
  const candidate = looksOf(strategy, run).at(-1);
  if (candidate === undefined) throw new Error('no look');
  return candidate;
};
const counterpart = { buy: 'sell', sell: 'buy' } as const;

describe.each(makers)('%s', (_, create) => {
  it('never acts on a market whose gates are closed, and always says why it holds', () => {
    let acted = 0;
    fc.assert(
      fc.property(runs, (run) => {
        const strategy = create();
        for (const sight of run) {
          const candidate = strategy.decide(sight);
          expect(candidate.reasons.length).toBeGreaterThan(0);
          if (candidate.type === 'hold') continue;
          acted += 1;
          expect(isBookOpen(sight, strategy.ageMsMax)).toBe(true);
        }
      }),
      { seed: 1, numRuns: 200 },
    );
    expect(acted).toBeGreaterThan(20);
  });

  it('asks only for prices on a tick and sizes on a step, the right side of the book', () => {
    fc.assert(
      fc.property(runs, (run) => {
        const strategy = create();
        for (const sight of run) {
          const candidate = strategy.decide(sight);
          const { spec, book } = sight.view;
          const bestBid = BigInt(book.bids[0]?.price ?? 0) * spec.tick;
          const bestAsk = BigInt(book.asks[0]?.price ?? 0) * spec.tick;
          if (candidate.type === 'enter') {
            const { side, limitPrice } = candidate;
            expect(limitPrice % spec.tick).toBe(0n);
            expect(side === 'buy' ? limitPrice >= bestAsk : limitPrice <= bestBid).toBe(true);
          }
          if (candidate.type !== 'quote') continue;
          const { bid, ask } = candidate;
          for (const order of [bid, ask]) {
            if (order === undefined) continue;
            expect([order.price % spec.tick, order.size % spec.step]).toEqual([0n, 0n]);
            expect(order.size).toBeGreaterThan(0n);
          }
          expect(bid === undefined || bid.price < bestAsk).toBe(true);
          expect(ask === undefined || ask.price > bestBid).toBe(true);
        }
      }),
      { seed: 2, numRuns: 200 },
    );
  });

  it('enters only when its reasons say that all costs are paid', () => {
    fc.assert(
      fc.property(runs, (run) => {
        const strategy = create();
        for (const sight of run) {
          const candidate = strategy.decide(sight);
          if (candidate.type !== 'enter') continue;
          expect(candidate.reasons.filter(({ code }) => code.includes('.'))).toEqual([]);
          expect(candidate.reasons.map(({ code }) => code)).toContain('cost');
          expect(costsOf(sight, candidate.side).totalBps).toBeLessThan(Infinity);
        }
      }),
      { seed: 3, numRuns: 200 },
    );
  });

  it('does upside down what it does the right way up', () => {
    fc.assert(
      fc.property(runs, (run) => {
        const [up, down] = [last(create(), run), last(create(), mirrored(run))];
        expect(down.type).toBe(up.type);
        const [one, other] = [up.confidence ?? -1, down.confidence ?? -1];
        expect(other).toBeCloseTo(one, 6);
        expect(-(down.direction ?? 0)).toBeCloseTo(up.direction ?? 0, 6);
        if (up.type === 'enter' && down.type === 'enter') {
          expect(down.side).toBe(counterpart[up.side]);
        }
        if (up.type === 'hold' && down.type === 'hold') {
          const leaves = down.leave.map((side) => counterpart[side]);
          expect(leaves.toSorted()).toEqual(up.leave.toSorted());
        }
        if (up.type === 'quote' && down.type === 'quote') {
          expect([down.bid === undefined, down.ask === undefined]).toEqual([
            up.ask === undefined,
            up.bid === undefined,
          ]);
        }
      }),
      { seed: 4, numRuns: 200 },
    );
  });

  it('says the same of the same looks, twice', () => {
    fc.assert(
      fc.property(runs, (run) => {
        const [one, other] = [looksOf(create(), run), looksOf(create(), run)];
        expect(other.map(({ reasons }) => reasons)).toEqual(one.map(({ reasons }) => reasons));
      }),
      { seed: 5, numRuns: 50 },
    );
  });
});
