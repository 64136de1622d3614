/**
 * What recovering and draining do, and what a sweep of the account changes. Each step is a cold
 * stream of facts for the service's machine; what it changes, it changes in the books and the
 * journal before it says that it is done.
 */
import {
  catchError,
  concatMap,
  defer,
  EMPTY,
  from,
  ignoreElements,
  map,
  of,
  take,
  tap,
  timer,
  type Observable,
} from 'rxjs';
import type { StepFact } from '../../machines/service.machine.js';
import type { StrategyInput } from '../../machines/strategy.machine.js';
import { claimOf, epochOf, nextEpoch } from '../execution/client-ids.js';
import type { AccountSnapshot } from '../model/account.js';
import { positionValue } from '../model/account-margin.js';
import type { VenueOrder } from '../model/order.js';
import { blockHeight, usd, type MarketId, type OrderId } from '../model/quantities.js';
import { reasonOf } from '../model/result.js';
import type { Fallback } from '../model/engine-status.js';
import type { MarketEngine } from '../ports/engine.js';
import type { Journal } from '../ports/journal.js';
import { DriftWatch } from '../risk/drift-watch.js';
import {
  adoptAccount,
  ordersOfEarlierRuns,
  reconcileWith,
  restore,
  restoreBooks,
  type Differences,
  type Restored,
} from './recovery.js';
import type { OrderRecord } from './order-table.js';
import type { Sweep, Sweeper } from './sweeper.js';
import type { TradingCore } from './trading-core.js';
import { driftText, sizeText } from './amounts.js';
import type { EngineHost } from './engine-host.js';
import type { JournalDesk } from './journal-desk.js';
import type { FactHub } from './provide.js';
import type { World } from './world.js';

export interface StepParts {
  readonly world: World;
  readonly hub: FactHub;
  readonly core: TradingCore;
  readonly pipeline: MarketEngine;
  readonly engine: EngineHost;
  readonly desk: JournalDesk;
  readonly sweeper: Sweeper;
}

/** Sweeps are made every 15 s: when three in a row have failed, we trade blind. */
const SETTLED_AGE_MS_MAX = 45_000;
const DRAIN_LOOK_MS = 250;
const MS = 1000;

export class ServiceSteps {
  readonly #parts: StepParts;
  readonly #drift = new DriftWatch();
  #restored: Restored | undefined;
  #epoch = 0;
  #isReconciled = false;
  /** Set when the first reconciliation is done: the account was opened or recovered. */
  #isOpened = false;
  #areBooksOpen = false;
  #openedAt = blockHeight(0);
  #venueAccount: AccountSnapshot | undefined;
  #settledAt: number | undefined;
  #isTakenUp = false;

  constructor(parts: StepParts) {
    this.#parts = parts;
  }

  /** Of an earlier run and of the venue, from the first comparison on: fills can be booked. */
  get areBooksOpen(): boolean {
    return this.#areBooksOpen;
  }

  /** The account and we agree, and nothing has happened since that could hide a fill. */
  get isReconciled(): boolean {
    const { clock, subaccount } = this.#parts.world;
    if (subaccount === undefined) return this.#isReconciled;
    return this.#isReconciled && clock.now() - (this.#settledAt ?? 0) <= SETTLED_AGE_MS_MAX;
  }

  /** The account as the venue's REST told it last. */
  get venueAccount(): AccountSnapshot | undefined {
    return this.#venueAccount;
  }

  /** When that was. */
  get sweptAt(): number | undefined {
    return this.#settledAt;
  }

  doubt(): void {
    this.#isReconciled = false;
  }

  recover(): Observable<StepFact> {
    const { world, desk, core, sweeper } = this.#parts;
    const { subaccount, config } = world;
    const identity = {
      network: config.network,
      address: subaccount?.address ?? 'nobody',
      subaccount: subaccount?.number ?? 0,
    };
    const opened$ = defer(() => from(world.openJournal(identity)));
    return world.inbox.door('fact', 'journal', opened$).pipe(
      concatMap((journal: Journal) => {
        desk.open(journal);
        const restored = restore(journal.history, core);
        this.#restored = restored;
        this.#epoch = nextEpoch(restored.state.epoch);
        this.#recall(restored.state.fallback);
        this.#openedAt = restored.openedAt;
        if (!restored.isFirstRun) sweeper.startFrom(restored.state.completeTo);
        const claim = claimOf(this.#epoch, world.claimChance);
        core.claim.begin(claim, restored.claims);
        const run = { type: 'run', epoch: this.#epoch, version: world.version, claim } as const;
        return world.inbox.door('answer', 'journal', desk.record(run));
      }),
      map((): StepFact => {
        core.begin(this.#epoch);
        const latched = this.#restored?.state.latched ?? [];
        const orders = core.orders.live().length;
        const paused = this.#restored?.state.paused ?? [];
        const latches = latched.length;
        world.log.write('info', 'recovered', { epoch: this.#epoch, orders, latches, paused });
        return { type: 'recover.done', epoch: this.#epoch, latched };
      }),
      catchError((error: Error) =>
        of<StepFact>({ type: 'step.failed', reason: reasonOf(error), retryable: false }),
      ),
    );
  }

  /** A fallback outlives its run, but not a change of the setting. */
  #recall(fallback: Fallback | undefined): void {
    const { desk, engine, world } = this.#parts;
    const { setting, fallback: own } = engine.status;
    if (fallback !== undefined && !engine.recall(fallback)) {
      desk.write({ type: 'engine.restored', by: `engine: ${setting}` });
      world.log.write('info', 'engine.restored', { setting });
    }
    // Of before there was a journal.
    if (fallback === undefined && own !== undefined) {
      desk.write({ type: 'engine.fallback', fallback: own });
    }
  }

  /**
   * A sweep in the steady state. A difference that is in doubt has the whole account compared, step
   * by step, before anything else is opened. Where that is under way already, it is its to compare.
   */
  settle(sweep: Sweep, isReconciling = false): void {
    for (const { orderId, word } of sweep.unlisted) this.#hearUnlisted(orderId, word);
    const differences = this.book(sweep);
    const doubted = isReconciling ? '' : this.compare(differences);
    if (doubted === '') return;
    const reason = `positions differ: ${doubted}`;
    this.doubt();
    this.#parts.hub.service$.next({ type: 'reconcile.needed', reason });
  }

  /** Its absence proves nothing: the order goes on counting until its time is over. */
  #hearUnlisted(orderId: OrderId, word: VenueOrder | undefined): void {
    const { core, world } = this.#parts;
    world.log.write('warn', 'order.unlisted', { orderId, status: word?.status ?? 'unknown' });
    if (word === undefined) return;
    const { status, totalFilled, removalReason } = word;
    core.tellOrder(orderId, { type: 'query.report', status, totalFilled, removalReason });
  }

  /** Books what was missed; returns the differences that remain. */
  book(sweep: Sweep): Differences {
    const { core, desk, sweeper, world } = this.#parts;
    const isFirst = !this.#areBooksOpen;
    if (isFirst) this.#openBooks(sweep);
    const resolve = this.#isOpened ? undefined : desk.write;
    const outcome = reconcileWith(this.#sinceOpening(sweep), core, resolve);
    const { drift, foreign } = outcome;
    sweeper.done(sweep);
    desk.write({ type: 'sweep', completeTo: sweep.completeTo });
    core.swept(sweep.completeTo);
    const { account } = sweep;
    this.#venueAccount = account;
    core.limits.account(account?.equity);
    this.#settledAt = world.clock.now();
    if (account !== undefined && drift.length === 0) core.money.confirm(account);
    for (const order of foreign) core.foreign(order);
    if (isFirst) core.gate.open();
    return outcome;
  }

  /** What is believed becomes a cause of risk; tells what is to be looked at again, if anything. */
  compare({ drift, blocksBehind }: Differences): string {
    const { core, engine, world } = this.#parts;
    const specOf = (market: MarketId) => engine.spec(market);
    if (blocksBehind > 0 && drift.length > 0) {
      const words = `${driftText(drift, specOf)}; the account read is ${blocksBehind} blocks older`;
      return `${words} than our fills: it lags, or the chain began anew`;
    }
    const { believed, doubted } = this.#drift.look(drift);
    if (believed.length > 0) {
      const evidence = driftText(believed, specOf);
      core.observations$.next({ type: 'drift', evidence, at: world.clock.now() });
    }
    if (doubted.length === 0) this.#isOpened = true;
    return driftText(doubted, specOf);
  }

  /** Both agree, or are known not to: what may trade now. */
  reconciled(): readonly StrategyInput[] {
    this.#isReconciled = true;
    return this.#strategies();
  }

  /** Once: a first run adopts the account as it is, a later one takes its own fills up again. */
  #openBooks(sweep: Sweep): void {
    if (this.#restored === undefined) return;
    this.#areBooksOpen = true;
    if (this.#restored.isFirstRun) this.#adopt(sweep);
    else restoreBooks(this.#restored, this.#parts.core);
  }

  #adopt(sweep: Sweep): void {
    const { core, desk, pipeline, sweeper, world } = this.#parts;
    adoptAccount({
      sweep,
      core,
      record: desk.write,
      valueOf: (market, held) => {
        const view = pipeline.fold.view(market, world.clock.now());
        return view?.oracle === undefined ? usd(0n) : positionValue(held, view.spec, view.oracle);
      },
    });
    // Fills up to the account's height are history that was never ours.
    this.#openedAt = blockHeight((sweep.account?.height ?? sweep.sweptAt) + 1);
    core.books.openAt(this.#openedAt);
    sweeper.startFrom(this.#openedAt);
    desk.write({ type: 'sweep', completeTo: this.#openedAt });
  }

  #sinceOpening(sweep: Sweep): Sweep {
    return { ...sweep, fills: sweep.fills.filter(({ height }) => height >= this.#openedAt) };
  }

  #strategies(): readonly StrategyInput[] {
    const { world } = this.#parts;
    return world.config.strategies.map((strategy) => ({
      name: strategy.name,
      epoch: this.#epoch,
      maxPositions: strategy.maxPositions,
      paused: this.#restored?.state.paused.includes(strategy.name) ?? false,
      timings: {
        maxHoldMs: strategy.maxHoldSeconds * MS,
        coolDownMs: strategy.coolDownSeconds * MS,
        exitRetryMs: 500,
        wishTimeoutMs: 10_000,
      },
      restored: this.#parts.core.books.positions
        .ownedPositions()
        .filter(({ owner, position }) => owner === strategy.name && position.size !== 0n)
        .map(({ position: { market, size, openedAt } }) => ({
          market,
          size,
          heldMs: openedAt === undefined ? 0 : Math.max(0, world.clock.now() - openedAt),
        })),
    }));
  }

  /**
   * What earlier runs have left, once: unresolved orders go to their desks, positions to whoever
   * watches their stops. Never emits.
   */
  takeUp(): Observable<never> {
    const { core, hub, world } = this.#parts;
    if (this.#isTakenUp) return EMPTY;
    this.#isTakenUp = true;
    // Their machines start when this turn of their parent's mailbox is over: not yet.
    return timer(0, world.clock.scheduler).pipe(
      tap(() => {
        for (const order of ordersOfEarlierRuns(core, this.#epoch)) {
          const fact = { type: 'desk.recover', ...order } as const;
          if (hub.desks.next(order.request.strategy, fact)) continue;
          // Of a strategy that is not configured any more: somebody must see it to its end.
          const [strategy] = world.config.strategies;
          if (strategy !== undefined) hub.desks.next(strategy.name, fact);
        }
        this.#warnOfUnattended();
        core.books.announceRestored();
      }),
      ignoreElements(),
    );
  }

  /** Nobody watches stops of what belongs to a strategy that is not configured any more. */
  #warnOfUnattended(): void {
    const { core, engine, world } = this.#parts;
    const names = new Set<string | undefined>(world.config.strategies.map(({ name }) => name));
    for (const { owner, position } of core.books.positions.ownedPositions()) {
      if (owner === undefined || names.has(owner) || position.size === 0n) continue;
      const { market, size } = position;
      const amount = sizeText(engine.spec(market), size);
      world.log.write('error', 'position.unattended', { strategy: owner, market, size: amount });
    }
  }

  /** What an earlier run left has no machine before it is taken up: it ends by itself. */
  #awaited(): readonly OrderRecord[] {
    const live = this.#parts.core.orders.live();
    return this.#isTakenUp
      ? live
      : live.filter(({ request }) => epochOf(request.clientId) >= this.#epoch);
  }

  /** Orders are canceled by the machine; here their ends are awaited, then the last fills read. */
  drain(): Observable<StepFact> {
    const { world, sweeper } = this.#parts;
    const look$ = timer(0, DRAIN_LOOK_MS, world.clock.scheduler).pipe(
      map(() => this.#awaited().map(({ request }) => request.orderId)),
      map((orders): StepFact => ({ type: 'drain.remaining', orders })),
    );
    const isDone = (fact: StepFact): boolean =>
      fact.type === 'drain.remaining' && fact.orders.length === 0;
    const lastSweep$ = this.#isOpened
      ? sweeper.once().pipe(
          tap((sweep) => this.settle(sweep)),
          catchError(() => of(undefined)),
        )
      : of(undefined);
    return look$.pipe(
      concatMap((fact) =>
        isDone(fact)
          ? lastSweep$.pipe(
              take(1),
              map((): StepFact => ({ type: 'drain.done' })),
            )
          : of(fact),
      ),
    );
  }
}
