/**
 * The position of one strategy in one market. Its state follows the actual size, never a
 * belief; what it wants goes out as wishes, each of which is answered by exactly one end or
 * denial.
 *
 *   trade   flat ─ enter ─▶ entering{ordered ─▶ settling} ─▶ long | short ─ exit, age ─▶ exiting
 *             ▲                    │ nothing filled             │ size gone                 │ flat
 *             └─ coolDown ─ coolingDown ◀───────────────────────┴───────────────────────────┘
 *           exiting{ordered ⇄ resting} repeats until flat
 *           a size that appears in flat or coolingDown (late fill, restart) ─▶ long | short
 *   gate    open ⇄ frozen: may only shrink, so no entry; exits and the age limit go on
 *
 * 1. No entry while the end of an earlier wish is not known; an outcome that is overdue is
 *    reported again and again, and whoever knows no such order answers `intent.denied`.
 * 2. Exits are reduce-only and repeat until flat, also past an overdue one: they cannot add
 *    exposure.
 */
import { and, assign, enqueueActions, sendParent, setup, stateIn } from 'xstate';
import type { Side } from '../src/model/book.js';
import type { Decision, Reason } from '../src/model/decision.js';
import type { PositionFact, PositionReport } from '../src/model/facts.js';
import type { MarketId, SignedSize } from '../src/model/quantities.js';
import { unprovidedEvents } from './unprovided.machine.js';

/** All in milliseconds, 1 to 86 400 000. */
export interface PositionTimings {
  /** Age at which a position is left. */
  readonly maxHoldMs: number;
  /** Pause after a position, and after an entry that came to nothing. */
  readonly coolDownMs: number;
  /** Pause between two attempts to leave. */
  readonly exitRetryMs: number;
  /** How long the outcome of a wish may take before it is reported as overdue. */
  readonly wishTimeoutMs: number;
}

export interface PositionInput extends PositionTimings {
  readonly strategy: string;
  readonly market: MarketId;
  /** Number of the run: makes the ids of wishes unique. */
  readonly epoch: number;
  /** What is held already. */
  readonly size: SignedSize;
  /** For how long it was held before, in an earlier run: its age counts on. */
  readonly heldMs?: number;
}

export interface PositionContext extends PositionInput {
  readonly state: string;
  /** Wishes so far. */
  readonly sequence: number;
  /** The entry whose end is not known. */
  readonly entry: { readonly wishId: string; readonly side: Side } | undefined;
  /** The newest exit whose end is not known. */
  readonly exit: string | undefined;
  /** Why the position is to be left. */
  readonly leaving: Reason | undefined;
}

export type PositionEvent =
  | PositionFact
  | { readonly type: 'position.enter'; readonly decision: Decision }
  | { readonly type: 'position.freeze'; readonly reason: string }
  | { readonly type: 'position.thaw' };

const MAX_DELAY_MS = 86_400_000;

const endedWish = (event: PositionEvent): string | undefined => {
  if (event.type === 'order.ended') return event.intentId;
  return event.type === 'intent.denied' ? event.wishId : undefined;
};

const sideOf = ({ size, entry }: PositionContext): Side | undefined => {
  if (size === 0n) return entry?.side;
  return size > 0n ? 'buy' : 'sell';
};

const stateReport = (context: PositionContext): PositionReport => ({
  type: 'position.state',
  market: context.market,
  state: context.state,
  size: context.size,
  side: sideOf(context),
});

const nextWish = ({ strategy, market, epoch, sequence }: PositionContext) => ({
  strategy,
  market,
  wishId: `${strategy}/${market}/${epoch}.${sequence + 1}`,
});

const enter = (state: string) => [{ type: 'noteState', params: { state } }, 'report'] as const;

export const positionMachine = setup({
  types: {
    context: {} as PositionContext,
    events: {} as PositionEvent,
    input: {} as PositionInput,
    tags: {} as 'engaged' | 'idle',
  },
  actors: {
    facts: unprovidedEvents<PositionFact, { readonly strategy: string; readonly market: MarketId }>(
      'position.facts',
    ),
  },
  delays: {
    maxHold: ({ context }) =>
      Math.max(1, Math.min(MAX_DELAY_MS, context.maxHoldMs - (context.heldMs ?? 0))),
    coolDown: ({ context }) => Math.min(MAX_DELAY_MS, context.coolDownMs),
    exitRetry: ({ context }) => Math.min(MAX_DELAY_MS, context.exitRetryMs),
    wishTimeout: ({ context }) => Math.min(MAX_DELAY_MS, context.wishTimeoutMs),
  },
  guards: {
    isLong: ({ context }) => context.size > 0n,
    isShort: ({ context }) => context.size < 0n,
    isFlat: ({ context }) => context.size === 0n,
    isHolding: ({ context }) => context.size !== 0n,
    isEngaged: ({ context }) => context.size !== 0n || context.entry !== undefined,
    isGateOpen: stateIn({ gate: 'open' }),
    hasNoWish: ({ context }) => context.entry === undefined && context.exit === undefined,
    hasWish: ({ context }) => context.entry !== undefined || context.exit !== undefined,
    isEntryOver: ({ context }) => context.entry === undefined,
    isExitOver: ({ context }) => context.exit === undefined,
    /** The order of the entry ended with fills that the books have not shown yet. */
    isFillUnseen: ({ context, event }) =>
      event.type === 'order.ended' &&
      event.intentId === context.entry?.wishId &&
      event.filled > 0n &&
      context.size === 0n,
    mustLeave: ({ context }) => context.leaving !== undefined && context.size !== 0n,
  },
  actions: {
    noteState: assign({ state: (_, params: { readonly state: string }) => params.state }),
    noteSize: assign({
      size: ({ context, event }) => (event.type === 'position.changed' ? event.size : context.size),
    }),
    noteEnded: assign(({ context, event }) => {
      const wishId = endedWish(event);
      return {
        entry: context.entry?.wishId === wishId ? undefined : context.entry,
        exit: context.exit === wishId ? undefined : context.exit,
      };
    }),
    noteLeaving: assign({
      leaving: ({ context, event }) =>
        context.leaving ?? (event.type === 'position.exit' ? event.reason : undefined),
    }),
    forgetAge: assign({ heldMs: 0 }),
    noteAge: assign({
      leaving: ({ context }) => ({ code: 'age', text: `held for ${context.maxHoldMs} ms` }),
    }),
    /** Kept while the entry may still fill: what it brings is to be left as well. */
    forgetLeaving: assign({
      leaving: ({ context }) => (context.entry === undefined ? undefined : context.leaving),
    }),
    report: sendParent(({ context }) => stateReport(context)),
    wishEntry: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== 'position.enter') return;
      const { decision } = event;
      const wish = { purpose: 'entry', ...nextWish(context), decision } as const;
      const entry = { wishId: wish.wishId, side: decision.side };
      enqueue.assign({ sequence: context.sequence + 1, entry, leaving: undefined });
      enqueue.sendParent({ type: 'position.wish', wish });
    }),
    wishExit: enqueueActions(({ context, enqueue }) => {
      const { size, leaving } = context;
      if (leaving === undefined) return;
      const named = nextWish(context);
      const wish = { purpose: 'exit', ...named, position: size, reason: leaving } as const;
      enqueue.assign({ sequence: context.sequence + 1, exit: named.wishId });
      enqueue.sendParent({ type: 'position.wish', wish });
    }),
    reportOverdue: enqueueActions(({ context, enqueue }) => {
      for (const wishId of [context.entry?.wishId, context.exit]) {
        if (wishId === undefined) continue;
        enqueue.sendParent({ type: 'position.overdue', market: context.market, wishId });
      }
    }),
    reportFault: sendParent(({ context, event }): PositionReport => ({
      type: 'position.fault',
      market: context.market,
      reason: `${event.type} ${'error' in event ? String(event.error) : ''}`.trim(),
    })),
  },
})
  .extend({ guards: { mayEnter: and(['isGateOpen', 'hasNoWish']) } })
  .createMachine({
    id: 'position',
    context: ({ input }) => ({
      ...input,
      state: 'deriving',
      sequence: 0,
      entry: undefined,
      exit: undefined,
      leaving: undefined,
    }),
    options: { maxIterations: 1000 },
    invoke: {
      id: 'facts',
      src: 'facts',
      input: ({ context }) => ({ strategy: context.strategy, market: context.market }),
      onDone: { actions: 'reportFault' },
      onError: { actions: 'reportFault' },
    },
    type: 'parallel',
    on: {
      'position.changed': { actions: ['noteSize', 'report'] },
      'position.exit': { guard: 'isEngaged', actions: 'noteLeaving' },
      'order.ended': { actions: 'noteEnded' },
      'intent.denied': { actions: 'noteEnded' },
      // Not possible now: answer with what is true, so that nobody counts on it.
      'position.enter': { actions: 'report' },
    },
    states: {
      trade: {
        initial: 'deriving',
        states: {
          deriving: {
            always: [
              { guard: 'isLong', target: 'long' },
              { guard: 'isShort', target: 'short' },
              { target: 'flat' },
            ],
          },
          flat: {
            tags: 'idle',
            entry: ['forgetLeaving', ...enter('flat')],
            always: { guard: 'isHolding', target: 'deriving' },
            on: { 'position.enter': { guard: 'mayEnter', target: 'entering' } },
            after: {
              wishTimeout: {
                guard: 'hasWish',
                target: 'flat',
                reenter: true,
                actions: 'reportOverdue',
              },
            },
          },
          entering: {
            tags: 'engaged',
            entry: ['wishEntry', ...enter('entering')],
            always: { guard: 'mustLeave', target: 'exiting' },
            initial: 'ordered',
            states: {
              ordered: {
                always: { guard: 'isEntryOver', target: '#position.trade.entered' },
                on: {
                  'order.ended': {
                    guard: 'isFillUnseen',
                    target: 'settling',
                    actions: 'noteEnded',
                  },
                },
                after: {
                  wishTimeout: [
                    {
                      guard: 'isHolding',
                      target: '#position.trade.deriving',
                      actions: 'reportOverdue',
                    },
                    { target: 'ordered', reenter: true, actions: 'reportOverdue' },
                  ],
                },
              },
              settling: {
                always: { guard: 'isHolding', target: '#position.trade.deriving' },
                after: { wishTimeout: '#position.trade.entered' },
              },
            },
          },
          entered: {
            always: [{ guard: 'isFlat', target: 'coolingDown' }, { target: 'deriving' }],
          },
          long: {
            tags: 'engaged',
            entry: enter('long'),
            always: [
              { guard: 'mustLeave', target: 'exiting' },
              { guard: 'isShort', target: 'short', actions: 'forgetAge' },
              { guard: 'isFlat', target: 'coolingDown' },
            ],
            after: { maxHold: { actions: 'noteAge' } },
          },
          short: {
            tags: 'engaged',
            entry: enter('short'),
            always: [
              { guard: 'mustLeave', target: 'exiting' },
              { guard: 'isLong', target: 'long', actions: 'forgetAge' },
              { guard: 'isFlat', target: 'coolingDown' },
            ],
            after: { maxHold: { actions: 'noteAge' } },
          },
          exiting: {
            tags: 'engaged',
            entry: enter('exiting'),
            always: { guard: 'isFlat', target: 'coolingDown' },
            initial: 'ordered',
            states: {
              ordered: {
                entry: 'wishExit',
                always: { guard: 'isExitOver', target: 'resting' },
                after: {
                  wishTimeout: { target: 'ordered', reenter: true, actions: 'reportOverdue' },
                },
              },
              resting: { after: { exitRetry: 'ordered' } },
            },
          },
          coolingDown: {
            tags: 'idle',
            entry: ['forgetLeaving', 'forgetAge', ...enter('coolingDown')],
            always: { guard: 'isHolding', target: 'deriving' },
            after: { coolDown: 'flat' },
          },
        },
      },
      gate: {
        initial: 'open',
        states: {
          open: { on: { 'position.freeze': 'frozen' } },
          frozen: { on: { 'position.thaw': 'open' } },
        },
      },
    },
  });
