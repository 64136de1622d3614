/** What a REST route is asked with, and what the routes of many topics have in common. */
import type { SubaccountId } from '../order-terms.js';
import type { Compliance } from './compliance.js';
import type { IndexerState } from './indexer-state.codec.js';
import type { RestAnswer } from './rest-errors.js';
import type { Account, Page, ParameterReader, Since } from './rest-parameters.js';

export interface RestQuestion {
  readonly state: IndexerState;
  readonly read: ParameterReader;
  readonly nowMs: number;
  readonly compliance: Compliance;
  /** Takes from what this client may ask of the compliance provider. */
  readonly mayScreen: () => boolean;
}

/** Reads the parameters; what it returns is only called when they were all good. */
export type Ask = (question: RestQuestion) => () => RestAnswer;

/** The subaccounts that an account means: itself, or all known children of the parent. */
export function membersOf(state: IndexerState, account: Account): readonly SubaccountId[] {
  const { kind, owner, number } = account;
  return kind === 'subaccount'
    ? [{ owner, number }]
    : state.childrenOf(owner, number).map((view) => view.subaccount);
}

/** One page with its totals, or the first so many without. */
export function pageOf<T>(
  items: readonly T[],
  { limit, page }: Page,
): {
  readonly shown: readonly T[];
  readonly totals: object;
} {
  if (page === undefined) return { shown: items.slice(0, limit), totals: {} };
  const offset = (page - 1) * limit;
  return {
    shown: items.slice(offset, offset + limit),
    totals: { pageSize: limit, totalResults: items.length, offset },
  };
}

interface Dated {
  readonly height: number;
  readonly timeMs: number;
}

export const isBefore = ({ height, timeMs }: Since, item: Dated): boolean =>
  item.height <= (height ?? Infinity) && item.timeMs <= (timeMs ?? Infinity);

export const isAfter = ({ height, timeMs }: Since, item: Dated): boolean =>
  item.height >= (height ?? -Infinity) && item.timeMs >= (timeMs ?? -Infinity);

/** Ids of equal length that count upwards. */
export const byEventId = (a: { readonly eventId: string }, b: { readonly eventId: string }) =>
  a.eventId < b.eventId ? -1 : a.eventId > b.eventId ? 1 : 0;
