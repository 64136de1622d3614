/**
 * Quotes in the running service: what a strategy wants to rest is compared with the orders that are
 * there, at each of its looks, and made so. Orders have their machines, the strategy has its own;
 * nothing is known here but what was wanted last.
 *
 * 1. Orders are placed and changed at a look only, on what it saw. They are pulled at any time:
 *    when the strategy holds, may not enter, leaves the position, or says nothing any more.
 * 2. At most `maxPositions` markets are quoted or held at once.
 * 3. A side rests after its order ended otherwise than filled, and longer after a denial.
 */
import { EMPTY, interval, merge, tap, type Observable } from 'rxjs';
import type { SnapshotFrom } from 'xstate';
import type { strategyMachine } from '../../machines/strategy.machine.js';
import type { Side } from '../model/book.js';
import type { Quote, Verdict } from '../model/decision.js';
import type { OrderReport } from '../model/facts.js';
import type { MarketId, UnixMs } from '../model/quantities.js';
import { quoteSteps, type QuoteStep, type RestingOrder } from '../execution/quote-plan.js';
import type { HeightWatch } from './heights.js';
import type { OrderRecord } from './order-table.js';
import { only } from './strategy-choice.js';
import type { TradingCore } from './trading-core.js';
import type { World } from './world.js';

export interface QuoteDeskOptions {
  readonly world: Pick<World, 'clock' | 'config' | 'log'>;
  readonly core: Pick<TradingCore, 'orders' | 'quote' | 'replace' | 'tellOrder'>;
  readonly heights: Pick<HeightWatch, 'best'>;
  /** Of a strategy's machine; undefined before there is one. */
  readonly strategy: (name: string) => SnapshotFrom<typeof strategyMachine> | undefined;
}

/** A market's quotes are looked at anew so often at most. */
const REQUOTE_MS = 500;
const SWEEP_MS = 250;
/** A quote that was not repeated for so long is none any more. */
const SILENT_MS = 3_000;
const REST_AFTER_END_MS = 2_000;
const REST_AFTER_DENIAL_MS = 5_000;

interface Wanted {
  readonly quote: Quote;
  readonly at: UnixMs;
}

const NOTHING = { bid: undefined, ask: undefined };
/** Of an order that the desk has made: nothing else rests and may add. */
const isQuote = ({ request }: OrderRecord): boolean =>
  request.timeInForce === 'postOnly' && request.stateful === undefined;

export class QuoteDesk {
  readonly #options: QuoteDeskOptions;
  readonly #name: string;
  readonly #requoteBps: number;
  readonly #wanted = new Map<MarketId, Wanted>();
  readonly #actedAt = new Map<MarketId, UnixMs>();
  /** Sides at rest, as `<market>/<side>`, and until when. */
  readonly #resting = new Map<string, UnixMs>();
  /** Left by an exit: quoted again when that is over, and so is the rest behind it. */
  readonly #left = new Set<MarketId>();

  constructor(options: QuoteDeskOptions) {
    this.#options = options;
    const settings = only(options.world.config.strategies);
    this.#name = settings.name;
    this.#requoteBps = 'requoteBps' in settings ? settings.requoteBps : 0;
  }

  /** Nothing is sent in shadow mode. What may not rest is pulled also when nobody looks at it. */
  quoting$(verdicts$: Observable<Verdict>): Observable<unknown> {
    const { clock, config } = this.#options.world;
    if (config.mode === 'shadow') return EMPTY;
    return merge(
      verdicts$.pipe(tap((verdict) => this.hear(verdict))),
      interval(SWEEP_MS, clock.scheduler).pipe(tap(() => this.#sweep())),
    );
  }

  /** Every look of the strategy. */
  hear(verdict: Verdict): void {
    const { market } = verdict;
    const now = this.#now();
    if (verdict.type !== 'quote') {
      if (this.#wanted.delete(market)) this.#pull(market, verdict.reasons[0]?.text ?? 'it holds');
      return;
    }
    const reason = this.#refusal(market);
    if (reason !== undefined) {
      if (this.#wanted.delete(market)) this.#pull(market, reason);
      return;
    }
    this.#wanted.set(market, { quote: verdict, at: now });
    if (now - (this.#actedAt.get(market) ?? -Infinity) < REQUOTE_MS) return;
    this.#actedAt.set(market, now);
    this.#make(verdict);
  }

  /** The position is to be left: nothing of ours may stand in the way. Whether anything does. */
  leave(market: MarketId, reason: string): boolean {
    const isInTheWay = this.#orders(market).length > 0;
    this.#left.add(market);
    if (this.#wanted.delete(market)) this.#pull(market, reason);
    else this.#take(market);
    return isInTheWay;
  }

  /** The gate has closed. */
  pullAll(reason: string): void {
    this.#wanted.clear();
    for (const market of this.#markets()) this.#pull(market, reason);
  }

  /** A side whose order came to nothing is not tried again at once. */
  ended(report: Extract<OrderReport, { type: 'order.ended' }>): void {
    const record = this.#options.core.orders.get(report.orderId);
    if (record === undefined || !isQuote(record) || report.end === 'filled') return;
    this.#rest(report.market, record.request.side, REST_AFTER_END_MS);
  }

  #sweep(): void {
    const now = this.#now();
    for (const [market, { at }] of this.#wanted) {
      const silent = now - at > SILENT_MS ? 'the strategy says nothing any more' : undefined;
      const reason = silent ?? this.#refusal(market);
      if (reason === undefined) continue;
      this.#wanted.delete(market);
      this.#pull(market, reason);
    }
    // What was under way when it was pulled, and what an earlier run left.
    for (const market of this.#markets()) if (!this.#wanted.has(market)) this.#take(market);
  }

  /** Why nothing of the strategy may rest in the market. */
  #refusal(market: MarketId): string | undefined {
    const snapshot = this.#options.strategy(this.#name);
    if (snapshot === undefined || !snapshot.hasTag('mayEnter')) return 'the strategy may not enter';
    const { gate, positions, maxPositions } = snapshot.context;
    if (gate !== undefined) return gate;
    const state = positions[market]?.state ?? 'flat';
    if (state === 'exiting' || state === 'faulted') this.#left.add(market);
    else if (state !== 'coolingDown') this.#left.delete(market);
    if (this.#left.has(market)) return `the position is ${state}`;
    // What is pulled may fill until its cancel is proved.
    const others = new Set<string>([...this.#wanted.keys(), ...this.#markets()]);
    for (const row of Object.values(positions)) if (row.size !== 0n) others.add(row.market);
    if (others.has(market) || others.size < maxPositions) return undefined;
    return `${others.size} markets are quoted or held, at most ${maxPositions}`;
  }

  #make(quote: Quote): void {
    const { core, heights } = this.#options;
    const { market, bid, ask, newestFrameAt } = quote;
    const wish = {
      bid: this.#isAtRest(market, 'buy') ? undefined : bid,
      ask: this.#isAtRest(market, 'sell') ? undefined : ask,
    };
    const options = { height: heights.best(), requoteBps: this.#requoteBps };
    for (const step of quoteSteps(wish, this.#orders(market), options)) {
      if (step.type === 'cancel') this.#cancel(step);
      else {
        const made =
          step.type === 'place'
            ? core.quote(quote, step.side, step.order)
            : core.replace(step.orderId, { ...step.order, newestFrameAt });
        if (!made.ok) this.#rest(market, step.side, REST_AFTER_DENIAL_MS);
      }
    }
  }

  #pull(market: MarketId, reason: string): void {
    const orders = this.#orders(market).length;
    if (orders > 0) this.#options.world.log.write('info', 'quotes.pulled', { market, reason });
    this.#take(market);
  }

  /** Cancels what works in the market. */
  #take(market: MarketId): void {
    const options = { height: this.#options.heights.best(), requoteBps: this.#requoteBps };
    for (const step of quoteSteps(NOTHING, this.#orders(market), options)) this.#cancel(step);
  }

  #cancel(step: QuoteStep): void {
    if (step.type === 'cancel') {
      this.#options.core.tellOrder(step.orderId, { type: 'order.cancel' });
    }
  }

  #orders(market: MarketId): readonly RestingOrder[] {
    return this.#live()
      .filter(({ request }) => request.market === market)
      .map(({ request, state, filled, answer }) => ({
        orderId: request.orderId,
        side: request.side,
        price: request.price,
        size: request.size,
        filled,
        goodTilBlock: request.goodTilBlock,
        isWorking: state.startsWith('working'),
        isAccepted: answer?.type === 'accepted',
      }));
  }

  #live(): readonly OrderRecord[] {
    return this.#options.core.orders.live().filter(isQuote);
  }

  #markets(): ReadonlySet<MarketId> {
    return new Set(this.#live().map(({ request }) => request.market));
  }

  #rest(market: MarketId, side: Side, ms: number): void {
    this.#resting.set(`${market}/${side}`, (this.#now() + ms) as UnixMs);
  }

  #isAtRest(market: MarketId, side: Side): boolean {
    return this.#now() < (this.#resting.get(`${market}/${side}`) ?? 0);
  }

  #now(): UnixMs {
    return this.#options.world.clock.now();
  }
}
