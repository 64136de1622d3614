/**
 * Order book (directional): which side is heavier near the mid, and which side is being filled up.
 *
 * Imbalance = (B − A)/(B + A) of sizes weighed by their nearness, smoothed over 2 s. Flow is the
 * order-flow imbalance of Cont, Kukanov and Stoikov: signed changes of the best levels, fading
 * over 5 s, against their magnitudes and the depth at the touch. Blended 0.6 to 0.4, the score is
 * 50 + 50·tanh(blend / 0.6).
 */
import { DecayingMean, DecayingSum } from './decay.js';
import type { Bar, BarListener } from './market-bars.js';
import type { Backfilled, Reading } from './signal-engine.js';

const SMOOTHING_MS = 2_000;
const FLOW_HORIZON_MS = 5_000;
const IMBALANCE_WEIGHT = 0.6;
const BLEND_SCALE = 0.6;

export class OrderBookEngine implements BarListener, Backfilled {
  readonly #imbalance = new DecayingMean(SMOOTHING_MS);
  readonly #flow = new DecayingSum(FLOW_HORIZON_MS);
  readonly #turnover = new DecayingSum(FLOW_HORIZON_MS);
  #newest: number | undefined;
  #samples = 0;

  close(bar: Readonly<Bar>): void {
    this.#flow.observe(bar.flow);
    this.#turnover.observe(bar.turnover);
    if (bar.isLive) {
      this.#newest = bar.imbalance;
      this.#samples += 1;
    }
    if (this.#newest !== undefined) this.#imbalance.observe(this.#newest);
  }

  /** A book that nobody touches stays as it is. */
  skip(bars: number): void {
    this.#flow.skip(bars);
    this.#turnover.skip(bars);
    if (this.#newest !== undefined) this.#imbalance.repeat(this.#newest, bars);
  }

  /** A book after a long silence is a new book. */
  reset(): void {
    for (const sum of [this.#imbalance, this.#flow, this.#turnover]) sum.clear();
    this.#newest = undefined;
    this.#samples = 0;
  }

  /** Candles say nothing about a book. */
  backfill(): void {}

  read(open: Readonly<Bar>): Reading | undefined {
    const newest = open.isLive ? open.imbalance : this.#newest;
    if (newest === undefined) return undefined;
    const imbalance = this.#imbalance.with(newest);
    // The depth in the divisor keeps a single event from being everything.
    const flow = this.#flow.with(open.flow) / (this.#turnover.with(open.turnover) + open.depth);
    const blend = IMBALANCE_WEIGHT * imbalance + (1 - IMBALANCE_WEIGHT) * flow;
    return {
      value: 50 + 50 * Math.tanh(blend / BLEND_SCALE),
      samples: this.#samples + Number(open.isLive),
      parts: { imbalance, flow },
    };
  }
}
