/**
 * The whole service: its life from boot to stop, and the owner of every other machine.
 *
 *   booting ─▶ recovering ─▶ connecting ─▶ reconciling ⇄ trading
 *   every state ─ service.drain ─▶ draining ─ drain.done ─▶ stopped
 *   every state ─ fault, terminal failure, failed child, drain timeout ─▶ faulted ─▶ stopped
 *
 * 1. `risk` and `venueLink` live as long as the service, so a halt works before anything is
 *    recovered; the latches of earlier runs reach risk by `risk.restore` as soon as the journal
 *    is read.
 * 2. A step's actor lives in its state and reports by facts. A retryable failure is noted while
 *    the step goes on; a step that ends without its result is a fault.
 * 3. `service.spawned` is emitted before the child starts: a listener attached then hears all
 *    of it. No child is spawned twice; more than 64 connections or 32 strategies are a fault.
 * 4. Reconciling is a machine of its own, with a state for each of its steps.
 * 5. In `faulted` strategies stop and orders are canceled as far as possible; the process is to
 *    end.
 */
import {
  emit,
  enqueueActions,
  assign,
  setup,
  type DoneActorEvent,
  type ErrorActorEvent,
} from 'xstate';
import type { VenueLinkEvent } from '../src/model/facts.js';
import type { Breach } from '../src/model/risk.js';
import type { ConnectionInput } from './connection-context.js';
import { connectionMachine } from './connection.machine.js';
import { orderDeskMachine } from './order-desk.machine.js';
import { reconciliationMachine } from './reconciliation.machine.js';
import { riskMachine } from './risk.machine.js';
import { strategyMachine, type StrategyInput } from './strategy.machine.js';
import { unprovidedCallback, unprovidedEvents } from './unprovided.machine.js';

export const MAX_CONNECTIONS = 64;
export const MAX_STRATEGIES = 32;

/** All in milliseconds, 1 to 86 400 000. */
export interface ServiceInput {
  readonly drainTimeoutMs: number;
  /** How long a cause that clears by itself must be gone before risk loosens by one level. */
  readonly recoverAfterMs: number;
}

/** What was started, so that draining can skip the rest. */
export interface StepInput {
  readonly epoch: number;
  readonly connections: readonly string[];
  readonly strategies: readonly string[];
}

export interface ServiceContext extends ServiceInput, StepInput {
  /** Ids of children: `connection.<name>`, `desk.<strategy>`, `strategy.<name>`. */
  readonly children: readonly string[];
  /** Orders whose end the drain still waits for. */
  readonly remaining: readonly string[];
  readonly lastFailure: string | undefined;
  readonly fault: string | undefined;
}

export type StepFact =
  | { readonly type: 'boot.done' }
  | { readonly type: 'recover.done'; readonly epoch: number; readonly latched: readonly Breach[] }
  | { readonly type: 'connect.planned'; readonly sockets: readonly ConnectionInput[] }
  | { readonly type: 'connect.done' }
  | { readonly type: 'reconcile.done'; readonly strategies: readonly StrategyInput[] }
  | { readonly type: 'drain.remaining'; readonly orders: readonly string[] }
  | { readonly type: 'drain.done' }
  | { readonly type: 'step.failed'; readonly reason: string; readonly retryable: boolean };

export type ServiceFact =
  | { readonly type: 'service.drain' }
  | { readonly type: 'service.fault'; readonly reason: string }
  | { readonly type: 'reconcile.needed'; readonly reason: string };

export type ServiceEvent = ServiceFact | StepFact | DoneActorEvent | ErrorActorEvent;

export type ServiceReport =
  | { readonly type: 'service.state'; readonly state: string }
  | { readonly type: 'service.spawned'; readonly id: string }
  | { readonly type: 'service.stepFailed'; readonly reason: string; readonly retryable: boolean }
  | { readonly type: 'service.faulted'; readonly reason: string };

export interface ServiceOutput {
  readonly fault: string | undefined;
}

const message = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

function faultOf(event: ServiceEvent, context: ServiceContext): string {
  if ('error' in event) return `${event.actorId} failed: ${message(event.error)}`;
  if ('actorId' in event) return `${event.actorId} ended before its time`;
  if ('reason' in event) return event.reason;
  if (event.type === 'connect.planned') {
    return `expected at most ${MAX_CONNECTIONS} connections, was ${event.sockets.length}`;
  }
  if (event.type === 'reconcile.done') {
    return `expected at most ${MAX_STRATEGIES} strategies, was ${event.strategies.length}`;
  }
  return `drain timed out, remaining: ${context.remaining.join(', ') || 'nothing known'}`;
}

const stepInput = ({ context }: { readonly context: ServiceContext }): StepInput => ({
  epoch: context.epoch,
  connections: context.connections,
  strategies: context.strategies,
});

const enter = (state: string) => ({ type: 'reportState', params: { state } }) as const;
const faulted = { target: '#service.faulted', actions: 'noteFault' } as const;
const step = <TSource extends string>(src: TSource) =>
  ({ id: src, src, input: stepInput, onDone: faulted, onError: faulted }) as const;

export const serviceMachine = setup({
  types: {
    context: {} as ServiceContext,
    events: {} as ServiceEvent,
    input: {} as ServiceInput,
    output: {} as ServiceOutput,
    emitted: {} as ServiceReport,
    tags: {} as 'trading' | 'ended',
  },
  actors: {
    facts: unprovidedEvents<ServiceFact>('service.facts'),
    venueLink: unprovidedCallback<VenueLinkEvent>('venueLink'),
    boot: unprovidedEvents<StepFact, StepInput>('boot'),
    recover: unprovidedEvents<StepFact, StepInput>('recover'),
    connect: unprovidedEvents<StepFact, StepInput>('connect'),
    reconcile: reconciliationMachine,
    drain: unprovidedEvents<StepFact, StepInput>('drain'),
    risk: riskMachine,
    connection: connectionMachine,
    orderDesk: orderDeskMachine,
    strategy: strategyMachine,
  },
  delays: { drainTimeout: ({ context }) => Math.min(86_400_000, context.drainTimeoutMs) },
  guards: {
    isTerminal: ({ event }) => event.type === 'step.failed' && !event.retryable,
    hasTooManyConnections: ({ event }) =>
      event.type === 'connect.planned' && event.sockets.length > MAX_CONNECTIONS,
    hasTooManyStrategies: ({ event }) =>
      event.type === 'reconcile.done' && event.strategies.length > MAX_STRATEGIES,
  },
  actions: {
    reportState: emit((_, { state }: { readonly state: string }) => ({
      type: 'service.state',
      state,
    })),
    restoreRisk: enqueueActions(({ event, enqueue }) => {
      if (event.type !== 'recover.done') return;
      enqueue.assign({ epoch: event.epoch });
      enqueue.sendTo('risk', { type: 'risk.restore', latched: event.latched });
    }),
    openConnections: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== 'connect.planned') return;
      const isNew = ({ name }: ConnectionInput) => !context.connections.includes(name);
      const fresh = event.sockets.filter(isNew);
      for (const input of fresh) {
        const id = `connection.${input.name}`;
        enqueue.spawnChild('connection', { id, systemId: id, input });
        enqueue.emit({ type: 'service.spawned', id });
        enqueue.sendTo(id, { type: 'connection.open' });
      }
      const names = fresh.map(({ name }) => name);
      enqueue.assign({
        connections: [...context.connections, ...names],
        children: [...context.children, ...names.map((name) => `connection.${name}`)],
      });
    }),
    startStrategies: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== 'reconcile.done') return;
      const isNew = ({ name }: StrategyInput) => !context.strategies.includes(name);
      const fresh = event.strategies.filter(isNew);
      for (const input of fresh) {
        const desk = `desk.${input.name}`;
        const strategy = `strategy.${input.name}`;
        const deskInput = { strategy: input.name };
        enqueue.spawnChild('orderDesk', { id: desk, systemId: desk, input: deskInput });
        enqueue.spawnChild('strategy', { id: strategy, systemId: strategy, input });
        enqueue.emit({ type: 'service.spawned', id: desk });
        enqueue.emit({ type: 'service.spawned', id: strategy });
      }
      const names = fresh.map(({ name }) => name);
      const ids = names.flatMap((name) => [`desk.${name}`, `strategy.${name}`]);
      enqueue.assign({
        strategies: [...context.strategies, ...names],
        children: [...context.children, ...ids],
      });
    }),
    stopStrategies: enqueueActions(({ context, enqueue }) => {
      for (const id of context.children) {
        if (id.startsWith('strategy.')) enqueue.sendTo(id, { type: 'strategy.stop' });
      }
    }),
    cancelOrders: enqueueActions(({ context, enqueue }) => {
      for (const id of context.children) {
        if (id.startsWith('desk.')) enqueue.sendTo(id, { type: 'desk.cancelAll' });
      }
    }),
    reap: enqueueActions(({ context, event, enqueue }) => {
      if (!('actorId' in event)) return;
      enqueue.stopChild(event.actorId);
      enqueue.assign({ children: context.children.filter((id) => id !== event.actorId) });
    }),
    noteRemaining: assign({
      remaining: ({ context, event }) =>
        event.type === 'drain.remaining' ? event.orders : context.remaining,
    }),
    noteFailure: assign({
      lastFailure: ({ context, event }) =>
        event.type === 'step.failed' ? event.reason : context.lastFailure,
    }),
    reportFailure: enqueueActions(({ event, enqueue }) => {
      if (event.type !== 'step.failed') return;
      const { reason, retryable } = event;
      enqueue.emit({ type: 'service.stepFailed', reason, retryable });
    }),
    /** The first cause stays: what follows is mostly its consequence. */
    noteFault: assign({ fault: ({ context, event }) => context.fault ?? faultOf(event, context) }),
    reportFault: emit(({ context }) => ({
      type: 'service.faulted',
      reason: context.fault ?? 'unknown',
    })),
  },
}).createMachine({
  id: 'service',
  context: ({ input }) => ({
    ...input,
    epoch: 0,
    connections: [],
    strategies: [],
    children: [],
    remaining: [],
    lastFailure: undefined,
    fault: undefined,
  }),
  output: ({ context }) => ({ fault: context.fault }),
  options: { maxIterations: 1000 },
  invoke: [
    {
      id: 'risk',
      systemId: 'risk',
      src: 'risk',
      input: ({ context }) => ({ latched: [], recoverAfterMs: context.recoverAfterMs }),
      onDone: faulted,
      onError: faulted,
    },
    { id: 'venueLink', systemId: 'venueLink', src: 'venueLink', onDone: faulted, onError: faulted },
    { id: 'facts', src: 'facts', onDone: '.draining', onError: faulted },
  ],
  initial: 'booting',
  on: {
    'service.drain': '.draining',
    'service.fault': faulted,
    'step.failed': [
      { ...faulted, guard: 'isTerminal', actions: ['noteFailure', 'reportFailure', 'noteFault'] },
      { actions: ['noteFailure', 'reportFailure'] },
    ],
    'xstate.done.actor.*': { actions: 'reap' },
    'xstate.error.actor.*': { target: '.faulted', actions: ['noteFault', 'reap'] },
  },
  states: {
    booting: {
      entry: enter('booting'),
      invoke: step('boot'),
      on: { 'boot.done': 'recovering' },
    },
    recovering: {
      entry: enter('recovering'),
      invoke: step('recover'),
      on: { 'recover.done': { target: 'connecting', actions: 'restoreRisk' } },
    },
    connecting: {
      entry: enter('connecting'),
      invoke: step('connect'),
      on: {
        'connect.planned': [
          { guard: 'hasTooManyConnections', target: 'faulted', actions: 'noteFault' },
          { actions: 'openConnections' },
        ],
        'connect.done': 'reconciling',
      },
    },
    reconciling: {
      entry: enter('reconciling'),
      invoke: step('reconcile'),
      on: {
        'reconcile.done': [
          { guard: 'hasTooManyStrategies', target: 'faulted', actions: 'noteFault' },
          { target: 'trading', actions: 'startStrategies' },
        ],
        'reconcile.needed': { target: 'reconciling', reenter: true },
      },
    },
    trading: {
      tags: 'trading',
      entry: enter('trading'),
      on: { 'reconcile.needed': 'reconciling' },
    },
    draining: {
      entry: ['stopStrategies', 'cancelOrders', enter('draining')],
      invoke: step('drain'),
      after: { drainTimeout: faulted },
      on: {
        'drain.remaining': { actions: 'noteRemaining' },
        'drain.done': 'stopped',
        'service.drain': {},
      },
    },
    faulted: {
      tags: 'ended',
      entry: ['stopStrategies', 'cancelOrders', enter('faulted'), 'reportFault'],
      on: {
        'service.drain': 'stopped',
        'service.fault': {},
        'xstate.error.actor.*': { actions: 'reap' },
      },
    },
    stopped: { type: 'final', tags: 'ended', entry: enter('stopped') },
  },
});
