/**
 * Every row of the tables of what a subscriber may hear of an order, short-term and on chain: what
 * it makes of the order, and that in any order of arrival nothing is lost, lowered or stuck.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { orderMachine } from '../../machines/order.machine.js';
import type { OrderFact } from '../../src/model/facts.js';
import type { VenueOrderStatus } from '../../src/model/order.js';
import { blockHeight, size, unixMs, type OrderId } from '../../src/model/quantities.js';
import { host, silence } from './host.js';
import { conditional, GOOD_TIL_TIME, INCLUDE_BY, resting } from './order-worlds.js';
import { fillOf, GOOD_TIL_BLOCK, requestOf } from './orders.js';

const machine = orderMachine.provide({
  actors: { facts: silence<OrderFact, { readonly orderId: OrderId }>() },
});

const says = (
  status: VenueOrderStatus,
  totalFilled?: bigint,
  removalReason?: string,
): OrderFact => ({
  type: 'venue.order',
  status,
  totalFilled: totalFilled === undefined ? undefined : size(totalFilled),
  removalReason,
});
const fill = (n: number): OrderFact => ({
  type: 'venue.fill',
  fillId: fillOf(n),
  size: size(1n),
});
const height = (value: number, time = 0): OrderFact => ({
  type: 'chain.height',
  height: blockHeight(value),
  time: unixMs(time),
});
const swept = (value: number): OrderFact => ({
  type: 'sweep.completed',
  completeTo: blockHeight(value),
});

/** Facts in a row, and where they leave an order of two units. */
type Row = readonly [name: string, facts: readonly OrderFact[], state: string, filled: bigint];

const opened = says('bestEffortOpened');
const gone = says('bestEffortCanceled', undefined, 'USER_CANCELED');

const SHORT_TERM: readonly Row[] = [
  ['the node accepts it', [opened], 'working.bestEffortOpened', 0n],
  ['a block fills a part of it', [opened, fill(1), says('open', 1n)], 'working.open', 1n],
  ['a fill comes without OPENED', [fill(1), says('open', 1n)], 'working.open', 1n],
  ['a block fills it whole', [opened, fill(1), fill(2), says('filled', 2n)], 'closed.filled', 2n],
  ['an immediate one fills in part', [fill(1), says('canceled', 1n)], 'closed.canceled', 1n],
  ['a node removes it', [opened, gone], 'cancelUnconfirmed', 0n],
  ['a node removes it in part filled', [fill(1), says('open', 1n), gone], 'cancelUnconfirmed', 1n],
  ['its last block passes', [opened, says('canceled', 0n, 'EXPIRED')], 'closed.expired', 0n],
  ['it was removed and expires', [gone, says('canceled', 0n, 'EXPIRED')], 'closed.expired', 0n],
  [
    'it was removed and fills in part',
    [opened, gone, fill(1), says('bestEffortCanceled', 1n)],
    'cancelUnconfirmed',
    1n,
  ],
  [
    'it was removed, fills in part and is expired',
    [opened, gone, fill(1), says('canceled', 1n)],
    'closed.canceled',
    1n,
  ],
  [
    'it was removed and fills whole',
    [gone, fill(1), fill(2), says('filled', 2n)],
    'closed.filled',
    2n,
  ],
  ['no message comes at all', [opened, height(11), swept(11)], 'closed.expired', 0n],
  [
    'the sweep of old orders',
    [opened, says('canceled', 0n, 'INDEXER_EXPIRED')],
    'closed.expired',
    0n,
  ],
  [
    'OPENED comes after FILLED',
    [fill(1), fill(2), says('filled', 2n), opened],
    'closed.filled',
    2n,
  ],
  ['OPENED comes after the removal', [gone, opened], 'cancelUnconfirmed', 0n],
  ['a fill comes after the end', [says('canceled', 0n), fill(1)], 'closed.canceled', 1n],
  ['FILLED comes before its fills', [says('filled', 2n), fill(1), fill(2)], 'closed.filled', 2n],
];

const STATEFUL: readonly Row[] = [
  ['a block contains it', [says('open', 0n)], 'working.open', 0n],
  ['a block contains it, and it waits', [says('untriggered', 0n)], 'working.untriggered', 0n],
  ['it triggers', [says('untriggered', 0n), says('open')], 'working.open', 0n],
  ['the trigger is heard first', [says('open'), says('untriggered', 0n)], 'working.open', 0n],
  ['it fills in part', [says('open'), fill(1), says('open', 1n)], 'working.open', 1n],
  ['it fills whole', [says('open'), fill(1), fill(2), says('filled', 2n)], 'closed.filled', 2n],
  [
    'a triggered immediate one fills in part',
    [says('open'), fill(1), says('canceled', 1n)],
    'closed.canceled',
    1n,
  ],
  [
    'its cancel is in a block',
    [says('open'), says('canceled', 0n, 'USER_CANCELED')],
    'closed.canceled',
    0n,
  ],
  [
    'its cancel is in a block while it waits',
    [says('untriggered'), says('canceled', 0n, 'USER_CANCELED')],
    'closed.canceled',
    0n,
  ],
  ['its time is over', [says('open'), says('canceled', 0n, 'EXPIRED')], 'closed.expired', 0n],
  ['a node drops it', [says('open'), gone], 'working.open', 0n],
  ['a node drops it and shows it again', [says('open'), gone, says('open')], 'working.open', 0n],
  ['a node drops it while it waits', [says('untriggered'), gone], 'working.untriggered', 0n],
  ...[
    'UNDERCOLLATERALIZED',
    'SELF_TRADE_ERROR',
    'POST_ONLY_WOULD_CROSS_MAKER_ORDER',
    'IMMEDIATE_OR_CANCEL_WOULD_REST_ON_BOOK',
    'REDUCE_ONLY_RESIZE',
    'VIOLATES_ISOLATED_SUBACCOUNT_CONSTRAINTS',
    'EQUITY_TIER',
    'FINAL_SETTLEMENT',
  ].map((reason): Row => [
    `the chain removes it: ${reason}`,
    [says('open'), says('canceled', 0n, reason)],
    'closed.canceled',
    0n,
  ]),
];

const stateful = {
  request: { ...conditional.request, size: size(2n), orderId: requestOf(1).orderId },
};

describe.each([
  { kind: 'short-term', input: resting, rows: SHORT_TERM },
  { kind: 'on chain', input: stateful, rows: STATEFUL },
])('an order that is $kind', ({ input, rows }) => {
  test.each(rows)('%s', (_name, facts, state, filled) => {
    const { subject } = host(machine, input);
    for (const fact of facts) subject.send(fact);
    expect(subject.getSnapshot().context).toMatchObject({ state, filled });
  });

  test('hears all of it in any order: filled grows by each fill once, and time ends it', () => {
    const all = [...new Set(rows.flatMap(([, facts]) => facts))].filter(
      ({ type }) => type === 'venue.order' || type === 'venue.fill',
    );
    const some = fc.shuffledSubarray(all, { minLength: 1 });
    fc.assert(
      fc.property(some, (facts) => {
        const { subject, toldOf, stop } = host(machine, input);
        let before = 0n;
        for (const fact of facts) {
          subject.send(fact);
          const { filled } = subject.getSnapshot().context;
          expect(filled >= before).toBe(true);
          before = filled;
        }
        const ids = facts.flatMap((fact) => (fact.type === 'venue.fill' ? [fact.fillId] : []));
        expect(before).toBe(BigInt(new Set(ids).size));
        subject.send(height(GOOD_TIL_BLOCK + 1, GOOD_TIL_TIME + 1));
        subject.send(height(GOOD_TIL_BLOCK + 2, GOOD_TIL_TIME + 2));
        subject.send(swept(GOOD_TIL_BLOCK + 2));
        expect(subject.getSnapshot().hasTag('terminal')).toBe(true);
        expect(toldOf('order.ended')).toHaveLength(1);
        stop();
      }),
      { numRuns: 60 },
    );
  });
});

test('a hint of a node about an order on chain is looked into, and no cancel is sent for it', () => {
  const { subject, asked } = host(machine, stateful);
  subject.send(says('open'));
  subject.send(gone);
  expect(asked.map(({ type }) => type)).toEqual(['venueLink.place', 'venueLink.query']);
  subject.send({
    type: 'query.report',
    status: 'canceled',
    totalFilled: size(0n),
    removalReason: '',
  });
  expect(subject.getSnapshot().value).toEqual({ closed: 'canceled' });
});

describe('an order on chain of which nothing is heard', () => {
  const lost = () => {
    const hosted = host(machine, stateful);
    hosted.subject.send({ type: 'send.unknown', reason: 'timeout' });
    return hosted;
  };

  test('is alive until no block can take it, and then needs a question and a sweep of that time', () => {
    const { subject, wait, toldOf } = lost();
    wait(500);
    subject.send({ type: 'query.notFound', attempt: 1 });
    subject.send(height(20, INCLUDE_BY + 1));
    subject.send(swept(30));
    expect(subject.getSnapshot().matches('unknown')).toBe(true);
    wait(1_000);
    // An old answer that comes late proves nothing.
    subject.send({ type: 'query.notFound', attempt: 1 });
    expect(subject.getSnapshot().matches('unknown')).toBe(true);
    wait(2_000);
    subject.send({ type: 'query.notFound', attempt: 3 });
    expect(subject.getSnapshot().value).toBe('sweeping');
    subject.send(swept(19));
    expect(subject.getSnapshot().value).toBe('sweeping');
    subject.send(swept(20));
    expect(toldOf('order.ended')).toEqual([
      expect.objectContaining({ end: 'expired', filled: 0n }),
    ]);
  });

  test('and that is there after all, is told and canceled whatever we had proved', () => {
    const { subject, wait, asked, toldOf } = lost();
    subject.send(height(20, INCLUDE_BY + 1));
    wait(500);
    subject.send({ type: 'query.notFound', attempt: 1 });
    expect(subject.getSnapshot().value).toBe('sweeping');
    subject.send(swept(20));
    subject.send(says('open'));
    expect(toldOf('order.anomaly')).toHaveLength(1);
    expect(asked.at(-1)?.type).toBe('venueLink.cancel');
  });

  test('is asked for again when its cancel was taken, because it may have found nothing yet', () => {
    const { subject, wait } = host(machine, stateful);
    subject.send(says('open'));
    subject.send({ type: 'order.cancel' });
    subject.send({ type: 'cancel.accepted' });
    expect(subject.getSnapshot().value).toBe('cancelUnconfirmed');
    wait(3_000);
    expect(subject.getSnapshot().matches('unknown')).toBe(true);
    wait(500);
    expect(subject.getSnapshot().value).toEqual({ unknown: 'querying' });
  });
});
