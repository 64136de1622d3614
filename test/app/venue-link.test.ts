/**
 * The one way out: the journal first, then permission, then the bytes; every answer finds its
 * order.
 */
import { NEVER, of, throwError, type Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import { Inbox } from '../../src/app/inbox.js';
import { venueLinkLogic } from '../../src/app/venue-link.js';
import { lateVenue } from '../../src/app/world.js';
import { HeapClock } from '../../src/clock/heap.clock.js';
import type { OrderFact, VenueLinkEvent } from '../../src/model/facts.js';
import type { CancelRequest, Denial, OrderRequest, VenueOrder } from '../../src/model/order.js';
import {
  blockHeight,
  clientId,
  marketId,
  orderId,
  price,
  size,
  unixMs,
} from '../../src/model/quantities.js';
import type { Permission } from '../../src/model/risk.js';
import type { SendAnswer, VenuePort } from '../../src/ports/venue.js';

const id = orderId('78086eda-77ea-5c7f-b7e3-2357333d30b0');
const cancel = {
  orderId: id,
  clientId: clientId(1),
  market: marketId('BTC-USD'),
  goodTilBlock: blockHeight(7),
};
const request: OrderRequest = {
  ...cancel,
  intentId: 'sniper/BTC-USD/1.1',
  strategy: 'sniper',
  side: 'buy',
  size: size(1_000_000n),
  price: price(100_000n),
  timeInForce: 'ioc',
  reduceOnly: false,
  purpose: 'entry',
  newestFrameAt: unixMs(0),
  heldMs: 0,
};
const full = of(undefined);
const broken: Observable<never> = throwError(() => new Error('disk full'));
const may: Permission = { granted: true, expiresAt: unixMs(250) };
const accepted: SendAnswer = { type: 'accepted', txHash: 'TX', broadcastAt: unixMs(0) };

interface Circumstances {
  readonly venue: Partial<VenuePort>;
  readonly journal?: Observable<void>;
  readonly permission?: Permission;
  readonly denial?: Denial;
  /** How much later one looks. */
  readonly waitMs?: number;
}

/** What the order was told, and what was journaled, when everything has been run. */
const ask = (event: VenueLinkEvent, circumstances: Circumstances) => askAll([event], circumstances);

/** The same of several requests of one input. */
function askAll(
  events: readonly VenueLinkEvent[],
  { venue, journal = full, permission = may, denial, waitMs = 0 }: Circumstances,
) {
  const clock = new HeapClock(0);
  const inbox = new Inbox({ clock, stamp: () => clock.now(), atTurnEnd: () => undefined });
  const facts: OrderFact[] = [];
  const rows: string[] = [];
  const link = createActor(
    venueLinkLogic({
      inbox,
      venue: lateVenue(() => venue as VenuePort),
      record: (entry) => {
        rows.push(entry.type);
        return journal;
      },
      tell: (_, fact) => void facts.push(fact),
      permit: () => permission,
      refuseCancel: () => denial,
      now: () => clock.now(),
      scheduler: clock.scheduler,
      meter: { observe: () => undefined },
      onAnswer: () => undefined,
    }),
  ).start();
  inbox.enter('fact', 'test', () => events.forEach((event) => link.send(event)));
  inbox.enter('tick', 'clock', () => undefined, unixMs(waitMs));
  link.stop();
  return { facts, rows };
}

const place = (circumstances: Circumstances) =>
  ask({ type: 'venueLink.place', request }, circumstances);

describe('a place', () => {
  it.each<[SendAnswer, OrderFact]>([
    [accepted, { type: 'send.accepted', txHash: 'TX' }],
    [
      { type: 'rejected', code: 'clob.1', message: 'no' },
      { type: 'send.rejected', code: 'clob.1', message: 'no' },
    ],
    [
      { type: 'unknown', reason: 'silence' },
      { type: 'send.unknown', reason: 'silence' },
    ],
    [
      { type: 'unsent', reason: 'late' },
      { type: 'send.unsent', reason: 'late' },
    ],
  ])('answered with %o is told and journaled', (answer, fact) => {
    const { facts, rows } = place({ venue: { place: () => of(answer) } });
    expect(facts).toEqual([fact]);
    expect(rows).toEqual(['order.intent', 'order.sent']);
  });

  it('that is not permitted when its intent is durable does not leave', () => {
    const permission = { granted: false, reasons: ['halted', 'no book'] } as const;
    const { facts } = place({ venue: {}, permission });
    expect(facts).toEqual([{ type: 'send.unsent', reason: 'halted; no book' }]);
  });

  it('that cannot be journaled does not leave', () => {
    const { facts } = place({ venue: {}, journal: broken });
    expect(facts).toEqual([{ type: 'send.unsent', reason: 'disk full' }]);
  });

  it('whose intent is not durable yet has not left', () => {
    expect(place({ venue: {}, journal: NEVER }).facts).toEqual([]);
  });
});

describe('a replacement', () => {
  const { goodTilBlock } = request;

  it.each<[SendAnswer, OrderFact]>([
    [accepted, { type: 'replace.accepted', goodTilBlock }],
    [
      { type: 'rejected', code: 'clob.20', message: 'no' },
      { type: 'replace.rejected', code: 'clob.20', message: 'no', goodTilBlock },
    ],
    [
      { type: 'unknown', reason: 'silence' },
      { type: 'replace.unknown', reason: 'silence', goodTilBlock },
    ],
    [
      { type: 'unsent', reason: 'late' },
      { type: 'replace.unsent', reason: 'late', goodTilBlock },
    ],
  ])('answered with %o is told as its own, and is no answer to the order', (answer, fact) => {
    const venue = { place: () => of(answer) };
    const { facts, rows } = ask({ type: 'venueLink.replace', request }, { venue });
    expect(facts).toEqual([fact]);
    expect(rows).toEqual(['order.intent']);
  });

  it('that is not permitted when its intent is durable does not leave', () => {
    const permission = { granted: false, reasons: ['halted'] } as const;
    const { facts } = ask({ type: 'venueLink.replace', request }, { venue: {}, permission });
    expect(facts).toEqual([{ type: 'replace.unsent', reason: 'halted', goodTilBlock }]);
  });
});

describe('a cancel', () => {
  it.each<[SendAnswer, OrderFact]>([
    [accepted, { type: 'cancel.accepted' }],
    [
      { type: 'rejected', code: 'clob.1', message: 'no' },
      { type: 'cancel.rejected', code: 'clob.1', message: 'no' },
    ],
    [
      { type: 'unknown', reason: 'silence' },
      { type: 'cancel.unknown', reason: 'silence' },
    ],
  ])('answered with %o is told, also when the journal has failed', (answer, fact) => {
    for (const journal of [full, broken]) {
      const venue = { cancel: () => of(answer) };
      const { facts } = ask({ type: 'venueLink.cancel', request: cancel }, { venue, journal });
      expect(facts).toEqual([fact]);
    }
  });
});

describe('cancels of one input', () => {
  const others = Array.from({ length: 150 }, (_, index) => ({
    ...cancel,
    orderId: orderId(`78086eda-77ea-5c7f-b7e3-${String(index).padStart(12, '0')}`),
  }));
  const stateful = { kind: 'longTerm', goodTilTime: unixMs(1), includeBy: unixMs(1) } as const;
  const asked = (requests: readonly CancelRequest[], circumstances: Circumstances) =>
    askAll(
      requests.map((one) => ({ type: 'venueLink.cancel', request: one })),
      circumstances,
    );

  it('waits a second for a disk that hangs, and leaves without it', () => {
    const venue = { cancel: () => of(accepted) };
    const hanging = (waitMs: number) =>
      ask({ type: 'venueLink.cancel', request: cancel }, { venue, journal: NEVER, waitMs });
    expect(hanging(999).facts).toEqual([]);
    expect(hanging(1_000).facts).toEqual([{ type: 'cancel.accepted' }]);
  });

  it('leave by as few messages as the chain allows, those of stateful orders alone', () => {
    const sent: number[] = [];
    const venue = {
      batchCancel: (requests: readonly CancelRequest[]) => {
        sent.push(requests.length);
        return of(accepted);
      },
      cancel: () => {
        sent.push(1);
        return of(accepted);
      },
    };
    const { facts, rows } = asked([...others, { ...cancel, stateful }], { venue });
    expect(sent).toEqual([100, 50, 1]);
    // A yes says nothing of any order of a batch.
    expect(facts).toEqual([{ type: 'cancel.accepted' }]);
    expect(rows.filter((type) => type === 'cancel.intent')).toHaveLength(151);
    expect(rows.filter((type) => type === 'cancel.sent')).toHaveLength(151);
  });

  it.each<[SendAnswer, string]>([
    [{ type: 'rejected', code: 'clob.45', message: 'no' }, 'clob.45 no'],
    [{ type: 'unknown', reason: 'silence' }, 'silence'],
    [{ type: 'unsent', reason: 'late' }, 'late'],
  ])('answered with %o are in doubt, each of them', (answer, reason) => {
    const venue = { batchCancel: () => of(answer) };
    const { facts } = asked(others.slice(0, 2), { venue, journal: broken });
    expect(facts).toEqual([
      { type: 'cancel.unknown', reason },
      { type: 'cancel.unknown', reason },
    ]);
  });

  it('that the chain would refuse do not leave', () => {
    const denial: Denial = { code: 'limit.block-rate', message: '4 of 4' };
    const { facts, rows } = asked(others.slice(0, 2), { venue: {}, denial });
    const reason = 'limit.block-rate: 4 of 4';
    expect(facts).toEqual([
      { type: 'cancel.unknown', reason },
      { type: 'cancel.unknown', reason },
    ]);
    expect(rows).toEqual([]);
  });
});

describe('a query', () => {
  const open: VenueOrder = {
    ...cancel,
    status: 'open',
    totalFilled: size(5n),
    removalReason: undefined,
  };

  it.each<[Observable<VenueOrder | undefined>, OrderFact]>([
    [of(undefined), { type: 'query.notFound', attempt: 3 }],
    [broken, { type: 'query.failed', reason: 'disk full' }],
    [
      of(open),
      {
        type: 'query.report',
        status: 'open',
        totalFilled: size(5n),
        removalReason: undefined,
        goodTilBlock: cancel.goodTilBlock,
      },
    ],
  ])('tells what the venue knows of the order, %#', (answer$, fact) => {
    const venue = { order: () => answer$ };
    const asked: VenueLinkEvent = { type: 'venueLink.query', orderId: id, attempt: 3 };
    expect(ask(asked, { venue }).facts).toEqual([fact]);
  });
});

it('a cancel that the chain would not count any more is not sent, with the numbers', () => {
  const denial: Denial = { code: 'limit.block-rate', message: '5 of 5 messages used' };
  const { facts, rows } = ask({ type: 'venueLink.cancel', request: cancel }, { venue: {}, denial });
  expect(facts).toEqual([
    { type: 'cancel.unknown', reason: 'limit.block-rate: 5 of 5 messages used' },
  ]);
  expect(rows).toEqual([]);
});
