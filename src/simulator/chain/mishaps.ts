/**
 * Faults between a client and the proposer: cancels that come too late, and orders that miss their
 * match. Each is armed for so many messages; those that cannot show it do not use it up.
 */
import type { MatchingEngine } from './matching-engine.js';
import type { CheckResult, ExchangeInput } from '../exchange-types.js';
import type { CancelOrder, PlaceOrder } from '../order-terms.js';

type Armed = Extract<ExchangeInput, { readonly type: 'lateCancels' | 'missedMatches' }>;

export class Mishaps {
  #lateCancels = 0;
  #missedMatches = 0;

  /** Replaces what was armed before. */
  ask({ type, count }: Armed): void {
    if (type === 'lateCancels') this.#lateCancels = count;
    else this.#missedMatches = count;
  }

  place(engine: MatchingEngine, order: PlaceOrder): CheckResult {
    const missed = this.#missedMatches > 0;
    const result = engine.place(order, { missed });
    if (missed && result.code === 0) this.#missedMatches -= 1;
    return result;
  }

  cancel(engine: MatchingEngine, cancel: CancelOrder): CheckResult {
    const late = this.#lateCancels > 0 && engine.wouldCancel(cancel);
    const result = engine.cancel(cancel, { late });
    if (late && result.code === 0) this.#lateCancels -= 1;
    return result;
  }
}
