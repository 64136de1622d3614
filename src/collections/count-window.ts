/**
 * Statistics over the newest `size` numbers, exact for what the window holds: they are computed
 * when asked, so that nothing drifts. A full window slides.
 */
import { RingBuffer } from './ring-buffer.js';

export interface WindowStatistics {
  readonly count: number;
  readonly mean: number;
  /** Of the sample (n − 1); 0 for a single number. */
  readonly deviation: number;
  readonly least: number;
  readonly greatest: number;
}

export class CountWindow {
  readonly #values: RingBuffer<number>;

  constructor(size: number) {
    this.#values = RingBuffer.ofNumbers(size);
  }

  get isFull(): boolean {
    return this.#values.length === this.#values.capacity;
  }

  /** Appends; returns the number that slid out. */
  push(value: number): number | undefined {
    return this.#values.push(value);
  }

  /** 0 is the oldest, −1 the newest. */
  at(index: number): number | undefined {
    return this.#values.at(index);
  }

  /** Undefined while the window is empty. */
  statistics(): WindowStatistics | undefined {
    const count = this.#values.length;
    if (count === 0) return undefined;
    let sum = 0;
    let least = Infinity;
    let greatest = -Infinity;
    for (const value of this.#values) {
      sum += value;
      if (value < least) least = value;
      if (value > greatest) greatest = value;
    }
    const mean = sum / count;
    let squares = 0;
    for (const value of this.#values) squares += (value - mean) ** 2;
    const deviation = count > 1 ? Math.sqrt(squares / (count - 1)) : 0;
    return { count, mean, deviation, least, greatest };
  }

  clear(): void {
    this.#values.clear();
  }
}
