/**
 * After every sweep our figures beside the venue's: what differs is first explained by funding and
 * transfers, which no channel tells, and is a cause to halt when it lasts without an explanation.
 */
import {
  catchError,
  concatMap,
  EMPTY,
  exhaustMap,
  forkJoin,
  map,
  of,
  tap,
  type Observable,
} from 'rxjs';
import type { AccountSnapshot } from '../model/account.js';
import type { VenuePort } from '../ports/venue.js';
import type { Observation } from '../risk/breakers.js';
import type { AccountDesk } from './account-desk.js';
import type { World } from './world.js';

export interface AccountWatchOptions {
  readonly world: World;
  readonly venue: VenuePort;
  readonly desk: AccountDesk;
  /** The venue's account after each sweep, its fills booked. */
  readonly accounts$: Observable<AccountSnapshot>;
}

export function accountWatch(options: AccountWatchOptions): Observable<Observation> {
  const { world, desk, accounts$ } = options;
  return accounts$.pipe(
    exhaustMap((account) => {
      const differs = (desk.compare(account)?.length ?? 0) > 0;
      return differs ? explained(options).pipe(map(() => account)) : of(account);
    }),
    concatMap((account): readonly Observation[] => {
      const evidence = desk.look(account);
      if (evidence === undefined) return [];
      return [{ type: 'fault', cause: 'account.drift', evidence, at: world.clock.now() }];
    }),
  );
}

/** Reads funding and transfers since the last ones known. Emits once, also when that fails. */
function explained({ world, venue, desk }: AccountWatchOptions): Observable<unknown> {
  const { paidTo, transferredTo } = desk.ledger;
  if (paidTo === undefined || transferredTo === undefined) return EMPTY;
  const read$ = forkJoin([venue.fundingPayments(paidTo), venue.transfers(transferredTo)]);
  return world.inbox.door('answer', 'rest/money', read$).pipe(
    tap(([payments, transfers]) => {
      const rows = desk.take(payments, transfers);
      if (rows > 0) world.log.write('info', 'money.explained', { rows });
    }),
    catchError((error: Error) => {
      world.log.write('warn', 'money.unread', { reason: error.message });
      return of(undefined);
    }),
  );
}
