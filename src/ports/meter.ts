/**
 * Where the running service leaves its measurements; read by the metrics page and the final report.
 */

/** Hops on the way from a frame to an order, and what is measured of the loop itself. */
export const HOPS = ['decode', 'turn', 'journal', 'broadcast', 'frame-to-broadcast'] as const;
export type Hop = (typeof HOPS)[number];

export interface Meter {
  /** Milliseconds, ≥ 0. */
  observe(hop: Hop, ms: number): void;
}
