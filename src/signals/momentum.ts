/**
 * Momentum (directional): where the micro-price has been going, in units of its own noise.
 *
 * For each horizon h, the fading sum S of log-returns per bar is divided by what a random walk of
 * the realised variance v per bar would show, √(v·n/2) with n bars in h: a z-value. The score is
 * 50 + 50·tanh(mean z / 2).
 */
import { DecayingMean, DecayingSum } from './decay.js';
import { BAR_MS, type Bar, type BarListener } from './market-bars.js';
import type { Reading, Backfilled } from './signal-engine.js';

const HORIZONS_MS = [2_000, 8_000, 30_000] as const;
const VARIANCE_HORIZON_MS = 60_000;
/** z-value at which the score stands at 50 ± 38. */
const Z_SCALE = 2;
/** 0.1 bps per √second: below this, a price is standing still and noise is no movement. */
const VARIANCE_FLOOR = 1e-5 ** 2 * (BAR_MS / 1_000);
const MINUTE_BARS = 60_000 / BAR_MS;

export class MomentumEngine implements BarListener, Backfilled {
  readonly #drifts = HORIZONS_MS.map((horizonMs) => new DecayingSum(horizonMs));
  readonly #variance = new DecayingMean(VARIANCE_HORIZON_MS);
  #last: number | undefined;
  #samples = 0;

  close(bar: Readonly<Bar>): void {
    const change = this.#changeIn(bar);
    for (const drift of this.#drifts) drift.observe(change);
    this.#variance.observe(change * change);
    if (!bar.isLive) return;
    if (this.#last !== undefined) this.#samples += 1;
    this.#last = bar.logPrice;
  }

  skip(bars: number): void {
    for (const drift of this.#drifts) drift.skip(bars);
    this.#variance.skip(bars);
  }

  /** The noise of a market outlives a silence; its direction does not. */
  reset(): void {
    for (const drift of this.#drifts) drift.clear();
    this.#last = undefined;
    this.#samples = 0;
  }

  /**
   * History feeds the realised variance only. Minutes say nothing about horizons of seconds, so
   * that candles count as no samples here: momentum warms up on live data alone.
   */
  backfill(closes: readonly number[]): void {
    const logs = closes.map(Math.log);
    const squares = logs.slice(1).map((close, index) => (close - (logs[index] ?? close)) ** 2);
    if (squares.length === 0 || this.#samples > 0) return;
    const perMinute = squares.reduce((sum, square) => sum + square, 0) / squares.length;
    this.#variance.seed(perMinute / MINUTE_BARS);
  }

  read(open: Readonly<Bar>): Reading | undefined {
    if (this.#last === undefined) return undefined;
    const change = this.#changeIn(open);
    const variance = Math.max(VARIANCE_FLOOR, this.#variance.with(change * change));
    let sum = 0;
    for (let index = 0; index < HORIZONS_MS.length; index += 1) {
      const drift = this.#drifts[index]?.with(change) ?? 0;
      sum += drift / Math.sqrt((variance * (HORIZONS_MS[index] ?? 0)) / (2 * BAR_MS));
    }
    const z = sum / HORIZONS_MS.length;
    return {
      value: 50 + 50 * Math.tanh(z / Z_SCALE),
      samples: this.#samples + Number(open.isLive),
    };
  }

  #changeIn({ isLive, logPrice }: Readonly<Bar>): number {
    return isLive && this.#last !== undefined ? logPrice - this.#last : 0;
  }
}

/** The plan's windowed form: steps of price that carried volume, against 6 % of the first price. */
const WINDOWED_SCALE = 0.06;

/**
 * 50 + 50·clamp(r·v ÷ 0.06) for each entry of the window, with r its return from the window's first
 * price and v its volume ÷ the first volume. Prices and volumes > 0, equally many.
 */
export function windowedMomentum(
  prices: readonly number[],
  volumes: readonly number[],
): readonly number[] {
  const first = prices[0] ?? Number.NaN;
  const base = volumes[0] ?? Number.NaN;
  return prices.map((price, index) => {
    const weighed = ((price - first) / first) * ((volumes[index] ?? Number.NaN) / base);
    return 50 + 50 * Math.min(1, Math.max(-1, weighed / WINDOWED_SCALE));
  });
}
