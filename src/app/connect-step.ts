/**
 * Reaching the market: parameters by REST, a plan of sockets, history for the signals, and then
 * every socket live. What cannot be reached is said and tried again for ever; only what is wrong
 * with the settings ends it.
 */
import {
  catchError,
  concat,
  concatMap,
  defer,
  EMPTY,
  filter,
  from,
  ignoreElements,
  map,
  merge,
  mergeMap,
  of,
  take,
  tap,
  timer,
  type Observable,
} from 'rxjs';
import type { ConnectionInput } from '../../machines/connection-context.js';
import type { StepFact } from '../../machines/service.machine.js';
import { planSockets, type WantedPlan } from '../connection/wanted-plan.js';
import { subaccountKey } from '../model/account.js';
import type { Subscription } from '../model/events.js';
import type { MarketSpec } from '../model/market.js';
import { Failure, reasonOf } from '../model/result.js';
import type { MarketEngine } from '../ports/engine.js';
import type { FrameDecoder } from '../ports/market-feed.js';
import type { VenueMarket, VenuePort } from '../ports/venue.js';
import type { Wire } from '../ports/wire.js';
import type { World } from './world.js';

export interface ConnectOptions {
  readonly world: World;
  readonly venue: VenuePort;
  readonly wire: Wire;
  readonly decoder: Pick<FrameDecoder, 'learn'>;
  readonly pipeline: MarketEngine;
  readonly socketUrl: () => string;
  /** Emits while every planned socket is usable. */
  readonly allLive$: Observable<boolean>;
  readonly onPlan: (plan: WantedPlan) => void;
}

const BACKFILL_MINUTES = 60;
const BACKFILLS_AT_ONCE = 4;
const RETRY_MS_MAX = 10_000;
const JITTER_DRAWS = 16;

export function connectStep(options: ConnectOptions): Observable<StepFact> {
  const { venue, world } = options;
  return untilReached(world, 'markets', venue.markets()).pipe(
    concatMap((listed) => {
      const chosen = choose(world.config.markets, listed);
      if (chosen instanceof Failure) return of(failed(chosen));
      // All of them: an earlier run may hold a position in a market that is not traded any more.
      options.decoder.learn(listed.map(({ spec }) => spec));
      learn(chosen, options);
      const plan = planSockets(wantedOf(world, chosen), (one) => options.wire.idsPerSocket(one));
      options.onPlan(plan);
      const sockets = plan.map((wanted, index) => socketInput(options, wanted, index));
      return concat(
        of<StepFact>({ type: 'connect.planned', sockets }),
        backfill(chosen, options),
        options.allLive$.pipe(
          filter((live) => live),
          take(1),
          map((): StepFact => ({ type: 'connect.done' })),
        ),
      );
    }),
  );
}

/** Tries again with growing pauses, for ever, and says each time what could not be reached. */
export function untilReached<T>(
  world: World,
  what: string,
  read$: Observable<T>,
  attempt = 0,
): Observable<T> {
  const { clock, inbox, log } = world;
  return inbox.door('answer', `rest/${what}`, read$).pipe(
    catchError((error: Error) => {
      const waitMs = Math.min(RETRY_MS_MAX, 500 * 2 ** attempt);
      log.write('error', 'venue.unreachable', { what, reason: error.message, retryMs: waitMs });
      return timer(waitMs, clock.scheduler).pipe(
        concatMap(() => untilReached(world, what, read$, Math.min(attempt + 1, 10))),
      );
    }),
  );
}

const failed = (failure: Failure): StepFact => ({
  type: 'step.failed',
  reason: reasonOf(failure),
  retryable: failure.retryable,
});

function choose(names: readonly string[], listed: readonly VenueMarket[]) {
  if (names.includes('all')) return listed.filter(({ spec }) => spec.status === 'ACTIVE');
  const known = new Set<string>(listed.map(({ spec }) => spec.market));
  const missing = names.filter((name) => !known.has(name));
  if (missing.length > 0) {
    const words = `not listed by the venue: ${missing.join(', ')}`;
    return new Failure('markets.unknown', words, { retryable: false });
  }
  return listed.filter(({ spec }) => names.includes(spec.market));
}

function learn(chosen: readonly VenueMarket[], { pipeline, world }: ConnectOptions): void {
  const at = world.clock.now();
  const specs = chosen.map(({ spec }) => spec);
  pipeline.watch(specs.map(({ market }) => market));
  pipeline.facts$.next({ at, event: { type: 'specs', specs } });
  for (const { spec, oracle, openInterest: held } of chosen) {
    const { market } = spec;
    if (oracle !== undefined) {
      pipeline.facts$.next({ at, event: { type: 'oracle', market, price: oracle } });
    }
    if (held !== undefined)
      pipeline.facts$.next({ at, event: { type: 'openInterest', market, held } });
  }
}

/** Markets and account first: they stay together on the first socket. */
function wantedOf(world: World, chosen: readonly VenueMarket[]): readonly Subscription[] {
  const { subaccount, hearsAccount } = world;
  const account: Subscription[] =
    subaccount === undefined || !hearsAccount
      ? []
      : [{ channel: 'v4_subaccounts', id: subaccountKey(subaccount) }];
  const books = chosen.flatMap(({ spec }): Subscription[] => [
    { channel: 'v4_orderbook', id: spec.market },
    { channel: 'v4_trades', id: spec.market },
  ]);
  return [{ channel: 'v4_markets', id: undefined }, ...account, ...books];
}

function socketInput(
  { world, socketUrl }: ConnectOptions,
  wanted: readonly Subscription[],
  index: number,
): ConnectionInput {
  const name = `stream-${index}`;
  const random = world.random.fork(name);
  const jitter = Array.from({ length: JITTER_DRAWS }, () => random.next());
  const timing = { subscribeSpacingMs: 1_000 / world.subscribesPerSecond };
  return { name, url: socketUrl(), wanted, jitter, timing };
}

/** History for the signals; a market without it warms up live. Emits nothing. */
function backfill(
  chosen: readonly VenueMarket[],
  { world, venue, pipeline }: ConnectOptions,
): Observable<never> {
  const one = (spec: MarketSpec): Observable<unknown> =>
    defer(() =>
      world.inbox.door('answer', 'rest/candles', venue.candles(spec.market, BACKFILL_MINUTES)),
    ).pipe(
      tap((candles) => {
        const at = world.clock.now();
        const { market } = spec;
        const resolution = '1MIN';
        pipeline.facts$.next({ at, event: { type: 'candles', market, resolution, candles } });
        pipeline.backfills$.next({ spec, candles });
      }),
      catchError((error: Error) => {
        const fields = { market: spec.market, reason: error.message };
        world.log.write('warn', 'backfill.failed', fields);
        return EMPTY;
      }),
    );
  return merge(from(chosen).pipe(mergeMap(({ spec }) => one(spec), BACKFILLS_AT_ONCE))).pipe(
    ignoreElements(),
  );
}
