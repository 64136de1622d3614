/**
 * The one way out: every place, cancel and query of every order goes through this root-level actor.
 *
 * 1. Fire and forget: nobody waits on it. Answers come back as inputs, to the order that they name.
 * 2. An intent is durable in the journal before its bytes leave; then permission is asked, in the
 *    turn in which the request goes to the signer.
 * 3. A journal that cannot be written sends nothing that adds risk.
 */
import { fromCallback } from 'xstate';
import {
  catchError,
  defer,
  EMPTY,
  map,
  of,
  switchMap,
  tap,
  type Observable,
  Subscription,
} from 'rxjs';
import type { OrderFact, VenueLinkEvent } from '../model/facts.js';
import type { CancelRequest, Denial, OrderRequest } from '../model/order.js';
import type { OrderId, UnixMs } from '../model/quantities.js';
import type { Permission } from '../model/risk.js';
import type { JournalEntry } from '../ports/journal.js';
import type { Hop, Meter } from '../ports/meter.js';
import type { SendAnswer, VenuePort } from '../ports/venue.js';
import type { Inbox } from './inbox.js';

export interface VenueLinkOptions {
  readonly inbox: Inbox;
  readonly venue: VenuePort;
  /** Emits once when the entry is on the disk; errors when it never will be. */
  readonly record: (entry: JournalEntry) => Observable<void>;
  readonly tell: (orderId: OrderId, fact: OrderFact) => void;
  /** Asked when the intent is durable: may this one leave now? */
  readonly permit: (request: OrderRequest) => Permission;
  /** Asked before each cancel: would the chain count one message too many? */
  readonly refuseCancel: (request: CancelRequest) => Denial | undefined;
  readonly now: () => UnixMs;
  readonly meter: Meter;
  readonly onAnswer: (request: OrderRequest, answer: SendAnswer) => void;
  /** The answer to a replacement, which says nothing of the order itself. */
  readonly onReplaced?: (request: OrderRequest, answer: SendAnswer) => void;
}

export const venueLinkLogic = (options: VenueLinkOptions) =>
  fromCallback<VenueLinkEvent, undefined>(({ receive }) => {
    const underWay = new Subscription();
    const start = (work$: Observable<unknown>): void => underWay.add(work$.subscribe());
    receive((event) => {
      switch (event.type) {
        case 'venueLink.place':
          return start(place(event.request, options));
        case 'venueLink.replace':
          return start(replace(event.request, options));
        case 'venueLink.cancel':
          return start(cancel(event.request, options));
        case 'venueLink.query':
          return start(query(event, options));
      }
    });
    return () => underWay.unsubscribe();
  });

function place(request: OrderRequest, options: VenueLinkOptions): Observable<unknown> {
  const { record, tell, onAnswer } = options;
  return send(request, options).pipe(
    tap((answer) => {
      onAnswer(request, answer);
      tell(request.orderId, placedFact(answer));
    }),
    switchMap((answer) => record({ type: 'order.sent', orderId: request.orderId, answer })),
    catchError(() => EMPTY),
  );
}

/**
 * A second intent of the same id: from then on the journal, too, counts the larger of both. Its
 * answer is none of the order's, which lives or died by its first one.
 */
function replace(request: OrderRequest, options: VenueLinkOptions): Observable<unknown> {
  return send(request, options).pipe(
    tap((answer) => {
      options.onReplaced?.(request, answer);
      options.tell(request.orderId, replacedFact(request, answer));
    }),
  );
}

/** Durable, then permitted, then broadcast. */
function send(request: OrderRequest, options: VenueLinkOptions): Observable<SendAnswer> {
  const { inbox, venue, record, permit } = options;
  const durable$ = inbox.door('answer', 'journal', record({ type: 'order.intent', request }));
  return timed('journal', durable$, options).pipe(
    switchMap(() => {
      const permission = permit(request);
      if (permission.granted) {
        const placed$ = venue.place(request, permission.expiresAt);
        return timed('broadcast', inbox.door('answer', 'venue', placed$), options);
      }
      const reason = permission.reasons.join('; ');
      return of<SendAnswer>({ type: 'unsent', reason });
    }),
    catchError((error: Error) => of<SendAnswer>({ type: 'unsent', reason: error.message })),
  );
}

/** A cancel only ever lowers risk: it leaves even when the journal has failed. */
function cancel(request: CancelRequest, options: VenueLinkOptions): Observable<unknown> {
  const { inbox, venue, record, tell, refuseCancel } = options;
  const denial = refuseCancel(request);
  if (denial !== undefined) {
    const reason = `${denial.code}: ${denial.message}`;
    return defer(() => of(tell(request.orderId, { type: 'cancel.unknown', reason })));
  }
  const written$ = record({ type: 'cancel.intent', request }).pipe(catchError(() => of(undefined)));
  return inbox.door('answer', 'journal', written$).pipe(
    switchMap(() => inbox.door('answer', 'venue', venue.cancel(request))),
    tap((answer) => tell(request.orderId, canceledFact(answer))),
    switchMap((answer) => record({ type: 'cancel.sent', orderId: request.orderId, answer })),
    catchError(() => EMPTY),
  );
}

type Query = Extract<VenueLinkEvent, { type: 'venueLink.query' }>;

function query(
  { orderId, attempt }: Query,
  { inbox, venue, tell }: VenueLinkOptions,
): Observable<unknown> {
  return inbox.door('answer', 'venue', venue.order(orderId)).pipe(
    map((order): OrderFact => {
      if (order === undefined) return { type: 'query.notFound', attempt };
      const { status, totalFilled, removalReason, goodTilBlock } = order;
      return { type: 'query.report', status, totalFilled, removalReason, goodTilBlock };
    }),
    catchError((error: Error) => of<OrderFact>({ type: 'query.failed', reason: error.message })),
    tap((fact) => tell(orderId, fact)),
  );
}

/** Measures from the subscription to the answer. */
const timed = <T>(
  hop: Hop,
  source$: Observable<T>,
  { meter, now }: VenueLinkOptions,
): Observable<T> =>
  defer(() => {
    const begun = now();
    return source$.pipe(tap(() => meter.observe(hop, now() - begun)));
  });

function placedFact(answer: SendAnswer): OrderFact {
  switch (answer.type) {
    case 'accepted':
      return { type: 'send.accepted', txHash: answer.txHash };
    case 'rejected':
      return { type: 'send.rejected', code: answer.code, message: answer.message };
    case 'unknown':
      return { type: 'send.unknown', reason: answer.reason };
    case 'unsent':
      return { type: 'send.unsent', reason: answer.reason };
  }
}

function replacedFact({ goodTilBlock }: OrderRequest, answer: SendAnswer): OrderFact {
  switch (answer.type) {
    case 'accepted':
      return { type: 'replace.accepted', goodTilBlock };
    case 'rejected': {
      const { code, message } = answer;
      return { type: 'replace.rejected', code, message, goodTilBlock };
    }
    case 'unknown':
      return { type: 'replace.unknown', reason: answer.reason, goodTilBlock };
    case 'unsent':
      return { type: 'replace.unsent', reason: answer.reason, goodTilBlock };
  }
}

function canceledFact(answer: SendAnswer): OrderFact {
  switch (answer.type) {
    case 'accepted':
      return { type: 'cancel.accepted' };
    case 'rejected':
      return { type: 'cancel.rejected', code: answer.code, message: answer.message };
    case 'unknown':
    case 'unsent':
      return { type: 'cancel.unknown', reason: answer.reason };
  }
}
