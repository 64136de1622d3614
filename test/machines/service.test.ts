/** The service: its steps in order, its children, and every way in which it ends. */
import { NEVER, Subject, throwError, type Observable } from 'rxjs';
import { describe, expect, test } from 'vitest';
import {
  assign,
  createActor,
  fromCallback,
  fromEventObservable,
  SimulatedClock,
  type SnapshotFrom,
} from 'xstate';
import type { ConnectionInput } from '../../machines/connection-context.js';
import { connectionMachine } from '../../machines/connection.machine.js';
import { orderDeskMachine, type OrderDeskInput } from '../../machines/order-desk.machine.js';
import { orderMachine } from '../../machines/order.machine.js';
import { positionMachine } from '../../machines/position.machine.js';
import { riskMachine } from '../../machines/risk.machine.js';
import {
  MAX_CONNECTIONS,
  MAX_STRATEGIES,
  serviceMachine,
  type ServiceFact,
  type ServiceReport,
  type StepFact,
  type StepInput,
} from '../../machines/service.machine.js';
import { strategyMachine, type StrategyInput } from '../../machines/strategy.machine.js';
import { holesOf } from '../../machines/unprovided.machine.js';
import type { SessionInput, SocketFact } from '../../src/model/connection.js';
import type {
  DeskFact,
  OrderFact,
  PositionFact,
  RiskFact,
  StrategyFact,
  VenueLinkEvent,
} from '../../src/model/facts.js';
import { unixMs, type MarketId, type OrderId } from '../../src/model/quantities.js';
import type { Breach } from '../../src/model/risk.js';
import { TIMINGS } from './decisions.js';
import { explore, type Fact } from './explore.js';
import { silence } from './host.js';
import { requestOf } from './orders.js';
import { reconciliationOf } from './reconciliations.js';

type ServiceSnapshot = SnapshotFrom<typeof serviceMachine>;
type PositionKey = { readonly strategy: string; readonly market: MarketId };

const riskFact$ = new Subject<RiskFact>();
const deskFact$ = new Subject<DeskFact>();
const sniper: StrategyInput = {
  paused: false,
  name: 'sniper',
  epoch: 4,
  maxPositions: 2,
  timings: TIMINGS,
  restored: [],
};
const socket: ConnectionInput = { name: 'account', url: 'ws://x', wanted: [], jitter: [0] };
const halt: Breach = {
  cause: 'drawdown',
  severity: 'halt',
  latched: true,
  evidence: '−5 %',
  at: unixMs(1),
};
const order = orderMachine.provide({
  actors: { facts: silence<OrderFact, { readonly orderId: OrderId }>() },
});
const desk = orderDeskMachine.provide({
  actors: { order, facts: fromEventObservable<DeskFact, OrderDeskInput>(() => deskFact$) },
});
const strategy = strategyMachine.provide({
  actors: {
    position: positionMachine.provide({ actors: { facts: silence<PositionFact, PositionKey>() } }),
    facts: silence<StrategyFact, { readonly strategy: string }>(),
  },
});
const connection = connectionMachine.provide({
  actors: { socket: silence<SocketFact, SessionInput>() },
});
const risk = riskMachine.provide({
  actors: { facts: fromEventObservable<RiskFact, undefined>(() => riskFact$) },
});

type StepName = 'boot' | 'recover' | 'connect' | 'drain';

function provided(
  asked: string[],
  inputs: (readonly [StepName, StepInput])[],
  steps: Partial<Record<StepName, () => Observable<StepFact>>> = {},
  comparisons: string[] = [],
) {
  const stepOf = (name: StepName) =>
    fromEventObservable<StepFact, StepInput>(({ input }) => {
      inputs.push([name, input]);
      return steps[name]?.() ?? NEVER;
    });
  return serviceMachine.provide({
    actors: {
      facts: silence<ServiceFact>(),
      venueLink: fromCallback<VenueLinkEvent, undefined>(({ receive }) =>
        receive(({ type }) => asked.push(type)),
      ),
      boot: stepOf('boot'),
      recover: stepOf('recover'),
      connect: stepOf('connect'),
      reconcile: reconciliationOf({}, (step) => void comparisons.push(step)),
      drain: stepOf('drain'),
      risk,
      connection,
      orderDesk: desk,
      strategy,
    },
  });
}

function start(machine = provided([], []), asked: string[] = []) {
  const clock = new SimulatedClock();
  const actor = createActor(machine, {
    clock,
    input: { drainTimeoutMs: 30_000, recoverAfterMs: 1_000 },
  });
  const reports: ServiceReport[] = [];
  actor.on('*', (report) => reports.push(report));
  actor.start();
  const send = actor.send.bind(actor);
  return {
    actor,
    asked,
    reports,
    send,
    wait: (ms: number) => clock.increment(ms),
    state: () => actor.getSnapshot().value,
    children: () => Object.keys(actor.getSnapshot().children).toSorted(),
    trade: () => {
      send({ type: 'boot.done' });
      send({ type: 'recover.done', epoch: 4, latched: [] });
      send({ type: 'connect.planned', sockets: [socket] });
      send({ type: 'connect.done' });
      send({ type: 'reconcile.done', strategies: [sniper] });
    },
  };
}

const withAsked = (steps?: Parameters<typeof provided>[2]) => {
  const asked: string[] = [];
  const inputs: (readonly [StepName, StepInput])[] = [];
  const comparisons: string[] = [];
  return { ...start(provided(asked, inputs, steps, comparisons), asked), inputs, comparisons };
};

describe('the way up', () => {
  test('goes through every step, each with its own actor, and spawns what was planned', () => {
    const { children, inputs, reports, trade } = withAsked();
    trade();
    expect(
      reports.map((report) => ('state' in report ? report.state : 'id' in report && report.id)),
    ).toEqual([
      'booting',
      'recovering',
      'connecting',
      'connection.account',
      'reconciling',
      'desk.sniper',
      'strategy.sniper',
      'trading',
    ]);
    expect(children()).toEqual([
      'connection.account',
      'desk.sniper',
      'facts',
      'risk',
      'strategy.sniper',
      'venueLink',
    ]);
    expect(inputs.map(([name, input]) => [name, input.epoch, input.connections.length])).toEqual([
      ['boot', 0, 0],
      ['recover', 0, 0],
      ['connect', 4, 0],
    ]);
  });

  test('every connection is opened', () => {
    const { actor, trade } = start();
    trade();
    expect(actor.system.get('connection.account').getSnapshot().matches('session')).toBe(true);
  });

  test('a listener attached when a child is announced hears its first word', () => {
    const { actor, trade } = start();
    const heard: string[] = [];
    actor.on('service.spawned', ({ id }) => {
      actor.system.get(id).on('*', ({ type }: { type: string }) => heard.push(`${id} ${type}`));
    });
    actor.send({ type: 'boot.done' });
    trade();
    deskFact$.next({ type: 'desk.place', request: requestOf(1) });
    expect(heard).toContain('desk.sniper order.changed');
  });

  test('an order placed at the desk reaches the venue link', () => {
    const { asked, trade } = withAsked();
    trade();
    deskFact$.next({ type: 'desk.place', request: requestOf(1) });
    expect(asked).toEqual(['venueLink.place']);
  });

  test('a retryable failure is noted while the step goes on', () => {
    const { actor, reports, send, state } = start();
    send({ type: 'step.failed', reason: 'indexer unreachable', retryable: true });
    expect(state()).toBe('booting');
    expect(actor.getSnapshot().context.lastFailure).toBe('indexer unreachable');
    expect(reports.at(-1)).toMatchObject({ type: 'service.stepFailed', retryable: true });
  });

  test('drift reconciles again without spawning anything twice', () => {
    const { children, comparisons, send, state, trade } = withAsked();
    trade();
    const before = children();
    send({ type: 'reconcile.needed', reason: 'account stream was down' });
    expect(state()).toBe('reconciling');
    send({ type: 'reconcile.needed', reason: 'again' });
    expect(comparisons).toEqual(['heights', 'heights', 'heights']);
    send({ type: 'reconcile.done', strategies: [sniper] });
    expect(state()).toBe('trading');
    expect(children()).toEqual(before);
  });
});

describe('risk', () => {
  test('a halt works before anything is recovered, and old latches join it', () => {
    const { actor, send } = start();
    const isHalted = () => actor.system.get('risk').getSnapshot().matches('halted');
    riskFact$.next({ type: 'operator.halt', by: 'ada', reason: 'wait', at: unixMs(1) });
    expect(isHalted()).toBe(true);
    send({ type: 'boot.done' });
    send({ type: 'recover.done', epoch: 4, latched: [halt] });
    const { breaches } = actor.system.get('risk').getSnapshot().context;
    expect(Object.keys(breaches)).toEqual(['operator', 'drawdown']);
  });
});

describe('the way down', () => {
  test('a drain stops strategies, cancels orders, waits for the rest and stops', () => {
    const { actor, asked, children, inputs, send, state, trade } = withAsked();
    trade();
    deskFact$.next({ type: 'desk.place', request: requestOf(1) });
    send({ type: 'service.drain' });
    expect(state()).toBe('draining');
    expect(children()).not.toContain('strategy.sniper');
    expect(asked).toEqual(['venueLink.place', 'venueLink.cancel']);
    send({ type: 'service.drain' });
    expect(inputs.filter(([name]) => name === 'drain')).toEqual([
      ['drain', { epoch: 4, connections: ['account'], strategies: ['sniper'] }],
    ]);
    send({ type: 'drain.done' });
    expect(actor.getSnapshot()).toMatchObject({ status: 'done', output: { fault: undefined } });
  });

  test('a drain while booting tells its step that nothing was started', () => {
    const { inputs, send, state } = withAsked();
    send({ type: 'service.drain' });
    expect(state()).toBe('draining');
    expect(inputs.at(-1)).toEqual(['drain', { epoch: 0, connections: [], strategies: [] }]);
  });

  test('a drain that takes too long is a fault that names the remaining orders', () => {
    const { actor, send, state, trade, wait } = start();
    trade();
    send({ type: 'service.drain' });
    send({ type: 'drain.remaining', orders: ['a-1', 'a-2'] });
    wait(30_000);
    expect(state()).toBe('faulted');
    expect(actor.getSnapshot().context.fault).toBe('drain timed out, remaining: a-1, a-2');
    send({ type: 'service.drain' });
    expect(actor.getSnapshot().output?.fault).toMatch(/^drain timed out/);
  });

  test('facts that end drain the service', () => {
    const fact$ = new Subject<ServiceFact>();
    const machine = provided([], []).provide({
      actors: { facts: fromEventObservable<ServiceFact, undefined>(() => fact$) },
    });
    const { state } = start(machine);
    fact$.complete();
    expect(state()).toBe('draining');
  });
});

describe('faults', () => {
  test.each<{ name: string; fact: ServiceFact | StepFact; fault: string }>([
    {
      name: 'a terminal step failure',
      fact: { type: 'step.failed', reason: 'wrong network', retryable: false },
      fault: 'wrong network',
    },
    {
      name: 'a declared fault',
      fact: { type: 'service.fault', reason: 'journal failed' },
      fault: 'journal failed',
    },
  ])('$name ends in faulted with its cause', ({ fact, fault }) => {
    const { actor, reports, send, state, trade } = start();
    trade();
    send(fact);
    expect(state()).toBe('faulted');
    send({ type: 'service.fault', reason: 'a consequence' });
    expect(actor.getSnapshot().context.fault).toBe(fault);
    expect(reports.filter(({ type }) => type === 'service.faulted')).toEqual([
      { type: 'service.faulted', reason: fault },
    ]);
  });

  test('a step that fails or ends without its result is a fault', () => {
    const failing = withAsked({ boot: () => throwError(() => new Error('disk full')) });
    expect(failing.actor.getSnapshot().context.fault).toBe('boot failed: disk full');
    const fact$ = new Subject<StepFact>();
    const ending = withAsked({ boot: () => fact$ });
    fact$.complete();
    expect(ending.actor.getSnapshot().context.fault).toBe('boot ended before its time');
  });

  test('a child that fails is a fault, and the others are told to wind down', () => {
    const broken = provided([], []).provide({
      actors: {
        strategy: strategy.provide({
          actions: {
            noteWarm: () => {
              throw new Error('boom');
            },
          },
        }),
      },
    });
    const { actor, children, state, trade } = start(broken);
    trade();
    deskFact$.next({ type: 'desk.place', request: requestOf(1) });
    actor.system.get('strategy.sniper').send({ type: 'strategy.warm' });
    expect(state()).toBe('faulted');
    expect(actor.getSnapshot().context.fault).toBe('strategy.sniper failed: boom');
    expect(children()).not.toContain('strategy.sniper');
    expect(Object.values(actor.system.get('desk.sniper').getSnapshot().context.orders)).toEqual([
      expect.objectContaining({ state: 'pendingCancel' }),
    ]);
  });

  test('a child that fails after the fault is reaped, and the first cause stays', () => {
    const { actor, children, send, trade } = start();
    trade();
    send({ type: 'service.fault', reason: 'first' });
    send({
      type: 'xstate.error.actor.desk.sniper',
      error: new Error('second'),
      actorId: 'desk.sniper',
    });
    expect(children()).not.toContain('desk.sniper');
    expect(actor.getSnapshot().context.fault).toBe('first');
  });

  test('more connections or strategies than allowed are a fault', () => {
    const many = <T extends { readonly name: string }>(one: T, count: number) =>
      Array.from({ length: count }, (_, n) => ({ ...one, name: `${n}` }));
    const connections = start();
    connections.send({ type: 'boot.done' });
    connections.send({ type: 'recover.done', epoch: 1, latched: [] });
    connections.send({ type: 'connect.planned', sockets: many(socket, MAX_CONNECTIONS + 1) });
    expect(connections.actor.getSnapshot().context.fault).toBe(
      'expected at most 64 connections, was 65',
    );
    const strategies = start();
    strategies.send({ type: 'boot.done' });
    strategies.send({ type: 'recover.done', epoch: 1, latched: [] });
    strategies.send({ type: 'connect.done' });
    strategies.send({ type: 'reconcile.done', strategies: many(sniper, MAX_STRATEGIES + 1) });
    expect(strategies.actor.getSnapshot().context.fault).toBe(
      'expected at most 32 strategies, was 33',
    );
  });
});

test('once all actors are provided no hole is left', () => {
  const machines = [order, desk, strategy, connection, risk, provided([], [])];
  expect(machines.flatMap(holesOf)).toEqual([]);
  expect(holesOf(serviceMachine)).toEqual([
    'facts',
    'venueLink',
    'boot',
    'recover',
    'connect',
    'drain',
  ]);
});

describe('in every reachable state', () => {
  const world: readonly Fact[] = [
    { type: 'boot.done' },
    { type: 'recover.done', epoch: 1, latched: [] },
    { type: 'connect.planned', sockets: [socket] },
    { type: 'connect.done' },
    { type: 'reconcile.done', strategies: [sniper] },
    { type: 'reconcile.needed', reason: 'r' },
    { type: 'step.failed', reason: 'r', retryable: true },
    { type: 'step.failed', reason: 'r', retryable: false },
    { type: 'service.drain' },
    { type: 'service.fault', reason: 'r' },
    { type: 'drain.done' },
  ];
  // A pure walk has one system for all its branches: children with system ids cannot be spawned in it.
  const childless = provided([], []).provide({
    actions: {
      openConnections: assign({ connections: ['account'] }),
      startStrategies: assign({ strategies: ['sniper'] }),
    },
  });
  const graph = explore(childless, {
    input: { drainTimeoutMs: 1, recoverAfterMs: 1 },
    world,
    abstract: (state) => [
      (state as ServiceSnapshot).context.connections,
      (state as ServiceSnapshot).context.strategies,
    ],
  });
  const steps = graph.steps as readonly {
    readonly from: ServiceSnapshot;
    readonly event: Fact;
    readonly to: ServiceSnapshot;
  }[];

  test('all states are reached', () => {
    expect(graph.unreached).toEqual([]);
  });

  test('trading begins only with a finished reconciliation', () => {
    for (const { from, event, to } of steps) {
      if (from.matches('trading') || !to.matches('trading')) continue;
      expect(from.matches('reconciling')).toBe(true);
      expect(event.type).toBe('reconcile.done');
    }
  });

  test('a drain is heard in every state and leads to the end', () => {
    for (const { event, to } of steps) {
      if (event.type === 'service.drain') expect(['draining', 'stopped']).toContain(to.value);
    }
    const passive = ({ type }: Fact) => type === 'service.drain' || type.startsWith('xstate.after');
    expect(graph.stuck(({ status }) => status === 'done', passive)).toEqual([]);
  });

  test('each step’s actor lives in its own state alone', () => {
    const stateOf = {
      boot: 'booting',
      recover: 'recovering',
      connect: 'connecting',
      reconcile: 'reconciling',
      drain: 'draining',
    };
    for (const state of graph.states as readonly ServiceSnapshot[]) {
      if (state.status !== 'active') continue;
      for (const [step, value] of Object.entries(stateOf)) {
        expect(step in state.children).toBe(state.value === value);
      }
    }
  });
});
