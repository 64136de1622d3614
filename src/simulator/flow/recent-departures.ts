/**
 * Size that has left places of a recorded book lately, for prints that come after their effect on
 * the book. Forgotten after two to four seconds.
 */
import { smallest } from '../../model/quantities.js';

const GENERATION_MS = 2_000;

export class RecentDepartures {
  #running = new Map<string, bigint>();
  #earlier = new Map<string, bigint>();
  #sinceMs = 0;

  advance(timeMs: number): void {
    if (timeMs < this.#sinceMs + GENERATION_MS) return;
    const isLong = timeMs >= this.#sinceMs + 2 * GENERATION_MS;
    this.#earlier = isLong ? new Map() : this.#running;
    this.#running = new Map();
    this.#sinceMs = timeMs;
  }

  note(place: string, quantums: bigint): void {
    this.#running.set(place, (this.#running.get(place) ?? 0n) + quantums);
  }

  /** Takes up to `quantums` of what has left a place; answers how much that is. */
  take(place: string, quantums: bigint): bigint {
    let taken = 0n;
    for (const generation of [this.#earlier, this.#running]) {
      const part = smallest(generation.get(place) ?? 0n, quantums - taken);
      if (part === 0n) continue;
      generation.set(place, (generation.get(place) ?? 0n) - part);
      taken += part;
    }
    return taken;
  }
}
