/**
 * What trades: wishes become orders, answers and fills find their way back, and one predicate says
 * whether anything risky may leave. It knows the stages and their order; it decides nothing itself.
 */
import { ReplaySubject, Subject } from 'rxjs';
import type { Config } from '../config/config-schema.js';
import { ClientIds } from '../execution/client-ids.js';
import type { SizingContext } from '../execution/order-factory.js';
import type { MarketView } from '../model/book.js';
import type { AccountEvent } from '../model/events.js';
import type { OrderFact, OrderReport } from '../model/facts.js';
import type { Denial, OrderIntent, OrderRequest, VenueOrder, Wish } from '../model/order.js';
import {
  signedSize,
  type BlockHeight,
  type ClientId,
  type MarketId,
  type OrderId,
  type UnixMs,
  type Usd,
} from '../model/quantities.js';
import type { MarketSpec } from '../model/market.js';
import type { Lifetime } from '../model/stateful-order.js';
import type { Permission, RiskLevel } from '../model/risk.js';
import type { JournalEntry } from '../ports/journal.js';
import type { Log } from '../ports/log.js';
import type { Meter } from '../ports/meter.js';
import type { SendAnswer } from '../ports/venue.js';
import type { FaultCause, Observation } from '../risk/breakers.js';
import type { MarketHolding } from '../risk/exposure.js';
import { OrderRate } from '../risk/order-rate.js';
import { decidePermission } from '../risk/permission.js';
import { AGE_LIMITS, type RiskContext } from '../risk/risk-context.js';
import { AccountDesk } from './account-desk.js';
import { accountFlow } from './account-flow.js';
import { AccountGate } from './account-gate.js';
import { Books } from './books.js';
import { sizeText } from './amounts.js';
import { Denials } from './denials.js';
import type { HeightWatch } from './heights.js';
import { orderFlow } from './order-flow.js';
import { OrderTable } from './order-table.js';
import { LimitDesk } from './limit-desk.js';
import type { FactHub } from './provide.js';
import { quoteFlow, type QuoteFlow, type QuoteFlowOptions } from './quote-flow.js';
import { replaceFlow, type ReplaceFlow } from './replace-flow.js';
import { RunClaim } from './run-claim.js';
import { LatencySamples } from './run-report.js';

/** What is true elsewhere and asked in the turn of the send. */
export interface Circumstances {
  readonly trading: () => boolean;
  readonly reconciled: () => boolean;
  readonly riskLevel: () => RiskLevel;
  readonly accountLive: () => boolean;
  readonly journalHealthy: () => boolean;
}

export interface TradingCoreOptions {
  readonly config: Config;
  readonly hub: FactHub;
  readonly heights: HeightWatch;
  readonly now: () => UnixMs;
  readonly view: (market: MarketId) => MarketView | undefined;
  readonly specOf: (market: MarketId) => MarketSpec | undefined;
  readonly orderIdOf: (clientId: ClientId, market: MarketId, lifetime?: Lifetime) => OrderId;
  readonly record: (entry: JournalEntry) => void;
  readonly circumstances: Circumstances;
  readonly log: Log;
  readonly meter: Meter;
}

/** Until the breakers listen, as they do from the start. */
const OBSERVATIONS_KEPT = 100;

export class TradingCore {
  readonly orders = new OrderTable();
  readonly books: Books;
  /** Of the chain, for messages. */
  readonly limits: LimitDesk;
  readonly claim: RunClaim;
  /** Opened with the books. */
  readonly gate: AccountGate;
  readonly money: AccountDesk;
  readonly latency = new LatencySamples();
  readonly denials = new Denials();
  /** What the breakers watch. Hot; what comes before they listen is not lost. */
  readonly observations$ = new ReplaySubject<Observation>(OBSERVATIONS_KEPT);
  /** A sweep of the account is wanted soon. Hot. */
  readonly sweepWanted$ = new Subject<void>();
  readonly wish: (wish: Wish) => void;
  /** One side of a quote becomes an order that rests. */
  readonly quote: QuoteFlow;
  /** New price and size for a working order: in place, or by a cancel first. */
  readonly replace: ReplaceFlow['replace'];
  readonly account: (event: AccountEvent) => void;
  readonly #options: TradingCoreOptions;
  readonly #replacing: ReplaceFlow;
  readonly #entries = new OrderRate();
  readonly #exits = new OrderRate();
  #epoch = 0;
  #clientIds: ClientIds | undefined;

  constructor(options: TradingCoreOptions) {
    this.#options = options;
    const { record, specOf, hub, log, now, view, heights } = options;
    this.limits = new LimitDesk({ heights, orders: this.orders });
    this.claim = new RunClaim({
      orderIdOf: options.orderIdOf,
      onForeign: (evidence) => this.#fault('foreign.run', evidence),
    });
    this.books = new Books({
      orders: this.orders,
      specOf,
      record,
      log,
      tellOrder: (orderId, fact) => this.tellOrder(orderId, fact),
      tellPosition: (key, fact) => hub.positions.next(key, fact),
      tellStrategy: (strategy, fact) => void hub.strategies.next(strategy, fact),
      onUnexplained: (evidence) => this.#fault('order.unexplained', evidence),
      onLiquidated: (evidence) => this.#fault('account.liquidated', evidence),
    });
    const askedPpm = (spec: MarketSpec): number => this.limits.askedPpm(spec);
    this.money = new AccountDesk({ books: this.books, specOf, view, askedPpm, record, now });
    const checked: Pick<QuoteFlowOptions, 'risk' | 'request' | 'submit'> = {
      risk: (intent) => this.#riskContext(intent, this.#ageOf(intent)),
      request: () => this.#requestContext(),
      submit: (request) => this.#submit(request),
    };
    this.wish = orderFlow({
      ...checked,
      sizing: (wish) => this.#sizing(wish),
      denied: (wish, denial) => this.#deny(wish, denial),
    });
    this.quote = quoteFlow({
      ...checked,
      epoch: () => this.#epoch,
      denied: (intent, denial) => this.#noteDenial(intent.intentId, intent, denial),
    });
    this.#replacing = replaceFlow({
      ...checked,
      orders: this.orders,
      now: options.now,
      tell: (orderId, fact) => {
        if (fact.type === 'order.replace') this.limits.replaced(this.orders.get(orderId)?.request);
        return this.tellOrder(orderId, fact);
      },
      log,
    });
    this.replace = this.#replacing.replace;
    const flow = accountFlow({
      books: this.books,
      orders: this.orders,
      tellOrder: (orderId, fact) => this.tellOrder(orderId, fact),
      onForeign: (order) => this.foreign(order),
      isClaim: (order) => this.claim.hear(order),
      onSnapshot: () => this.sweepWanted$.next(),
    });
    this.gate = new AccountGate(flow);
    this.account = (event) => this.gate.enter(event);
  }

  /** From now on orders can be numbered: the run's epoch is in the journal. */
  begin(epoch: number): void {
    this.#epoch = epoch;
    this.#clientIds = new ClientIds(epoch);
  }

  tellOrder(orderId: OrderId, fact: OrderFact): boolean {
    return this.#options.hub.orders.next(orderId, fact);
  }

  /** Every order hears of the indexer's height, and of the time of that block. */
  grew(height: BlockHeight, time: UnixMs): void {
    for (const { request } of this.orders.all()) {
      this.tellOrder(request.orderId, { type: 'chain.height', height, time });
    }
  }

  swept(completeTo: BlockHeight): void {
    this.books.sweptTo(completeTo);
    for (const { request } of this.orders.live()) {
      this.tellOrder(request.orderId, { type: 'sweep.completed', completeTo });
    }
  }

  /** What an order says of itself: kept, journaled, and its end told to the position. */
  report(strategy: string, report: OrderReport): void {
    const { hub, record, log } = this.#options;
    this.orders.report(report);
    switch (report.type) {
      case 'order.changed':
      case 'order.lateFill':
      case 'order.terms':
        return;
      case 'order.successorDue':
        return this.#replacing.succeed(report);
      case 'order.sweepNeeded':
        return this.sweepWanted$.next();
      case 'order.anomaly':
        return this.#fault(report.cause, report.evidence);
      case 'order.ended': {
        const { orderId, intentId, market, end, filled, reason } = report;
        record({ type: 'order.end', orderId, end, filled });
        const sum = sizeText(this.#options.specOf(market), filled);
        const words = { market, end, filled: sum, reason: reason ?? null, orderId };
        log.write('info', 'order.ended', words);
        const key = `${strategy}/${market}`;
        hub.positions.next(key, { type: 'order.ended', intentId, end, filled });
        return;
      }
    }
  }

  /** A wish whose outcome is overdue: its order's end, or a denial where there is no such order. */
  overdue(strategy: string, wishId: string): void {
    const record = this.orders.all().find(({ request }) => request.intentId === wishId);
    const market = (record?.request.market ?? wishId.split('/')[1] ?? '') as MarketId;
    const key = `${strategy}/${market}`;
    if (record === undefined) {
      const denial: Denial = { code: 'permission.closed', message: 'no order was made of it' };
      this.#options.hub.positions.next(key, { type: 'intent.denied', wishId, denial });
    } else if (record.end !== undefined) {
      const { end, filled } = record;
      this.#options.hub.positions.next(key, { type: 'order.ended', intentId: wishId, end, filled });
    } else this.sweepWanted$.next();
  }

  /** After the answer to its place those to replacements, which say nothing of the order. */
  answered(request: OrderRequest, answer: SendAnswer): void {
    const { log, meter, now } = this.#options;
    const isReplaced = this.orders.get(request.orderId)?.answer !== undefined;
    if (!isReplaced) this.orders.answered(request.orderId, answer);
    const { market, side, clientId, purpose, reduceOnly } = request;
    const fields = { market, side, clientId, purpose, reduceOnly, answer: answer.type };
    if (answer.type === 'accepted') {
      const ms = answer.broadcastAt - request.newestFrameAt - request.heldMs;
      this.latency.observe(ms);
      meter.observe('frame-to-broadcast', Math.max(0, ms));
      const latencyMs = Math.round(ms * 100) / 100;
      if (isReplaced) log.write('debug', 'order.replaced', { ...fields, latencyMs });
      else log.write('info', 'order.sent', { ...fields, latencyMs });
      return;
    }
    const reason = answer.type === 'rejected' ? `${answer.code} ${answer.message}` : answer.reason;
    const remedy = answer.type === 'rejected' ? answer.remedy : undefined;
    // Most of them were filled meanwhile.
    if (isReplaced) log.write('info', 'order.not-replaced', { ...fields, reason, remedy });
    else log.write('warn', 'order.not-sent', { ...fields, reason, remedy });
    // That the market has moved past a quote is no fault of ours.
    if (answer.type === 'rejected' && remedy !== 'new-price') {
      this.observations$.next({ type: 'reject', at: now(), code: answer.code });
      // A no that we did not expect: perhaps the account is not what we think it is.
      this.sweepWanted$.next();
    }
  }

  /** May this one leave now? Reduce-only orders have the weaker rule: they only shrink. */
  permit(request: OrderRequest): Permission {
    const ageMs = this.#options.now() - request.newestFrameAt - request.heldMs;
    const permission = this.permission(request.market, ageMs);
    if (permission.granted || !request.reduceOnly || this.#options.config.mode === 'shadow') {
      return permission;
    }
    return { granted: true, expiresAt: (this.#options.now() + 250) as UnixMs };
  }

  permission(market: MarketId | undefined, decisionAgeMs = 0): Permission {
    const { circumstances, config, heights, now, view } = this.#options;
    if (config.mode === 'shadow') return { granted: false, reasons: ['the mode is shadow'] };
    return decidePermission({
      now: now(),
      serviceTrading: circumstances.trading(),
      reconciled: circumstances.reconciled(),
      riskLevel: circumstances.riskLevel(),
      accountLive: circumstances.accountLive(),
      journalHealthy: circumstances.journalHealthy(),
      bookState: market === undefined ? 'live' : (view(market)?.book.state ?? 'empty'),
      heights: heights.at(now()),
      decisionAgeMs,
      decisionAgeMsMax: AGE_LIMITS.decisionAgeMsMax,
    });
  }

  /** An order on our account that somebody else made. */
  foreign({ clientId, market }: Pick<VenueOrder, 'clientId' | 'market'>): void {
    this.#fault('foreign.activity', `order ${clientId} in ${market} is not ours`);
    this.claim.foreignOrder(clientId);
  }

  usdc(): Usd | undefined {
    return this.money.usdc();
  }

  holdings(): ReadonlyMap<MarketId, MarketHolding> {
    const { specOf, view } = this.#options;
    const markets = new Set<MarketId>();
    for (const { market, size } of this.books.positions.positions()) {
      if (size !== 0n) markets.add(market);
    }
    for (const { request } of this.orders.live()) markets.add(request.market);
    return new Map(
      [...markets].flatMap((market) => {
        const listed = specOf(market);
        if (listed === undefined) return [];
        const spec = this.limits.spec(listed);
        const orders = this.orders
          .live()
          .filter(({ request }) => request.market === market)
          .map(({ request, filled }) => ({
            market,
            side: request.side,
            remaining: request.size - filled,
            limitPrice: request.price,
            reduceOnly: request.reduceOnly,
            lastBlock: request.goodTilBlock,
          }));
        const { size: position } = this.books.positions.position(market);
        const { oracle, openInterest } = view(market) ?? {};
        return [[market, { spec, oracle, openInterest, position, orders }] as const];
      }),
    );
  }

  #ageOf({ newestFrameAt, heldMs }: { newestFrameAt: UnixMs; heldMs: number }): number {
    return this.#options.now() - newestFrameAt - heldMs;
  }

  #sizing(wish: Wish): SizingContext {
    const { config, now, view } = this.#options;
    const [strategy] = config.strategies;
    const { positions } = this.books;
    return {
      now: now(),
      view: view(wish.market),
      orderNotionalUsd: strategy?.orderNotionalUsd ?? 0,
      position: positions.ownedPosition(wish.strategy, wish.market).size,
      whole: positions.position(wish.market).size,
      exitSlippageBps: strategy?.slippageBps ?? 0,
    };
  }

  #riskContext({ market, strategy }: OrderIntent, decisionAgeMs: number): RiskContext {
    const { config, circumstances, now, view } = this.#options;
    const { positions } = this.books;
    const position = positions.position(market).size;
    return {
      now: now(),
      level: circumstances.riskLevel(),
      permission: this.permission(market, decisionAgeMs),
      limits: config.risk,
      ages: AGE_LIMITS,
      view: this.limits.view(view(market)),
      position,
      foreign: signedSize(position - positions.ownedPosition(strategy, market).size),
      holdings: this.holdings(),
      workingOrders: this.orders.live().length,
      entriesLastMinute: this.#entries.count(now()),
      exitsLastMinute: this.#exits.count(now()),
      isKnownIntent: (intentId) => this.orders.isKnownIntent(intentId),
      equity: this.money.figures()?.equity,
      ...this.limits.context(),
    };
  }

  #requestContext() {
    const { heights, orderIdOf } = this.#options;
    const height = heights.best();
    if (height === undefined || this.#clientIds === undefined) return undefined;
    return { height, now: this.#options.now(), clientIds: this.#clientIds, orderIdOf };
  }

  /** The key is registered before the desk hears of it, and so before anything is sent. */
  #submit(request: OrderRequest): void {
    const { hub, now } = this.#options;
    (request.reduceOnly ? this.#exits : this.#entries).record(now());
    this.orders.register(request);
    this.limits.placed(request);
    hub.desks.next(request.strategy, { type: 'desk.place', request });
  }

  #deny(wish: Wish, denial: Denial): void {
    const { market, wishId, strategy } = wish;
    this.#noteDenial(wishId, wish, denial);
    const { positions } = this.#options.hub;
    positions.next(`${strategy}/${market}`, { type: 'intent.denied', wishId, denial });
  }

  #noteDenial(id: string, { market, purpose }: OrderIntent | Wish, denial: Denial): void {
    const { log, now } = this.#options;
    this.denials.note({ at: now(), id, denial });
    log.write('info', 'order.denied', { market, purpose, ...denial });
  }

  #fault(cause: FaultCause, evidence: string) {
    this.#options.log.write('error', cause, { evidence });
    this.observations$.next({ type: 'fault', cause, evidence, at: this.#options.now() });
  }
}
