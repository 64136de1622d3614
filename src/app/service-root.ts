/**
 * The composition root: one root actor, one pipeline, one trading core, and the only place where
 * they are subscribed to each other. What it is made of stands in the files that it imports.
 */
import {
  BehaviorSubject,
  concatMap,
  first,
  from,
  map,
  merge,
  mergeMap,
  NEVER,
  Subject,
  Subscription,
  take,
  tap,
  type Observable,
} from 'rxjs';
import { createActor, type Actor, type AnyActorRef } from 'xstate';
import type { ServiceReport, StepFact } from '../../machines/service.machine.js';
import { dydxWire } from '../dydx/indexer-wire.codec.js';
import type { Verdict } from '../model/decision.js';
import type { MarketEngine } from '../ports/engine.js';
import type { SignalLens } from '../ports/lenses.js';
import type { MarketId } from '../model/quantities.js';
import type { RiskLevel } from '../model/risk.js';
import type { FaultCause } from '../risk/breakers.js';
import { Scorecard } from '../report/scorecard.js';
import { scoring } from '../report/scorecard.stream.js';
import { accountWatch } from './account-watch.js';
import { emitted$, stateName } from './actor-observables.js';
import { hearBooted } from './booted-voices.js';
import { positionKey } from './books.js';
import { complianceWatch } from './compliance-watch.js';
import { connectStep } from './connect-step.js';
import { EngineHost, type EngineHostOptions } from './engine-host.js';
import { FamilyWatch } from './family-watch.js';
import { Feeds } from './feeds.js';
import { frameTroubles } from './frame-troubles.js';
import { HeightWatch } from './heights.js';
import { chainPolls, doubtfulBooks, rereads } from './housekeeping.js';
import { JournalDesk, type JournalDeskOptions } from './journal-desk.js';
import { warm } from './market-pipeline.js';
import { FactHub, provideService, type ProvidedService, type ReconcileSteps } from './provide.js';
import { QuoteDesk } from './quote-desk.js';
import { isStuck, reconcileSteps } from './reconcile-steps.js';
import { breakers, hearRisk, riskLevelOf, type RiskDeskOptions } from './risk-desk.js';
import { ServiceSteps } from './service-steps.js';
import { sessionWiring } from './session-wiring.js';
import { ownOrderId } from './own-order-id.js';
import { only } from './strategy-choice.js';
import { StrategyDesk } from './strategy-desk.js';
import { Sweeper } from './sweeper.js';
import { TradingCore } from './trading-core.js';
import { lateVenue, type Booted, type World } from './world.js';

const DRAIN_TIMEOUT_MS = 30_000;
const RECOVER_AFTER_MS = 10_000;

export type ServiceRootOptions = Pick<EngineHostOptions, 'authored' | 'makers'> &
  Pick<JournalDeskOptions, 'checkpointRows'>;

export class ServiceRoot {
  readonly world: World;
  readonly hub = new FactHub();
  readonly heights = new HeightWatch();
  readonly engine: EngineHost;
  readonly pipeline: MarketEngine;
  readonly core: TradingCore;
  readonly journal: JournalDesk;
  readonly steps: ServiceSteps;
  readonly family: FamilyWatch;
  readonly actor: Actor<ProvidedService>;
  /** Newest verdict of each strategy and market: why it did, why it did not. */
  readonly verdicts = new Map<string, Verdict>();
  /** Newest scores by market. */
  readonly signals = new Map<MarketId, SignalLens>();
  readonly scorecard = new Scorecard();
  readonly decided = { enter: 0, quote: 0, hold: 0 };
  /** Whether it was ever connected and reconciled. */
  hasTraded = false;
  readonly #forbidden$ = new Subject<string>();
  readonly #venue = lateVenue(() => this.#reached().venue, this.#forbidden$);
  readonly #sweeper: Sweeper;
  readonly #reconciling: ReconcileSteps;
  readonly #warm$ = new BehaviorSubject(false);
  readonly #watching$ = new BehaviorSubject(false);
  readonly #feeds: Feeds;
  readonly #strategies: StrategyDesk;
  readonly #quotes: QuoteDesk;
  readonly #risk: RiskDeskOptions;
  readonly #subscription = new Subscription();
  #booted: Booted | undefined;

  constructor(world: World, options: ServiceRootOptions = {}) {
    this.world = world;
    const { clock, config, inbox } = world;
    this.engine = new EngineHost({
      ...options,
      world,
      core: () => this.core,
      onFault: (evidence) => this.#fault('strategy.fault', evidence),
      onFallback: (fallback) => this.journal.write({ type: 'engine.fallback', fallback }),
    });
    this.pipeline = this.engine.engine;
    const onFailure = (reason: string): void => this.#fault('journal.failed', reason);
    const books: JournalDeskOptions['books'] = () => this.core.books.positions.snapshot();
    const { checkpointRows } = options;
    this.journal = new JournalDesk({ clock, inbox, onFailure, books, checkpointRows });
    this.core = this.#makeCore();
    this.#sweeper = new Sweeper({
      venue: this.#venue,
      scheduler: clock.scheduler,
      indexerHeight: () => this.heights.indexer,
      orders: () => this.core.orders,
      door: (outside$) => inbox.door('answer', 'rest/sweep', outside$),
      onFailure: (error) => world.log.write('warn', 'sweep.failed', { reason: error.message }),
      isPaused: () =>
        this.state === 'reconciling' && !(this.steps.areBooksOpen && isStuck(this.actor)),
    });
    this.steps = new ServiceSteps(this.#parts());
    this.family = new FamilyWatch(this.#parts());
    this.#reconciling = reconcileSteps({
      ...this.#parts(),
      markets: () => this.pipeline.fold.markets,
    });
    this.#feeds = new Feeds({
      log: world.log,
      onDown: (markets) => {
        this.pipeline.fold.markStale(markets, 'connection.down');
        this.steps.doubt();
      },
      // Not heard while connecting, when everything is new; later, something was lost in between.
      onBack: (name) =>
        this.hub.service$.next({ type: 'reconcile.needed', reason: `${name} came back` }),
    });
    const strategy = (name: string) => this.child(`strategy.${name}`)?.getSnapshot();
    this.#quotes = new QuoteDesk({ ...this.#parts(), strategy });
    this.#strategies = new StrategyDesk({
      ...this.#parts(),
      quotes: this.#quotes,
      hints$: this.#feeds.allLive$,
      warm$: this.#warm$,
      onFault: (reason) => this.#fault('strategy.fault', reason),
    });
    this.#risk = {
      ...this.#parts(),
      journal: this.journal,
      accountLive: () => this.accountLive(),
      watching$: this.#watching$.pipe(first(Boolean)),
    };
    this.actor = createActor(this.#provided(), {
      clock,
      input: { drainTimeoutMs: DRAIN_TIMEOUT_MS, recoverAfterMs: RECOVER_AFTER_MS },
      systemId: 'service',
      id: `perpetua-${config.network}`,
    });
  }

  start(): void {
    this.world.inbox.enter('fact', 'start', () => {
      this.#subscribe();
      this.actor.start();
      const risk = this.child('risk');
      if (risk === undefined) return;
      this.#subscription.add(hearRisk(this.#risk, risk).subscribe());
      this.#subscription.add(breakers(this.#risk).subscribe());
    });
  }

  get state(): string {
    return stateName(this.actor.getSnapshot().value);
  }

  get riskLevel(): RiskLevel {
    return riskLevelOf(this.child('risk'));
  }

  accountLive(): boolean {
    return !this.world.hearsAccount || this.#feeds.isLive('stream-0');
  }

  child(id: string): AnyActorRef | undefined {
    return this.actor.system.get(id) as AnyActorRef | undefined;
  }

  /** After the root actor has ended: nothing is heard or written any more. */
  async close(): Promise<void> {
    this.#subscription.unsubscribe();
    this.engine.close();
    this.actor.stop();
    try {
      await this.journal.close();
    } finally {
      await this.world.close();
    }
  }

  #reached(): Booted {
    if (this.#booted === undefined) throw new Error('the venue is not booted');
    return this.#booted;
  }

  #parts() {
    const { world, hub, core, pipeline, engine, journal: desk, steps, heights } = this;
    const [venue, sweeper] = [this.#venue, this.#sweeper];
    return { world, hub, core, pipeline, engine, desk, steps, heights, venue, sweeper };
  }

  #makeCore(): TradingCore {
    const { config, clock, log, meter, subaccount } = this.world;
    return new TradingCore({
      config,
      hub: this.hub,
      heights: this.heights,
      now: () => clock.now(),
      view: (market) => this.pipeline.fold.view(market, clock.now()),
      specOf: (market) => this.engine.spec(market),
      orderIdOf: ownOrderId(subaccount, (market) => this.engine.spec(market)),
      record: (entry) => this.journal.write(entry),
      circumstances: {
        trading: () => this.actor.getSnapshot().hasTag('trading'),
        reconciled: () => this.steps.isReconciled,
        riskLevel: () => this.riskLevel,
        accountLive: () => this.accountLive(),
        journalHealthy: () => this.journal.isHealthy,
      },
      log,
      meter,
    });
  }

  #provided(): ProvidedService {
    const { world } = this;
    const { inbox, clock } = world;
    return provideService({
      hub: this.hub,
      steps: {
        boot: () => this.#boot(),
        recover: () => this.steps.recover(),
        connect: () =>
          connectStep({
            world,
            venue: this.#venue,
            wire: dydxWire,
            decoder: this.engine,
            pipeline: this.pipeline,
            socketUrl: () => this.#reached().socketUrl,
            allLive$: this.#feeds.allLive$,
            onPlan: (plan) => this.#feeds.plan(plan),
          }),
        drain: () => this.steps.drain(),
      },
      reconcile: this.#reconciling,
      session: sessionWiring(world, (frame) => this.pipeline.receive(frame)),
      venueLink: {
        inbox,
        venue: this.#venue,
        record: (entry) => this.journal.record(entry),
        tell: (id, fact) => void this.core.tellOrder(id, fact),
        permit: (request) => this.core.permit(request),
        refuseCancel: (requests) => this.core.limits.cancel(requests),
        onAnswer: (request, answer) => this.core.answered(request, answer),
        now: () => clock.now(),
        scheduler: clock.scheduler,
        meter: world.meter,
      },
    });
  }

  #boot(): Observable<StepFact> {
    const { boot, clock, inbox } = this.world;
    const booting = boot({
      specOf: (market) => this.engine.spec(market),
      view: (market) => this.pipeline.fold.view(market, clock.now()),
      height: () => this.heights.indexer,
    });
    return inbox.door('fact', 'boot', from(booting)).pipe(
      map((booted): StepFact => {
        this.#booted = booted;
        const onSignerFault = (reason: string): void => this.#fault('signer.failed', reason);
        const { account } = this.core;
        this.#subscription.add(hearBooted(booted, { inbox, account, onSignerFault }));
        const watch$ = complianceWatch({ ...this.#parts(), forbidden$: this.#forbidden$ });
        this.#subscription.add(watch$.subscribe((seen) => this.core.observations$.next(seen)));
        return { type: 'boot.done' };
      }),
    );
  }

  /** The one subscription of everything that begins with the service. */
  #subscribe(): void {
    const { pipeline, core, world } = this;
    const { clock, log } = world;
    const all$ = merge(
      frameTroubles(pipeline, { log, onAccountLost: () => core.sweepWanted$.next() }),
      pipeline.account$.pipe(tap(core.account)),
      pipeline.heights$.pipe(
        tap(({ height, time, at }) => {
          if (this.heights.indexed(height, at)) core.grew(height, time);
        }),
      ),
      pipeline.signals$.pipe(
        tap((lenses) => lenses.forEach((lens) => this.signals.set(lens.market, lens))),
      ),
      pipeline.markets$.pipe(
        tap(([market]) => {
          if (market !== undefined) world.meter.observe('turn', clock.now() - market.at);
        }),
      ),
      pipeline.verdicts$.pipe(tap((v) => this.verdicts.set(positionKey(v.strategy, v.market), v))),
      this.#quotes.quoting$(pipeline.verdicts$),
      pipeline.decisions$.pipe(
        tap(({ type }) => (this.decided[type] += 1)),
        tap((verdict) => this.#strategies.decide(verdict)),
      ),
      warm(pipeline.signals$).pipe(
        take(1),
        tap(() => this.#warm$.next(true)),
      ),
      scoring(pipeline, this.scorecard, clock.scheduler),
      pipeline.resyncs$.pipe(tap((markets) => this.#resync(markets))),
      rereads(world, this.#venue, doubtfulBooks(world, pipeline)).pipe(
        tap((fact) => pipeline.facts$.next(fact)),
      ),
      this.#strategies.stops(only(world.config.strategies).name),
      this.#sweeper.twiceWith(core.sweepWanted$),
      core.claim.wanted$.pipe(concatMap(() => this.#reconciling.claim({ height: 0 }))),
      emitted$(this.actor).pipe(tap((report) => this.#hear(report as ServiceReport))),
    );
    this.#subscription.add(all$.subscribe());
  }

  #resync(markets: readonly MarketId[]): void {
    for (const market of markets) {
      this.world.log.write('warn', 'book.resync', { market });
      const refresh = { type: 'connection.refresh', keys: [`v4_orderbook:${market}`] };
      this.child(`connection.${this.#feeds.carrying(market)}`)?.send(refresh);
    }
  }

  #hear(report: ServiceReport): void {
    const { log } = this.world;
    switch (report.type) {
      case 'service.state':
        log.write('info', 'service.state', { state: report.state });
        if (report.state === 'reconciling') this.#beginWatch();
        if (report.state === 'trading') {
          this.hasTraded = true;
          this.#subscription.add(this.steps.takeUp().subscribe());
        }
        return;
      case 'service.stepFailed':
        return log.write('warn', 'service.step-failed', { reason: report.reason });
      case 'service.faulted':
        return log.write('error', 'service.faulted', { reason: report.reason });
      case 'service.spawned':
        return this.#adopt(report.id);
    }
  }

  /** Listens to a child that is about to start: its id says what it is. */
  #adopt(id: string): void {
    const actor = this.child(id);
    if (actor === undefined) return;
    const [kind, ...rest] = id.split('.');
    const name = rest.join('.');
    const heard$ =
      kind === 'connection'
        ? this.#feeds.hear(actor)
        : kind === 'desk'
          ? this.#strategies.hearDesk(name, actor)
          : this.#strategies.hearStrategy(name, actor);
    this.#subscription.add(heard$.subscribe());
  }

  /** Breakers, sweeps and polls begin when there is an account to watch over. */
  #beginWatch(): void {
    if (this.#watching$.value) return;
    this.#watching$.next(true);
    const sweeps$ = this.world.subaccount === undefined ? NEVER : this.#sweeper.sweeps$();
    const accounts$ = sweeps$.pipe(
      tap((sweep) => this.steps.settle(sweep, this.state === 'reconciling')),
      mergeMap(({ account }) => (account === undefined ? [] : [account])),
    );
    const money = { ...this.#parts(), desk: this.core.money, accounts$ };
    const watch$ = merge(
      chainPolls(this.world, this.#venue, this.heights),
      accountWatch(money).pipe(tap((observation) => this.core.observations$.next(observation))),
      this.family.reads$(),
    );
    this.#subscription.add(watch$.subscribe());
  }

  #fault(cause: FaultCause, evidence: string): void {
    this.world.log.write('error', cause, { evidence });
    this.core.observations$.next({ type: 'fault', cause, evidence, at: this.world.clock.now() });
  }
}
