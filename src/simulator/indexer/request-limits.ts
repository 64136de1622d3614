/** The indexer's rate limits: so many requests per client and bucket in windows of fixed length. */

export type RequestBucket =
  | 'default'
  | 'orders'
  | 'fills'
  | 'candles'
  | 'sparklines'
  | 'historicalPnl'
  | 'pnl'
  | 'funding'
  | 'screen'
  | 'screenGlobal';

interface Rule {
  readonly points: number;
  readonly windowMs: number;
}

const REQUESTS: Rule = { points: 100, windowMs: 10_000 };
const RULES: Readonly<Record<RequestBucket, Rule>> = {
  default: REQUESTS,
  orders: REQUESTS,
  fills: REQUESTS,
  candles: { points: 1000, windowMs: 10_000 },
  sparklines: REQUESTS,
  historicalPnl: REQUESTS,
  pnl: REQUESTS,
  funding: REQUESTS,
  screen: { points: 2, windowMs: 60_000 },
  screenGlobal: { points: 100, windowMs: 60_000 },
};
/** Windows that are remembered; the one that began first is forgotten first. */
const WINDOWS_MAX = 10_000;

export interface Consumption {
  readonly isAllowed: boolean;
  readonly points: number;
  readonly remaining: number;
  /** Until the window ends, > 0. */
  readonly msBeforeNext: number;
}

export class RequestLimits {
  readonly #windows = new Map<string, { used: number; readonly endsAtMs: number }>();

  /** A window begins with its first request; refused requests are counted as well. */
  consume(bucket: RequestBucket, client: string, nowMs: number): Consumption {
    const { points, windowMs } = RULES[bucket];
    const key = `${bucket}/${client}`;
    let window = this.#windows.get(key);
    if (window === undefined || window.endsAtMs <= nowMs) {
      window = { used: 0, endsAtMs: nowMs + windowMs };
      this.#windows.delete(key);
      this.#windows.set(key, window);
      if (this.#windows.size > WINDOWS_MAX) this.#forgetOldest();
    }
    window.used += 1;
    return {
      isAllowed: window.used <= points,
      points,
      remaining: Math.max(0, points - window.used),
      msBeforeNext: window.endsAtMs - nowMs,
    };
  }

  #forgetOldest(): void {
    const oldest = this.#windows.keys().next();
    if (oldest.done !== true) this.#windows.delete(oldest.value);
  }
}
