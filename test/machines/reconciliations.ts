/** A reconciliation whose steps do what a test says; what it does not name is never done. */
import { defer, NEVER, type Observable } from 'rxjs';
import { fromEventObservable } from 'xstate';
import {
  reconciliationMachine,
  type ReconcileAsk,
  type ReconcileFact,
} from '../../machines/reconciliation.machine.js';

export const RECONCILE_STEPS = [
  'heights',
  'limits',
  'claim',
  'account',
  'orders',
  'unlisted',
  'fills',
  'merging',
  'blocks',
  'comparing',
] as const;
export type ReconcileStepName = (typeof RECONCILE_STEPS)[number];

/** `asked` is told of each step as it is begun. */
export function reconciliationOf(
  steps: Partial<Record<ReconcileStepName, (ask: ReconcileAsk) => Observable<ReconcileFact>>> = {},
  asked: (step: ReconcileStepName, ask: ReconcileAsk) => void = () => undefined,
) {
  const hole = (name: ReconcileStepName) =>
    fromEventObservable<ReconcileFact, ReconcileAsk>(({ input }) =>
      defer(() => {
        asked(name, input);
        return steps[name]?.(input) ?? NEVER;
      }),
    );
  return reconciliationMachine.provide({
    actors: {
      heights: hole('heights'),
      limits: hole('limits'),
      claim: hole('claim'),
      account: hole('account'),
      orders: hole('orders'),
      unlisted: hole('unlisted'),
      fills: hole('fills'),
      merging: hole('merging'),
      blocks: hole('blocks'),
      comparing: hole('comparing'),
    },
  });
}
