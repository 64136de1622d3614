/**
 * The order desk of one strategy: spawns one order machine per request, reaps the retired, and
 * tells the outside all that the orders report.
 *
 *   working ─ desk.place, desk.recover ─▶ spawns order.<clientId>
 *           ─ order.* from the orders  ─▶ table updated, emitted
 *           ─ an order retires         ─▶ child stopped, row removed
 *
 * 1. At most 200 orders are alive; a further one is denied with `limit.working-orders`, but for
 *    those that only reduce. Recovered orders are always taken: they may exist. Rows of ended ones,
 *    kept for late fills until the chain has forgotten them, count for nothing here.
 * 2. An order whose machine failed keeps its row as live: nobody knows what became of it.
 */
import {
  assign,
  emit,
  enqueueActions,
  setup,
  type DoneActorEvent,
  type ErrorActorEvent,
} from 'xstate';
import type { DeskFact, DeskFault, OrderReport } from '../src/model/facts.js';
import type { OrderRequest } from '../src/model/order.js';
import { size, type OrderId, type Size } from '../src/model/quantities.js';
import { orderMachine } from './order.machine.js';
import { unprovidedEvents } from './unprovided.machine.js';

export const MAX_ORDERS = 200;

export interface OrderDeskInput {
  readonly strategy: string;
}

/** What the desk knows of one order: enough to count exposure. */
export interface OrderRow {
  readonly request: OrderRequest;
  readonly state: string;
  readonly live: boolean;
  readonly filled: Size;
}

export interface OrderDeskContext {
  readonly strategy: string;
  readonly orders: Readonly<Record<OrderId, OrderRow>>;
}

export type OrderDeskEvent = DeskFact | OrderReport | DoneActorEvent | ErrorActorEvent;

const childOf = (request: OrderRequest): string => `order.${request.clientId}`;

const rowsOf = (context: OrderDeskContext): readonly OrderRow[] => Object.values(context.orders);

const isKnown = (context: OrderDeskContext, request: OrderRequest): boolean =>
  rowsOf(context).some((row) => row.request.clientId === request.clientId) ||
  request.orderId in context.orders;

const withRow = (context: OrderDeskContext, row: OrderRow) => ({
  orders: { ...context.orders, [row.request.orderId]: row },
});

function withoutChild(context: OrderDeskContext, child: string) {
  const rest = Object.entries(context.orders).filter(([, row]) => childOf(row.request) !== child);
  return { orders: Object.fromEntries(rest) };
}

export const orderDeskMachine = setup({
  types: {
    context: {} as OrderDeskContext,
    events: {} as OrderDeskEvent,
    input: {} as OrderDeskInput,
    emitted: {} as OrderReport | DeskFault,
  },
  actors: {
    facts: unprovidedEvents<DeskFact, OrderDeskInput>('orderDesk.facts'),
    order: orderMachine,
  },
  guards: {
    isKnown: ({ context, event }) => 'request' in event && isKnown(context, event.request),
    isFull: ({ context, event }) =>
      event.type === 'desk.place' &&
      !event.request.reduceOnly &&
      rowsOf(context).filter(({ live }) => live).length >= MAX_ORDERS,
  },
  actions: {
    open: enqueueActions(({ context, event, enqueue }) => {
      if (event.type !== 'desk.place' && event.type !== 'desk.recover') return;
      const { request } = event;
      const recovered =
        event.type === 'desk.recover'
          ? { recovered: { filled: event.filled, fillIds: event.fillIds } }
          : {};
      const filled = recovered.recovered?.filled ?? size(0n);
      enqueue.assign(withRow(context, { request, state: 'draft', live: true, filled }));
      enqueue.spawnChild('order', { id: childOf(request), input: { request, ...recovered } });
    }),
    deny: emit(({ event }) => {
      if (event.type !== 'desk.place') return fault('', `${event.type} cannot be denied`);
      const { orderId, intentId, market } = event.request;
      const reason = `limit.working-orders: expected fewer than ${MAX_ORDERS} orders`;
      return {
        type: 'order.ended',
        orderId,
        intentId,
        market,
        end: 'denied',
        filled: size(0n),
        reason,
      };
    }),
    cancelAll: enqueueActions(({ context, enqueue, self }) => {
      for (const { request, live } of rowsOf(context)) {
        const order = self.getSnapshot().children[childOf(request)];
        if (live && order !== undefined) enqueue.sendTo(order, { type: 'order.cancel' });
      }
    }),
    noteChange: assign(({ context, event }) => {
      if (event.type !== 'order.changed') return {};
      const row = context.orders[event.orderId];
      if (row === undefined) return {};
      const { state, live, filled } = event;
      return withRow(context, { ...row, state, live, filled });
    }),
    noteTerms: assign(({ context, event }) => {
      if (event.type !== 'order.terms') return {};
      const row = context.orders[event.orderId];
      return row === undefined ? {} : withRow(context, { ...row, request: event.request });
    }),
    relay: emit(({ event }) => event as OrderReport),
    reap: enqueueActions(({ context, event, enqueue }) => {
      if (!('actorId' in event)) return;
      enqueue.stopChild(event.actorId);
      enqueue.assign(withoutChild(context, event.actorId));
    }),
    keepAsLive: enqueueActions(({ context, event, enqueue }) => {
      if (!('actorId' in event)) return;
      enqueue.stopChild(event.actorId);
      const row = rowsOf(context).find(({ request }) => childOf(request) === event.actorId);
      if (row !== undefined)
        enqueue.assign(withRow(context, { ...row, state: 'faulted', live: true }));
    }),
    reportDuplicate: emit(({ context, event }) =>
      fault(context.strategy, `${event.type} for an order that is already known was ignored`),
    ),
    reportFault: emit(({ context, event }) =>
      fault(
        context.strategy,
        `${event.type} ${'error' in event ? String(event.error) : ''}`.trim(),
      ),
    ),
  },
}).createMachine({
  id: 'orderDesk',
  context: ({ input }) => ({ strategy: input.strategy, orders: {} }),
  options: { maxIterations: 1000 },
  invoke: {
    id: 'facts',
    src: 'facts',
    input: ({ context }) => ({ strategy: context.strategy }),
    onDone: { actions: 'reportFault' },
    onError: { actions: 'reportFault' },
  },
  initial: 'working',
  states: { working: {} },
  on: {
    'desk.place': [
      { guard: 'isKnown', actions: 'reportDuplicate' },
      { guard: 'isFull', actions: 'deny' },
      { actions: 'open' },
    ],
    'desk.recover': [{ guard: 'isKnown', actions: 'reportDuplicate' }, { actions: 'open' }],
    'desk.cancelAll': { actions: 'cancelAll' },
    'order.changed': { actions: ['noteChange', 'relay'] },
    'order.ended': { actions: 'relay' },
    'order.lateFill': { actions: 'relay' },
    'order.terms': { actions: ['noteTerms', 'relay'] },
    'order.successorDue': { actions: 'relay' },
    'order.sweepNeeded': { actions: 'relay' },
    'order.anomaly': { actions: 'relay' },
    'xstate.done.actor.*': { actions: 'reap' },
    'xstate.error.actor.*': { actions: ['keepAsLive', 'reportFault'] },
  },
});

function fault(strategy: string, reason: string): DeskFault {
  return { type: 'desk.fault', strategy, reason };
}
