/** The order desk: one machine per order, bounded, reaped, and honest about a broken one. */
import { EMPTY, throwError } from 'rxjs';
import { expect, test } from 'vitest';
import { createActor, fromCallback, fromEventObservable, setup, SimulatedClock } from 'xstate';
import {
  MAX_ORDERS,
  orderDeskMachine,
  type OrderDeskInput,
} from '../../machines/order-desk.machine.js';
import { orderMachine } from '../../machines/order.machine.js';
import type { DeskFact, DeskFault, OrderFact, OrderReport } from '../../src/model/facts.js';
import { blockHeight, size, type OrderId } from '../../src/model/quantities.js';
import { silence } from './host.js';
import { LATER_BLOCK, resting } from './order-worlds.js';
import { fillOf, GOOD_TIL_BLOCK, requestOf } from './orders.js';

type OrderKey = { readonly orderId: OrderId };

const quietOrder = orderMachine.provide({ actors: { facts: silence<OrderFact, OrderKey>() } });

function start(order = quietOrder, facts = silence<DeskFact, OrderDeskInput>()) {
  const asked: string[] = [];
  const reports: (OrderReport | DeskFault)[] = [];
  const desk = orderDeskMachine.provide({ actors: { facts, order } });
  const root = createActor(
    setup({
      actors: {
        desk,
        venueLink: fromCallback(({ receive }) => receive((event) => asked.push(event.type))),
      },
    }).createMachine({
      invoke: [
        { id: 'venueLink', systemId: 'venueLink', src: 'venueLink' },
        { id: 'desk', systemId: 'desk', src: 'desk', input: { strategy: 'sniper' } },
      ],
    }),
    { clock: new SimulatedClock() },
  );
  const actor = root.system.get('desk') as ReturnType<typeof createActor<typeof desk>>;
  actor.on('*', (report) => reports.push(report));
  root.start();
  return {
    actor,
    asked,
    reports,
    place: (n: number) => actor.send({ type: 'desk.place', request: requestOf(n) }),
    tell: (n: number, fact: OrderFact) =>
      (actor.getSnapshot().children as Record<string, { send: (fact: OrderFact) => void }>)[
        `order.${n}`
      ]?.send(fact),
    rows: () => Object.values(actor.getSnapshot().context.orders),
    reportsOf: (type: string) => reports.filter((report) => report.type === type),
  };
}

const canceled: Extract<OrderFact, { type: 'venue.order' }> = {
  type: 'venue.order',
  status: 'canceled',
  totalFilled: undefined,
  removalReason: undefined,
};

test('a placed order gets a machine of its own and a row that follows it', () => {
  const { asked, place, reportsOf, rows, tell } = start();
  place(1);
  place(2);
  tell(2, { type: 'venue.fill', fillId: fillOf(1), size: size(1n) });
  expect(asked).toEqual(['venueLink.place', 'venueLink.place']);
  expect(rows().map(({ state, filled, live }) => [state, filled, live])).toEqual([
    ['submitted.sending', 0n, true],
    ['submitted.sending', 1n, true],
  ]);
  tell(1, canceled);
  expect(rows()[0]).toMatchObject({ state: 'closed.canceled', live: false });
  expect(reportsOf('order.ended')).toEqual([expect.objectContaining({ end: 'canceled' })]);
});

test('a retired order is reaped, with its row', () => {
  const { actor, place, rows, tell } = start();
  place(1);
  tell(1, canceled);
  tell(1, { type: 'chain.height', height: blockHeight(GOOD_TIL_BLOCK + 41) });
  expect(rows()).toEqual([]);
  expect(Object.keys(actor.getSnapshot().children)).toEqual(['facts']);
});

test('every report of an order is passed on', () => {
  const { place, reports, tell } = start();
  place(1);
  tell(1, { ...canceled, totalFilled: size(1n) });
  tell(1, { type: 'venue.fill', fillId: fillOf(1), size: size(3n) });
  tell(1, { type: 'venue.fill', fillId: fillOf(2), size: size(1n) });
  expect([...new Set(reports.map(({ type }) => type))].toSorted()).toEqual([
    'order.anomaly',
    'order.changed',
    'order.ended',
    'order.lateFill',
    'order.sweepNeeded',
  ]);
});

test('an order above the limit is denied, a recovered one is taken', () => {
  const { actor, place, reportsOf, rows } = start();
  for (let n = 1; n <= MAX_ORDERS + 1; n += 1) place(n);
  expect(rows()).toHaveLength(MAX_ORDERS);
  expect(reportsOf('order.ended')).toEqual([
    expect.objectContaining({
      orderId: requestOf(MAX_ORDERS + 1).orderId,
      end: 'denied',
      reason: 'limit.working-orders: expected fewer than 200 orders',
    }),
  ]);
  const request = requestOf(MAX_ORDERS + 2);
  actor.send({ type: 'desk.recover', request, filled: size(0n), fillIds: [] });
  expect(rows()).toHaveLength(MAX_ORDERS + 1);
});

test('an order that only reduces is taken above the limit', () => {
  const { actor, place, reportsOf, rows } = start();
  for (let n = 1; n <= MAX_ORDERS; n += 1) place(n);
  const request = { ...requestOf(MAX_ORDERS + 1), reduceOnly: true };
  actor.send({ type: 'desk.place', request });
  expect(rows()).toHaveLength(MAX_ORDERS + 1);
  expect(reportsOf('order.ended')).toEqual([]);
});

test('ended orders that may still get a late fill take no place of a new one', () => {
  const { place, reportsOf, rows, tell } = start();
  for (let n = 1; n <= MAX_ORDERS; n += 1) {
    place(n);
    tell(n, canceled);
  }
  expect(rows()).toHaveLength(MAX_ORDERS);
  expect(rows().some(({ live }) => live)).toBe(false);
  place(MAX_ORDERS + 1);
  expect(rows()).toHaveLength(MAX_ORDERS + 1);
  expect(reportsOf('order.ended').filter((one) => 'end' in one && one.end === 'denied')).toEqual(
    [],
  );
});

test('a recovered order is not placed but fenced, and keeps its fills', () => {
  const { actor, asked, rows } = start();
  actor.send({
    type: 'desk.recover',
    request: requestOf(1),
    filled: size(1n),
    fillIds: [fillOf(1)],
  });
  expect(asked).toEqual(['venueLink.cancel']);
  expect(rows()[0]).toMatchObject({ state: 'unknown.waiting', filled: 1n, live: true });
});

test('the same order twice is a fault and changes nothing', () => {
  const { asked, place, reportsOf } = start();
  place(1);
  place(1);
  expect(asked).toEqual(['venueLink.place']);
  expect(reportsOf('desk.fault')).toHaveLength(1);
});

test('cancelAll cancels the live orders only', () => {
  const { actor, asked, place, rows, tell } = start();
  for (const n of [1, 2, 3]) place(n);
  tell(2, canceled);
  actor.send({ type: 'desk.cancelAll' });
  expect(asked.filter((type) => type === 'venueLink.cancel')).toHaveLength(2);
  expect(rows().map(({ state }) => state)).toEqual([
    'pendingCancel',
    'closed.canceled',
    'pendingCancel',
  ]);
});

test('an order whose machine breaks stays live at full size, and is a fault', () => {
  const broken = quietOrder.provide({
    actions: {
      countQuery: () => {
        throw new Error('boom');
      },
      noteCanceled: () => {
        throw new Error('boom');
      },
    },
  });
  const { actor, place, reportsOf, rows, tell } = start(broken);
  place(1);
  tell(1, { ...canceled, status: 'bestEffortCanceled' });
  expect(reportsOf('desk.fault')).toEqual([
    expect.objectContaining({ reason: 'xstate.error.actor.order.1 Error: boom' }),
  ]);
  expect(rows()[0]).toMatchObject({ state: 'faulted', live: true });
  actor.send({ type: 'desk.cancelAll' });
  expect(actor.getSnapshot().status).toBe('active');
});

test.each([
  { name: 'ends', facts: () => EMPTY },
  { name: 'fails', facts: () => throwError(() => new Error('broken')) },
])('a stream of facts that $name is a fault', ({ facts }) => {
  const logic = fromEventObservable<DeskFact, OrderDeskInput>(facts);
  expect(start(quietOrder, logic).reportsOf('desk.fault')).toHaveLength(1);
});

test('the row of an order that is being replaced has the wider terms, and all is told', () => {
  const { actor, rows, reportsOf } = start();
  actor.send({ type: 'desk.place', request: resting.request });
  const tell = (fact: OrderFact): void => {
    const { children } = actor.getSnapshot();
    (children as Record<string, { send: (fact: OrderFact) => void }>)['order.1']?.send(fact);
  };
  tell({ ...canceled, status: 'open' });
  const goodTilBlock = blockHeight(LATER_BLOCK);
  const { price, newestFrameAt } = resting.request;
  const terms = { price, size: size(5n), goodTilBlock, newestFrameAt, heldMs: 0 };
  tell({ type: 'order.replace', ...terms });
  expect(rows()).toMatchObject([{ request: { size: 5n, goodTilBlock }, live: true }]);
  expect(reportsOf('order.terms')).toHaveLength(1);
});
