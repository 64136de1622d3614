/**
 * The composition root: one root actor, one pipeline, one trading core, and the only place where they
 * are subscribed to each other. What it is made of stands in the files that it imports.
 */
import {
  BehaviorSubject,
  distinctUntilChanged,
  EMPTY,
  from,
  ignoreElements,
  map,
  merge,
  NEVER,
  of,
  Subscription,
  switchMap,
  take,
  tap,
  timer,
  type Observable,
} from 'rxjs';
import { createActor, type Actor, type AnyActorRef } from 'xstate';
import type { ConnectionEmitted } from '../../machines/connection-context.js';
import type { ServiceReport, StepFact } from '../../machines/service.machine.js';
import type { WantedPlan } from '../connection/wanted-plan.js';
import { createFrameDecoder } from '../dydx/frame.codec.js';
import { dydxWire } from '../dydx/indexer-wire.codec.js';
import { orderIdOf } from '../dydx/order-id.codec.js';
import type { Verdict } from '../model/decision.js';
import type { DeskFault, OrderReport, RiskReport, StrategyReport } from '../model/facts.js';
import { toFloat } from '../model/decimal.js';
import { stepBase } from '../model/market.js';
import {
  absolute,
  orderId,
  USD_SCALE,
  type ClientId,
  type MarketId,
  type OrderId,
} from '../model/quantities.js';
import type { RiskLevel } from '../model/risk.js';
import type { SignalSet } from '../model/signal.js';
import { shareHot } from '../operators/share-hot.stream.js';
import type { OwnedPosition } from '../portfolio/position-book.js';
import { breachEdges } from '../risk/breach.stream.js';
import type { Holding } from '../strategy/exit-watch.js';
import { exits } from '../strategy/exit-watch.stream.js';
import { createSniper } from '../strategy/sniper.js';
import { emitted$, snapshots$, stateName } from './actor-observables.js';
import { positionKey } from './books.js';
import { connectStep, socketOf } from './connect-step.js';
import { HeightWatch } from './heights.js';
import { chainPolls, gateEdges, rereads, vitalSigns } from './housekeeping.js';
import { JournalDesk } from './journal-desk.js';
import { MarketPipeline, warm } from './market-pipeline.js';
import { FactHub, provideService, type ProvidedService } from './provide.js';
import { ServiceSteps } from './service-steps.js';
import { Sweeper } from './sweeper.js';
import { TradingCore } from './trading-core.js';
import { lateVenue, type Booted, type World } from './world.js';

const DRAIN_TIMEOUT_MS = 30_000;
const RECOVER_AFTER_MS = 10_000;
/** The second look after a snapshot: what was lost around it is in REST by then. */
const SECOND_SWEEP_MS = 2_000;

export class ServiceRoot {
  readonly world: World;
  readonly hub = new FactHub();
  readonly heights = new HeightWatch();
  readonly pipeline: MarketPipeline;
  readonly core: TradingCore;
  readonly journal: JournalDesk;
  readonly steps: ServiceSteps;
  readonly actor: Actor<ProvidedService>;
  /** Newest verdict of each strategy and market: why it did, why it did not. */
  readonly verdicts = new Map<string, Verdict>();
  /** Newest scores by market. */
  readonly signals = new Map<MarketId, SignalSet>();
  readonly decided = { enter: 0, hold: 0 };
  readonly #decoder;
  readonly #venue = lateVenue(() => this.#reached().venue);
  readonly #sweeper: Sweeper;
  readonly #live$ = new BehaviorSubject<ReadonlyMap<string, boolean>>(new Map());
  readonly #subscription = new Subscription();
  #booted: Booted | undefined;
  #plan: WantedPlan = [];

  constructor(world: World) {
    this.world = world;
    const { clock, config, inbox, subaccount } = world;
    this.#decoder = createFrameDecoder(subaccount === undefined ? {} : { subaccount });
    this.pipeline = new MarketPipeline({
      decoder: this.#decoder,
      strategy: sniperOf(world),
      scheduler: clock.scheduler,
      flush$: inbox.flush$,
    });
    this.journal = new JournalDesk({
      clock,
      inbox,
      onFailure: (reason) => this.#fault('journal.failed', reason),
    });
    this.core = this.#makeCore();
    this.#sweeper = new Sweeper({
      venue: this.#venue,
      scheduler: clock.scheduler,
      indexerHeight: () => this.heights.indexer,
      goodTilBlocks: () => this.core.orders.goodTilBlocks(),
      door: (outside$) => inbox.door('answer', 'rest/sweep', outside$),
      onFailure: (error) => world.log.write('warn', 'sweep.failed', { reason: error.message }),
    });
    this.steps = new ServiceSteps({
      world,
      hub: this.hub,
      core: this.core,
      pipeline: this.pipeline,
      desk: this.journal,
      sweeper: this.#sweeper,
    });
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
      const reports$ = emitted$(risk).pipe(tap((report) => this.#riskReport(report as RiskReport)));
      this.#subscription.add(reports$.subscribe());
    });
  }

  get state(): string {
    return stateName(this.actor.getSnapshot().value);
  }

  get riskLevel(): RiskLevel {
    const state = stateName(this.child('risk')?.getSnapshot().value).split('.')[0];
    return state === 'active' || state === 'reducing' ? state : 'halted';
  }

  accountLive(): boolean {
    return !this.world.hearsAccount || (this.#live$.value.get('stream-0') ?? false);
  }

  child(id: string): AnyActorRef | undefined {
    return this.actor.system.get(id) as AnyActorRef | undefined;
  }

  /** After the root actor has ended: nothing is heard or written any more. */
  async close(): Promise<void> {
    this.#subscription.unsubscribe();
    this.actor.stop();
    await this.journal.close();
    await this.world.recording?.close();
    await this.world.close();
  }

  #reached(): Booted {
    if (this.#booted === undefined) throw new Error('the venue is not booted');
    return this.#booted;
  }

  #makeCore(): TradingCore {
    const { config, clock, log, meter, subaccount } = this.world;
    return new TradingCore({
      config,
      hub: this.hub,
      heights: this.heights,
      now: () => clock.now(),
      view: (market) => this.pipeline.fold.view(market, clock.now()),
      specOf: (market) => this.#decoder.spec(market),
      orderIdOf: (clientId: ClientId, market: MarketId): OrderId => {
        const venueNumber = this.#decoder.spec(market)?.venueNumber ?? 0;
        return subaccount === undefined
          ? orderId('00000000-0000-0000-0000-000000000000')
          : orderIdOf({ subaccount, clientId, venueNumber });
      },
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
            decoder: this.#decoder,
            pipeline: this.pipeline,
            socketUrl: () => this.#reached().socketUrl,
            allLive$: this.#live$.pipe(
              map((live) => live.size > 0 && [...live.values()].every(Boolean)),
            ),
            onPlan: (plan) => {
              this.#plan = plan;
              this.#live$.next(new Map(plan.map((_, index) => [`stream-${index}`, false])));
            },
          }),
        reconcile: () => this.steps.reconcile(),
        drain: () => this.steps.drain(),
      },
      session: {
        wire: dydxWire,
        clock,
        frames: {
          next: (frame) => {
            world.recording?.write({ receivedAt: frame.at, data: frame.data });
            this.pipeline.frames$.next(frame);
          },
        },
        sockets: {
          socket: (url) => {
            const socket = world.sockets.socket(url);
            return {
              signals$: inbox.door('frame', 'socket', socket.signals$),
              send: (text) => socket.send(text),
              ping: () => socket.ping(),
            };
          },
        },
      },
      venueLink: {
        inbox,
        venue: this.#venue,
        record: (entry) => this.journal.record(entry),
        tell: (id, fact) => void this.core.tellOrder(id, fact),
        permit: (request) => this.core.permit(request),
        onAnswer: (request, answer) => this.core.answered(request, answer),
      },
    });
  }

  #boot(): Observable<StepFact> {
    const { boot, clock, inbox } = this.world;
    const booting = boot({
      specOf: (market) => this.#decoder.spec(market),
      view: (market) => this.pipeline.fold.view(market, clock.now()),
      height: () => this.heights.indexer,
    });
    return inbox.door('fact', 'boot', from(booting)).pipe(
      map((booted): StepFact => {
        this.#booted = booted;
        if (booted.account$ !== undefined) {
          const account$ = inbox.door('frame', 'paper', booted.account$);
          this.#subscription.add(account$.subscribe(this.core.account));
        }
        return { type: 'boot.done' };
      }),
    );
  }

  /** The one subscription of everything. */
  #subscribe(): void {
    const { pipeline, core, world } = this;
    const { clock, log } = world;
    const trades$ = merge(
      pipeline.deadLetters$.pipe(
        tap(({ reason, excerpt }) => log.write('warn', 'frame.quarantined', { reason, excerpt })),
      ),
      pipeline.account$.pipe(tap(core.account)),
      pipeline.heights$.pipe(
        tap(({ height, at }) => {
          if (this.heights.indexed(height, at)) core.grew(height);
        }),
      ),
      pipeline.verdicts$.pipe(tap((v) => this.verdicts.set(positionKey(v.strategy, v.market), v))),
      pipeline.signals$.pipe(
        tap((sets) => sets.forEach((set) => this.signals.set(set.market, set))),
      ),
      pipeline.decisions$.pipe(tap((verdict) => this.#decide(verdict))),
      warm(pipeline.signals$).pipe(
        take(1),
        tap(() => this.#warm$.next(true)),
      ),
      pipeline.resyncs$.pipe(tap((markets) => this.#resync(markets))),
      rereads(world, this.#venue, pipeline.snapshots$).pipe(
        tap((fact) => pipeline.facts$.next(fact)),
      ),
      this.#exits(),
      core.sweepWanted$.pipe(
        tap(() => this.#sweeper.want()),
        switchMap(() => timer(SECOND_SWEEP_MS, clock.scheduler)),
        tap(() => this.#sweeper.want()),
      ),
      emitted$(this.actor).pipe(tap((report) => this.#hear(report as ServiceReport))),
    );
    this.#subscription.add(trades$.subscribe());
  }

  readonly #warm$ = new BehaviorSubject(false);

  /** Stops and targets go straight to the positions that they concern. */
  #exits(): Observable<never> {
    const holdings$ = this.core.books.owned$.pipe(switchMap((owned) => this.#holdings(owned)));
    const stop = this.world.config.strategies[0];
    const options = { stopBps: stop?.stopBps ?? 60, takeBps: stop?.takeBps ?? 120 };
    return exits({ views$: this.pipeline.views$, holdings$ }, options).pipe(
      tap((edges) => {
        for (const { type, market, moveBps } of edges) {
          const reason = { code: `exit.${type}`, text: `${type} at ${moveBps.toFixed(1)} bps` };
          const strategy = this.world.config.strategies[0]?.name ?? '';
          this.hub.positions.next(positionKey(strategy, market), { type: 'position.exit', reason });
        }
      }),
      ignoreElements(),
    );
  }

  #holdings({ owner, position }: OwnedPosition): Observable<Holding> {
    const { market, size, cost } = position;
    const spec = this.#decoder.spec(market);
    if (owner === undefined || spec === undefined) return EMPTY;
    if (size === 0n) return of({ market, side: undefined, entryUsd: 0 });
    const baseUnits = (Number(absolute(size)) / Number(spec.step)) * stepBase(spec);
    const entryUsd = toFloat(absolute(cost), USD_SCALE) / baseUnits;
    return entryUsd > 0 ? of({ market, side: size > 0n ? 'buy' : 'sell', entryUsd }) : EMPTY;
  }

  #decide(verdict: Verdict): void {
    this.decided[verdict.type] += 1;
    const { strategy, market, type, confidence, reasons } = verdict;
    const side = verdict.type === 'enter' ? verdict.side : null;
    const texts = reasons.map(({ text }) => text).join('; ');
    this.world.log.write(type === 'enter' ? 'info' : 'debug', `decision.${type}`, {
      market,
      side,
      confidence: confidence ?? null,
      reasons: texts,
    });
    this.hub.strategies.next(strategy, { type: 'verdict', verdict });
  }

  #resync(markets: readonly MarketId[]): void {
    for (const market of markets) {
      const socket = socketOf(this.#plan, market);
      const keys = [`v4_orderbook:${market}`];
      this.world.log.write('warn', 'book.resync', { market });
      if (socket === undefined) continue;
      this.child(`connection.${socket}`)?.send({ type: 'connection.refresh', keys });
    }
  }

  #hear(report: ServiceReport): void {
    const { log } = this.world;
    switch (report.type) {
      case 'service.state':
        log.write('info', 'service.state', { state: report.state });
        if (report.state === 'reconciling') this.#beginWatch();
        return;
      case 'service.stepFailed':
        return log.write('error', 'service.step-failed', { reason: report.reason });
      case 'service.faulted':
        return log.write('error', 'service.faulted', { reason: report.reason });
      case 'service.spawned':
        return this.#adopt(report.id);
    }
  }

  /** Listens to a child that is about to start. */
  #adopt(id: string): void {
    const actor = this.child(id);
    if (actor === undefined) return;
    const [kind, ...rest] = id.split('.');
    const name = rest.join('.');
    const heard$ = new Map<string, () => Observable<unknown>>([
      ['connection', () => this.#connection(actor)],
      [
        'desk',
        () => emitted$(actor).pipe(tap((report) => this.#deskReport(name, report as never))),
      ],
      ['strategy', () => this.#strategy(name, actor)],
    ]);
    this.#subscription.add((heard$.get(kind ?? '')?.() ?? NEVER).subscribe());
  }

  #connection(actor: AnyActorRef): Observable<unknown> {
    const { log } = this.world;
    const states$ = snapshots$(actor).pipe(
      map((snapshot: { value?: unknown; context?: { lastError?: string | null } }) => ({
        state: stateName(snapshot.value),
        error: snapshot.context?.lastError ?? null,
      })),
      distinctUntilChanged((a, b) => a.state === b.state),
      tap(({ state, error }) => {
        const isBad = state === 'backingOff' || state === 'failed';
        log.write(isBad ? 'warn' : 'info', 'connection', {
          name: actor.id,
          state,
          lastError: error,
        });
      }),
    );
    const feeds$ = emitted$(actor).pipe(tap((event) => this.#feed(event as ConnectionEmitted)));
    return merge(states$, feeds$);
  }

  #feed(event: ConnectionEmitted): void {
    if (event.type === 'feed.refused') {
      const { key, message } = event;
      return this.world.log.write('error', 'feed.refused', { key, message });
    }
    if (event.type !== 'feed.up' && event.type !== 'feed.down') return;
    const { name } = event;
    const isUp = event.type === 'feed.up';
    const wasDown = this.#live$.value.get(name) === false;
    this.#live$.next(new Map([...this.#live$.value, [name, isUp]]));
    if (!isUp) {
      const carried = this.#plan[Number(name.split('-')[1])] ?? [];
      const markets = carried.flatMap(({ id }) => (id === undefined ? [] : [id as MarketId]));
      this.pipeline.fold.markStale(markets, 'connection.down');
      this.steps.doubt();
    } else if (wasDown && this.actor.getSnapshot().hasTag('trading')) {
      this.hub.service$.next({ type: 'reconcile.needed', reason: `${name} came back` });
    }
  }

  #deskReport(strategy: string, report: OrderReport | DeskFault): void {
    if (report.type === 'desk.fault') return this.#fault('strategy.fault', report.reason);
    this.core.report(strategy, report);
  }

  #strategy(name: string, actor: AnyActorRef): Observable<unknown> {
    const reports$ = emitted$(actor).pipe(
      tap((report) => this.#strategyReport(report as StrategyReport)),
    );
    const gate$ = gateEdges(this.world, this.core, this.#live$).pipe(
      tap((reason) => {
        if (reason !== undefined) this.world.log.write('info', 'gate.closed', { reason });
        this.hub.strategies.next(
          name,
          reason === undefined ? { type: 'gate.opened' } : { type: 'gate.closed', reason },
        );
      }),
    );
    const warm$ = this.#warm$.pipe(
      tap((isWarm) => {
        if (isWarm) this.hub.strategies.next(name, { type: 'strategy.warm' });
      }),
    );
    // The child starts after this turn of the mailbox: what it must hear comes through a timer.
    const started$ = timer(0, this.world.clock.scheduler).pipe(
      switchMap(() => merge(gate$, warm$)),
      shareHot(),
    );
    return merge(reports$, started$);
  }

  #strategyReport(report: StrategyReport): void {
    switch (report.type) {
      case 'order.wish':
        return this.core.wish(report.wish);
      case 'wish.overdue':
        return this.core.overdue(report.strategy, report.wishId);
      case 'strategy.fault':
        return this.#fault('strategy.fault', report.reason);
      case 'strategy.position':
        return this.world.log.write('info', 'position', {
          market: report.market,
          state: report.state,
          size: report.size,
        });
    }
  }

  #isWatching = false;

  /** Breakers, sweeps and polls begin when there is an account to watch over. */
  #beginWatch(): void {
    if (this.#isWatching) return;
    this.#isWatching = true;
    const { clock, config, subaccount } = this.world;
    const limits = {
      maxDailyLossUsd: config.risk.maxDailyLossUsd,
      maxDrawdownUsd: config.risk.maxDailyLossUsd,
    };
    const signs$ = vitalSigns(this.world, this.core, this.heights, () => this.accountLive());
    const edges$ = breachEdges(merge(this.core.observations$, signs$), {
      limits,
      scheduler: clock.scheduler,
    });
    const watch$ = merge(
      edges$.pipe(
        tap((edge) =>
          this.hub.risk$.next(
            edge.type === 'breach'
              ? { type: 'risk.breach', breach: edge.breach }
              : { type: 'risk.clear', cause: edge.cause },
          ),
        ),
      ),
      chainPolls(this.world, this.#venue, this.heights),
      subaccount === undefined
        ? NEVER
        : this.#sweeper.sweeps$().pipe(tap((sweep) => this.steps.settle(sweep))),
    );
    this.#subscription.add(watch$.subscribe());
  }

  #riskReport(report: RiskReport): void {
    const { log, clock, config } = this.world;
    switch (report.type) {
      case 'risk.latched':
        log.write('error', 'risk.latched', { ...report.breach });
        return this.journal.write({ type: 'risk.latched', breach: report.breach });
      case 'risk.cleared': {
        const { cause, by } = report;
        log.write('warn', 'risk.cleared', { cause, by });
        this.core.observations$.next({ type: 'cleared', cause, at: clock.now() });
        return this.journal.write({ type: 'risk.cleared', cause, by });
      }
      case 'risk.level':
        return log.write(report.level === 'active' ? 'info' : 'error', 'risk.level', {
          level: report.level,
          causes: report.causes,
        });
      case 'risk.flatten': {
        const reason = { code: 'operator.flatten', text: report.evidence };
        for (const { name } of config.strategies) {
          this.hub.strategies.next(name, { type: 'strategy.flatten', market: undefined, reason });
        }
      }
    }
  }

  #fault(cause: 'journal.failed' | 'strategy.fault', evidence: string): void {
    this.world.log.write('error', cause, { evidence });
    this.core.observations$.next({ type: 'fault', cause, evidence, at: this.world.clock.now() });
  }
}

function sniperOf({ config }: World) {
  const [strategy] = config.strategies;
  return createSniper(
    strategy === undefined
      ? {}
      : {
          confidenceMin: strategy.minConfidence,
          rankMax: strategy.maxPositions,
          slippageBps: strategy.slippageBps,
        },
  );
}
