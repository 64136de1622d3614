/** Sights of made-up markets, and the same markets upside down around the newest mid. */
import fc from 'fast-check';
import type { Candle, Level, Trade } from '../../src/model/book.js';
import { ticks, type MarketId } from '../../src/model/quantities.js';
import type { SignalSet } from '../../src/model/signal.js';
import type { Sight } from '../../src/ports/strategy.js';
import { candle, level, trade } from '../signals/view-fixture.js';
import { sightOf } from './sight-fixture.js';

const MIDDLE = 1_000_000;
const START = 40 * 60_000;

/** Levels outward from a touch, with these sizes. */
const side = (touch: number, step: 1 | -1, sizes: readonly number[]): Level[] =>
  sizes.map((size, index) => level(touch + step * index * 3, size));

const amount = fc.integer({ min: 1, max: 4_000 });
const percent = fc.integer({ min: 0, max: 100 });
const look = fc.record({
  move: fc.integer({ min: -2_000, max: 2_000 }),
  spread: fc.integer({ min: 1, max: 300 }),
  bids: fc.array(amount, { minLength: 1, maxLength: 5 }),
  asks: fc.array(amount, { minLength: 1, maxLength: 5 }),
  trades: fc.array(fc.tuple(fc.boolean(), amount), { maxLength: 6 }),
  momentum: percent,
  orderbook: percent,
  held: fc.integer({ min: -400, max: 400 }),
  funding: fc.constantFrom(-0.0002, 0, 0.0002, 'unknown' as const),
  state: fc.constantFrom('live', 'live', 'live', 'live', 'crossed', 'stale' as const),
  ageMs: fc.constantFrom(0, 100, 100, 100, 5_000),
});

/** A run of looks a second apart: mostly at an open book, of which the last may be far off. */
export const runs: fc.Arbitrary<readonly Sight[]> = fc
  .array(look, { minLength: 3, maxLength: 30 })
  .map((looks) => {
    const candles = Array.from({ length: 39 }, (_, minute) =>
      candle(minute, MIDDLE + (minute % 3) * 100, {
        high: ticks(MIDDLE + 800),
        low: ticks(MIDDLE - 800),
      }),
    );
    return looks.map((one, index) => {
      const now = START + index * 1_000;
      const bid = MIDDLE + one.move;
      const newest = candle(40, bid, { volume: ticks(3_000) as never });
      const sight = sightOf(
        { momentum: one.momentum, orderbook: one.orderbook },
        {
          at: now - one.ageMs,
          now,
          state: one.state,
          bids: side(bid, -1, one.bids),
          asks: side(bid + one.spread, 1, one.asks),
          trades: one.trades.map(([isBuy, size]) => trade(now - 500, size, isBuy ? 'buy' : 'sell')),
          candles: [...candles, newest],
          position: { steps: one.held, entryUsd: one.held === 0 ? undefined : MIDDLE },
          fundingRate1h: one.funding,
          terms: { orderNotionalUsd: 50_000, maxHoldMs: 3_600_000 },
        },
      );
      return { ...sight, signals: agedTo(sight.signals, now - one.ageMs) };
    });
  });

const agedTo = (set: SignalSet | undefined, at: number): SignalSet | undefined =>
  set && {
    ...set,
    scores: Object.fromEntries(
      Object.entries(set.scores).map(([name, score]) => [name, { ...score, at: at as never }]),
    ),
  };

const flipped = (sum: number) => ({
  level: ({ price, size }: Level): Level => ({ price: ticks(sum - price), size }),
  trade: (one: Trade): Trade => ({
    ...one,
    price: ticks(sum - one.price > 0 ? sum - one.price : 1),
    side: one.side === 'buy' ? 'sell' : 'buy',
  }),
  candle: (one: Candle): Candle => ({
    ...one,
    open: ticks(sum - one.open),
    high: ticks(sum - one.low),
    low: ticks(sum - one.high),
    close: ticks(sum - one.close),
  }),
});

/** Up is down: around the mid of the last look, which stays where it is. */
export function mirrored(run: readonly Sight[]): readonly Sight[] {
  const book = run.at(-1)?.view.book;
  const flip = flipped((book?.bids[0]?.price ?? 0) + (book?.asks[0]?.price ?? 0));
  return run.map((sight) => {
    const { view, position, signals } = sight;
    const rate = view.fundingRate1h;
    const scores = Object.entries(signals?.scores ?? {}).map(([name, score]) => {
      const isDirectional = name === 'momentum' || name === 'orderbook';
      return [name, isDirectional ? { ...score, value: 100 - score.value } : score];
    });
    return {
      ...sight,
      signals: signals && { ...signals, scores: Object.fromEntries(scores) as never },
      candles: (resolution, count) => sight.candles(resolution, count).map(flip.candle),
      position: { ...position, steps: -position.steps },
      field: new Map<MarketId, number>(),
      view: {
        ...view,
        fundingRate1h: rate === undefined ? undefined : -rate,
        trades: view.trades.map(flip.trade),
        book: {
          ...view.book,
          bids: view.book.asks.map(flip.level),
          asks: view.book.bids.map(flip.level),
        },
      },
    };
  });
}
