/** What one order does when it costs money: silence, races, lost messages, restarts. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromEventObservable } from 'xstate';
import { EMPTY, of, throwError } from 'rxjs';
import type { OrderInput } from '../../machines/order-context.js';
import { orderMachine } from '../../machines/order.machine.js';
import type { OrderFact } from '../../src/model/facts.js';
import type { VenueOrderStatus } from '../../src/model/order.js';
import { blockHeight, size, type OrderId } from '../../src/model/quantities.js';
import { host, silence } from './host.js';
import { fillOf, GOOD_TIL_BLOCK, requestOf } from './orders.js';

const machine = orderMachine.provide({
  actors: { facts: silence<OrderFact, { readonly orderId: OrderId }>() },
});
const request = requestOf(1);
const start = (input: OrderInput = { request }) => host(machine, input);

const word = (
  status: VenueOrderStatus,
  totalFilled?: bigint,
  removalReason?: string,
): OrderFact => ({
  type: 'venue.order',
  status,
  totalFilled: totalFilled === undefined ? undefined : size(totalFilled),
  removalReason,
});
const fill = (n: number, units = 1n): OrderFact => ({
  type: 'venue.fill',
  fillId: fillOf(n),
  size: size(units),
});
const height = (value: number): OrderFact => ({ type: 'chain.height', height: blockHeight(value) });
const swept = (value: number): OrderFact => ({
  type: 'sweep.completed',
  completeTo: blockHeight(value),
});

test('an order is placed at once and only once', () => {
  const { subject, asked, wait } = start();
  subject.send({ type: 'send.accepted', txHash: 'AB' });
  wait(60_000);
  expect(asked.filter(({ type }) => type === 'venueLink.place')).toEqual([
    { type: 'venueLink.place', request },
  ]);
});

test('an immediate order that fills whole closes as filled and reports its end once', () => {
  const { subject, toldOf } = start();
  subject.send(word('bestEffortOpened'));
  subject.send(fill(1));
  subject.send(fill(2));
  subject.send(word('filled', 2n));
  expect(subject.getSnapshot().value).toEqual({ closed: 'filled' });
  expect(toldOf('order.ended')).toEqual([
    expect.objectContaining({ end: 'filled', filled: 2n, intentId: request.intentId }),
  ]);
  expect(
    toldOf('order.changed').map((event) => [event['state'], event['filled'], event['live']]),
  ).toEqual([
    ['submitted.sending', 0n, true],
    ['working.bestEffortOpened', 0n, true],
    ['working.bestEffortOpened', 1n, true],
    ['closed.filled', 2n, false],
  ]);
});

test('an immediate order that fills in part closes as canceled with its fills', () => {
  const { subject, toldOf } = start();
  subject.send(fill(1));
  subject.send(word('canceled', 1n));
  expect(toldOf('order.ended')).toEqual([expect.objectContaining({ end: 'canceled', filled: 1n })]);
  expect(toldOf('order.sweepNeeded')).toEqual([]);
});

test('a fill after a cancel still reaches the position, and may complete the order', () => {
  const { subject, toldOf } = start();
  subject.send(fill(1));
  subject.send(word('canceled', 1n));
  subject.send(fill(2));
  expect(subject.getSnapshot().value).toEqual({ closed: 'filled' });
  expect(toldOf('order.lateFill')).toEqual([expect.objectContaining({ filled: 2n })]);
  expect(toldOf('order.ended')).toHaveLength(1);
});

test('a late fill that does not complete the order is booked without a new end', () => {
  const { subject, toldOf } = start();
  subject.send(word('canceled'));
  subject.send(fill(1));
  expect(subject.getSnapshot().value).toEqual({ closed: 'canceled' });
  expect(toldOf('order.changed').at(-1)).toMatchObject({ state: 'closed.canceled', filled: 1n });
});

test('the same fill told twice is booked once', () => {
  const { subject } = start();
  subject.send(fill(1));
  subject.send(fill(1));
  expect(subject.getSnapshot().context.filled).toBe(1n);
});

test('an overfill is booked and reported as an anomaly', () => {
  const { subject, toldOf } = start();
  subject.send(fill(1, 3n));
  expect(subject.getSnapshot().context.filled).toBe(3n);
  expect(toldOf('order.anomaly')).toEqual([
    expect.objectContaining({
      cause: 'order.overfill',
      evidence: 'expected at most 2 filled, was 3',
    }),
  ]);
});

test('silence after the send makes it unknown, fenced by a cancel and queried with growing pauses', () => {
  const { subject, asked, wait } = start();
  wait(3_000);
  expect(subject.getSnapshot().value).toEqual({ unknown: 'waiting' });
  expect(asked.at(-1)).toEqual({
    type: 'venueLink.cancel',
    request: {
      orderId: request.orderId,
      clientId: request.clientId,
      market: request.market,
      goodTilBlock: request.goodTilBlock,
    },
  });
  for (const pauseMs of [500, 1_000, 2_000, 4_000, 5_000, 5_000]) {
    const queries = asked.length;
    wait(pauseMs - 50);
    expect(asked).toHaveLength(queries);
    wait(50);
    expect(asked.at(-1)).toMatchObject({ type: 'venueLink.query', orderId: request.orderId });
    subject.send({ type: 'query.notFound', attempt: 1 });
  }
});

test('an accepted send without a word of the venue becomes unknown too', () => {
  const { subject, wait } = start();
  subject.send({ type: 'send.accepted', txHash: 'AB' });
  wait(4_900);
  expect(subject.getSnapshot().value).toEqual({ submitted: 'accepted' });
  wait(100);
  expect(subject.getSnapshot().matches('unknown')).toBe(true);
});

test('an unknown order that turns out to be alive is canceled, not trusted', () => {
  const { subject, asked } = start();
  subject.send({ type: 'send.unknown', reason: 'timeout' });
  subject.send({ ...word('open'), type: 'query.report' } as OrderFact);
  expect(subject.getSnapshot().value).toBe('pendingCancel');
  expect(asked.filter(({ type }) => type === 'venueLink.cancel')).toHaveLength(2);
  expect(subject.getSnapshot().context.reason).toBe('timeout');
});

test('a query that fails or goes unanswered is asked again', () => {
  const { subject, asked, wait } = start();
  subject.send({ type: 'send.unknown', reason: 'timeout' });
  wait(500);
  subject.send({ type: 'query.failed', reason: 'HTTP 503' });
  expect(subject.getSnapshot().context.reason).toBe('HTTP 503');
  wait(1_000 + 5_000 + 2_000);
  expect(asked.filter(({ type }) => type === 'venueLink.query')).toHaveLength(3);
});

test.each<{ name: string; fact: OrderFact; end: string; reason: string }>([
  {
    name: 'rejected by the venue',
    fact: { type: 'send.rejected', code: '2001', message: 'reduce-only' },
    end: 'rejected',
    reason: '2001: reduce-only',
  },
  {
    name: 'never sent',
    fact: { type: 'send.unsent', reason: 'permission expired' },
    end: 'denied',
    reason: 'permission expired',
  },
  {
    name: 'expired by the venue’s word',
    fact: word('canceled', 0n, 'EXPIRED'),
    end: 'expired',
    reason: 'EXPIRED',
  },
])('an order $name ends as $end with the reason', ({ fact, end, reason }) => {
  const { subject, toldOf } = start();
  subject.send(fact);
  expect(toldOf('order.ended')).toEqual([expect.objectContaining({ end, reason })]);
});

test('a rejection of an order that has fills is not believed', () => {
  const { subject, toldOf } = start();
  subject.send(fill(1));
  subject.send({ type: 'send.rejected', code: '1', message: 'no' });
  expect(subject.getSnapshot().matches('unknown')).toBe(true);
  expect(toldOf('order.anomaly')).toEqual([
    expect.objectContaining({ cause: 'order.unexplained' }),
  ]);
});

test('that it was never sent is not believed of an order that the venue shows alive', () => {
  const { subject, toldOf } = start();
  subject.send(word('open'));
  subject.send({ type: 'send.unsent', reason: 'late' });
  expect(subject.getSnapshot().matches('unknown')).toBe(true);
  expect(toldOf('order.anomaly')).toHaveLength(1);
});

test.each([
  ['denied', { type: 'send.unsent', reason: 'late' }],
  ['rejected', { type: 'send.rejected', code: 'clob.2', message: 'no' }],
] as const)('a %s order that the venue shows alive is reported and canceled', (end, answer) => {
  const { subject, asked, toldOf } = start();
  subject.send(answer);
  expect(subject.getSnapshot().matches({ closed: end })).toBe(true);
  subject.send(word('open'));
  expect(toldOf('order.anomaly')).toHaveLength(1);
  expect(asked.at(-1)?.type).toBe('venueLink.cancel');
});

test('a rejected post-only order may have been told of, but neither rests nor lives on chain', () => {
  const { subject, asked, toldOf } = start({ request: { ...request, timeInForce: 'postOnly' } });
  subject.send({ type: 'send.rejected', code: 'clob.2003', message: 'would cross' });
  subject.send(word('bestEffortOpened'));
  subject.send(word('bestEffortCanceled', 0n, 'POST_ONLY_WOULD_CROSS_MAKER_ORDER'));
  expect(toldOf('order.anomaly')).toEqual([]);
  expect(asked.map(({ type }) => type)).toEqual(['venueLink.place']);
  expect(toldOf('order.ended')).toEqual([expect.objectContaining({ end: 'rejected' })]);
  subject.send(word('open'));
  expect(toldOf('order.anomaly')).toHaveLength(1);
});

test('a rejected immediate order that is told of as open is reported and canceled', () => {
  const { subject, asked, toldOf } = start();
  subject.send({ type: 'send.rejected', code: 'clob.2', message: 'no' });
  subject.send(word('bestEffortOpened'));
  expect(toldOf('order.anomaly')).toHaveLength(1);
  expect(asked.at(-1)?.type).toBe('venueLink.cancel');
});

test('a short-term order ends by height only through a sweep made after it', () => {
  const { subject, toldOf, wait } = start();
  subject.send(word('bestEffortOpened'));
  subject.send(swept(GOOD_TIL_BLOCK + 5));
  subject.send(height(GOOD_TIL_BLOCK + 1));
  expect(subject.getSnapshot().value).toBe('sweeping');
  subject.send(swept(GOOD_TIL_BLOCK));
  expect(subject.getSnapshot().value).toBe('sweeping');
  wait(3_000);
  expect(toldOf('order.sweepNeeded')).toHaveLength(2);
  subject.send(swept(GOOD_TIL_BLOCK + 1));
  expect(toldOf('order.ended')).toEqual([expect.objectContaining({ end: 'expired', filled: 0n })]);
});

test('a canceled order whose cancel stayed unconfirmed ends as canceled after the sweep', () => {
  const { subject, toldOf } = start();
  subject.send(word('open'));
  subject.send({ type: 'order.cancel' });
  subject.send({ type: 'cancel.accepted' });
  subject.send(word('bestEffortCanceled'));
  expect(subject.getSnapshot().value).toBe('cancelUnconfirmed');
  subject.send(height(GOOD_TIL_BLOCK + 1));
  subject.send(fill(1));
  subject.send(swept(GOOD_TIL_BLOCK + 1));
  expect(toldOf('order.ended')).toEqual([expect.objectContaining({ end: 'canceled', filled: 1n })]);
});

test.each<OrderFact>([
  { type: 'cancel.rejected', code: '10', message: 'late' },
  { type: 'cancel.unknown', reason: 'timeout' },
])('a cancel answered by $type leaves the order unknown', (fact) => {
  const { subject } = start();
  subject.send({ type: 'order.cancel' });
  subject.send(fact);
  expect(subject.getSnapshot().matches('unknown')).toBe(true);
});

test('a claim above the booked fills asks for a sweep and keeps the order open', () => {
  const { subject, toldOf } = start();
  subject.send(word('open', 1n));
  expect(subject.getSnapshot().value).toEqual({ working: 'open' });
  expect(toldOf('order.sweepNeeded')).toHaveLength(1);
});

test('an end whose fills are missing waits for them, and their arrival completes it', () => {
  const { subject, toldOf } = start();
  subject.send(word('filled'));
  expect(subject.getSnapshot().value).toBe('sweeping');
  subject.send(fill(1));
  subject.send(fill(2));
  expect(toldOf('order.ended')).toEqual([expect.objectContaining({ end: 'filled' })]);
});

test('fills that a sweep did not bring are an anomaly', () => {
  const { subject, toldOf } = start();
  subject.send(word('canceled', 1n));
  subject.send(height(GOOD_TIL_BLOCK + 1));
  subject.send(swept(GOOD_TIL_BLOCK + 1));
  expect(toldOf('order.anomaly')).toEqual([
    expect.objectContaining({ evidence: 'expected 1 filled, was 0 after a sweep' }),
  ]);
});

test('a claim of more fills after the end asks for a sweep again', () => {
  const { subject, toldOf } = start();
  subject.send(word('canceled'));
  subject.send({ ...word('canceled', 1n), type: 'query.report' } as OrderFact);
  expect(toldOf('order.sweepNeeded')).toHaveLength(1);
});

test('an ended order retires forty blocks after its last one', () => {
  const { subject } = start();
  subject.send(word('canceled'));
  subject.send(height(GOOD_TIL_BLOCK + 40));
  expect(subject.getSnapshot().status).toBe('active');
  subject.send(height(GOOD_TIL_BLOCK + 41));
  expect(subject.getSnapshot().output).toEqual({
    orderId: request.orderId,
    end: 'canceled',
    filled: 0n,
  });
});

test('a recovered order starts unknown, is fenced and never placed', () => {
  const { subject, asked } = start({
    request,
    recovered: { filled: size(1n), fillIds: [fillOf(1)] },
  });
  subject.send(fill(1));
  expect(subject.getSnapshot().context.filled).toBe(1n);
  expect(asked.map(({ type }) => type)).toEqual(['venueLink.cancel']);
});

test('a recovered order that was complete is closed at once', () => {
  const { toldOf } = start({ request, recovered: { filled: size(2n), fillIds: [fillOf(1)] } });
  expect(toldOf('order.ended')).toEqual([expect.objectContaining({ end: 'filled' })]);
});

test.each([
  { name: 'ends', facts: () => EMPTY },
  { name: 'fails', facts: () => throwError(() => new Error('broken')) },
])('an order whose stream of facts $name says so', ({ facts }) => {
  const logic = fromEventObservable<OrderFact, { readonly orderId: OrderId }>(facts);
  const deaf = orderMachine.provide({ actors: { facts: logic } });
  expect(host(deaf, { request }).toldOf('order.anomaly')).toHaveLength(1);
});

test('facts come in by the hole, keyed by the order’s id', () => {
  const keys: OrderId[] = [];
  const facts = fromEventObservable<OrderFact, { readonly orderId: OrderId }>(({ input }) => {
    keys.push(input.orderId);
    return of(word('open'), fill(1, 2n));
  });
  const { toldOf } = host(orderMachine.provide({ actors: { facts } }), { request });
  expect(keys).toEqual([request.orderId]);
  expect(toldOf('order.ended')).toHaveLength(1);
});

test('under any facts and any waiting, filled is the sum of the distinct fills', () => {
  const facts: OrderFact[] = [
    { type: 'send.accepted', txHash: '' },
    { type: 'send.unknown', reason: '' },
    { type: 'order.cancel' },
    { type: 'cancel.accepted' },
    { type: 'cancel.unknown', reason: '' },
    word('bestEffortOpened'),
    word('open'),
    word('bestEffortCanceled'),
    word('canceled'),
    { type: 'query.notFound', attempt: 1 },
    ...[1, 2, 3, 4].map((n) => fill(n)),
    height(GOOD_TIL_BLOCK),
    height(GOOD_TIL_BLOCK + 1),
    swept(GOOD_TIL_BLOCK + 1),
  ];
  const step = fc.oneof(fc.constantFrom(...facts), fc.constantFrom(100, 3_000, 6_000));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const { subject, toldOf, wait, stop } = start({ request: requestOf(1, 3n) });
      const booked = new Map<string, bigint>();
      for (const next of steps) {
        if (typeof next === 'number') wait(next);
        else {
          subject.send(next);
          if (next.type === 'venue.fill') booked.set(next.fillId, next.size);
        }
      }
      const { context, status } = subject.getSnapshot();
      const sum = [...booked.values()].reduce((total, units) => total + units, 0n);
      expect(status).toBe('active');
      expect(context.filled).toBe(sum);
      expect(toldOf('order.ended').length).toBe(context.end === undefined ? 0 : 1);
      stop();
    }),
    { numRuns: 200 },
  );
});
