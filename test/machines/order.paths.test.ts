/** Every reachable state of the order chart: invariants, reachability, nothing gets stuck. */
import { describe, expect, test } from 'vitest';
import type { OrderInput } from '../../machines/order-context.js';
import { isImpossible } from '../../machines/order-events.js';
import { pathOf } from '../../scripts/machine-drawing.js';
import { size } from '../../src/model/quantities.js';
import { explore, type Fact, type Graph } from './explore.js';
import { GOOD_TIL_BLOCK } from './orders.js';
import {
  abstract,
  conditional,
  GOOD_TIL_TIME,
  immediate,
  immediateWithFills,
  immediateWorld,
  INCLUDE_BY,
  isHonest,
  LATER_BLOCK,
  recovered,
  resting,
  restingWorld,
  silent,
  statefulWorld,
  type OrderSnapshot,
} from './order-worlds.js';

type World = readonly Fact[] | ((state: OrderSnapshot) => readonly Fact[]);

const walk = (input: OrderInput, world: World): Graph =>
  explore(silent, {
    input,
    world: world as Parameters<typeof explore>[1]['world'],
    abstract: (state) => abstract(state as OrderSnapshot),
  });

const isLive = (state: OrderSnapshot) => state.hasTag('live');
const isEnded = (state: OrderSnapshot) => state.hasTag('terminal') || state.status === 'done';

describe.each([
  { name: 'a new order, no fills', input: immediate, world: immediateWorld },
  { name: 'a new order, partial fills', input: immediate, world: immediateWithFills },
  { name: 'a recovered order with one fill', input: recovered, world: immediateWithFills },
])('$name', ({ name, input, world }) => {
  const graph = walk(input, world);
  const states = graph.states as readonly OrderSnapshot[];
  const steps = graph.steps as readonly {
    readonly from: OrderSnapshot;
    readonly event: Fact;
    readonly to: OrderSnapshot;
  }[];

  test('every state of the chart is reached', () => {
    const replacing = ['', '.sending', '.accepted'].map((state) => `order.pendingReplace${state}`);
    const expected: Record<string, readonly string[]> = {
      'a new order, no fills': ['order.draft', 'order.closed.filled', ...replacing],
      'a new order, partial fills': ['order.draft', ...replacing],
      // Nothing was sent in this run, and what has a fill cannot have been refused.
      'a recovered order with one fill': [
        'order.draft',
        ...replacing,
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
    const words = ['venue.order', 'query.report', 'venue.fill', 'send.rejected', 'send.unsent'];
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

interface OrderStep {
  readonly from: OrderSnapshot;
  readonly event: Fact;
  readonly to: OrderSnapshot;
}

const honest =
  (world: World) =>
  (state: OrderSnapshot): readonly Fact[] =>
    (typeof world === 'function' ? world(state) : world).filter((fact) => isHonest(state, fact));
const leafOf = (state: OrderSnapshot): string =>
  state._nodes
    .filter(({ type }) => type === 'atomic' || type === 'final')
    .map(pathOf)
    .join();
const told = ({ from, event, to }: OrderStep): string =>
  `${leafOf(from)} --${event.type}--> ${leafOf(to)}`;
const isPassive = ({ type }: Fact): boolean =>
  type.startsWith('xstate.after') || type === 'chain.height' || type === 'sweep.completed';

/** Walked once, before the tests: what they look for differs, the graph does not. */
const restingGraph = walk(resting, honest(restingWorld));
const conditionalGraph = walk(conditional, honest(statefulWorld));

describe.each([
  {
    name: 'an immediate order',
    input: immediate,
    graph: walk(immediate, honest(immediateWithFills)),
    unreached: [
      'order.draft',
      ...['', '.sending', '.accepted'].map((state) => `order.pendingReplace${state}`),
    ],
  },
  {
    name: 'a resting order that is replaced',
    input: resting,
    graph: restingGraph,
    unreached: ['order.closed.denied', 'order.draft', 'order.working.untriggered'],
  },
  {
    name: 'a conditional order',
    input: conditional,
    graph: conditionalGraph,
    unreached: [
      'order.closed.denied',
      'order.draft',
      ...['', '.sending', '.accepted'].map((state) => `order.pendingReplace${state}`),
      'order.working.bestEffortOpened',
    ],
  },
])('$name, with all that the venue and we can do', ({ input, graph, unreached }) => {
  const steps = graph.steps as readonly OrderStep[];
  const states = graph.states as readonly OrderSnapshot[];
  const isStateful = input.request.stateful !== undefined;
  /** No loop of assertions: there are tens of thousands of steps. */
  const where = (isWrong: (step: OrderStep) => boolean): readonly string[] => [
    ...new Set(steps.filter(isWrong).map(told)),
  ];

  test('every state of the chart is reached', () => {
    expect([...graph.unreached].sort()).toEqual([...unreached].sort());
  });

  test('every fact in every state is handled or impossible, and none of the impossible comes', () => {
    expect(where(({ from, event }) => isImpossible(leafOf(from), event.type))).toEqual([]);
    expect(
      where(
        ({ from, event }) =>
          !event.type.startsWith('xstate.') &&
          silent.getTransitionData(from, event as never).length === 0,
      ),
    ).toEqual([]);
  });

  test('time and blocks alone end every order', () => {
    expect(graph.stuck((state) => isEnded(state as OrderSnapshot), isPassive)).toEqual([]);
  });

  test('filled never shrinks, is the sum of the fills, and no end is taken back', () => {
    expect(where(({ from, to }) => to.context.filled < from.context.filled)).toEqual([]);
    expect(where(({ from, to }) => isEnded(from) && !isEnded(to))).toEqual([]);
    const sums = states.filter(
      ({ context }) => context.filled !== BigInt(new Set(context.fillIds).size),
    );
    expect(sums.map(leafOf)).toEqual([]);
  });

  test('what is complete under every terms it may have is closed as filled', () => {
    const open = states.filter(({ context, status }) => {
      const { request, replacement, filled } = context;
      const most = replacement === undefined ? request.size : size(3n);
      return status === 'active' && filled >= most && context.end !== 'filled';
    });
    expect(open.map(leafOf)).toEqual([]);
  });

  test('nothing is submitted or replaced out of unknown', () => {
    const sends = ['submitted', 'pendingReplace'] as const;
    expect(
      where(({ from, to }) => from.matches('unknown') && sends.some((state) => to.matches(state))),
    ).toEqual([]);
    expect(where(({ from, to }) => from.matches('unknown') && to.matches('working'))).toEqual([]);
  });

  test('an end without a word or a fill needs a sweep of all that could have filled it', () => {
    expect(
      where(({ from, event, to }) => {
        if (!isLive(from) || !isEnded(to) || !isPassive(event)) return false;
        const { request, replacement, overAt, height } = from.context;
        const last = Math.max(request.goodTilBlock, replacement?.goodTilBlock ?? 0);
        const over = isStateful ? (overAt ?? Infinity) : last + 1;
        return (
          event.type !== 'sweep.completed' || Number(event['completeTo']) < over || height < over
        );
      }),
    ).toEqual([]);
  });
});

test('a word about older terms ends no order whose newer terms may be alive', () => {
  const wrong = (restingGraph.steps as readonly OrderStep[]).filter(({ from, event, to }) => {
    const { request, replacement, hasOlderTerms } = from.context;
    const newest = replacement?.goodTilBlock ?? request.goodTilBlock;
    const mayLive = (replacement !== undefined || hasOlderTerms) && newest === LATER_BLOCK;
    const isOld = event.type === 'venue.order' && event['goodTilBlock'] === GOOD_TIL_BLOCK;
    return isLive(from) && mayLive && isOld && isEnded(to);
  });
  expect(wrong.map(told)).toEqual([]);
});

test('a conditional order that was never seen ends only by time, or not found when it was too late', () => {
  const wrong = (conditionalGraph.steps as readonly OrderStep[]).filter(({ from, event, to }) => {
    if (!isLive(from) || from.context.seen || !to.matches({ closed: 'expired' })) return false;
    return event.type === 'sweep.completed' && from.context.time <= INCLUDE_BY;
  });
  expect(wrong.map(told)).toEqual([]);
  expect(GOOD_TIL_TIME).toBeGreaterThan(INCLUDE_BY);
});
