/** Every reachable state of the order chart: invariants, reachability, nothing gets stuck. */
import { describe, expect, test } from 'vitest';
import { assign, type SnapshotFrom } from 'xstate';
import type { OrderInput } from '../../machines/order-vocabulary.machine.js';
import { orderMachine } from '../../machines/order.machine.js';
import { size } from '../../src/model/quantities.js';
import { explore, type Fact, type Graph } from './explore.js';
import { fillOf, GOOD_TIL_BLOCK, requestOf } from './orders.js';

type OrderSnapshot = SnapshotFrom<typeof orderMachine>;

const nothing = () => {};
const silent = orderMachine.provide({
  actions: {
    report: nothing,
    reportEnd: assign({ ended: true }),
    reportLateFill: nothing,
    askForSweep: nothing,
    compareFills: nothing,
    reportOverfill: nothing,
    reportMissingFills: nothing,
    reportContradiction: nothing,
    reportDeafness: nothing,
  },
});

const words = (
  ['bestEffortOpened', 'open', 'untriggered', 'filled', 'bestEffortCanceled', 'canceled'] as const
).map((status) => ({
  type: 'venue.order',
  status,
  totalFilled: undefined,
  removalReason: undefined,
}));
const withoutFills: readonly Fact[] = [
  { type: 'send.accepted', txHash: '' },
  { type: 'send.rejected', code: 'c', message: 'm' },
  { type: 'send.unknown', reason: 'r' },
  { type: 'send.unsent', reason: 'r' },
  { type: 'order.denied', reason: 'r' },
  { type: 'order.cancel' },
  { type: 'cancel.accepted' },
  { type: 'cancel.rejected', code: 'c', message: 'm' },
  { type: 'cancel.unknown', reason: 'r' },
  ...words,
  { type: 'venue.order', status: 'canceled', totalFilled: undefined, removalReason: 'EXPIRED' },
  { type: 'venue.order', status: 'canceled', totalFilled: size(1n), removalReason: undefined },
  { type: 'query.report', status: 'open', totalFilled: undefined, removalReason: undefined },
  { type: 'query.notFound' },
  { type: 'query.failed', reason: 'r' },
  { type: 'chain.height', height: GOOD_TIL_BLOCK },
  { type: 'chain.height', height: GOOD_TIL_BLOCK + 1 },
  { type: 'chain.height', height: GOOD_TIL_BLOCK + 41 },
  { type: 'sweep.completed', completeTo: GOOD_TIL_BLOCK },
  { type: 'sweep.completed', completeTo: GOOD_TIL_BLOCK + 1 },
];
const withFills: readonly Fact[] = [
  ...withoutFills,
  ...[1, 2, 3].map((n) => ({ type: 'venue.fill', fillId: fillOf(n), size: size(1n) })),
];

const abstract = ({ context }: OrderSnapshot) => [
  context.filled,
  [...context.fillIds].sort(),
  context.venueFilled,
  context.seen,
  context.height > GOOD_TIL_BLOCK,
  context.ending,
  context.end,
  context.ended,
];

const walk = (input: OrderInput, world: readonly Fact[]): Graph =>
  explore(silent, { input, world, abstract: (state) => abstract(state as OrderSnapshot) });

const isLive = (state: OrderSnapshot) => state.hasTag('live');
const isEnded = (state: OrderSnapshot) => state.hasTag('terminal') || state.status === 'done';

describe.each([
  { name: 'a new order, no fills', input: { request: requestOf(1) }, world: withoutFills },
  { name: 'a new order, partial fills', input: { request: requestOf(1) }, world: withFills },
  {
    name: 'a recovered order with one fill',
    input: {
      request: requestOf(1),
      recovered: { filled: size(1n), fillIds: [fillOf(1)] },
    },
    world: withFills,
  },
])('$name', ({ name, input, world }) => {
  const graph = walk(input, world);
  const states = graph.states as readonly OrderSnapshot[];
  const steps = graph.steps as readonly {
    readonly from: OrderSnapshot;
    readonly event: Fact;
    readonly to: OrderSnapshot;
  }[];

  test('every state of the chart is reached', () => {
    const expected: Record<string, readonly string[]> = {
      'a new order, no fills': ['order.draft', 'order.closed.filled'],
      'a new order, partial fills': ['order.draft'],
      // Nothing was sent in this run, and what has a fill cannot have been refused.
      'a recovered order with one fill': [
        'order.draft',
        'order.submitted',
        'order.submitted.sending',
        'order.submitted.accepted',
        'order.working',
        'order.working.bestEffortOpened',
        'order.working.open',
        'order.working.untriggered',
        'order.closed.rejected',
        'order.closed.denied',
      ],
    };
    expect([...graph.unreached].sort()).toEqual([...(expected[name] ?? [])].sort());
  });

  test('filled is the sum of the distinct fills in every state', () => {
    for (const { context } of states) {
      expect(context.filled).toBe(BigInt(new Set(context.fillIds).size));
    }
  });

  test('no state is both live and terminal, and every one but retired is either', () => {
    for (const state of states) {
      expect(isLive(state) && state.hasTag('terminal')).toBe(false);
      expect(isLive(state) || isEnded(state)).toBe(true);
      expect(state.context.end === undefined).toBe(isLive(state));
    }
  });

  test('a complete fill means closed.filled', () => {
    for (const state of states.filter(({ status }) => status === 'active')) {
      const complete = state.context.filled >= state.context.request.size;
      expect(state.matches({ closed: 'filled' })).toBe(complete);
    }
  });

  test('a fill is booked in every state, once', () => {
    for (const { from, event, to } of steps) {
      if (event.type !== 'venue.fill' || from.status !== 'active') continue;
      const known = from.context.fillIds.some((id) => id === event['fillId']);
      expect(to.context.filled).toBe(from.context.filled + (known ? 0n : 1n));
    }
  });

  test('what was booked and what ended stays so', () => {
    for (const { from, to } of steps) {
      expect(to.context.filled).toBeGreaterThanOrEqual(from.context.filled);
      if (isEnded(from)) expect(isEnded(to)).toBe(true);
    }
  });

  test('nothing is submitted again', () => {
    for (const { from, to } of steps) {
      if (to.matches('submitted')) expect(from.matches('submitted')).toBe(true);
      if (from.matches('unknown')) expect(to.matches('working')).toBe(false);
    }
  });

  test('what the venue has shown alive or filled is never denied', () => {
    for (const { from, to } of steps) {
      if (!isLive(from) || !to.matches({ closed: 'denied' })) continue;
      expect([from.context.seen, from.context.filled]).toEqual([false, 0n]);
    }
  });

  test('height alone never ends a live order; a sweep after it does', () => {
    for (const { from, event, to } of steps) {
      if (event.type === 'chain.height' && isLive(from)) {
        expect(isLive(to)).toBe(true);
        if (event['height'] === GOOD_TIL_BLOCK + 1) expect(to.matches('sweeping')).toBe(true);
      }
      if (event.type === 'sweep.completed' && isLive(from) && isEnded(to)) {
        expect(from.matches('sweeping')).toBe(true);
        expect(event['completeTo']).toBeGreaterThan(GOOD_TIL_BLOCK);
        expect(from.context.height).toBeGreaterThan(GOOD_TIL_BLOCK);
      }
    }
  });

  test('cancelUnconfirmed ends only by a definitive word or a fill, never by itself', () => {
    const words = [
      'venue.order',
      'query.report',
      'venue.fill',
      'send.rejected',
      'send.unsent',
      'order.denied',
    ];
    for (const { from, event, to } of steps) {
      if (from.matches('cancelUnconfirmed') && isEnded(to)) expect(words).toContain(event.type);
    }
  });

  test('timers, heights and sweeps alone end every live order, and heights retire it', () => {
    const passive = ({ type }: Fact) =>
      type.startsWith('xstate.after') || type === 'chain.height' || type === 'sweep.completed';
    expect(graph.stuck((state) => state.status === 'done', passive)).toEqual([]);
  });
});
