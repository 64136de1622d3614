/**
 * Volume (quality): is this market busier than it usually is?
 *
 * Traded size per second over 10 s against the same over 10 minutes. With r as their ratio, the
 * score is 100·r/(1 + r): 50 at typical activity, 75 at three times, 0 in silence.
 */
import type { MarketView } from '../model/book.js';
import type { UnixMs } from '../model/quantities.js';
import type { Backfill } from '../model/signal.js';
import { DecayingRate } from './decay.js';
import { MarketMemory } from './market-memory.js';
import { topOf } from './micro-price.js';
import { SampleCounter, scoreOf, type SignalEngine } from './signal-engine.js';

const FAST_MS = 10_000;
const SLOW_MS = 600_000;
/** Trades older than this on arrival are history out of a snapshot, not activity. */
const TRADE_AGE_MS_MAX = 60_000;

interface VolumeState {
  at: UnixMs | undefined;
  readonly fast: DecayingRate;
  readonly slow: DecayingRate;
  readonly samples: SampleCounter;
}

const createState = (): VolumeState => ({
  at: undefined,
  fast: new DecayingRate(FAST_MS),
  slow: new DecayingRate(SLOW_MS),
  samples: new SampleCounter(),
});

function observe(state: VolumeState, { at, trades }: MarketView): void {
  const elapsedMs = at - (state.at ?? at);
  const size = trades.reduce(
    (sum, trade) => (at - trade.at > TRADE_AGE_MS_MAX ? sum : sum + trade.size),
    0,
  );
  state.at = at;
  state.fast.observe(elapsedMs, size);
  state.slow.observe(elapsedMs, size);
  state.samples.observe(at);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  return ((sorted[Math.ceil(half) - 1] ?? 0) + (sorted[Math.floor(half)] ?? 0)) / 2;
}

/** The median minute is typical, and where the fast rate starts: candles count as samples. */
function backfill(state: VolumeState, { candles }: Backfill): void {
  const typical = median(candles.map((candle) => candle.volume)) / 60_000;
  if (!(typical > 0)) return;
  if (state.samples.count === 0) state.fast.seed(typical);
  state.slow.seed(typical);
  state.samples.credit(candles.length);
}

export function volumeEngine(): SignalEngine {
  const memory = new MarketMemory(createState);
  return {
    name: 'volume',
    accept(view: MarketView) {
      const state = memory.of(view.spec);
      if (state === undefined) return undefined;
      observe(state, view);
      const { rate: fast } = state.fast;
      const { rate: slow } = state.slow;
      // No score from a book that is not live, nor before the first trade: typical is unknown.
      if (topOf(view.book) === undefined || fast === undefined || !slow) return undefined;
      return scoreOf({
        name: 'volume',
        market: view.market,
        value: (100 * fast) / (fast + slow),
        at: view.at,
        samples: state.samples.count,
      });
    },
    backfill(history) {
      const state = memory.of(history.spec);
      if (state !== undefined) backfill(state, history);
    },
    drop: (market) => memory.drop(market),
  };
}
