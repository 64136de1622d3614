/**
 * Mean reversion: a mid that is far from the mean of its own recent past is expected to come back.
 *
 * 1. z = (mid − mean) ÷ deviation over the past periods; the mid of now is not among them.
 * 2. It buys below −`zEnter` and sells above it, but not beyond `zMax`: that is news, not noise.
 * 3. What it hopes for is the way back to `zExit`; it must pay for all costs.
 * 4. It leaves where the way back is done: longs from −`zExit` upwards, shorts from it downwards.
 *
 * Its memory is one `MidWindow` per market, fed by its own looks at open books.
 */
import type { Side } from '../model/book.js';
import type { Reason } from '../model/decision.js';
import { tickUsd } from '../model/market.js';
import type { MarketId } from '../model/quantities.js';
import type { Candidate, Sight, Strategy } from '../ports/strategy.js';
import { midOf } from './costs.js';
import { entryOrHold } from './entry-gates.js';
import { lazyHold } from './lazy-hold.js';
import { MidWindow, type MidStatistics } from './mid-window.js';
import { closedBookGates, isBookOpen } from './sight-gates.js';

export interface MeanReversionOptions {
  /** Periods of one second in the window. */
  readonly windowSeconds: number;
  /** Periods with a look, before it judges. */
  readonly samplesMin: number;
  readonly zEnter: number;
  readonly zExit: number;
  readonly zMax: number;
  readonly ageMsMax: number;
  readonly rankMax: number;
}

export const MEAN_REVERSION_DEFAULTS: MeanReversionOptions = {
  windowSeconds: 180,
  samplesMin: 60,
  zEnter: 2.5,
  zExit: 0.5,
  zMax: 6,
  ageMsMax: 2_000,
  rankMax: 3,
};

const PERIOD_MS = 1_000;

const number = (value: number): string => value.toFixed(2);

function leaving(z: number, zExit: number): readonly Side[] {
  const sides: Side[] = [];
  if (z >= -zExit) sides.push('buy');
  if (z <= zExit) sides.push('sell');
  return sides;
}

function judge(sight: Sight, past: MidStatistics, options: MeanReversionOptions): Candidate {
  const { samplesMin, zEnter, zExit, zMax, rankMax } = options;
  const { samples, mean, deviation } = past;
  if (!(samples >= samplesMin && samples > 1)) {
    const text = `window cold: ${samples} of ${samplesMin} samples`;
    return lazyHold(() => [{ code: 'window.cold', text }], { confidence: 0 });
  }
  if (!(deviation > 0)) {
    const text = `no movement in ${samples} samples`;
    return lazyHold(() => [{ code: 'window.flat', text }], { confidence: 0 });
  }
  const mid = midOf(sight.view.book);
  const z = (mid - mean) / deviation;
  const distance = Math.abs(z);
  const confidence = Math.min(1, distance / (2 * zEnter));
  const words = (): readonly Reason[] => {
    const sample = `mean ${number(mean)} and deviation ${number(deviation)} ticks of ${samples}`;
    const text = `z ${number(z)}: ${sample} samples`;
    if (distance > zMax) return [{ code: 'z.high', text: `${text}; |z| > ${number(zMax)}` }];
    if (!(distance > zEnter)) {
      return [{ code: 'z.low', text: `${text}; |z| ${number(distance)} ≤ ${number(zEnter)}` }];
    }
    return [{ code: 'z', text: `${text}; |z| > ${number(zEnter)}` }];
  };
  return entryOrHold(sight, {
    side: z < 0 ? 'buy' : 'sell',
    isMet: distance > zEnter && distance <= zMax,
    confidence,
    direction: -Math.sign(z) * confidence,
    rankMax,
    edgeBps: (Math.max(0, distance - zExit) * deviation * 1e4) / mid,
    leave: leaving(z, zExit),
    words,
  });
}

export function createMeanReversion(options: Partial<MeanReversionOptions> = {}): Strategy {
  const complete = { ...MEAN_REVERSION_DEFAULTS, ...options };
  /** As many as are looked at: the engine's limit is theirs. */
  const windows = new Map<MarketId, { readonly unitUsd: number; readonly window: MidWindow }>();
  const windowOf = ({ view }: Sight): MidWindow => {
    const unitUsd = tickUsd(view.spec);
    const known = windows.get(view.market);
    // Mids are in ticks: with another tick the old ones mean other prices.
    if (known?.unitUsd === unitUsd) return known.window;
    const window = new MidWindow({ periodMs: PERIOD_MS, periods: complete.windowSeconds });
    windows.set(view.market, { unitUsd, window });
    return window;
  };
  return {
    name: 'meanReversion',
    ageMsMax: complete.ageMsMax,
    decide: (sight) => {
      const { ageMsMax } = complete;
      if (!isBookOpen(sight, ageMsMax)) return lazyHold(closedBookGates(sight, ageMsMax));
      const window = windowOf(sight);
      window.accept(sight.now, midOf(sight.view.book));
      return judge(sight, window.statistics(), complete);
    },
  };
}
