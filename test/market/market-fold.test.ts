/** The market fold: what each event does to its market, what is refused, and which books are doubted. */
import { describe, expect, it } from 'vitest';
import { MarketFold, type MarketVerdict } from '../../src/market/market-fold.js';
import { CANDLE_RESOLUTIONS, type Trade } from '../../src/model/book.js';
import type { MarketEvent } from '../../src/model/events.js';
import type { MarketSpec } from '../../src/model/market.js';
import {
  blockHeight,
  marketId,
  oraclePrice,
  price,
  size,
  steps,
  ticks,
  unixMs,
  type MarketId,
  type UnixMs,
} from '../../src/model/quantities.js';

const BTC = marketId('BTC-USD');
const ETH = marketId('ETH-USD');
const at = (ms: number): UnixMs => unixMs(ms);

/** Tick 0.5 USD, step 0.01. */
const specOf = (market: MarketId, changes: Partial<MarketSpec> = {}): MarketSpec => ({
  market,
  venueNumber: 0,
  status: 'ACTIVE',
  priceExponent: -5,
  sizeExponent: -4,
  tick: price(50_000n),
  step: size(100n),
  initialMarginPpm: 50_000,
  maintenanceMarginPpm: 30_000,
  isolated: false,
  ...changes,
});
const specs = (...list: MarketSpec[]): MarketEvent => ({ type: 'specs', specs: list });
const level = (ofPrice: number, ofSize: number) => [{ price: ticks(ofPrice), size: steps(ofSize) }];
const book = (
  type: 'book.snapshot' | 'book.update' | 'book.reread',
  bid: number,
  ask: number,
): MarketEvent => ({ type, market: BTC, bids: level(bid, 1), asks: level(ask, 1) });
const trade = (id: string, tick: number, ms = 0): Trade => ({
  id,
  side: 'buy',
  price: ticks(tick),
  size: steps(2),
  at: at(ms),
});
const trades = (list: readonly Trade[], snapshot = false): MarketEvent => ({
  type: 'trades',
  market: BTC,
  trades: list,
  snapshot,
});
const height: MarketEvent = { type: 'height', height: blockHeight(7), time: at(0) };

/** A fold that knows BTC-USD and its book, and has told of both. */
function foldOf(...events: MarketEvent[]): MarketFold {
  const fold = new MarketFold();
  for (const event of [specs(specOf(BTC)), book('book.snapshot', 10, 12), ...events]) {
    fold.apply(event, at(1));
  }
  fold.flush(at(1));
  return fold;
}

const reasonOf = (verdict: MarketVerdict): string =>
  verdict.verdict === 'applied' ? 'applied' : verdict.reason;
const stateOf = (fold: MarketFold): string | undefined => fold.view(BTC, at(0))?.book.state;

describe('the market fold', () => {
  it('tells each market that changed once, and none when nothing did', () => {
    const fold = foldOf();
    fold.apply(specs(specOf(ETH)), at(2));
    fold.apply(book('book.update', 11, 13), at(3));
    fold.apply({ type: 'status', market: ETH, status: 'PAUSED' }, at(4));
    const lenses = fold.flush(at(5));
    expect(lenses.map((lens) => [lens.market, lens.at, lens.view().book.bids.length])).toEqual([
      [ETH, 4, 0],
      [BTC, 3, 2],
    ]);
    expect(lenses[0]?.spec.status).toBe('PAUSED');
    expect(fold.flush(at(6))).toEqual([]);
    expect(fold.markets).toEqual([BTC, ETH]);
  });

  it('shows everything that it was told of a market', () => {
    const fold = foldOf();
    fold.apply({ type: 'oracle', market: BTC, price: oraclePrice(55n) }, at(2));
    fold.apply(trades([trade('b', 12), trade('a', 11)]), at(3));
    expect(fold.flush(at(4)).map((lens) => lens.view())).toEqual([
      {
        market: BTC,
        spec: specOf(BTC),
        at: 3,
        book: {
          state: 'live',
          bids: [{ price: 10, size: 1 }],
          asks: [{ price: 12, size: 1 }],
          updatedAt: 1,
        },
        trades: [trade('a', 11), trade('b', 12)],
        oracle: 55n,
        oracleAt: 2,
        candle: { startedAt: 0, open: 11, high: 12, low: 11, close: 12, volume: 4, trades: 2 },
      },
    ]);
  });

  it('tells of each trade in exactly one flush, and a look between takes none away', () => {
    const fold = foldOf();
    fold.apply(trades([trade('a', 11)]), at(2));
    fold.apply(trades([trade('b', 11), trade('a', 11)]), at(2));
    expect(fold.view(BTC, at(2))?.trades).toHaveLength(2);
    expect(fold.flush(at(2))[0]?.trades.map(({ id }) => id)).toEqual(['a', 'b']);
    fold.apply(trades([trade('b', 11), trade('c', 11)]), at(3));
    expect(fold.flush(at(3))[0]?.trades.map(({ id }) => id)).toEqual(['c']);
    expect(fold.tradeCount(BTC)).toBe(3);
  });

  it('merges candles of the venue with its own', () => {
    const flat = { open: ticks(9), high: ticks(9), low: ticks(9), close: ticks(9) };
    const candle = { startedAt: at(0), ...flat, volume: steps(0), trades: 0 };
    const fold = foldOf({ type: 'candles', market: BTC, resolution: '1MIN', candles: [candle] });
    fold.apply(trades([trade('a', 11, 60_000)]), at(60_000));
    expect(fold.candles(BTC).map(({ close }) => close)).toEqual([9, 11]);
    expect(fold.candles(ETH)).toEqual([]);
  });

  it('reports the raw book in decimal text', () => {
    const fold = foldOf(book('book.update', 13, 15), trades([trade('a', 11)]));
    expect(stateOf(fold)).toBe('crossed');
    expect(fold.report(BTC)).toEqual({
      bids: [
        ['6.5', '0.01'],
        ['5', '0.01'],
      ],
      asks: [
        ['6', '0.01'],
        ['7.5', '0.01'],
      ],
      trades: 1,
      candles1m: 1,
      candles: Object.fromEntries(CANDLE_RESOLUTIONS.map((resolution) => [resolution, 1])),
      flow1m: { bought: '0.02', sold: '0', trades: 1 },
    });
    expect(fold.flow(BTC, at(60_500), 60_000)).toEqual({ bought: '0', sold: '0', trades: 0 });
    expect(fold.report(ETH)).toBeUndefined();
  });
});

describe('an event that is refused', () => {
  const many = Array.from({ length: 2_048 }, (_, index) => specOf(marketId(`M${index}-USD`)));

  it.each<[string, MarketEvent, string]>([
    ['of an unknown market', { type: 'status', market: ETH, status: 'PAUSED' }, 'market.unknown'],
    ['for one market too many', specs(...many), 'market.limit'],
  ])('%s', (_, event, reason) => {
    const fold = foldOf();
    expect(reasonOf(fold.apply(event, at(2)))).toBe(reason);
    expect(fold.counts).toEqual({ applied: 2, rejected: 1 });
  });

  it.each(['book.update', 'book.reread'] as const)('%s before a snapshot', (type) => {
    const fold = new MarketFold();
    fold.apply(specs(specOf(BTC)), at(1));
    fold.flush(at(1));
    expect(reasonOf(fold.apply(book(type, 9, 13), at(2)))).toBe('book.no-snapshot');
    expect(fold.flush(at(2))).toEqual([]);
  });

  it('a reread that is older than what is remembered', () => {
    const fold = foldOf();
    for (let tick = 1; tick <= 513; tick += 1) {
      const removal = { type: 'book.update', market: BTC, bids: level(tick, 0), asks: [] } as const;
      fold.apply(removal, at(100 * tick));
    }
    const late = { ...book('book.reread', 9, 13), requestedAt: at(4) } as MarketEvent;
    expect(reasonOf(fold.apply(late, at(51_301)))).toBe('book.too-old');
  });
});

describe('new parameters', () => {
  it('of the same tick and step keep book, trades and candles', () => {
    const fold = foldOf(trades([trade('a', 11)]));
    fold.apply(specs(specOf(BTC, { status: 'CANCEL_ONLY' })), at(2));
    expect(stateOf(fold)).toBe('live');
    expect(fold.spec(BTC)?.status).toBe('CANCEL_ONLY');
    expect(fold.sweep(at(3))).toEqual([]);
  });

  it.each<[string, Partial<MarketSpec>]>([
    ['tick', { tick: price(10_000n) }],
    ['step', { step: size(10n) }],
    ['price exponent', { priceExponent: -6 }],
    ['size exponent', { sizeExponent: -5 }],
  ])('of another %s drop them, and ask for a new subscription', (_, change) => {
    const fold = foldOf();
    fold.apply(trades([trade('a', 11)]), at(2));
    fold.apply(specs(specOf(BTC, change)), at(2));
    expect(fold.flush(at(2))[0]?.view()).toMatchObject({ book: { state: 'empty' }, trades: [] });
    expect([fold.tradeCount(BTC), fold.candles(BTC)]).toEqual([0, []]);
    expect(fold.sweep(at(3))).toEqual([BTC]);
    expect(fold.sweep(at(4))).toEqual([]);
  });
});

describe('a book that cannot be believed', () => {
  it('for ten seconds of crossing is stale, asks once, and again after thirty seconds', () => {
    const fold = foldOf(book('book.update', 12, 12));
    expect(fold.sweep(at(10_001))).toEqual([]);
    expect(stateOf(fold)).toBe('crossed');
    expect(fold.sweep(at(10_002))).toEqual([BTC]);
    expect(fold.flush(at(10_002)).map((lens) => lens.bookState)).toEqual(['stale']);
    expect(fold.staleReason(BTC)).toBe('book.crossed');
    expect(fold.sweep(at(40_001))).toEqual([]);
    expect(fold.sweep(at(40_002))).toEqual([BTC]);
    fold.apply(book('book.snapshot', 10, 12), at(40_003));
    expect([stateOf(fold), fold.staleReason(BTC)]).toEqual(['live', undefined]);
    expect(fold.sweep(at(99_999))).toEqual([]);
  });

  const passing = trades([trade('a', 13)]);
  it.each<[string, readonly MarketEvent[], boolean]>([
    ['silent while blocks come and a trade passes its touch', [passing, height], true],
    ['silent without a new block', [passing], false],
    ['silent with trades at the touch', [trades([trade('a', 12)]), height], false],
    ['silent after a snapshot of old trades', [trades([trade('a', 13)], true), height], false],
    ['that spoke after the trade', [passing, book('book.update', 9, 14), height], false],
    ['that was read anew after the trade', [passing, book('book.snapshot', 9, 14), height], false],
  ])('%s', (_, events, isDoubted) => {
    const fold = foldOf();
    for (const event of events) fold.apply(event, at(2));
    expect(fold.sweep(at(10_001))).toEqual([]);
    expect(fold.sweep(at(10_002))).toEqual(isDoubted ? [BTC] : []);
    expect(fold.staleReason(BTC)).toBe(isDoubted ? 'book.silent' : undefined);
  });

  it('because its connection is lost waits for the snapshot of the next one', () => {
    const fold = foldOf();
    fold.markStale([ETH], 'connection.lost');
    expect(fold.flush(at(2))).toEqual([]);
    fold.markStale('all', 'connection.lost');
    expect(fold.flush(at(2)).map((lens) => lens.bookState)).toEqual(['stale']);
    expect(fold.sweep(at(60_000))).toEqual([]);
    fold.apply(book('book.snapshot', 10, 12), at(60_000));
    expect(stateOf(fold)).toBe('live');
  });
});
