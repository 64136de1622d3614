/**
 * Whether the venue still serves the account: its word on the address, asked for now and then, and
 * its refusals. Blocked, nothing is heard of orders and fills any more, while the chain still takes
 * them: that halts. Who may only close may only close. A word that cannot be read is no word. Of
 * what is not traded live nothing is asked.
 */
import { catchError, concatMap, EMPTY, exhaustMap, map, merge, timer, type Observable } from 'rxjs';
import type { Compliance } from '../model/account.js';
import type { UnixMs } from '../model/quantities.js';
import type { VenuePort } from '../ports/venue.js';
import type { Observation } from '../risk/breakers.js';
import type { World } from './world.js';

export interface ComplianceWatchOptions {
  readonly world: World;
  readonly venue: Pick<VenuePort, 'compliance'>;
  /** What the venue said when it refused to speak of the account. */
  readonly forbidden$: Observable<string>;
}

const ASK_EVERY_MS = 300_000;

export function complianceWatch(options: ComplianceWatchOptions): Observable<Observation> {
  const { world, venue, forbidden$ } = options;
  const { clock, config, inbox, log } = world;
  if (config.mode !== 'live') return EMPTY;
  const asked$ = timer(0, ASK_EVERY_MS, clock.scheduler).pipe(
    exhaustMap(() =>
      inbox.door('answer', 'rest/compliance', venue.compliance()).pipe(
        catchError((error: Error) => {
          log.write('warn', 'compliance.unread', { reason: error.message });
          return EMPTY;
        }),
      ),
    ),
    concatMap((word) => observationsOf(word, clock.now())),
  );
  const refused$ = inbox
    .door('fact', 'forbidden', forbidden$)
    .pipe(map((evidence) => blocked(evidence, clock.now())));
  return merge(asked$, refused$);
}

const blocked = (evidence: string, at: UnixMs): Observation => ({
  type: 'fault',
  cause: 'compliance.blocked',
  evidence,
  at,
});

function observationsOf({ status, reason }: Compliance, at: UnixMs): readonly Observation[] {
  const evidence = `the venue says ${status}${reason === undefined ? '' : `: ${reason}`}`;
  const holds = status === 'CLOSE_ONLY' || status === 'FIRST_STRIKE_CLOSE_ONLY';
  return [
    ...(status === 'BLOCKED' ? [blocked(evidence, at)] : []),
    { type: 'condition', at, cause: 'compliance.close-only', holds, evidence },
  ];
}
