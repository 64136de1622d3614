/**
 * What goes on beside the trading while it lives: heights are polled, books read again after their
 * snapshots, the account swept, breakers fed, and the strategies' gate opened and closed.
 */
import {
  catchError,
  concatMap,
  delay,
  distinctUntilChanged,
  EMPTY,
  exhaustMap,
  interval,
  map,
  merge,
  mergeMap,
  timer,
  type Observable,
} from 'rxjs';
import type { MarketId } from '../model/quantities.js';
import { crossedMarkets } from '../market/market.stream.js';
import { eachOf } from '../operators/each-of.stream.js';
import type { MarketEngine, StampedFact } from '../ports/engine.js';
import type { VenuePort } from '../ports/venue.js';
import type { Observation } from '../risk/breakers.js';
import type { HeightWatch } from './heights.js';
import type { TradingCore } from './trading-core.js';
import type { World } from './world.js';

const LOOK_MS = 1_000;
const GATE_MS = 250;
const CHAIN_POLL_MS = 2_000;
/** A snapshot may have lost updates around itself: REST knows them by then. */
const REREAD_MS = 500;
const REREADS_AT_ONCE = 4;
/** Books that were crossed are read again so often. */
const CROSSED_REREAD_MS = 300_000;

/**
 * Polls the chain itself, so that a lagging indexer is seen. Failures are the breakers' to notice.
 */
export const chainPolls = (
  { clock, inbox }: World,
  venue: VenuePort,
  heights: HeightWatch,
): Observable<void> =>
  interval(CHAIN_POLL_MS, clock.scheduler).pipe(
    exhaustMap(() =>
      inbox.door('answer', 'rpc/block', venue.chainHeight()).pipe(catchError(() => EMPTY)),
    ),
    map((height) => heights.committed(height, clock.now())),
  );

/** Markets whose books are to be read again: after each snapshot, and after they were crossed. */
export const doubtfulBooks = (
  { clock }: World,
  { snapshots$, markets$ }: Pick<MarketEngine, 'snapshots$' | 'markets$'>,
): Observable<MarketId> => {
  const timing = { everyMs: CROSSED_REREAD_MS, scheduler: clock.scheduler };
  return merge(snapshots$, crossedMarkets(markets$, timing).pipe(eachOf()));
};

/** One REST re-read of each of these, applied where no later update has touched it. */
export const rereads = (
  { clock, inbox, log }: World,
  venue: VenuePort,
  books$: Observable<MarketId>,
): Observable<StampedFact> =>
  books$.pipe(
    delay(REREAD_MS, clock.scheduler),
    mergeMap((market) => {
      const requestedAt = clock.now();
      return inbox.door('answer', 'rest/book', venue.book(market)).pipe(
        map((book): StampedFact => ({
          at: clock.now(),
          event: { type: 'book.reread', market, ...book, requestedAt },
        })),
        catchError((error: Error) => {
          log.write('warn', 'reread.failed', { market, reason: error.message });
          return EMPTY;
        }),
      );
    }, REREADS_AT_ONCE),
  );

/** What the breakers look at once a second. */
export const vitalSigns = (
  { clock }: World,
  core: TradingCore,
  heights: HeightWatch,
  accountLive: () => boolean,
): Observable<Observation> =>
  interval(LOOK_MS, clock.scheduler).pipe(
    concatMap((): readonly Observation[] => {
      const at = clock.now();
      const { chain, indexer } = heights;
      const pnl = core.money.pnl();
      const silent = core.money.silent();
      return [
        { type: 'heights', at, chain, indexer },
        // Before the books are open their figure would be taken for the day's first.
        ...(core.usdc() === undefined || pnl === undefined
          ? []
          : [{ type: 'pnl', at, pnl } as const]),
        {
          type: 'condition',
          at,
          cause: 'account.stale',
          holds: !accountLive(),
          evidence: 'the account stream is down',
        },
        {
          type: 'condition',
          at,
          cause: 'market-data.stale',
          holds: silent.length > 0,
          evidence: `for a minute nothing, or no live book, of ${silent.join(', ')}, which we hold`,
        },
      ];
    }),
  );

/** Edges of the gate: undefined is open, else why it is closed. */
export const gateEdges = (
  { clock }: World,
  core: TradingCore,
  hints$: Observable<unknown>,
): Observable<string | undefined> =>
  merge(timer(0, GATE_MS, clock.scheduler), hints$).pipe(
    map(() => core.permission(undefined)),
    map((permission) => (permission.granted ? undefined : permission.reasons.join('; '))),
    distinctUntilChanged((a, b) => (a === undefined) === (b === undefined)),
  );
