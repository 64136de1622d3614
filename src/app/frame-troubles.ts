/** What is said of frames that were not taken in, and what is done about it. */
import { merge, tap, type Observable } from 'rxjs';
import type { MarketEngine } from '../ports/engine.js';
import type { Log } from '../ports/log.js';

export interface TroubleOptions {
  readonly log: Log;
  /** A frame of the account was lost: it may have held a fill. */
  readonly onAccountLost: () => void;
}

export const frameTroubles = (
  { deadLetters$, versions, accountLost$ }: MarketEngine,
  { log, onAccountLost }: TroubleOptions,
): Observable<unknown> =>
  merge(
    deadLetters$.pipe(
      tap(({ reason, excerpt }) => log.write('warn', 'frame.quarantined', { reason, excerpt })),
    ),
    versions.raised$.pipe(
      tap(({ channel, version }) => log.write('warn', 'channel.version', { channel, version })),
    ),
    accountLost$.pipe(
      tap(() => {
        log.write('error', 'account.frame-lost');
        onAccountLost();
      }),
    ),
  );
