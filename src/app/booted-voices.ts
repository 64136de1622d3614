/** What a booted world goes on saying by itself, each notification an input of its own. */
import { Subscription, type Observer } from 'rxjs';
import type { AccountEvent } from '../model/events.js';
import type { Inbox } from './inbox.js';
import type { Booted } from './world.js';

export interface BootedListener {
  readonly inbox: Pick<Inbox, 'door'>;
  readonly account: Pick<Observer<AccountEvent>, 'next'> | ((event: AccountEvent) => void);
  /** Nothing will be signed any more: why. */
  readonly onSignerFault: (reason: string) => void;
}

export function hearBooted(
  { account$, signerFaults$ }: Booted,
  { inbox, account, onSignerFault }: BootedListener,
): Subscription {
  const heard = new Subscription();
  if (account$ !== undefined) {
    heard.add(inbox.door('frame', 'paper', account$).subscribe(account));
  }
  if (signerFaults$ !== undefined) {
    heard.add(inbox.door('fact', 'signer', signerFaults$).subscribe(onSignerFault));
  }
  return heard;
}
