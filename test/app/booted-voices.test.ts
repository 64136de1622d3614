/** What a booted world says by itself comes in by the door, each word an input of its own. */
import { Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { hearBooted } from '../../src/app/booted-voices.js';
import { Inbox } from '../../src/app/inbox.js';
import type { Booted } from '../../src/app/world.js';
import { HeapClock } from '../../src/clock/heap.clock.js';
import type { AccountEvent } from '../../src/model/events.js';

describe('a booted world', () => {
  it('is heard until nobody listens any more: its account, and why nothing is signed', () => {
    const clock = new HeapClock(0);
    const inbox = new Inbox({ clock, stamp: () => clock.now(), atTurnEnd: () => undefined });
    const sources: string[] = [];
    inbox.inputs$.subscribe(({ kind, source }) => sources.push(`${kind} ${source}`));
    const heard: unknown[] = [];
    const account$ = new Subject<AccountEvent>();
    const signerFaults$ = new Subject<string>();
    const subscription = hearBooted({ account$, signerFaults$ } as unknown as Booted, {
      inbox,
      account: (event) => void heard.push(event),
      onSignerFault: (reason) => heard.push(reason),
    });
    account$.next({ type: 'account.update' } as AccountEvent);
    signerFaults$.next('keystore: wrong passphrase');
    subscription.unsubscribe();
    signerFaults$.next('nobody hears this');
    expect(heard).toEqual([{ type: 'account.update' }, 'keystore: wrong passphrase']);
    expect(sources).toEqual(['frame paper', 'fact signer']);
  });

  it('that says nothing by itself is no trouble', () => {
    const inbox = new Inbox({
      clock: new HeapClock(0),
      stamp: () => 0 as never,
      atTurnEnd: () => undefined,
    });
    const listener = { inbox, account: () => undefined, onSignerFault: () => undefined };
    expect(() => hearBooted({} as Booted, listener).unsubscribe()).not.toThrow();
  });
});
