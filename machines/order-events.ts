/**
 * Every fact that the order chart may hear, and those that cannot come in a state: an answer to
 * what was not asked, or a second answer. Such a fact would be our own mistake; the chart lets it
 * pass without effect, and a test walks all that the venue and we can do to show that none comes.
 */
import type { OrderFact } from '../src/model/facts.js';

export const ORDER_FACTS = [
  'send.accepted',
  'send.rejected',
  'send.unknown',
  'send.unsent',
  'order.cancel',
  'order.replace',
  'cancel.accepted',
  'cancel.rejected',
  'cancel.unknown',
  'replace.accepted',
  'replace.rejected',
  'replace.unknown',
  'replace.unsent',
  'venue.order',
  'venue.fill',
  'query.report',
  'query.notFound',
  'query.failed',
  'chain.height',
  'sweep.completed',
] as const satisfies readonly OrderFact['type'][];

type Family = 'send' | 'cancel' | 'replace' | 'query';

/** Answers of these families cannot come in these states. Draft and retired hear nothing at all. */
const UNASKED: readonly (readonly [states: RegExp, families: readonly Family[]])[] = [
  [/^submitted/, ['cancel', 'replace', 'query']],
  [/^submitted\.accepted$/, ['send']],
  [/^working/, ['cancel']],
  // Only orders on chain are asked about while they work, and those are not replaced in place.
  [/^pendingReplace/, ['cancel', 'query']],
];

/** `state` as the chart names it, such as `working.open`. */
export function isImpossible(state: string, fact: string): boolean {
  if (state === 'draft' || state === 'retired') return true;
  return UNASKED.some(
    ([states, families]) =>
      states.test(state) && families.some((family) => fact.startsWith(`${family}.`)),
  );
}
