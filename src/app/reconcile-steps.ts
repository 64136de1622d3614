/**
 * What each step of a reconciliation does: one read of the venue, or what is made of those before
 * it. The machine orders the steps and asks again; here lies what they have read so far.
 */
import {
  catchError,
  concatMap,
  defer,
  filter,
  EMPTY,
  from,
  interval,
  map,
  of,
  take,
  tap,
  toArray,
  type Observable,
} from 'rxjs';
import type { ReconcileAsk, ReconcileFact } from '../../machines/reconciliation.machine.js';
import type { AccountSnapshot } from '../model/account.js';
import type { VenueOrder } from '../model/order.js';
import { blockHeight, type BlockHeight, type MarketId, type OrderId } from '../model/quantities.js';
import type { VenuePort } from '../ports/venue.js';
import type { HeightWatch } from './heights.js';
import type { ReconcileSteps } from './provide.js';
import type { Differences } from './recovery.js';
import type { ServiceSteps } from './service-steps.js';
import type { Sweep, Sweeper } from './sweeper.js';
import type { TradingCore } from './trading-core.js';
import type { World } from './world.js';

export interface ReconcileParts {
  readonly world: World;
  readonly venue: VenuePort;
  readonly core: TradingCore;
  readonly heights: HeightWatch;
  readonly sweeper: Sweeper;
  readonly markets: () => readonly MarketId[];
  readonly steps: Pick<ServiceSteps, 'book' | 'compare' | 'reconciled'>;
}

const LOOK_MS = 100;
/** The venue knows an equal or later cancel of the same number. */
const ALREADY_MADE = /(^|\D)9$/;

const read = (text: string, height?: BlockHeight): ReconcileFact =>
  height === undefined
    ? { type: 'reconcile.read', text }
    : { type: 'reconcile.read', text, height };

/** Failures of one step in a row, from which others do not wait for it any more. */
const STUCK_FAILURES = 3;

/** Whether the service's comparison stands at a step that fails again and again. */
export function isStuck(service: { getSnapshot(): { readonly children: object } }): boolean {
  const { reconcile } = service.getSnapshot().children as {
    readonly reconcile?: { getSnapshot(): { readonly context: { readonly failures: number } } };
  };
  return (reconcile?.getSnapshot().context.failures ?? 0) >= STUCK_FAILURES;
}

/** The steps as the machine asks for them. Without an account there is nothing to read. */
export function reconcileSteps(parts: ReconcileParts): ReconcileSteps {
  const { log } = parts.world;
  const work = new ReconcileWork(parts);
  const step =
    (what: string, begin: (ask: ReconcileAsk) => Observable<ReconcileFact>) =>
    (ask: ReconcileAsk): Observable<ReconcileFact> =>
      (parts.world.subaccount === undefined
        ? of(read('no account'))
        : defer(() => begin(ask))
      ).pipe(
        tap((fact) => {
          if (fact.type !== 'reconcile.read') return;
          log.write('debug', 'reconcile.step', { step: what, text: fact.text });
        }),
        catchError((error: Error) => {
          log.write('error', 'venue.unreachable', { what, reason: error.message });
          return of<ReconcileFact>({ type: 'reconcile.failed', reason: error.message });
        }),
      );
  return {
    heights: step('heights', () => work.heights()),
    limits: step('limits', () => work.limits()),
    claim: step('claim', () => work.claim()),
    account: step('account', () => work.account()),
    orders: step('orders', () => work.orders()),
    unlisted: step('unlisted', () => work.unlisted()),
    fills: step('fills', () => work.fills()),
    merging: step('merging', () => work.merge()),
    blocks: step('blocks', ({ height }) => work.untilHeight(blockHeight(height))),
    comparing: () => defer(() => work.compare()),
  };
}

/** Keeps what was read until it is merged. */
class ReconcileWork {
  readonly #parts: ReconcileParts;
  #account: AccountSnapshot | undefined;
  #openOrders: readonly VenueOrder[] = [];
  #sweep: Sweep | undefined;
  #differences: Differences = { drift: [], blocksBehind: 0 };

  constructor(parts: ReconcileParts) {
    this.#parts = parts;
  }

  heights(): Observable<ReconcileFact> {
    const { venue, heights, world } = this.#parts;
    return this.#door(
      'heights',
      venue
        .chainHeight()
        .pipe(
          concatMap((chain) => venue.indexerHeight().pipe(map((indexer) => ({ chain, indexer })))),
        ),
    ).pipe(
      map(({ chain, indexer }) => {
        heights.committed(chain, world.clock.now());
        return read(`chain ${chain}, indexer ${indexer}`, indexer);
      }),
    );
  }

  limits(): Observable<ReconcileFact> {
    const { core, venue } = this.#parts;
    return this.#door('limits', venue.limits()).pipe(
      map((limits) => {
        core.limits.learn(limits);
        const words = [...limits.shortTerm, ...limits.stateful].map(
          ({ blocks, limit }) => `${limit} in ${blocks} blocks`,
        );
        return read(words.join(', '));
      }),
    );
  }

  /** Says to others on this account that we are here: see run-claim.ts. */
  claim(): Observable<ReconcileFact> {
    const { core, venue, heights, markets, world } = this.#parts;
    const [market] = markets();
    const height = heights.best();
    if (world.config.mode !== 'live' || market === undefined || height === undefined) {
      return of(read('none is made'));
    }
    const request = core.claim.request(market, height);
    if (request === undefined) return of(read('none is made'));
    // The chain counts it like every other message.
    const denial = core.limits.cancel([request]);
    if (denial !== undefined) return of({ type: 'reconcile.failed', reason: denial.message });
    return this.#door('claim', venue.cancel(request)).pipe(
      map((answer): ReconcileFact => {
        if (answer.type === 'accepted') return read(`${request.clientId} made`);
        if (answer.type !== 'rejected') return { type: 'reconcile.failed', reason: answer.reason };
        const { code, message } = answer;
        if (ALREADY_MADE.test(code)) return read(`${request.clientId} was made before`);
        return { type: 'reconcile.failed', reason: `${code} ${message}` };
      }),
    );
  }

  account(): Observable<ReconcileFact> {
    return this.#door('account', this.#parts.venue.account()).pipe(
      map((account) => {
        this.#account = account;
        if (account === undefined) return read('unknown to the venue');
        return read(`${account.positions.length} positions at height ${account.height}`);
      }),
    );
  }

  orders(): Observable<ReconcileFact> {
    return this.#door('orders', this.#parts.venue.openOrders()).pipe(
      map((orders) => {
        this.#openOrders = orders;
        return read(`${orders.length} open`);
      }),
    );
  }

  /** Orders of ours that may live and that the venue does not list as open: one by one. */
  unlisted(): Observable<ReconcileFact> {
    const { core, venue } = this.#parts;
    const listed = new Set(this.#openOrders.map(({ orderId }) => orderId));
    const unlisted = core.orders.live().filter(({ request }) => !listed.has(request.orderId));
    return from(unlisted).pipe(
      concatMap(({ request: { orderId } }) =>
        this.#door('order', venue.order(orderId)).pipe(tap((order) => this.#tell(orderId, order))),
      ),
      toArray(),
      map((answers) => {
        const known = answers.filter((order) => order !== undefined).length;
        return read(`${unlisted.length} asked for, ${known} known to the venue`);
      }),
    );
  }

  fills(): Observable<ReconcileFact> {
    const swept = { account: this.#account, openOrders: this.#openOrders, unlisted: [] };
    return this.#door('fills', this.#parts.sweeper.fills(swept)).pipe(
      map((sweep) => {
        this.#sweep = sweep;
        return read(`${sweep.fills.length} read at height ${sweep.sweptAt}`, sweep.sweptAt);
      }),
    );
  }

  merge(): Observable<ReconcileFact> {
    const { core, steps } = this.#parts;
    const before = core.books.booked;
    if (this.#sweep === undefined) return EMPTY;
    this.#differences = steps.book(this.#sweep);
    const booked = core.books.booked - before;
    return of(read(`${booked} fills booked, ${core.orders.live().length} orders live`));
  }

  untilHeight(height: BlockHeight): Observable<ReconcileFact> {
    const { heights, world } = this.#parts;
    return interval(LOOK_MS, world.clock.scheduler).pipe(
      map(() => heights.indexer),
      filter((indexer): indexer is BlockHeight => indexer !== undefined && indexer >= height),
      take(1),
      map((indexer) => read(`indexer ${indexer}`)),
    );
  }

  compare(): Observable<ReconcileFact> {
    const { steps, world } = this.#parts;
    const reason = steps.compare(this.#differences);
    if (reason === '') {
      return of({ type: 'reconcile.agreed', strategies: steps.reconciled() });
    }
    world.log.write('warn', 'reconcile.differs', { reason });
    return of({ type: 'reconcile.differs', reason });
  }

  #tell(orderId: OrderId, order: VenueOrder | undefined): void {
    const { core } = this.#parts;
    // Its absence proves nothing yet: the order asks for itself.
    if (order === undefined) return;
    const { status, totalFilled, removalReason } = order;
    core.tellOrder(orderId, { type: 'query.report', status, totalFilled, removalReason });
  }

  #door<T>(name: string, read$: Observable<T>): Observable<T> {
    return this.#parts.world.inbox.door('answer', `rest/reconcile/${name}`, read$);
  }
}
