/**
 * The account compared with the venue, at the start and after every reconnect: each read is a step
 * of its own, in the order that makes later reads never older for fills than for orders.
 *
 *   reading{heights ─▶ limits ─▶ claim ─▶ account ─▶ orders ─▶ unlisted ─▶ fills ─▶ merging}
 *      ▲                                                                               │
 *      │                                                                               ▼
 *      │          settling{blocks ─▶ account ─▶ fills ─▶ merging ─▶ comparing}
 *      └─ after driftPause ─ resting ◀─ differs ─────────────────┤
 *                                                     agrees ────▶ agreed
 *   every step{asking ─ failed ─▶ pausing ─ retryPause ─▶ asking}
 *
 * 1. A step that fails is asked again, for ever, with growing pauses: trading waits for it. Sweeps
 *    do not, once it has failed three times in a row: fills are to be booked all the same.
 * 2. The fills are read a second time when the indexer has processed `BLOCKS_AGAIN` blocks more:
 *    what a subscription lost around its snapshot is in REST by then.
 * 3. What a difference means is not decided here: `comparing` says that both agree when they do, or
 *    when the difference is believed and has become a cause of risk.
 */
import { assign, enqueueActions, sendParent, setup } from 'xstate';
import type { StrategyInput } from './strategy.machine.js';
import { unprovidedEvents } from './unprovided.machine.js';

/** Blocks between the two readings of the fills. */
export const BLOCKS_AGAIN = 2;
const RETRY_MS_MAX = 10_000;
const DRIFT_PAUSE_MS = 2_000;

export interface ReconcileInput {
  readonly epoch: number;
}

/** What a step is asked with. */
export interface ReconcileAsk {
  /** The indexer’s height from which `blocks` may go on. */
  readonly height: number;
}

export type ReconcileFact =
  /** The step is done. `height`: of the indexer, where the step has read one. */
  | { readonly type: 'reconcile.read'; readonly text: string; readonly height?: number }
  | { readonly type: 'reconcile.failed'; readonly reason: string }
  | { readonly type: 'reconcile.differs'; readonly reason: string }
  | { readonly type: 'reconcile.agreed'; readonly strategies: readonly StrategyInput[] };

export interface ReconcileContext extends ReconcileInput {
  readonly step: string;
  /** Of the indexer, before the fills were read first. */
  readonly height: number;
  /** Comparisons so far that found a difference in doubt. */
  readonly attempts: number;
  /** Failures in a row: only paces the next try. */
  readonly failures: number;
  /** What the steps have said, newest last; at most `NOTES_MAX`. */
  readonly steps: readonly string[];
  readonly reason: string | undefined;
}

const NOTES_MAX = 20;

const ask = ({ context }: { readonly context: ReconcileContext }): ReconcileAsk => ({
  height: context.height + BLOCKS_AGAIN,
});

const silent = { target: 'pausing', actions: 'noteSilence' } as const;

/** One step: its actor lives while it is asked, and its answer leads on. */
const step = <TSource extends string, TTarget extends string>(src: TSource, target: TTarget) =>
  ({
    entry: { type: 'enterStep', params: { step: src } },
    initial: 'asking',
    on: { 'reconcile.read': { target, actions: 'noteRead' } },
    states: {
      asking: {
        invoke: { src, input: ask, onDone: silent, onError: silent },
        on: { 'reconcile.failed': { target: 'pausing', actions: 'noteFailure' } },
      },
      pausing: { after: { retryPause: 'asking' } },
    },
  }) as const;

export const reconciliationMachine = setup({
  types: {
    context: {} as ReconcileContext,
    events: {} as ReconcileFact,
    input: {} as ReconcileInput,
  },
  actors: {
    heights: unprovidedEvents<ReconcileFact, ReconcileAsk>('reconciliation.heights'),
    limits: unprovidedEvents<ReconcileFact, ReconcileAsk>('reconciliation.limits'),
    claim: unprovidedEvents<ReconcileFact, ReconcileAsk>('reconciliation.claim'),
    account: unprovidedEvents<ReconcileFact, ReconcileAsk>('reconciliation.account'),
    orders: unprovidedEvents<ReconcileFact, ReconcileAsk>('reconciliation.orders'),
    unlisted: unprovidedEvents<ReconcileFact, ReconcileAsk>('reconciliation.unlisted'),
    fills: unprovidedEvents<ReconcileFact, ReconcileAsk>('reconciliation.fills'),
    merging: unprovidedEvents<ReconcileFact, ReconcileAsk>('reconciliation.merging'),
    blocks: unprovidedEvents<ReconcileFact, ReconcileAsk>('reconciliation.blocks'),
    comparing: unprovidedEvents<ReconcileFact, ReconcileAsk>('reconciliation.comparing'),
  },
  delays: {
    retryPause: ({ context }) =>
      Math.min(RETRY_MS_MAX, 500 * 2 ** Math.min(Math.max(0, context.failures - 1), 5)),
    driftPause: DRIFT_PAUSE_MS,
  },
  actions: {
    enterStep: assign({ step: (_, params: { readonly step: string }) => params.step }),
    noteRead: assign(({ context, event }) => {
      if (event.type !== 'reconcile.read') return {};
      return {
        height: event.height ?? context.height,
        failures: 0,
        steps: [...context.steps, `${context.step}: ${event.text}`].slice(-NOTES_MAX),
      };
    }),
    noteFailure: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== 'reconcile.failed') return;
      const reason = `${context.step}: ${event.reason}`;
      enqueue.assign({ failures: context.failures + 1, reason });
      enqueue.sendParent({ type: 'step.failed', reason, retryable: true });
    }),
    noteSilence: enqueueActions(({ context, enqueue }) => {
      const reason = `${context.step}: ended without an answer`;
      enqueue.assign({ failures: context.failures + 1, reason });
      enqueue.sendParent({ type: 'step.failed', reason, retryable: true });
    }),
    noteDifference: assign(({ context, event }) =>
      event.type === 'reconcile.differs'
        ? { attempts: context.attempts + 1, reason: event.reason }
        : {},
    ),
    tellAgreement: sendParent(({ event }) => ({
      type: 'reconcile.done',
      strategies: event.type === 'reconcile.agreed' ? event.strategies : [],
    })),
  },
}).createMachine({
  id: 'reconciliation',
  context: ({ input }) => ({
    epoch: input.epoch,
    step: 'heights',
    height: 0,
    attempts: 0,
    failures: 0,
    steps: [],
    reason: undefined,
  }),
  options: { maxIterations: 1000 },
  initial: 'reading',
  states: {
    reading: {
      initial: 'heights',
      states: {
        heights: step('heights', 'limits'),
        limits: step('limits', 'claim'),
        claim: step('claim', 'account'),
        account: step('account', 'orders'),
        orders: step('orders', 'unlisted'),
        unlisted: step('unlisted', 'fills'),
        fills: step('fills', 'merging'),
        merging: step('merging', '#reconciliation.settling'),
      },
    },
    settling: {
      initial: 'blocks',
      states: {
        blocks: step('blocks', 'account'),
        account: step('account', 'fills'),
        fills: step('fills', 'merging'),
        merging: step('merging', 'comparing'),
        comparing: {
          ...step('comparing', 'comparing'),
          on: {
            'reconcile.agreed': { target: '#reconciliation.agreed', actions: 'tellAgreement' },
            'reconcile.differs': { target: '#reconciliation.resting', actions: 'noteDifference' },
          },
        },
      },
    },
    resting: {
      entry: { type: 'enterStep', params: { step: 'resting' } },
      after: { driftPause: 'reading' },
    },
    /** The parent goes on from here; nothing ends by itself. */
    agreed: { entry: { type: 'enterStep', params: { step: 'agreed' } } },
  },
});
