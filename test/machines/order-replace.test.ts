/** New terms under the same id: either may be alive until the venue shows which. */
import { describe, expect, test } from 'vitest';
import { orderMachine } from '../../machines/order.machine.js';
import type { OrderFact } from '../../src/model/facts.js';
import { blockHeight, price, size, unixMs, type OrderId } from '../../src/model/quantities.js';
import type { VenueWord } from '../../src/model/facts.js';
import { eitherOf, replacementOf } from '../../src/model/replacement.js';
import { host, silence } from './host.js';
import { conditional, LATER_BLOCK, resting } from './order-worlds.js';
import { fillOf, GOOD_TIL_BLOCK, requestOf } from './orders.js';

const machine = orderMachine.provide({
  actors: { facts: silence<OrderFact, { readonly orderId: OrderId }>() },
});
const later = blockHeight(LATER_BLOCK);
const older = blockHeight(GOOD_TIL_BLOCK);
const terms = (units = 3n, goodTilBlock = later) => ({
  price: price(101n),
  size: size(units),
  goodTilBlock,
  newestFrameAt: unixMs(5),
  heldMs: 0,
});
const word = (status: VenueWord['status'], more: Partial<VenueWord> = {}): OrderFact => ({
  type: 'venue.order',
  status,
  totalFilled: undefined,
  removalReason: undefined,
  ...more,
});
const fill = (n: number): OrderFact => ({ type: 'venue.fill', fillId: fillOf(n), size: size(1n) });

function replacing(units?: bigint) {
  const hosted = host(machine, resting);
  hosted.subject.send(word('open', { goodTilBlock: older }));
  hosted.subject.send({ type: 'order.replace', ...terms(units) });
  const stateNow = (): string => hosted.subject.getSnapshot().context.state;
  return { ...hosted, stateNow };
}

test('goes out once under the same id, and the wider terms are told at once', () => {
  const { asked, toldOf, stateNow } = replacing();
  const request = { ...resting.request, ...terms() };
  expect(asked.at(-1)).toEqual({ type: 'venueLink.replace', request });
  expect(stateNow()).toBe('pendingReplace.sending');
  expect(toldOf('order.terms')).toMatchObject([
    { request: { size: 3n, price: 101n, goodTilBlock: later } },
  ]);
});

test('is confirmed by a word that names the later block, not by one about the older terms', () => {
  const { subject, stateNow, toldOf } = replacing(1n);
  subject.send(word('open', { goodTilBlock: older }));
  subject.send(word('bestEffortCanceled', { goodTilBlock: older, removalReason: 'REPLACED' }));
  expect(stateNow()).toBe('pendingReplace.sending');
  subject.send({ type: 'replace.accepted', goodTilBlock: later });
  expect(stateNow()).toBe('pendingReplace.accepted');
  subject.send(word('bestEffortOpened', { goodTilBlock: later }));
  expect(stateNow()).toBe('working.bestEffortOpened');
  expect(toldOf('order.terms').map(({ request }) => (request as { size: bigint }).size)).toEqual([
    2n,
    1n,
  ]);
});

test.each<OrderFact>([
  { type: 'replace.rejected', code: 'clob.20', message: 'no', goodTilBlock: later },
  { type: 'replace.unsent', reason: 'permission expired', goodTilBlock: later },
])('that is refused ($type) leaves the order as it was', (fact) => {
  const { subject, stateNow } = replacing();
  subject.send(fact);
  expect(stateNow()).toBe('working.open');
  expect(subject.getSnapshot().context).toMatchObject({
    request: resting.request,
    replacement: undefined,
  });
});

test('is not answered by the late answer to an earlier one', () => {
  const { subject, stateNow } = replacing();
  subject.send(word('open', { goodTilBlock: later }));
  subject.send({ type: 'order.replace', ...terms(4n, blockHeight(LATER_BLOCK + 5)) });
  subject.send({ type: 'replace.unknown', reason: 'late', goodTilBlock: later });
  expect(stateNow()).toBe('pendingReplace.sending');
});

test('without an answer makes the order unknown, fenced up to the later block', () => {
  const { wait, asked, stateNow } = replacing();
  wait(3_000);
  expect(stateNow()).toBe('unknown.waiting');
  expect(asked.at(-1)).toMatchObject({
    type: 'venueLink.cancel',
    request: { goodTilBlock: later },
  });
});

test.each<[string, OrderFact]>([
  ['expired', word('canceled', { goodTilBlock: older, removalReason: 'EXPIRED' })],
  ['filled', word('filled', { goodTilBlock: older, totalFilled: size(2n) })],
  ['gone without a block', word('canceled')],
])('makes the word that the older terms are %s no end', (_name, fact) => {
  const { subject } = replacing();
  subject.send(fill(1));
  subject.send(fill(2));
  subject.send(fact);
  expect(subject.getSnapshot().hasTag('live')).toBe(true);
  subject.send(word('filled', { goodTilBlock: later, totalFilled: size(2n) }));
  expect(subject.getSnapshot().value).toEqual({ closed: 'filled' });
});

test('counts fills of both terms, and is complete only when the larger size is', () => {
  const { subject } = replacing();
  for (const n of [1, 2]) subject.send(fill(n));
  expect(subject.getSnapshot().hasTag('live')).toBe(true);
  subject.send(fill(3));
  expect(subject.getSnapshot().value).toEqual({ closed: 'filled' });
});

test('to a size that older terms have filled meanwhile closes the order when it is confirmed', () => {
  const { subject } = replacing(1n);
  subject.send(fill(1));
  expect(subject.getSnapshot().hasTag('live')).toBe(true);
  subject.send(word('bestEffortOpened', { goodTilBlock: later }));
  expect(subject.getSnapshot().value).toEqual({ closed: 'filled' });
});

test('only ends by height when the later block has passed', () => {
  const { subject, stateNow } = replacing();
  subject.send({ type: 'chain.height', height: blockHeight(GOOD_TIL_BLOCK + 1) });
  expect(stateNow()).toBe('pendingReplace.sending');
  subject.send({ type: 'chain.height', height: blockHeight(LATER_BLOCK + 1) });
  expect(stateNow()).toBe('sweeping');
});

test('to no more than is filled is a cancel without a successor', () => {
  const { subject, toldOf, asked } = host(machine, resting);
  subject.send(word('open'));
  subject.send(fill(1));
  subject.send({ type: 'order.replace', ...terms(1n) });
  expect(asked.at(-1)?.type).toBe('venueLink.cancel');
  subject.send(word('canceled', { totalFilled: size(1n) }));
  expect([toldOf('order.ended').length, toldOf('order.successorDue').length]).toEqual([1, 0]);
});

describe('where the chain replaces nothing', () => {
  test('an order on chain is canceled first, and its rest told when the chain has ended it', () => {
    const input = { request: { ...conditional.request, size: size(2n) } };
    const { subject, toldOf } = host(machine, input);
    subject.send(word('open'));
    subject.send(fill(1));
    subject.send({ type: 'order.replace', ...terms() });
    expect(subject.getSnapshot().value).toBe('pendingCancel');
    subject.send(word('canceled', { totalFilled: size(1n) }));
    expect(toldOf('order.successorDue')).toEqual([
      expect.objectContaining({ terms: terms(), filled: 1n }),
    ]);
  });

  test('a short-term order waits for the sweep after its last block, as a fill may still be late', () => {
    const { subject, toldOf } = host(machine, resting);
    subject.send(word('open'));
    subject.send({ type: 'order.replace', ...terms(3n, older) });
    subject.send(word('canceled'));
    expect(subject.getSnapshot().value).toBe('sweeping');
    subject.send(fill(1));
    subject.send({ type: 'chain.height', height: blockHeight(GOOD_TIL_BLOCK + 1) });
    subject.send({ type: 'sweep.completed', completeTo: blockHeight(GOOD_TIL_BLOCK + 1) });
    expect(toldOf('order.successorDue')).toEqual([expect.objectContaining({ filled: 1n })]);
  });

  test('an order that filled whole before its cancel has no successor', () => {
    const { subject, toldOf } = host(machine, { request: { ...conditional.request } });
    subject.send(word('open'));
    subject.send({ type: 'order.replace', ...terms(1n) });
    subject.send(fill(1));
    expect([toldOf('order.ended').length, toldOf('order.successorDue').length]).toEqual([1, 0]);
  });
});

describe('what the chain replaces in place', () => {
  const order = resting.request;
  test.each([
    ['a later block and an open rest', order, terms(), true],
    ['a smaller size that is not filled yet', order, terms(1n), true],
    ['the same block', order, terms(3n, older), false],
    ['an immediate order', requestOf(1), terms(), false],
    ['an order on chain', conditional.request, terms(), false],
  ])('%s', (_name, request, wanted, isReplaced) => {
    expect(replacementOf(request, wanted, size(0n)) !== undefined).toBe(isReplaced);
  });

  test('never leaves less than what is filled', () => {
    expect(replacementOf(order, terms(1n), size(1n))).toBeUndefined();
  });

  test.each([
    ['buy' as const, 'higher', 101n],
    ['sell' as const, 'lower', 100n],
  ])('either of two %ss is the larger one at the %s price until the later block', (...of) => {
    const [side, , price] = of;
    const other = { ...order, ...terms(1n), side };
    const covering = { size: 2n, price, goodTilBlock: later };
    expect(eitherOf({ ...order, side }, other)).toMatchObject(covering);
    expect(eitherOf(other, { ...order, side })).toMatchObject({ size: 2n, price });
  });
});
