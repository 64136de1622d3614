/**
 * Momentum (directional): where the micro-price has been going, in units of its own noise.
 *
 * For each horizon h, the decayed sum S of log-returns is divided by what a random walk of the
 * realised variance v would show, √(v·h/2): a z-value. The score is 50 + 50·tanh(mean z / 2).
 */
import type { MarketView } from '../model/book.js';
import type { UnixMs } from '../model/quantities.js';
import type { Backfill } from '../model/signal.js';
import { DecayingRate, remaining } from './decay.js';
import { MarketMemory } from './market-memory.js';
import { microPrice, topOf } from './micro-price.js';
import { SampleCounter, scoreOf, type SignalEngine } from './signal-engine.js';

const HORIZONS_MS = [2_000, 8_000, 30_000] as const;
/** A price after a longer silence is a gap, not a movement: the horizons begin anew. */
const GAP_MS = 30_000;
const VARIANCE_HORIZON_MS = 60_000;
/** z-value at which the score stands at 50 ± 38. */
const Z_SCALE = 2;
/** 0.1 bps per √second: below this, a price is standing still and noise is no movement. */
const VARIANCE_FLOOR = 1e-5 ** 2 / 1_000;

interface MomentumState {
  last: { readonly at: UnixMs; readonly logPrice: number } | undefined;
  readonly drifts: number[];
  readonly variance: DecayingRate;
  readonly samples: SampleCounter;
}

const createState = (): MomentumState => ({
  last: undefined,
  drifts: HORIZONS_MS.map(() => 0),
  variance: new DecayingRate(VARIANCE_HORIZON_MS),
  samples: new SampleCounter(),
});

/** Books one return; false when it only gave a starting point. */
function move(state: MomentumState, at: UnixMs, logPrice: number): boolean {
  const { last } = state;
  state.last = { at, logPrice };
  if (last === undefined || at - last.at > GAP_MS) {
    state.drifts.fill(0);
    state.samples.reset();
    return false;
  }
  const elapsedMs = at - last.at;
  const change = logPrice - last.logPrice;
  HORIZONS_MS.forEach((horizonMs, index) => {
    const drift = state.drifts[index] ?? 0;
    state.drifts[index] = drift * remaining(elapsedMs, horizonMs) + change;
  });
  state.variance.observe(elapsedMs, change * change);
  state.samples.observe(at);
  return true;
}

function meanZ(state: MomentumState): number {
  const variance = Math.max(VARIANCE_FLOOR, state.variance.rate ?? 0);
  const zs = HORIZONS_MS.map(
    (horizonMs, index) => (state.drifts[index] ?? 0) / Math.sqrt((variance * horizonMs) / 2),
  );
  return zs.reduce((sum, z) => sum + z, 0) / zs.length;
}

/**
 * History feeds the realised variance only. Minutes say nothing about horizons of seconds, so that
 * candles count as no samples here: momentum warms up on live data alone.
 */
function backfill(state: MomentumState, { candles }: Backfill): void {
  const closes = candles.map((candle) => Math.log(candle.close));
  const squares = closes.slice(1).map((close, index) => (close - (closes[index] ?? close)) ** 2);
  if (squares.length === 0 || state.samples.count > 0) return;
  state.variance.seed(squares.reduce((sum, square) => sum + square, 0) / squares.length / 60_000);
}

export function momentumEngine(): SignalEngine {
  const memory = new MarketMemory(createState);
  return {
    name: 'momentum',
    accept({ market, spec, book }: MarketView) {
      const state = memory.of(spec);
      const top = topOf(book);
      if (state === undefined || top === undefined) return undefined;
      if (!move(state, book.updatedAt, Math.log(microPrice(top)))) return undefined;
      return scoreOf({
        name: 'momentum',
        market,
        value: 50 + 50 * Math.tanh(meanZ(state) / Z_SCALE),
        at: book.updatedAt,
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
