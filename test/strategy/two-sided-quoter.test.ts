/** The market maker: where it quotes, when it does not, and what its inventory does to both. */
import { describe, expect, it } from 'vitest';
import type { Candidate } from '../../src/ports/strategy.js';
import { createMarketMaker } from '../../src/strategy/two-sided-quoter.js';
import { sightOf } from './sight-fixture.js';

/** One step is 0.0001 BTC: 3 USD at 30,000. */
const heldUsd = (usd: number) => ({ steps: usd / 3, entryUsd: usd === 0 ? undefined : 30_000 });
const wide = { bid: 29_900, ask: 30_100 };

const quoted = (view: Parameters<typeof sightOf>[1] = {}, options = {}): Candidate =>
  createMarketMaker({ volatilityFactor: 0, ...options }).decide(
    sightOf({}, { ...wide, position: heldUsd(0), ...view }),
  );
/** Prices in ticks of a dollar. */
const prices = (candidate: Candidate): readonly (number | undefined)[] => {
  if (candidate.type !== 'quote') throw new Error(candidate.reasons[0]?.text);
  const inTicks = (price: bigint | undefined) =>
    price === undefined ? undefined : Number(price) / 100_000;
  return [inTicks(candidate.bid?.price), inTicks(candidate.ask?.price)];
};

describe('the market maker', () => {
  it('quotes both sides around the mid, rounded away from it, for its order size', () => {
    const candidate = quoted();
    // 6 bps of 30,000 are 18.
    expect(prices(candidate)).toEqual([29_982, 30_018]);
    expect(candidate).toMatchObject({
      type: 'quote',
      confidence: 1,
      bid: { size: 166_000_000n },
      ask: { size: 166_000_000n },
    });
    expect(candidate.reasons.map(({ text }) => text)).toEqual([
      'half spread 6.0 bps: movement unknown a minute',
      'inventory 0 % of 1000 USD, fair moved by 0.0 bps',
    ]);
  });

  it('follows the side of the touch with less behind it', () => {
    // Three quarters on the bid: fair is at 30,050; 18.03 away are 30,031.97 and 30,068.03.
    expect(prices(quoted({ bidSize: 3_000, askSize: 1_000 }))).toEqual([30_031, 30_069]);
  });

  it.each([
    ['long', 500, [29_973, 30_009], 0.5],
    ['short', -500, [29_991, 30_027], 0.5],
  ])('moves both against an inventory that is %s', (_, usd, expected, ratio) => {
    const candidate = quoted({ position: heldUsd(usd) });
    expect(prices(candidate)).toEqual(expected);
    expect(candidate.direction).toBeCloseTo(usd > 0 ? -ratio : ratio, 9);
  });

  it.each([
    ['whole while there is room for it', 500, 166_000_000n],
    ['in tenths of an order when there is less', 820, 50_000_000n],
    ['not at all below a tenth', 960, undefined],
  ])('adds to what is held %s', (_, usd, expected) => {
    const long = quoted({ position: heldUsd(usd) });
    const short = quoted({ position: heldUsd(-usd) });
    if (long.type !== 'quote' || short.type !== 'quote') throw new Error('expected quotes');
    expect(long.bid?.size).toBe(expected);
    expect([long.ask?.size, short.bid?.size]).toEqual([166_000_000n, 166_000_000n]);
    expect(short.ask === undefined).toBe(expected === undefined);
    const code = expected === undefined ? 'inventory.full' : 'width';
    expect(long.reasons[0]?.code).toBe(code);
  });

  it.each([
    ['buys no more when it is full of it', 1_000, 'no bid: inventory 100 % of 1000 USD', 0],
    ['sells no more when it is full of shorts', -1_200, 'no ask: inventory -100 % of 1000 USD', 1],
  ])('%s', (_, usd, text, missing) => {
    const candidate = quoted({ position: heldUsd(usd) });
    expect(prices(candidate)[missing]).toBeUndefined();
    expect(prices(candidate)[1 - missing]).toBeDefined();
    expect(candidate.reasons[0]).toEqual({ code: 'inventory.full', text });
  });

  it('never crosses, however narrow its quotes or strong its skew', () => {
    const narrow = quoted({ bid: 30_000, ask: 30_001 }, { halfSpreadBps: 0.01, edgeBpsMin: 0 });
    expect(prices(narrow)).toEqual([29_997, 30_004]);
    const skewed = quoted({ position: heldUsd(-900) }, { skewBps: 500 });
    expect(prices(skewed)[0]).toBe(30_099);
  });

  it('is at least as wide as fee and edge, and as the market moves', () => {
    const terms = { makerFeeBps: 8 };
    expect(prices(quoted({ terms }))).toEqual([29_973, 30_027]);
    const sight = sightOf({}, { ...wide, position: heldUsd(0) });
    const score = sight.signals?.scores.volatility;
    if (sight.signals === undefined || score === undefined) throw new Error('no score');
    const volatility = { ...score, parts: { sigmaBps: 40 } };
    const signals = { ...sight.signals, scores: { ...sight.signals.scores, volatility } };
    const candidate = createMarketMaker().decide({ ...sight, signals });
    expect(prices(candidate)).toEqual([29_940, 30_060]);
    expect(candidate.reasons[0]?.text).toBe('half spread 20.0 bps: movement 40.0 bps a minute');
  });

  it.each([
    ['the book is stale', { state: 'stale' as const }, 'book is stale'],
    ['the book is old', { now: 11_200 }, 'book 1.2 s old > 1.0 s'],
    [
      'its size is below one step',
      { terms: { orderNotionalUsd: 2 } },
      '2 USD is less than one step',
    ],
  ])('quotes nothing while %s', (_, view, text) => {
    const candidate = quoted(view);
    expect(candidate).toMatchObject({ type: 'hold', leave: [] });
    expect(candidate.reasons[0]?.text).toBe(text);
  });
});
