/**
 * The account swept through REST: after a snapshot, when a live order's last block has passed, and
 * every 15 s for ever, because a stream can lose what nobody notices.
 *
 * 1. The indexer's height is read before the fills: they are complete below it. Some blocks below
 *    are read again each time, because a lagging copy may have answered the last one.
 * 2. One sweep at a time; a wish for one that comes meanwhile is served right after.
 */
import {
  catchError,
  concatMap,
  defer,
  exhaustMap,
  from,
  interval,
  map,
  merge,
  of,
  Subject,
  switchMap,
  tap,
  timer,
  toArray,
  type Observable,
  type SchedulerLike,
} from 'rxjs';
import type { Fill, VenueOrder } from '../model/order.js';
import { blockHeight, type BlockHeight, type OrderId } from '../model/quantities.js';
import type { AccountSnapshot } from '../model/account.js';
import type { VenuePort } from '../ports/venue.js';
import { isSweepDue, provenHeight, sweepFrom } from '../execution/sweep-plan.js';
import { UnlistedOrders } from '../execution/unlisted-orders.js';
import type { OrderTable } from './order-table.js';

export interface Sweep {
  readonly account: AccountSnapshot | undefined;
  readonly openOrders: readonly VenueOrder[];
  /** The venue's word on orders that work as far as we know, and are not open there. */
  readonly unlisted: readonly VenueWordOf[];
  readonly fills: readonly Fill[];
  /** The indexer's height before the fills were read. */
  readonly sweptAt: BlockHeight;
  /** All fills up to this height have been read. */
  readonly completeTo: BlockHeight;
}

/** Undefined: the venue knows no such order. */
export interface VenueWordOf {
  readonly orderId: OrderId;
  readonly word: VenueOrder | undefined;
}

export interface SweeperOptions {
  readonly venue: VenuePort;
  readonly scheduler: SchedulerLike;
  readonly indexerHeight: () => BlockHeight | undefined;
  readonly orders: () => Pick<OrderTable, 'goodTilBlocks' | 'onChain'>;
  /** Wraps a read so that its answer is an input. */
  readonly door: <T>(outside$: Observable<T>) => Observable<T>;
  readonly onFailure: (error: Error) => void;
  /** While a reconciliation reads the same, step by step. */
  readonly isPaused: () => boolean;
}

const LOOK_MS = 250;
const SECOND_LOOK_MS = 2_000;

export class Sweeper {
  readonly #options: SweeperOptions;
  readonly #unlisted = new UnlistedOrders();
  readonly #wanted$ = new Subject<void>();
  #isWanted = false;
  #lastAt: number | undefined;
  #completeTo: BlockHeight | undefined;

  constructor(options: SweeperOptions) {
    this.#options = options;
  }

  /** What the journal says: fills up to this height are in the books. */
  startFrom(completeTo: BlockHeight): void {
    this.#completeTo = completeTo;
  }

  /** Soon: an order asks for it. */
  want(): void {
    this.#isWanted = true;
    this.#wanted$.next();
  }

  /** Once with each wish, and once more when REST has what was lost around a snapshot. */
  twiceWith(wishes$: Observable<void>): Observable<unknown> {
    return wishes$.pipe(
      tap(() => this.want()),
      switchMap(() => timer(SECOND_LOOK_MS, this.#options.scheduler)),
      tap(() => this.want()),
    );
  }

  /**
   * One sweep now: the account first, the fills last, so that the fills are never older than the
   * positions that they are to explain. Errors when the venue does not answer.
   */
  once(): Observable<Sweep> {
    const { venue, scheduler, door } = this.#options;
    return defer(() => {
      this.#isWanted = false;
      this.#lastAt = scheduler.now();
      const orders$ = venue.openOrders().pipe(concatMap((openOrders) => this.#ask(openOrders)));
      return door(
        venue
          .account()
          .pipe(
            concatMap((account) =>
              orders$.pipe(concatMap((orders) => this.fills({ account, ...orders }))),
            ),
          ),
      );
    });
  }

  /** Working orders that are missing from the open ones again are asked for by name. */
  #ask(openOrders: readonly VenueOrder[]): Observable<Pick<Sweep, 'openOrders' | 'unlisted'>> {
    const { venue, orders } = this.#options;
    const listed = openOrders.map(({ orderId }) => orderId);
    return from(this.#unlisted.look(orders().onChain(), listed)).pipe(
      concatMap((orderId) => venue.order(orderId).pipe(map((word) => ({ orderId, word })))),
      toArray(),
      map((unlisted) => ({ openOrders, unlisted })),
    );
  }

  /** The last part: the indexer's height, then all fills since the last sweep. */
  fills(read: Pick<Sweep, 'account' | 'openOrders' | 'unlisted'>): Observable<Sweep> {
    const { venue, scheduler } = this.#options;
    this.#isWanted = false;
    this.#lastAt = scheduler.now();
    return venue.indexerHeight().pipe(
      concatMap((sweptAt) =>
        venue.fillsSince(sweepFrom(this.#completeTo, sweptAt)).pipe(
          map((fills) => {
            const completeTo = provenHeight(sweptAt);
            return { ...read, fills, sweptAt, completeTo };
          }),
        ),
      ),
    );
  }

  /** The fills of this sweep have been booked. */
  done({ completeTo }: Sweep): void {
    if (completeTo > (this.#completeTo ?? -1)) this.#completeTo = completeTo;
  }

  /** Sweeps for ever, when they are due. Failures are told and tried again. */
  sweeps$(): Observable<Sweep> {
    const { scheduler, onFailure } = this.#options;
    return merge(interval(LOOK_MS, scheduler), this.#wanted$).pipe(
      exhaustMap(() =>
        this.#isDue()
          ? this.once().pipe(
              catchError((error: Error) => {
                onFailure(error);
                return of();
              }),
            )
          : of(),
      ),
    );
  }

  #isDue(): boolean {
    const { scheduler, indexerHeight, orders, isPaused } = this.#options;
    const height = indexerHeight();
    if (height === undefined || isPaused()) return false;
    if (this.#isWanted) return true;
    return isSweepDue({
      now: scheduler.now() as Parameters<typeof isSweepDue>[0]['now'],
      lastSweepAt: this.#lastAt as Parameters<typeof isSweepDue>[0]['lastSweepAt'],
      indexerHeight: height,
      completeTo: this.#completeTo ?? blockHeight(0),
      goodTilBlocks: orders().goodTilBlocks(),
    });
  }
}
