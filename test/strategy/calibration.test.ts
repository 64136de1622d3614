/** The formulas together: a clear run is entered within seconds, a random walk almost never. */
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/clock/seeded-random.js';
import { steps, ticks, unixMs } from '../../src/model/quantities.js';
import type { Random } from '../../src/ports/random.js';
import { SignalDesk } from '../../src/signals/market-scores.js';
import { DEFAULT_TERMS, FLAT } from '../../src/strategy/circumstances.js';
import { createSniper } from '../../src/strategy/sniper.js';
import type { Candidate } from '../../src/ports/strategy.js';
import { candle, lensOf, specOf, trade, viewOf } from '../signals/view-fixture.js';

const MIDDLE = 1_000_000;
const FRAME_MS = 100;
/** ppm per frame: about 5 bps per √minute. */
const NOISE = 20;

interface Weather {
  /** ppm per frame. */
  readonly drift: number;
  readonly bidSize: number;
  readonly askSize: number;
  /** Mean size traded per frame. */
  readonly volume: number;
}
const CALM: Weather = { drift: 0, bidSize: 1_000, askSize: 1_000, volume: 10 };

/** A market that says one view per frame, and the sniper's look at each. */
function market(random: Random) {
  const desk = new SignalDesk();
  const sniper = createSniper();
  const candles = Array.from({ length: 30 }, (_, i) => {
    const close = MIDDLE + Math.round(random.normal() * 500);
    const range = { low: ticks(close - 400), high: ticks(close + 400) };
    return candle(i, close, { ...range, volume: steps(6_000) });
  });
  desk.backfill({ spec: specOf(), candles });
  let bid = MIDDLE;
  let now = 1_800_000;
  return (weather: Weather, frames: number): Candidate[] =>
    Array.from({ length: frames }, () => {
      now += FRAME_MS;
      bid += Math.round(weather.drift + NOISE * random.normal());
      const noisy = (size: number): number => Math.ceil(size * (0.6 + 0.8 * random.next()));
      const view = viewOf({
        at: now,
        bid,
        ask: bid + 20,
        bidSize: noisy(weather.bidSize),
        askSize: noisy(weather.askSize),
        trades: [trade(now, Math.round(random.exponential(weather.volume)))],
      });
      const signals = desk.accept([lensOf(view)])[0]?.set();
      const known = { candles: () => [], position: FLAT, terms: DEFAULT_TERMS, field: new Map() };
      return sniper.decide({ now: unixMs(now), view, signals, ...known });
    });
}
const seeds = [1, 2, 3, 4, 5, 6, 7, 8];
const entries = (candidates: readonly Candidate[], side: 'buy' | 'sell'): number =>
  candidates.filter((candidate) => candidate.type === 'enter' && candidate.side === side).length;

describe('a run with a one-sided book and elevated volume', () => {
  const up: Weather = { drift: 15, bidSize: 5_000, askSize: 1_000, volume: 30 };
  const down: Weather = { ...up, drift: -15, bidSize: 1_000, askSize: 5_000 };

  it.each(seeds)('is entered on its side within ten seconds, seed %d', (seed) => {
    const rising = market(seededRandom(seed));
    rising(CALM, 600);
    const run = rising(up, 100);
    expect([entries(run, 'buy') > 0, entries(run, 'sell')]).toEqual([true, 0]);
    const falling = market(seededRandom(seed));
    falling(CALM, 600);
    const fall = falling(down, 100);
    expect([entries(fall, 'sell') > 0, entries(fall, 'buy')]).toEqual([true, 0]);
  });
});

describe('a random walk with a balanced book', () => {
  it('is entered in less than one look of a hundred', () => {
    const looks = seeds.flatMap((seed) => market(seededRandom(seed))(CALM, 6_000));
    expect(looks.filter(({ confidence }) => confidence !== undefined).length).toBeGreaterThan(
      47_000,
    );
    expect(looks.filter(({ type }) => type === 'enter').length / looks.length).toBeLessThan(0.01);
  });
});
