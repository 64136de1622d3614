/**
 * The mids of one market, one for each past period of its own length: the last one that was seen in
 * it. The period under way is not in it, so that a price is never measured against itself. A fold
 * fed by looks: the same looks give the same window.
 */
export interface MidStatistics {
  readonly samples: number;
  readonly mean: number;
  /** Standard deviation of the sample, divided by n − 1. */
  readonly deviation: number;
}

const NOTHING: MidStatistics = { samples: 0, mean: Number.NaN, deviation: Number.NaN };

export class MidWindow {
  readonly #periodMs: number;
  readonly #mids: Float64Array;
  /** Number of the period that a slot was written in. */
  readonly #periods: Float64Array;
  #period = -1;
  #newest = Number.NaN;

  constructor(options: { readonly periodMs: number; readonly periods: number }) {
    this.#periodMs = options.periodMs;
    this.#mids = new Float64Array(options.periods);
    this.#periods = new Float64Array(options.periods).fill(-1);
  }

  /** Time does not run backwards: what comes late is taken as of now. */
  accept(now: number, mid: number): void {
    const period = Math.max(this.#period, Math.floor(now / this.#periodMs));
    if (period > this.#period && this.#period >= 0) this.#keep();
    this.#period = period;
    this.#newest = mid;
  }

  /** Of the past periods in the window; periods without a look are not made up. */
  statistics(): MidStatistics {
    const oldest = this.#period - this.#mids.length;
    let samples = 0;
    let mean = 0;
    let squares = 0;
    for (let slot = 0; slot < this.#mids.length; slot += 1) {
      const period = this.#periods[slot] ?? -1;
      if (period < 0 || period < oldest) continue;
      const mid = this.#mids[slot] ?? 0;
      samples += 1;
      const step = mid - mean;
      mean += step / samples;
      squares += step * (mid - mean);
    }
    if (samples < 2) return NOTHING;
    return { samples, mean, deviation: Math.sqrt(squares / (samples - 1)) };
  }

  #keep(): void {
    const slot = this.#period % this.#mids.length;
    this.#mids[slot] = this.#newest;
    this.#periods[slot] = this.#period;
  }
}
