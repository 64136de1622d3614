/**
 * The one way out: every place, cancel and query of every order goes through this root-level actor.
 *
 * 1. Fire and forget: nobody waits on it. Answers come back as inputs, to the order that they name.
 * 2. An intent is durable in the journal before its bytes leave; then permission is asked, in the
 *    turn in which the request goes to the signer.
 * 3. A journal that cannot be written sends nothing that adds risk. Cancels leave without one.
 * 4. Cancels that one input asks for leave together: short-term ones in one message, whose yes says
 *    nothing of any of them. Each order waits for the venue's word, and asks again by itself.
 */
import { fromCallback } from 'xstate';
import {
  catchError,
  defer,
  EMPTY,
  forkJoin,
  map,
  merge,
  of,
  switchMap,
  tap,
  timeout,
  type Observable,
  type SchedulerLike,
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
  /** Asked before each message of cancels: would the chain count too many? */
  readonly refuseCancel: (requests: readonly CancelRequest[]) => Denial | undefined;
  readonly now: () => UnixMs;
  readonly scheduler: SchedulerLike;
  readonly meter: Meter;
  /** To a place, and to each replacement after it. */
  readonly onAnswer: (request: OrderRequest, answer: SendAnswer) => void;
}

export const venueLinkLogic = (options: VenueLinkOptions) =>
  fromCallback<VenueLinkEvent, undefined>(({ receive }) => {
    const underWay = new Subscription();
    const start = (work$: Observable<unknown>): void => underWay.add(work$.subscribe());
    /** Asked for by the input that is being run: its end is the next in line. */
    let asked: CancelRequest[] = [];
    const collect = (request: CancelRequest): void => {
      asked.push(request);
      if (asked.length > 1) return;
      options.inbox.enter('fact', 'cancels', () => {
        const requests = asked;
        asked = [];
        for (const message of messagesOf(requests)) start(cancel(message, options));
      });
    };
    receive((event) => {
      switch (event.type) {
        case 'venueLink.place':
          return start(place(event.request, options));
        case 'venueLink.replace':
          return start(replace(event.request, options));
        case 'venueLink.cancel':
          return collect(event.request);
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
      options.onAnswer(request, answer);
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

/** The chain takes so many in one message. */
const BATCH_MAX = 100;

/** Which cancels go together; those of stateful orders go alone. */
function messagesOf(requests: readonly CancelRequest[]): readonly (readonly CancelRequest[])[] {
  const shortTerm = requests.filter(({ stateful }) => stateful === undefined);
  const batches = Array.from({ length: Math.ceil(shortTerm.length / BATCH_MAX) }, (_, index) =>
    shortTerm.slice(index * BATCH_MAX, (index + 1) * BATCH_MAX),
  );
  const alone = requests.filter(({ stateful }) => stateful !== undefined);
  return [...batches, ...alone.map((request) => [request])];
}

/** A cancel waits so long for the disk. */
const CANCEL_WAIT_MS = 1_000;

/** Cancels only ever lower risk: they leave even when the journal has failed, or hangs. */
function cancel(
  requests: readonly CancelRequest[],
  options: VenueLinkOptions,
): Observable<unknown> {
  const { inbox, venue, record, scheduler, tell, refuseCancel } = options;
  const [only] = requests;
  const tellAll = (fact: OrderFact | undefined): void => {
    if (fact !== undefined) for (const { orderId } of requests) tell(orderId, fact);
  };
  const denial = refuseCancel(requests);
  if (denial !== undefined || only === undefined) {
    const reason = `${denial?.code}: ${denial?.message}`;
    return defer(() => of(tellAll({ type: 'cancel.unknown', reason })));
  }
  const isBatch = requests.length > 1;
  const written$ = forkJoin(
    requests.map((request) =>
      record({ type: 'cancel.intent', request }).pipe(
        timeout({ first: CANCEL_WAIT_MS, scheduler }),
        catchError(() => of(undefined)),
      ),
    ),
  );
  const sent$ = defer(() => (isBatch ? venue.batchCancel(requests) : venue.cancel(only)));
  return inbox.door('answer', 'journal', written$).pipe(
    switchMap(() => inbox.door('answer', 'venue', sent$)),
    tap((answer) => tellAll(isBatch ? batchCanceledFact(answer) : canceledFact(answer))),
    switchMap((answer) =>
      merge(...requests.map(({ orderId }) => record({ type: 'cancel.sent', orderId, answer }))),
    ),
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

/** A no to all of them may come from one of them: each asks for itself then. */
const batchCanceledFact = (answer: SendAnswer): OrderFact | undefined => {
  if (answer.type === 'accepted') return undefined;
  const reason = answer.type === 'rejected' ? `${answer.code} ${answer.message}` : answer.reason;
  return { type: 'cancel.unknown', reason };
};
