/**
 * Whether the venue still serves the account: its word on the address, asked for now and then, and
 * its refusals. Blocked, nothing is heard of orders and fills any more, while the chain still takes
 * them: that halts. A refusal that does not say why may be a gate's before the venue: several of
 * them halt. Who may only close may only close. A word that cannot be read is no word. Of what is
 * not traded live nothing is asked.
 */
import {
  catchError,
  concatMap,
  EMPTY,
  exhaustMap,
  filter,
  map,
  merge,
  timer,
  type Observable,
} from 'rxjs';
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
/** The venue's own reasons to refuse. */
const ITS_WORDS = /COMPLIANCE_BLOCKED|GEOBLOCKED/;
/** Refusals without a reason that halt, when so many come within the time. */
const BARE_MAX = 4;
const BARE_WITHIN_MS = 120_000;

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
  let bare: readonly UnixMs[] = [];
  const isBelieved = (evidence: string): boolean => {
    if (ITS_WORDS.test(evidence)) return true;
    const now = clock.now();
    log.write('warn', 'compliance.refused', { reason: evidence });
    bare = [...bare, now].filter((at) => now - at <= BARE_WITHIN_MS);
    return bare.length >= BARE_MAX;
  };
  const refused$ = inbox.door('fact', 'forbidden', forbidden$).pipe(
    filter(isBelieved),
    map((evidence) => blocked(evidence, clock.now())),
  );
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
