/**
 * The whole service and the whole exchange on one virtual clock: no sockets, no disk, no threads.
 * It can be cut off, killed and started again on the same exchange and the same journal.
 */
import { inspect } from 'node:util';
import {
  AsyncSubject,
  concatMap,
  defer,
  delay,
  map,
  NEVER,
  of,
  ReplaySubject,
  Subject,
  throwError,
  timer,
  type Observable,
} from 'rxjs';
import {
  type ACCOUNT,
  accountOf,
  ADDRESS,
  makeGround,
  type Ground,
  type GroundOptions,
} from './exchange-ground.js';
import { ControlProjection } from '../../src/app/control-projection.js';
import type { EngineMakers } from '../../src/app/engine-host.js';
import { Inbox } from '../../src/app/inbox.js';
import { ServiceRoot } from '../../src/app/service-root.js';
import type { World } from '../../src/app/world.js';
import type { RecordedFrame } from '../../src/ports/recording.js';
import { seededRandom } from '../../src/clock/seeded-random.js';
import type { SimulatedClock } from '../../src/clock/simulated.clock.js';
import { loadConfig } from '../../src/config/load-config.js';
import { indexerReads, type VenueReads } from '../../src/dydx/indexer.client.js';
import { embeddedNetwork } from '../../src/dydx/networks.js';
import type { Side } from '../../src/model/book.js';
import type { Decision } from '../../src/model/decision.js';
import { priceOfTicks, type MarketSpec } from '../../src/model/market.js';
import type { CancelRequest, OrderRequest } from '../../src/model/order.js';
import { marketId, ticks, type MarketId } from '../../src/model/quantities.js';
import type { VenueLimits } from '../../src/model/venue-limits.js';
import { Failure } from '../../src/model/result.js';
import type { HttpPort, HttpRequest } from '../../src/ports/http.js';
import type { Journal, JournalEntry, JournalRow } from '../../src/ports/journal.js';
import type { AuthoredStrategy } from '../../src/ports/strategy.js';
import type { SendAnswer, VenuePort } from '../../src/ports/venue.js';
import type { ExchangeHost } from '../../src/simulator/exchange-host.venue.js';
import type { CheckResult } from '../../src/simulator/exchange-types.js';
import { paperVenue } from '../../src/simulator/paper.venue.js';
import { cutHttp, cutSockets, forbidden, FrozenAnswer, refused, type Step } from './cut-ports.js';

export interface VirtualOptions extends GroundOptions {
  /** Of the first run; the next has the next. */
  readonly claimChance?: number;
  /** Another process that trades on the same account of the same exchange. */
  readonly beside?: VirtualService;
  readonly flags?: Readonly<Record<string, unknown>>;
  /** Instead of orders that go into the exchange as they are. */
  readonly sends?: (
    service: VirtualService,
    http: HttpPort,
  ) => Pick<VenuePort, 'place' | 'cancel' | 'batchCancel'>;
  /** Instead of the streaming engine as it is. */
  readonly makers?: EngineMakers;
  /** Rows of the journal between checkpoints. */
  readonly checkpointRows?: number;
  /** A user's strategy, where the flags name a file. */
  readonly authored?: () => AuthoredStrategy;
  /** Sees each frame as it comes. */
  readonly record?: (frame: RecordedFrame) => void;
}

/** How the next sends go wrong. */
export type SendFault = 'none' | 'reply-lost' | 'request-lost' | 'rejected';

export class VirtualService {
  readonly ground: Ground;
  readonly clock: SimulatedClock;
  /** That the service trades. */
  readonly account: typeof ACCOUNT;
  readonly host: ExchangeHost;
  readonly rows: JournalRow[] = [];
  readonly log: { level: string; event: string; fields: Record<string, unknown> }[] = [];
  readonly hops: string[] = [];
  /** What the engines' budget is judged by. */
  readonly resources = {
    work: 0,
    memory: 100,
    workMs: (): number => this.resources.work,
    memoryMb: (): number => this.resources.memory,
  };
  sendFault: SendFault = 'none';
  isJournalBroken = false;
  readonly journalStrained$ = new Subject<string>();
  /** The signing thread is not let sign any more, and why. */
  readonly signerFaults$ = new Subject<string>();
  isJournalLost = false;
  isRestDown = false;
  /** Requests with these words in their path or body are refused. */
  refusedPath: RegExp | undefined;
  /** Something before the venue refuses all reads of the account. */
  isForbidden = false;
  /** The venue's list of open orders is empty, whatever there is. */
  hidesOpenOrders = false;
  /** The account is read from a copy that stands still. */
  isAccountFrozen = false;
  readonly #frozen = new FrozenAnswer();
  /** Places that reached the exchange. */
  sends = 0;
  readonly placed: OrderRequest[] = [];
  /** Told before and after each step to the outside; may `drop` the process. */
  onStep: (name: string) => void = () => undefined;
  root: ServiceRoot;
  control: ControlProjection;
  #options: VirtualOptions;
  #reads: VenueReads | undefined;
  #run = 0;

  constructor(options: VirtualOptions = {}) {
    this.#options = options;
    this.account = accountOf(options);
    this.ground = options.beside?.ground ?? makeGround(options);
    ({ clock: this.clock, host: this.host } = this.ground);
    this.root = new ServiceRoot(this.#world(), this.#engines());
    this.control = new ControlProjection(this.root);
  }

  /** Starts and waits until the state is reached. */
  async start(state = 'trading'): Promise<void> {
    this.root.start();
    await this.until(() => this.root.state === state);
  }

  /** Trading, permitted and warm: a decision would be acted on. */
  async ready(): Promise<void> {
    await this.start();
    await this.until(() => this.control.isReady().ready);
    await this.until(() => this.control.state().strategies[0]?.state === 'scouting');
  }

  /**
   * Throws the process away, as SIGKILL does, and makes another on the same journal, with other
   * settings if they are given.
   */
  async restart(flags = this.#options.flags): Promise<void> {
    this.renew(flags);
    await this.start();
  }

  /** The same, before anything of it is started. */
  renew(flags = this.#options.flags): void {
    this.kill();
    if (flags !== undefined) this.#options = { ...this.#options, flags };
    this.root = new ServiceRoot(this.#world(), this.#engines());
    this.control = new ControlProjection(this.root);
  }

  /** From this instant on nothing of the process gets out, in the midst of whatever it does. */
  drop(): void {
    this.#run += 1;
  }

  kill(): void {
    this.#run += 1;
    this.root.actor.stop();
    this.root.hub.orders.complete();
    void this.root.close();
  }

  cutSockets(): void {
    this.ground.memory.cutSockets();
  }

  async until(isReached: () => boolean, withinMs = 60_000): Promise<void> {
    const end = this.clock.now() + withinMs;
    while (!isReached()) {
      if (this.clock.now() > end)
        throw new Error(
          `not reached; state ${this.root.state}, log ${inspect(this.log.slice(-5), { depth: 4 })}`,
        );
      await this.clock.advance(50);
    }
  }

  /** What a strategy would say that wants this market now. */
  decide(ticker: string, side: Side): void {
    const market = marketId(ticker);
    const view = this.root.pipeline.fold.view(market, this.clock.now());
    const touch = (side === 'buy' ? view?.book.asks : view?.book.bids)?.[0]?.price;
    if (view === undefined || touch === undefined) throw new Error(`no book of ${ticker}`);
    const away = Math.ceil(touch * 0.002) * (side === 'buy' ? 1 : -1);
    const verdict: Decision = {
      type: 'enter',
      strategy: 'sniper',
      market,
      side,
      confidence: 0.9,
      direction: side === 'buy' ? 1 : -1,
      quality: 0.9,
      rank: 1,
      reasons: [{ code: 'test', text: 'because' }],
      newestFrameAt: this.clock.now(),
      decidedAt: this.clock.now(),
      heldMs: 0,
      limitPrice: priceOfTicks(view.spec, ticks(touch + away)),
    };
    this.root.world.inbox.enter(
      'fact',
      'test',
      () => void this.root.hub.strategies.next('sniper', { type: 'verdict', verdict }),
    );
  }

  /** An order on our account that the service did not make: immediate, in the first market. */
  placeByHand(order: { side: 'BUY' | 'SELL'; quantums: bigint; subticks: bigint }): void {
    this.host.submit({
      type: 'place',
      order: {
        ...order,
        id: { subaccount: this.account, clientId: 99, orderFlags: 0, clobPairId: 0 },
        goodTilBlock: this.host.exchange.height + 5,
        goodTilBlockTime: 0,
        timeInForce: 'IOC',
        reduceOnly: false,
        clientMetadata: 0,
      },
    });
  }

  /** The chain's limits, as the venue tells them. */
  limits$(): Observable<VenueLimits> {
    if (this.#reads === undefined) throw new Error('not booted');
    return this.#reads.limits();
  }

  position(ticker: string): bigint {
    return this.root.core.books.positions.position(marketId(ticker)).size;
  }

  /** The exchange's own figure. */
  venuePosition(ticker: string): bigint {
    const spec = this.root.pipeline.fold.spec(marketId(ticker));
    const held = this.host.exchange.subaccount(this.account)?.positions ?? [];
    return (
      held.find(({ clobPairId, closed }) => clobPairId === spec?.venueNumber && !closed)
        ?.quantums ?? 0n
    );
  }

  venueUsdc(): bigint {
    return this.host.exchange.subaccount(this.account)?.quoteQuantums ?? 0n;
  }

  entries<T extends JournalEntry['type']>(type: T): Extract<JournalEntry, { type: T }>[] {
    return this.rows.flatMap(({ entry }) =>
      entry.type === type ? [entry as Extract<JournalEntry, { type: T }>] : [],
    );
  }

  logged(event: string): Record<string, unknown>[] {
    return this.log.filter((line) => line.event === event).map(({ fields }) => fields);
  }

  #engines() {
    const { makers = {}, authored, checkpointRows } = this.#options;
    return { authored, checkpointRows, makers };
  }

  #world(): World {
    const { clock } = this;
    const config = loadConfig({
      environment: {},
      flags: {
        strategies: [{ minConfidence: 1, maxHoldSeconds: 5, coolDownSeconds: 1 }],
        ...structuredClone(this.#options.flags),
      },
    });
    const inbox = new Inbox({
      clock,
      stamp: () => clock.now(),
      atTurnEnd: (work) => void clock.setTimeout(work, 0),
    });
    const subaccount = { address: ADDRESS, number: this.account.number };
    const run = this.#run;
    const step = this.#steps();
    return {
      config,
      version: 'test',
      clock,
      inbox,
      subaccount,
      subscribesPerSecond: 10,
      random: seededRandom(1),
      claimChance: (this.#options.claimChance ?? 0) + this.#run,
      log: {
        write: (level, event, fields = {}) =>
          // A process that was dropped says nothing any more, though its timers go on.
          void (run === this.#run && this.log.push({ level, event, fields: { ...fields } })),
      },
      meter: { observe: (hop) => void this.hops.push(hop) },
      resources: this.resources,
      sockets: cutSockets(this.ground.memory.sockets, step),
      recording: {
        write: (frame) => this.#options.record?.(frame),
        close: () => Promise.resolve(),
      },
      hearsAccount: config.mode !== 'paper',
      boot: ({ specOf, view, height }) => {
        const http = cutHttp(this.ground.memory.http, step);
        const faulty: HttpPort = {
          send: (request) => {
            if (this.#isRefused(request)) return refused(clock);
            if (this.isForbidden && request.url.includes('subaccountNumber')) return forbidden;
            if (request.url.includes('/subaccountNumber/')) {
              return this.#frozen.or(http.send(request), this.isAccountFrozen);
            }
            const isHidden = this.hidesOpenOrders && request.url.includes('/orders?');
            return isHidden ? of({ status: 200, headers: {}, body: '[]' }) : http.send(request);
          },
        };
        const reads = indexerReads({
          network: embeddedNetwork(1),
          http: faulty,
          clock,
          subaccount,
          specOf,
        });
        this.#reads = reads;
        const venue: VenuePort = {
          ...reads,
          place: (request) =>
            this.#sent('place', step, () => this.#place(request, specOf(request.market))),
          cancel: (request) =>
            this.#sent('cancel', step, () => this.#cancel(request, specOf(request.market))),
          batchCancel: (requests) =>
            this.#sent('cancel', step, () => this.#batchCancel(requests, specOf)),
          ...this.#options.sends?.(this, http),
        };
        const socketUrl = 'ws://memory';
        const { signerFaults$ } = this;
        if (config.mode !== 'paper') return Promise.resolve({ socketUrl, venue, signerFaults$ });
        const paper = paperVenue({
          real: venue,
          view,
          height: () => height() ?? (0 as never),
          scheduler: clock.scheduler,
          usdc: 10_000_000_000n as never,
          takerFeePpm: 500,
        });
        return Promise.resolve({ socketUrl, venue: paper, account$: paper.account$ });
      },
      openJournal: () =>
        this.isJournalLost
          ? Promise.reject(new Failure('journal.locked', 'another holds it', { retryable: false }))
          : Promise.resolve(this.#journal(step)),
      close: () => Promise.resolve(),
    };
  }

  #isRefused({ url, body = '' }: HttpRequest): boolean {
    const { isRestDown, refusedPath } = this;
    return isRestDown || (refusedPath !== undefined && refusedPath.test(`${url} ${body}`));
  }

  /** A row is durable after a millisecond; what is not yet durable dies with its process. */
  #journal(step: Step): Journal {
    return {
      history: this.rows.slice(
        Math.max(
          0,
          this.rows.findLastIndex(({ entry }) => entry.type === 'checkpoint'),
        ),
      ),
      strained$: this.journalStrained$,
      append: (entry, stamp) => {
        if (this.isJournalBroken)
          return throwError(
            () => new Failure('journal.failed', 'no space left', { retryable: false }),
          );
        const durable$ = new AsyncSubject<void>();
        this.clock.setTimeout(() => {
          if (!step(`write ${entry.type}`)) return;
          this.rows.push({ sequence: this.rows.length + 1, ...stamp, entry });
          if (!step(`written ${entry.type}`)) return;
          durable$.next();
          durable$.complete();
        }, 1);
        return durable$;
      },
      close: () => Promise.resolve(),
    };
  }

  #steps(): Step {
    const run = this.#run;
    return (name) => {
      if (run !== this.#run) return false;
      this.onStep(name);
      return run === this.#run;
    };
  }

  /** Before the bytes leave, when the exchange has them, and when its answer is there. */
  #sent(what: string, step: Step, send: () => Observable<SendAnswer>): Observable<SendAnswer> {
    return defer(() => {
      if (!step(`send ${what}`)) return NEVER;
      const answer$ = new ReplaySubject<SendAnswer>();
      send().subscribe(answer$);
      if (!step(`sent ${what}`)) return NEVER;
      return answer$.pipe(concatMap((answer) => (step(`reply ${what}`) ? of(answer) : NEVER)));
    });
  }

  #place(request: OrderRequest, spec: MarketSpec | undefined): Observable<SendAnswer> {
    const fault = this.sendFault;
    if (fault === 'request-lost')
      return timer(2_000, this.clock.scheduler).pipe(
        map(() => ({ type: 'unknown', reason: 'no answer' })),
      );
    if (fault === 'rejected')
      return of<SendAnswer>({ type: 'rejected', code: 'clob.2005', message: 'no' }).pipe(
        delay(2, this.clock.scheduler),
      );
    return defer(() => {
      this.sends += 1;
      this.placed.push(request);
      const check = this.host.submit({
        type: 'place',
        order: {
          id: {
            subaccount: this.account,
            clientId: request.clientId,
            orderFlags: 0,
            clobPairId: spec?.venueNumber ?? 0,
          },
          side: request.side === 'buy' ? 'BUY' : 'SELL',
          quantums: request.size,
          subticks: request.price,
          goodTilBlock: request.goodTilBlock,
          goodTilBlockTime: 0,
          timeInForce: 'IOC',
          reduceOnly: request.reduceOnly,
          clientMetadata: 0,
        },
      });
      const answer = this.#answer(check, `TX-${request.clientId}`);
      return fault === 'reply-lost' ? NEVER : of(answer).pipe(delay(3, this.clock.scheduler));
    });
  }

  #cancel(
    request: Parameters<VenuePort['cancel']>[0],
    spec: MarketSpec | undefined,
  ): Observable<SendAnswer> {
    return defer(() => {
      const id = {
        subaccount: this.account,
        clientId: request.clientId,
        orderFlags: 0,
        clobPairId: spec?.venueNumber ?? 0,
      };
      const check = this.host.submit({
        type: 'cancel',
        cancel: { id, goodTilBlock: request.goodTilBlock, goodTilBlockTime: 0 },
      });
      return of(this.#answer(check, `CX-${request.clientId}`)).pipe(delay(3, this.clock.scheduler));
    });
  }

  #batchCancel(
    requests: readonly CancelRequest[],
    specOf: (market: MarketId) => MarketSpec | undefined,
  ): Observable<SendAnswer> {
    return defer(() => {
      const markets = [...new Set(requests.map(({ market }) => market))];
      const batches = markets.map((market) => ({
        clobPairId: specOf(market)?.venueNumber ?? 0,
        clientIds: requests
          .filter((request) => request.market === market)
          .map(({ clientId }) => clientId),
      }));
      const goodTilBlock = Math.max(...requests.map((request) => request.goodTilBlock));
      const batch = { subaccount: this.account, batches, goodTilBlock };
      const check = this.host.submit({ type: 'batchCancel', batch });
      return of(this.#answer(check, 'BX')).pipe(delay(3, this.clock.scheduler));
    });
  }

  #answer({ code, codespace, log }: CheckResult, txHash: string): SendAnswer {
    if (code !== 0) return { type: 'rejected', code: `${codespace}.${code}`, message: log };
    return { type: 'accepted', txHash, broadcastAt: this.clock.now() };
  }
}
