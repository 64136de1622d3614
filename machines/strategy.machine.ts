/**
 * One strategy: turns verdicts into positions, one machine per market, and passes their wishes
 * on.
 *
 *   warmingUp ─ strategy.warm ─▶ scouting ⇄ engaged     engaged: a position is held or under way
 *                                   │ pause   │
 *                                   ▼         ▼
 *                                  paused (unpause ─▶ where it belongs; also from the start,
 *                                          when an earlier run was paused)
 *   every state ─ strategy.stop ─▶ stopped
 *
 * 1. It enters only when warm, not paused, with the gate open, and below `maxPositions`, in
 *    which entering and exiting positions count; it says why when it does not. It leaves in
 *    every state but stopped.
 * 2. A verdict for the other side of a held position leaves it first; entering waits for a
 *    later verdict.
 * 3. A closed gate freezes the positions: they may only shrink.
 * 4. At most 200 markets; in further ones it does not enter.
 */
import { assign, emit, enqueueActions, setup, type ErrorActorEvent } from 'xstate';
import type { Side } from '../src/model/book.js';
import type { Decision, Reason } from '../src/model/decision.js';
import type { Denial } from '../src/model/order.js';
import type { PositionReport, StrategyFact, StrategyReport } from '../src/model/facts.js';
import { signedSize, type MarketId, type SignedSize } from '../src/model/quantities.js';
import { positionMachine, type PositionTimings } from './position.machine.js';
import { unprovidedEvents } from './unprovided.machine.js';

export const MAX_MARKETS = 200;

/** What an earlier run has left to the strategy. */
export interface RestoredPosition {
  readonly market: MarketId;
  readonly size: SignedSize;
  /** By the venue's time of its first fill. */
  readonly heldMs?: number;
}

export interface StrategyInput {
  readonly name: string;
  /** Number of the run. */
  readonly epoch: number;
  readonly maxPositions: number;
  readonly timings: PositionTimings;
  readonly restored: readonly RestoredPosition[];
  /** An operator has paused it, in this run or before. */
  readonly paused: boolean;
}

/** The position machine's last report, or what was just asked of it. */
export interface PositionRow {
  readonly market: MarketId;
  readonly state: string;
  readonly size: SignedSize;
  readonly side: Side | undefined;
}

export interface StrategyContext extends StrategyInput {
  readonly positions: Readonly<Record<MarketId, PositionRow>>;
  readonly warm: boolean;
  /** Why the gate is closed. */
  readonly gate: string | undefined;
}

export type StrategyEvent = StrategyFact | PositionReport | ErrorActorEvent;

const IDLE_STATES: ReadonlySet<string> = new Set(['flat', 'coolingDown', 'deriving']);

const childOf = (market: MarketId): string => `position.${market}`;
const rowsOf = (context: StrategyContext): readonly PositionRow[] =>
  Object.values(context.positions);
const isEngaged = (row: PositionRow): boolean => row.size !== 0n || !IDLE_STATES.has(row.state);

const withRow = (context: StrategyContext, row: PositionRow) => ({
  positions: { ...context.positions, [row.market]: row },
});

const newRow = (market: MarketId, size: SignedSize): PositionRow => ({
  market,
  state: 'deriving',
  size,
  side: undefined,
});

const positionInput = (context: StrategyContext, { market, size }: PositionRow) => ({
  ...context.timings,
  strategy: context.name,
  market,
  epoch: context.epoch,
  size,
});

const deny = (code: Denial['code'], message: string): Denial => ({ code, message });

/** Why the verdict may not start a position. Where one is held or under way it is no news. */
function whyNotEnter(
  context: StrategyContext,
  { market }: Decision,
): Denial | 'engaged' | undefined {
  const { gate, maxPositions, paused, positions, warm } = context;
  const rows = rowsOf(context);
  const row = positions[market];
  if (row !== undefined && isEngaged(row)) return 'engaged';
  if (paused) return deny('strategy.paused', 'an operator has paused the strategy');
  if (!warm) return deny('strategy.cold', 'no market has been warm yet');
  if (gate !== undefined) return deny('permission.closed', gate);
  const engaged = rows.filter(isEngaged).length;
  if (engaged >= maxPositions) {
    return deny('strategy.full', `${engaged} positions of at most ${maxPositions}`);
  }
  if (row !== undefined || rows.length < MAX_MARKETS) return undefined;
  return deny('strategy.full', `${rows.length} markets of at most ${MAX_MARKETS}`);
}

/** Why, if at all, this event means to leave the position of this row. */
function reasonToLeave(event: StrategyEvent, row: PositionRow): Reason | undefined {
  if (event.type === 'strategy.flatten') {
    return event.market === undefined || event.market === row.market ? event.reason : undefined;
  }
  if (event.type !== 'verdict' || event.verdict.market !== row.market) return undefined;
  if (row.side === undefined || !isEngaged(row)) return undefined;
  if (event.verdict.type === 'enter') {
    if (event.verdict.side === row.side) return undefined;
    return {
      code: 'signal.reversed',
      text: `holding ${row.side}, the verdict is ${event.verdict.side}`,
    };
  }
  if (!event.verdict.leave.includes(row.side)) return undefined;
  return (
    event.verdict.reasons[0] ?? {
      code: 'signal.gone',
      text: `the reason to hold ${row.side} is gone`,
    }
  );
}

export const strategyMachine = setup({
  types: {
    context: {} as StrategyContext,
    events: {} as StrategyEvent,
    input: {} as StrategyInput,
    emitted: {} as StrategyReport,
    tags: {} as 'mayEnter' | 'mayLeave',
  },
  actors: {
    facts: unprovidedEvents<StrategyFact, { readonly strategy: string }>('strategy.facts'),
    position: positionMachine,
  },
  guards: {
    isWarm: ({ context }) => context.warm,
    isPaused: ({ context }) => context.paused,
    hasEngagement: ({ context }) => rowsOf(context).some(isEngaged),
    hasNoEngagement: ({ context }) => !rowsOf(context).some(isEngaged),
    mayEnter: ({ context, event }) =>
      event.type === 'verdict' &&
      event.verdict.type === 'enter' &&
      whyNotEnter(context, event.verdict) === undefined,
    isNewMarket: ({ context, event }) =>
      event.type === 'position.changed' &&
      event.size !== 0n &&
      context.positions[event.market] === undefined,
  },
  actions: {
    noteWarm: assign({ warm: true }),
    notePaused: assign({ paused: true }),
    noteUnpaused: assign({ paused: false }),
    denyEntry: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== 'verdict' || event.verdict.type !== 'enter') return;
      const denial = whyNotEnter(context, event.verdict);
      if (denial === undefined || denial === 'engaged') return;
      const { market } = event.verdict;
      enqueue.emit({ type: 'entry.denied', strategy: context.name, market, denial });
    }),
    restorePositions: enqueueActions(({ context, enqueue }) => {
      const rows = context.restored.map(({ market, size }) => newRow(market, size));
      enqueue.assign({ positions: Object.fromEntries(rows.map((row) => [row.market, row])) });
      for (const { heldMs = 0, ...held } of context.restored) {
        const row = newRow(held.market, held.size);
        const input = { ...positionInput(context, row), heldMs };
        enqueue.spawnChild('position', { id: childOf(row.market), input });
      }
    }),
    adoptPosition: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== 'position.changed') return;
      const row = newRow(event.market, event.size);
      enqueue.assign(withRow(context, row));
      enqueue.spawnChild('position', {
        id: childOf(row.market),
        input: positionInput(context, row),
      });
      if (context.gate === undefined) return;
      enqueue.sendTo(childOf(row.market), { type: 'position.freeze', reason: context.gate });
    }),
    /** Counts as entering from now on: two verdicts in a row cannot pass the limit together. */
    enterPosition: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== 'verdict' || event.verdict.type !== 'enter') return;
      const { market, side } = event.verdict;
      const known = context.positions[market];
      const row = known ?? newRow(market, signedSize(0n));
      if (known === undefined) {
        const input = positionInput(context, row);
        enqueue.spawnChild('position', { id: childOf(market), input });
      }
      enqueue.assign(withRow(context, { ...row, state: 'entering', side }));
      enqueue.sendTo(childOf(market), { type: 'position.enter', decision: event.verdict });
    }),
    leavePositions: enqueueActions(({ context, event, enqueue }) => {
      for (const row of rowsOf(context)) {
        const reason = reasonToLeave(event, row);
        if (reason === undefined || row.state === 'faulted') continue;
        enqueue.sendTo(childOf(row.market), { type: 'position.exit', reason });
      }
    }),
    closeGate: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== 'gate.closed') return;
      const { reason } = event;
      enqueue.assign({ gate: reason });
      for (const { market, state } of rowsOf(context)) {
        if (state !== 'faulted')
          enqueue.sendTo(childOf(market), { type: 'position.freeze', reason });
      }
    }),
    openGate: enqueueActions(({ context, enqueue }) => {
      enqueue.assign({ gate: undefined });
      for (const { market, state } of rowsOf(context)) {
        if (state !== 'faulted') enqueue.sendTo(childOf(market), { type: 'position.thaw' });
      }
    }),
    notePosition: assign(({ context, event }) => {
      if (event.type !== 'position.state') return {};
      if (context.positions[event.market] === undefined) return {};
      const { market, state, size, side } = event;
      return withRow(context, { market, state, size, side });
    }),
    relayState: emit(({ context, event }): StrategyReport => {
      if (event.type !== 'position.state') return fault(context, event);
      const { market, state, size } = event;
      return { type: 'strategy.position', strategy: context.name, market, state, size };
    }),
    relayWish: emit(({ context, event }): StrategyReport =>
      event.type === 'position.wish'
        ? { type: 'order.wish', wish: event.wish }
        : fault(context, event),
    ),
    relayOverdue: emit(({ context, event }): StrategyReport =>
      event.type === 'position.overdue'
        ? { type: 'wish.overdue', strategy: context.name, wishId: event.wishId }
        : fault(context, event),
    ),
    /** A broken position keeps counting as engaged: nobody knows what its orders do. */
    retirePosition: enqueueActions(({ context, event, enqueue }) => {
      if (!('actorId' in event)) return;
      enqueue.stopChild(event.actorId);
      const row = rowsOf(context).find(({ market }) => childOf(market) === event.actorId);
      if (row !== undefined) enqueue.assign(withRow(context, { ...row, state: 'faulted' }));
    }),
    reportFault: emit(({ context, event }) => fault(context, event)),
  },
}).createMachine({
  id: 'strategy',
  context: ({ input }) => ({ ...input, positions: {}, warm: false, gate: undefined }),
  options: { maxIterations: 1000 },
  invoke: {
    id: 'facts',
    src: 'facts',
    input: ({ context }) => ({ strategy: context.name }),
    onDone: { actions: 'reportFault' },
    onError: { actions: 'reportFault' },
  },
  entry: 'restorePositions',
  initial: 'warmingUp',
  on: {
    'strategy.warm': { actions: 'noteWarm' },
    verdict: { actions: ['denyEntry', 'leavePositions'] },
    'strategy.flatten': { actions: 'leavePositions' },
    'strategy.stop': '.stopped',
    'gate.closed': { actions: 'closeGate' },
    'gate.opened': { actions: 'openGate' },
    'position.changed': { guard: 'isNewMarket', actions: 'adoptPosition' },
    'position.state': { actions: ['notePosition', 'relayState'] },
    'position.wish': { actions: 'relayWish' },
    'position.overdue': { actions: 'relayOverdue' },
    'position.fault': { actions: 'reportFault' },
    'xstate.error.actor.*': { actions: ['retirePosition', 'reportFault'] },
  },
  states: {
    warmingUp: {
      tags: 'mayLeave',
      always: [
        { guard: 'isPaused', target: 'paused' },
        { guard: 'isWarm', target: 'scouting' },
      ],
      on: { 'strategy.pause': { target: 'paused', actions: 'notePaused' } },
    },
    scouting: {
      tags: ['mayEnter', 'mayLeave'],
      always: { guard: 'hasEngagement', target: 'engaged' },
      on: {
        verdict: [
          { guard: 'mayEnter', actions: 'enterPosition' },
          { actions: ['denyEntry', 'leavePositions'] },
        ],
        'strategy.pause': { target: 'paused', actions: 'notePaused' },
      },
    },
    engaged: {
      tags: ['mayEnter', 'mayLeave'],
      always: { guard: 'hasNoEngagement', target: 'scouting' },
      on: {
        verdict: [
          { guard: 'mayEnter', actions: 'enterPosition' },
          { actions: ['denyEntry', 'leavePositions'] },
        ],
        'strategy.pause': { target: 'paused', actions: 'notePaused' },
      },
    },
    paused: {
      tags: 'mayLeave',
      on: { 'strategy.unpause': { target: 'warmingUp', actions: 'noteUnpaused' } },
    },
    stopped: { type: 'final' },
  },
});

function fault(context: StrategyContext, event: StrategyEvent): StrategyReport {
  const detail = 'reason' in event && typeof event.reason === 'string' ? event.reason : '';
  const error = 'error' in event ? String(event.error) : '';
  return {
    type: 'strategy.fault',
    strategy: context.name,
    reason: `${event.type} ${detail}${error}`.trim(),
  };
}
