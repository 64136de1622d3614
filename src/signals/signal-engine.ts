/** What every signal engine is: one instance for all markets, a fold with state keyed by market. */
import type { MarketView } from '../model/book.js';
import type { MarketId, UnixMs } from '../model/quantities.js';
import { WARM_SAMPLES, type Backfill, type SignalName, type SignalScore } from '../model/signal.js';

export interface SignalEngine {
  readonly name: SignalName;
  /** Books the view, then says the score; nothing when the book is not live or nothing is known. */
  accept(view: MarketView): SignalScore | undefined;
  /** Feeds one-minute history, as far as it says something about what the engine measures. */
  backfill(history: Backfill): void;
  drop(market: MarketId): void;
}

/** A sample counts at most once in this time, so that a burst of frames does not warm a market. */
export const SAMPLE_MS = 250;

/** Counts the samples behind a score. */
export class SampleCounter {
  #count = 0;
  #countedAt = -Infinity;

  get count(): number {
    return this.#count;
  }

  observe(at: UnixMs): void {
    if (at - this.#countedAt < SAMPLE_MS) return;
    this.#countedAt = at;
    this.#count += 1;
  }

  /** History that truly fed the state counts as so many samples. */
  credit(samples: number): void {
    this.#count += samples;
  }

  reset(): void {
    this.#count = 0;
    this.#countedAt = -Infinity;
  }
}

/** A score within 0–100; a value that is not finite is no score. */
export function scoreOf(options: {
  readonly name: SignalName;
  readonly market: MarketId;
  readonly value: number;
  readonly at: UnixMs;
  readonly samples: number;
}): SignalScore | undefined {
  if (!Number.isFinite(options.value)) return undefined;
  return {
    ...options,
    value: Math.min(100, Math.max(0, options.value)),
    warm: options.samples >= WARM_SAMPLES,
  };
}
