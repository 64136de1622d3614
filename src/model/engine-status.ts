/** Which engine runs layers 3 to 5, where the two differ, and why one gave way to the other. */
import type { UnixMs } from './quantities.js';

export type EngineSetting = 'streaming' | 'batch' | 'both';
export type EngineName = Exclude<EngineSetting, 'both'>;

/** Where two engines that were given the same said something different. */
export interface Divergence {
  readonly at: UnixMs;
  /** Such as `BTC-USD/book/bids/0/size`. */
  readonly place: string;
  readonly streaming: string;
  readonly batch: string;
}

export const FALLBACK_CAUSES = [
  /** It said something else than the batch engine. */
  'engine.diverged',
  /** Frames came, and no turn was told of. */
  'engine.stalled',
  'engine.threw',
  /** Too many turns took too long. */
  'engine.latency',
  'engine.memory',
  'engine.cpu',
] as const;
export type FallbackCause = (typeof FALLBACK_CAUSES)[number];

/** Latched: only an operator, or a restart with another setting, goes back. */
export interface Fallback {
  readonly cause: FallbackCause;
  readonly evidence: string;
  readonly at: UnixMs;
}

export interface EngineStatus {
  readonly setting: EngineSetting;
  readonly active: EngineName;
  readonly fallback: Fallback | undefined;
  /** Of `both`: why the batch engine ended by itself. There is nothing to fall back to then. */
  readonly alone: string | undefined;
  /** How often each cause has led to a fallback in this run. */
  readonly fallbacks: Readonly<Partial<Record<FallbackCause, number>>>;
  /** Comparisons of everything, and differences found. */
  readonly compared: number;
  readonly divergent: number;
  /** The first ones. */
  readonly divergences: readonly Divergence[];
}
