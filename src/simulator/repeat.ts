/** Work that comes back on the passed clock until it is stopped. */
import type { Timers } from '../ports/clock.js';

/** First run after the first interval; each interval is asked for anew. Returns the stop. */
export function repeat(timers: Timers, intervalMs: () => number, work: () => void): () => void {
  let handle = timers.setTimeout(turn, intervalMs());
  function turn(): void {
    handle = timers.setTimeout(turn, intervalMs());
    work();
  }
  return () => timers.clearTimeout(handle);
}
