/** Exponential forgetting, bar by bar: what a sum keeps of itself from one bar to the next. */
import { BAR_MS } from './market-bars.js';

/** Kept over one bar by a sum that reaches back over about `horizonMs`. */
export const keptPerBar = (horizonMs: number): number => Math.exp(-BAR_MS / horizonMs);

/** Weighted mean per bar over about the last horizon; unbiased from the first bar on. */
export class DecayingMean {
  readonly #kept: number;
  #sum = 0;
  #weight = 0;

  constructor(horizonMs: number) {
    this.#kept = keptPerBar(horizonMs);
  }

  observe(value: number): void {
    this.#sum = this.#sum * this.#kept + value;
    this.#weight = this.#weight * this.#kept + 1;
  }

  /** So many bars of zero. */
  skip(bars: number): void {
    this.repeat(0, bars);
  }

  /** So many bars of the same value. */
  repeat(value: number, bars: number): void {
    const kept = this.#kept ** bars;
    const weight = (1 - kept) / (1 - this.#kept);
    this.#sum = this.#sum * kept + value * weight;
    this.#weight = this.#weight * kept + weight;
  }

  /** Starts as if this mean had been seen for a whole horizon. */
  seed(mean: number): void {
    this.#weight = 1 / (1 - this.#kept);
    this.#sum = mean * this.#weight;
  }

  clear(): void {
    this.#sum = 0;
    this.#weight = 0;
  }

  /** 0 before anything was observed. */
  get mean(): number {
    return this.#weight > 0 ? this.#sum / this.#weight : 0;
  }

  /** The mean as it will be when `value` has been observed as well. */
  with(value: number): number {
    return (this.#sum * this.#kept + value) / (this.#weight * this.#kept + 1);
  }
}

/** A sum that fades over about the last horizon. */
export class DecayingSum {
  readonly #kept: number;
  #sum = 0;

  constructor(horizonMs: number) {
    this.#kept = keptPerBar(horizonMs);
  }

  observe(value: number): void {
    this.#sum = this.#sum * this.#kept + value;
  }

  skip(bars: number): void {
    this.#sum *= this.#kept ** bars;
  }

  clear(): void {
    this.#sum = 0;
  }

  with(value: number): number {
    return this.#sum * this.#kept + value;
  }
}
