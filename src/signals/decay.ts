/** Exponential forgetting in irregular time: the past loses weight by time, not by count. */

/** What is left of a weight of 1 after `elapsedMs`. */
export const remaining = (elapsedMs: number, horizonMs: number): number =>
  Math.exp(-Math.max(0, elapsedMs) / horizonMs);

/** Amount per millisecond over about the last `horizonMs`; unbiased from the first moment on. */
export class DecayingRate {
  readonly #horizonMs: number;
  #amount = 0;
  /** Decayed time that the amount stands for: grows towards the horizon. */
  #time = 0;

  constructor(horizonMs: number) {
    this.#horizonMs = horizonMs;
  }

  observe(elapsedMs: number, amount: number): void {
    const kept = remaining(elapsedMs, this.#horizonMs);
    this.#amount = this.#amount * kept + amount;
    this.#time = this.#time * kept + this.#horizonMs * (1 - kept);
  }

  /** Starts as if this rate had been seen for a whole horizon. */
  seed(rate: number): void {
    this.#amount = rate * this.#horizonMs;
    this.#time = this.#horizonMs;
  }

  /** Undefined until some time has passed. */
  get rate(): number | undefined {
    return this.#time > 0 ? this.#amount / this.#time : undefined;
  }
}

/** Time-weighted mean and standard deviation over about the last `horizonMs`. */
export class DecayingBand {
  readonly #horizonMs: number;
  #time = 0;
  #mean = 0;
  #variance = 0;

  constructor(horizonMs: number) {
    this.#horizonMs = horizonMs;
  }

  observe(elapsedMs: number, value: number): void {
    if (!(elapsedMs > 0)) return;
    const kept = remaining(elapsedMs, this.#horizonMs);
    const added = this.#horizonMs * (1 - kept);
    this.#time = this.#time * kept + added;
    const weight = added / this.#time;
    const difference = value - this.#mean;
    this.#mean += weight * difference;
    this.#variance = (1 - weight) * (this.#variance + weight * difference * difference);
  }

  get mean(): number {
    return this.#mean;
  }

  get deviation(): number {
    return Math.sqrt(this.#variance);
  }
}
