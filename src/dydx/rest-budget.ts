/**
 * One budget of REST requests for the whole process: whoever asks the indexer (history, sweeps,
 * books that are read again) asks this first. The venue counts by address and bucket, so two
 * accounts of one process share it, and so do other programs on this machine, which the answers
 * tell of.
 *
 * 1. Books are read again out of a part of their own: after a reconnect there are hundreds, and the
 *    account must not wait behind them. What is only looked at, not traded by, shares that part.
 * 2. When the venue says that little is left, `books` waits for the next window; at nothing, all
 *    wait.
 * 3. Who would wait for more than a minute, or for no number at all, is refused with the numbers.
 */
import { fail, ok, type Result } from '../model/result.js';
import type { RestUsage } from '../ports/control.js';
import {
  CANDLES_BUDGET,
  emptyBudget,
  freeOf,
  holdUntil,
  reserve,
  REST_BUDGET,
  waitOf,
  type BudgetState,
  type RequestBudget,
} from './request-budget.js';

/** As the venue counts them, but for `books`, which it counts as `default`, and `order`, `rpc`. */
export type Bucket =
  | 'default'
  | 'books'
  | 'orders'
  | 'order'
  | 'fills'
  | 'funding'
  | 'candles'
  | 'rpc';

/** 90 of the venue's 100 in ten seconds: 60 for the account, 30 for books. */
const DEFAULT_BUDGET: RequestBudget = { burst: 20, perSecond: 4 };
const BOOKS_BUDGET: RequestBudget = { burst: 5, perSecond: 2.5 };

const BUDGETS: Readonly<Record<Bucket, RequestBudget>> = {
  default: DEFAULT_BUDGET,
  books: BOOKS_BUDGET,
  orders: REST_BUDGET,
  order: REST_BUDGET,
  fills: REST_BUDGET,
  funding: REST_BUDGET,
  candles: CANDLES_BUDGET,
  rpc: REST_BUDGET,
};

const LONGEST_WAIT_MS = 60_000;
/** The venue's window. */
const WINDOW_MS = 10_000;
/** Of a window that others use, too, so much is left to the account. */
const RESERVED = 20;

export interface Told {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

export class RestBudget {
  readonly #states = new Map<Bucket, BudgetState>();

  /** Milliseconds until one request of this bucket may leave. */
  reserve(bucket: Bucket, now: number): Result<number> {
    const state = this.#stateOf(bucket);
    const before = state.fullAt;
    const wait = reserve(state, BUDGETS[bucket], now);
    if (wait <= LONGEST_WAIT_MS) return ok(wait);
    state.fullAt = before;
    const { burst, perSecond } = BUDGETS[bucket];
    const limits = `${burst} at once and ${perSecond} a second`;
    const words = `${bucket}: ${wait} ms to wait with ${limits}, at most ${LONGEST_WAIT_MS}`;
    return fail('rest.busy', words);
  }

  /** Of the buckets that were used. */
  usage(now: number): readonly RestUsage[] {
    return [...this.#states].map(([bucket, state]) => {
      const budget = BUDGETS[bucket];
      const waitMs = Math.ceil(waitOf(state, budget, now));
      return { bucket, ...budget, free: freeOf(state, budget, now), waitMs };
    });
  }

  /** What an answer says of the bucket. Its times are milliseconds, against the standard. */
  heard(bucket: Bucket, { status, headers }: Told, now: number): void {
    if (status === 429) {
      const ms = Number(headers['retry-after']);
      return this.#hold(bucket, now + (ms > 0 ? Math.min(ms, LONGEST_WAIT_MS) : 1_000));
    }
    const remaining = Number(headers['ratelimit-remaining'] ?? Number.NaN);
    const reset = Number(headers['ratelimit-reset'] ?? Number.NaN);
    if (!(remaining >= 0) || !(reset > now)) return;
    const until = Math.min(reset, now + WINDOW_MS);
    const isDefault = bucket === 'default' || bucket === 'books';
    if (remaining === 0) for (const one of sharing(bucket)) this.#hold(one, until);
    else if (isDefault && remaining <= RESERVED) this.#hold('books', until);
  }

  #hold(bucket: Bucket, until: number): void {
    holdUntil(this.#stateOf(bucket), BUDGETS[bucket], until);
  }

  #stateOf(bucket: Bucket): BudgetState {
    const state = this.#states.get(bucket) ?? emptyBudget();
    this.#states.set(bucket, state);
    return state;
  }
}

const sharing = (bucket: Bucket): readonly Bucket[] =>
  bucket === 'default' || bucket === 'books' ? ['default', 'books'] : [bucket];
