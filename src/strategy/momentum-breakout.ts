/**
 * Momentum breakout: a price that leaves the range of the last candles, with volume behind it, is
 * expected to run on.
 *
 * 1. The base is `candles` one-minute candles; the newest `breaking` minutes, the open one among
 *    them, are what breaks it and are not part of it.
 * 2. It buys above the base's high and sells below its low by more than `bufferBps`, when the
 *    breaking minutes trade more than `volumeFactor` times the base's volume per minute.
 * 3. What it hopes for is a move as long as the base is high, less what has been run already.
 * 4. It leaves a side when the price is back beyond the middle of the base.
 */
import type { Candle, Side } from '../model/book.js';
import type { Reason } from '../model/decision.js';
import type { Candidate, Sight, Strategy } from '../ports/strategy.js';
import { apart } from './apart.js';
import { midOf } from './costs.js';
import { entryOrHold } from './entry-gates.js';
import { lazyHold } from './lazy-hold.js';
import { closedBookGates, isBookOpen } from './sight-gates.js';

export interface MomentumBreakoutOptions {
  /** Minutes of the base. */
  readonly candles: number;
  /** Minutes that break it, the open one included. */
  readonly breaking: number;
  /** Of the base's minutes, those with trades: fewer say nothing about a range. */
  readonly candlesMin: number;
  readonly bufferBps: number;
  readonly volumeFactor: number;
  readonly ageMsMax: number;
  readonly rankMax: number;
}

export const MOMENTUM_BREAKOUT_DEFAULTS: MomentumBreakoutOptions = {
  candles: 20,
  breaking: 2,
  candlesMin: 10,
  bufferBps: 1,
  volumeFactor: 1.5,
  ageMsMax: 2_000,
  rankMax: 3,
};

const MINUTE_MS = 60_000;

interface Base {
  /** Ticks. */
  readonly high: number;
  readonly low: number;
  readonly candles: number;
  /** Volume of the breaking minutes against the base's, both per minute. */
  readonly volumeRatio: number;
}

function baseOf(
  candles: readonly Candle[],
  now: number,
  { candles: minutes, breaking }: MomentumBreakoutOptions,
): Base {
  const breakAt = (Math.floor(now / MINUTE_MS) - breaking + 1) * MINUTE_MS;
  const baseAt = breakAt - minutes * MINUTE_MS;
  let high = -Infinity;
  let low = Infinity;
  let count = 0;
  let volume = 0;
  let breakingVolume = 0;
  for (let index = candles.length - 1; index >= 0; index -= 1) {
    const candle = candles[index];
    if (candle === undefined || candle.startedAt < baseAt) break;
    // A minute without trades repeats a price that nobody paid.
    if (candle.trades === 0) continue;
    if (candle.startedAt >= breakAt) breakingVolume += candle.volume;
    else {
      high = Math.max(high, candle.high);
      low = Math.min(low, candle.low);
      volume += candle.volume;
      count += 1;
    }
  }
  // The open minute is counted as a whole one at least: nothing is extrapolated.
  const elapsed = Math.max(1, (now - breakAt) / MINUTE_MS);
  return { high, low, candles: count, volumeRatio: breakingVolume / elapsed / (volume / minutes) };
}

function judge(sight: Sight, base: Base, options: MomentumBreakoutOptions): Candidate {
  const { bufferBps, volumeFactor, rankMax } = options;
  const { high, low, volumeRatio } = base;
  const mid = midOf(sight.view.book);
  const middle = (high + low) / 2;
  const side: Side = mid >= middle ? 'buy' : 'sell';
  /** Beyond the side of the base that is nearer; negative within it. */
  const beyondBps = ((side === 'buy' ? mid - high : low - mid) / mid) * 1e4;
  const isBroken = beyondBps > bufferBps;
  const isCarried = volumeRatio > volumeFactor;
  const confidence = isBroken ? Math.min(1, volumeRatio / (2 * volumeFactor)) : 0;
  const words = (): readonly Reason[] => {
    const range = `${side === 'buy' ? 'high' : 'low'} of ${base.candles} candles`;
    const [away, buffer] = apart(Math.abs(beyondBps), bufferBps, 1);
    const distance = `${away} bps`;
    const place = `mid ${distance} ${beyondBps > 0 ? 'beyond' : 'within'} the ${range}`;
    const limit = `${isBroken ? '>' : 'not >'} ${buffer} bps beyond`;
    const [carried, factor] = apart(volumeRatio, volumeFactor, 2);
    const ratio = `volume ${carried} × the base's`;
    const sign = isCarried ? '>' : '≤';
    return [
      { code: isBroken ? 'break' : 'break.none', text: `${place}, ${limit}` },
      {
        code: isCarried ? 'volume' : 'volume.low',
        text: `${ratio} ${sign} ${factor}`,
      },
    ];
  };
  return entryOrHold(sight, {
    side,
    isMet: isBroken && isCarried,
    confidence,
    direction: side === 'buy' ? confidence : -confidence,
    rankMax,
    edgeBps: ((high - low) / mid) * 1e4 - Math.max(0, beyondBps),
    leave: mid < middle ? ['buy'] : mid > middle ? ['sell'] : [],
    words,
  });
}

function decide(sight: Sight, options: MomentumBreakoutOptions): Candidate {
  const { ageMsMax, candlesMin } = options;
  if (!isBookOpen(sight, ageMsMax)) return lazyHold(closedBookGates(sight, ageMsMax));
  const candles = sight.candles('1MIN', options.candles + options.breaking);
  const base = baseOf(candles, sight.now, options);
  const isKnown = Number.isFinite(base.volumeRatio);
  if (base.candles >= candlesMin && base.candles > 0 && isKnown) return judge(sight, base, options);
  const text = `base cold: ${base.candles} of ${candlesMin} candles`;
  return lazyHold(() => [{ code: 'base.cold', text }], { confidence: 0 });
}

export function createMomentumBreakout(options: Partial<MomentumBreakoutOptions> = {}): Strategy {
  const complete = { ...MOMENTUM_BREAKOUT_DEFAULTS, ...options };
  return {
    name: 'momentumBreakout',
    ageMsMax: complete.ageMsMax,
    decide: (sight) => decide(sight, complete),
  };
}
