/**
 * How long a request must wait so that a bucket of requests stays within its budget. Reservations
 * are made in order of asking and never dropped here; who waits too long is the caller's business.
 */

export interface RequestBudget {
  /** Requests that may go at once. */
  readonly burst: number;
  readonly perSecond: number;
}

/** The time at which the bucket is full again (a virtual schedule); mutated by its owner only. */
export interface BudgetState {
  fullAt: number;
}

export const emptyBudget = (): BudgetState => ({ fullAt: 0 });

/** At most `burst` + 10 × `perSecond` in any ten seconds: 70 % of the venue's 100. */
export const REST_BUDGET: RequestBudget = { burst: 20, perSecond: 5 };
/** Candles have 1000 in ten seconds. */
export const CANDLES_BUDGET: RequestBudget = { burst: 200, perSecond: 50 };

/** Reserves one request and returns the wait in milliseconds from `now`. */
export function reserve(state: BudgetState, budget: RequestBudget, now: number): number {
  const interval = 1000 / budget.perSecond;
  state.fullAt = Math.max(state.fullAt, now) + interval;
  return Math.max(0, state.fullAt - budget.burst * interval - now);
}

/** Requests that may go at once now. */
export function freeOf(state: BudgetState, budget: RequestBudget, now: number): number {
  const ahead = Math.max(0, state.fullAt - now) * (budget.perSecond / 1000);
  return Math.max(0, Math.floor(budget.burst - ahead));
}

/** What a request would have to wait, nothing reserved. */
export function waitOf(state: BudgetState, budget: RequestBudget, now: number): number {
  return reserve({ fullAt: state.fullAt }, budget, now);
}

/** The venue said when to come back: nothing of this bucket goes before `until`. */
export function holdUntil(state: BudgetState, budget: RequestBudget, until: number): void {
  state.fullAt = Math.max(state.fullAt, until + (budget.burst - 1) * (1000 / budget.perSecond));
}
