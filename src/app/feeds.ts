/**
 * The sockets as the service sees them: which are live, what each carries, and what they say of it.
 */
import { BehaviorSubject, map, merge, tap, type Observable } from 'rxjs';
import type { AnyActorRef } from 'xstate';
import type { ConnectionEmitted } from '../../machines/connection-context.js';
import type { WantedPlan } from '../connection/wanted-plan.js';
import type { MarketId } from '../model/quantities.js';
import type { Log } from '../ports/log.js';
import { emitted$, state$, stateName } from './actor-observables.js';

export interface FeedsOptions {
  readonly log: Log;
  /** A feed is down: its books are not to be believed, and fills may be missed. */
  readonly onDown: (markets: readonly MarketId[]) => void;
  /** A feed that was up before is up again. */
  readonly onBack: (name: string) => void;
}

const nameOf = (index: number): string => `stream-${index}`;

export class Feeds {
  readonly #options: FeedsOptions;
  readonly #live$ = new BehaviorSubject<ReadonlyMap<string, boolean>>(new Map());
  #plan: WantedPlan = [];

  /** Whether every planned feed is live; replays. */
  readonly allLive$: Observable<boolean> = this.#live$.pipe(
    map((live) => live.size > 0 && [...live.values()].every(Boolean)),
  );

  constructor(options: FeedsOptions) {
    this.#options = options;
  }

  /** Everything is down until it says that it is up. */
  plan(plan: WantedPlan): void {
    this.#plan = plan;
    this.#live$.next(new Map(plan.map((_, index) => [nameOf(index), false])));
  }

  isLive(name: string): boolean {
    return this.#live$.value.get(name) ?? false;
  }

  /** The feed that carries a market. */
  carrying(market: MarketId): string | undefined {
    const index = this.#plan.findIndex((wanted) => wanted.some(({ id }) => id === market));
    return index < 0 ? undefined : nameOf(index);
  }

  /** What a connection's machine says, for as long as it lives. */
  hear(actor: AnyActorRef): Observable<unknown> {
    const states$ = state$(actor, ({ value }: { value?: unknown }) => stateName(value)).pipe(
      tap((state) => {
        const { context } = actor.getSnapshot() as { context?: { lastError?: string | null } };
        const isBad = state === 'backingOff' || state === 'failed';
        const fields = { name: actor.id, state, lastError: context?.lastError ?? null };
        this.#options.log.write(isBad ? 'warn' : 'info', 'connection', fields);
      }),
    );
    return merge(
      states$,
      emitted$(actor).pipe(tap((event) => this.#note(event as ConnectionEmitted))),
    );
  }

  #note(event: ConnectionEmitted): void {
    switch (event.type) {
      case 'feed.refused':
        this.#options.log.write('error', 'feed.refused', {
          key: event.key,
          message: event.message,
        });
        return;
      case 'feed.up':
        // First: who sees all feeds live goes on at once.
        this.#options.onBack(event.name);
        return this.#set(event.name, true);
      case 'feed.down':
        this.#set(event.name, false);
        return this.#options.onDown(this.#marketsOf(event.name));
      case 'session.want':
      case 'session.renew':
      case 'session.blame':
        return;
    }
  }

  #set(name: string, isLive: boolean): void {
    this.#live$.next(new Map([...this.#live$.value, [name, isLive]]));
  }

  #marketsOf(name: string): readonly MarketId[] {
    const carried = this.#plan.find((_, index) => nameOf(index) === name) ?? [];
    const ids = carried.flatMap(({ channel, id }) =>
      id === undefined || channel === 'v4_subaccounts' ? [] : [id as MarketId],
    );
    return [...new Set(ids)];
  }
}
