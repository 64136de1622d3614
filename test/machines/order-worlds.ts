/** What may happen to an order, by kind of order: for walks of the order chart. */
import { assign, type NonReducibleUnknown, type SnapshotFrom } from 'xstate';
import type { OrderContext, OrderInput } from '../../machines/order-context.js';
import { orderMachine } from '../../machines/order.machine.js';
import type { OrderFact } from '../../src/model/facts.js';
import { price, size, unixMs } from '../../src/model/quantities.js';
import { NO_BLOCK } from '../../src/model/stateful-order.js';
import type { Fact } from './explore.js';
import { fillOf, GOOD_TIL_BLOCK, requestOf } from './orders.js';

export type OrderSnapshot = SnapshotFrom<typeof orderMachine>;

/** What was asked of the venue so far: nothing else is answered. */
type Asked = 'send' | 'replace' | 'cancel' | 'query';
type Remembering = OrderContext & { readonly asked?: readonly Asked[] };

const askedOf = (context: OrderContext): readonly Asked[] => (context as Remembering).asked ?? [];

const remember = (what: Asked) =>
  assign<OrderContext, OrderFact, NonReducibleUnknown, OrderFact, never>(({ context }) => {
    const asked = [...new Set([...askedOf(context), what])].sort();
    return { asked } as unknown as Partial<OrderContext>;
  });

const nothing = () => {};
/** The chart alone: it tells nobody anything, and remembers what it asked. */
export const silent = orderMachine.provide({
  actions: {
    report: nothing,
    reportTerms: nothing,
    reportEnd: assign({ ended: true }),
    reportLateFill: nothing,
    askForSweep: nothing,
    compareFills: nothing,
    reportOverfill: nothing,
    reportMissingFills: nothing,
    reportContradiction: nothing,
    reportDeafness: nothing,
    place: remember('send'),
    sendReplacement: remember('replace'),
    sendCancel: remember('cancel'),
    fenceAgain: nothing,
    query: remember('query'),
  },
});

/** Facts that the venue and we can cause in this state: answers come to questions, and once. */
export function isHonest(state: OrderSnapshot, { type }: Fact): boolean {
  const asked = askedOf(state.context);
  if (type.startsWith('send.')) {
    return asked.includes('send') && !state.matches({ submitted: 'accepted' });
  }
  const family = (['replace', 'cancel', 'query'] as const).find((name) =>
    type.startsWith(`${name}.`),
  );
  return family === undefined || asked.includes(family);
}

type Word = { readonly totalFilled?: bigint; readonly reason?: string; readonly until?: number };
const word = (status: string, { totalFilled, reason, until }: Word = {}): Fact => ({
  type: 'venue.order',
  status,
  totalFilled,
  removalReason: reason,
  goodTilBlock: until,
});
const reported = (fact: Fact): Fact => ({ ...fact, type: 'query.report' });
const fills = [1, 2, 3].map((n) => ({ type: 'venue.fill', fillId: fillOf(n), size: size(1n) }));
const answers: readonly Fact[] = [
  { type: 'send.accepted', txHash: '' },
  { type: 'send.rejected', code: 'c', message: 'm' },
  { type: 'send.unknown', reason: 'r' },
  { type: 'send.unsent', reason: 'r' },
  { type: 'cancel.accepted' },
  { type: 'cancel.rejected', code: 'c', message: 'm' },
  { type: 'cancel.unknown', reason: 'r' },
];

export const immediateWorld: readonly Fact[] = [
  ...answers,
  { type: 'order.cancel' },
  ...['bestEffortOpened', 'open', 'untriggered', 'filled', 'bestEffortCanceled', 'canceled'].map(
    (status) => word(status),
  ),
  word('canceled', { reason: 'EXPIRED' }),
  word('canceled', { totalFilled: 1n }),
  reported(word('open')),
  { type: 'query.notFound', attempt: 0 },
  { type: 'query.failed', reason: 'r' },
  { type: 'chain.height', height: GOOD_TIL_BLOCK },
  { type: 'chain.height', height: GOOD_TIL_BLOCK + 1 },
  { type: 'chain.height', height: GOOD_TIL_BLOCK + 41 },
  { type: 'sweep.completed', completeTo: GOOD_TIL_BLOCK },
  { type: 'sweep.completed', completeTo: GOOD_TIL_BLOCK + 1 },
];
export const immediateWithFills = [...immediateWorld, ...fills];

/** A replacement to a larger size asks for this good-til-block. */
export const LATER_BLOCK = GOOD_TIL_BLOCK + 2;
const terms = { price: price(101n), newestFrameAt: unixMs(0), heldMs: 0 };
const [first, second] = fills;

export const restingWorld: readonly Fact[] = [
  { type: 'send.accepted', txHash: '' },
  { type: 'send.rejected', code: 'c', message: 'm' },
  { type: 'order.cancel' },
  { type: 'order.replace', ...terms, size: size(3n), goodTilBlock: LATER_BLOCK },
  { type: 'order.replace', ...terms, size: size(3n), goodTilBlock: GOOD_TIL_BLOCK },
  { type: 'order.replace', ...terms, size: size(1n), goodTilBlock: LATER_BLOCK },
  { type: 'replace.accepted', goodTilBlock: LATER_BLOCK },
  { type: 'replace.rejected', code: 'c', message: 'm', goodTilBlock: LATER_BLOCK },
  { type: 'replace.unknown', reason: 'r', goodTilBlock: LATER_BLOCK },
  { type: 'cancel.accepted' },
  word('bestEffortOpened', { until: GOOD_TIL_BLOCK }),
  word('bestEffortOpened', { until: LATER_BLOCK }),
  word('open', { until: LATER_BLOCK }),
  word('bestEffortCanceled'),
  word('bestEffortCanceled', { until: GOOD_TIL_BLOCK, reason: 'REPLACED' }),
  word('canceled', { until: GOOD_TIL_BLOCK, reason: 'EXPIRED' }),
  word('filled', { until: LATER_BLOCK, totalFilled: 2n }),
  { type: 'query.notFound', attempt: 0 },
  { type: 'chain.height', height: GOOD_TIL_BLOCK + 1 },
  { type: 'chain.height', height: LATER_BLOCK + 1 },
  { type: 'chain.height', height: LATER_BLOCK + 41 },
  { type: 'sweep.completed', completeTo: LATER_BLOCK + 1 },
  ...(first === undefined || second === undefined ? [] : [first, second]),
];

export const INCLUDE_BY = 60_000;
export const GOOD_TIL_TIME = 600_000;
const at = (height: number, time: number): Fact => ({ type: 'chain.height', height, time });

export const statefulWorld = ({ context }: OrderSnapshot): readonly Fact[] => [
  { type: 'send.accepted', txHash: '' },
  { type: 'send.rejected', code: 'c', message: 'm' },
  { type: 'order.cancel' },
  { type: 'order.replace', ...terms, size: size(2n), goodTilBlock: LATER_BLOCK },
  { type: 'cancel.accepted' },
  { type: 'cancel.unknown', reason: 'r' },
  word('untriggered'),
  word('open'),
  word('bestEffortCanceled'),
  word('canceled'),
  word('canceled', { reason: 'EXPIRED' }),
  word('canceled', { totalFilled: 1n }),
  reported(word('open')),
  reported(word('canceled')),
  { type: 'query.notFound', attempt: context.queries },
  at(20, INCLUDE_BY + 1),
  at(30, GOOD_TIL_TIME + 1),
  at(100, GOOD_TIL_TIME + 2),
  { type: 'sweep.completed', completeTo: 20 },
  { type: 'sweep.completed', completeTo: 101 },
  ...(first === undefined ? [] : [first]),
];

export const immediate: OrderInput = { request: requestOf(1) };
export const recovered: OrderInput = {
  ...immediate,
  recovered: { filled: size(1n), fillIds: [fillOf(1)] },
};
export const resting: OrderInput = { request: { ...requestOf(1), timeInForce: 'gtt' } };
export const conditional: OrderInput = {
  request: {
    ...requestOf(1, 1n),
    goodTilBlock: NO_BLOCK,
    stateful: {
      kind: 'conditional',
      goodTilTime: unixMs(GOOD_TIL_TIME),
      includeBy: unixMs(INCLUDE_BY),
      trigger: { type: 'stopLoss', price: price(90n) },
    },
  },
};

/** What tells two states apart; bounded in every world. */
export function abstract(state: OrderSnapshot): unknown {
  const { context, historyValue } = state;
  const { request, replacement, successor, filled, fillIds, venueFilled, seen } = context;
  const known = [filled, [...fillIds].sort(), venueFilled, seen, request.size];
  const isStateful = request.stateful !== undefined;
  if (!state.hasTag('live')) return isStateful ? [...known, context.closedAt] : known;
  const last = Math.max(request.goodTilBlock, replacement?.goodTilBlock ?? 0);
  const times = isStateful
    ? [context.time > INCLUDE_BY, context.overAt, context.askedLate, context.height]
    : [context.height > last];
  const before = state.matches('pendingReplace') ? Object.values(historyValue).flat() : [];
  return [
    known,
    [request.goodTilBlock, replacement?.size, successor?.size, context.hasOlderTerms],
    times,
    context.ending,
    before.map(({ id }) => id),
    askedOf(context),
  ];
}
