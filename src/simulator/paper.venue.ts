/**
 * Paper trading: immediate orders filled against the live book, in process, one block later. What
 * the account would hear comes out of `account$`; reads of market and chain go to the real venue.
 *
 * 1. An order takes the view's levels up to its limit, at their prices, when the next block is due.
 * 2. It does not move the book: two orders in one block could take the same level twice.
 * 3. Only immediate orders: anything else is rejected, with a code that says so.
 */
import { defer, delay, of, Subject, type Observable, type SchedulerLike } from 'rxjs';
import type { AccountSnapshot } from '../model/account.js';
import type { Level, MarketView } from '../model/book.js';
import type { AccountEvent } from '../model/events.js';
import { accountRisk, unscaledInitialMargin } from '../model/account-margin.js';
import { notionalFloor, priceOfTicks, sizeOfSteps, type MarketSpec } from '../model/market.js';
import type { Fill, OrderRequest, VenueOrder } from '../model/order.js';
import {
  absolute,
  blockHeight,
  divideCeil,
  fillId,
  signedSize,
  size,
  smallest,
  usd,
  type BlockHeight,
  type MarketId,
  type OrderId,
  type Size,
  type UnixMs,
  type Usd,
} from '../model/quantities.js';
import type { SendAnswer, VenuePort } from '../ports/venue.js';

export interface PaperOptions {
  /** Market data and heights come from here. */
  readonly real: VenuePort;
  readonly view: (market: MarketId) => MarketView | undefined;
  readonly height: () => BlockHeight;
  readonly scheduler: SchedulerLike;
  /** Opening balance, 1e-6 USDC. */
  readonly usdc: Usd;
  readonly takerFeePpm: number;
  /** From acceptance to the fill: about one block. */
  readonly blockMs?: number;
}

export interface PaperVenue extends VenuePort {
  /** Fills and order states, as the account's channel would bring them. Hot. */
  readonly account$: Observable<AccountEvent>;
}

/** Older fills and orders are forgotten; a sweep never asks for them. */
const HISTORY_MAX = 10_000;
const BLOCK_MS = 650;

export const paperVenue = (options: PaperOptions): PaperVenue => new Paper(options);

class Paper implements PaperVenue {
  readonly #options: PaperOptions;
  readonly #account$ = new Subject<AccountEvent>();
  readonly #positions = new Map<MarketId, bigint>();
  readonly #orders = new Map<OrderId, VenueOrder>();
  #fills: Fill[] = [];
  #usdc: bigint;

  readonly account$ = this.#account$.asObservable();

  constructor(options: PaperOptions) {
    this.#options = options;
    this.#usdc = options.usdc;
  }

  place(request: OrderRequest, expiresAt: UnixMs): Observable<SendAnswer> {
    const { scheduler, blockMs = BLOCK_MS } = this.#options;
    return defer(() => {
      const now = scheduler.now() as UnixMs;
      if (now > expiresAt) return of<SendAnswer>({ type: 'unsent', reason: 'permission expired' });
      if (request.timeInForce !== 'ioc') {
        const message = 'expected an immediate order: paper has no queue to rest in';
        return of<SendAnswer>({ type: 'rejected', code: 'paper:resting', message });
      }
      of(request)
        .pipe(delay(blockMs, scheduler))
        .subscribe(() => this.#match(request));
      const txHash = `PAPER-${request.clientId}`;
      return of<SendAnswer>({ type: 'accepted', txHash, broadcastAt: now });
    });
  }

  /** Nothing rests, so there is nothing to cancel. */
  cancel(): Observable<SendAnswer> {
    return defer(() => {
      const broadcastAt = this.#options.scheduler.now() as UnixMs;
      return of<SendAnswer>({ type: 'accepted', txHash: 'PAPER-CANCEL', broadcastAt });
    });
  }

  batchCancel = (): Observable<SendAnswer> => this.cancel();

  order = (id: OrderId): Observable<VenueOrder | undefined> =>
    defer(() => of(this.#orders.get(id)));
  openOrders = (): Observable<readonly VenueOrder[]> => of([]);
  fillsSince = (since: BlockHeight): Observable<readonly Fill[]> =>
    defer(() => of(this.#fills.filter(({ height }) => height >= since).toReversed()));
  account = (): Observable<AccountSnapshot> => defer(() => of(this.#snapshot()));
  /** It stands alone. */
  family: VenuePort['family'] = () => of(undefined);
  /** Paper pays no funding, and nobody moves its money. */
  fundingPayments: VenuePort['fundingPayments'] = () => of([]);
  transfers: VenuePort['transfers'] = () => of([]);
  compliance: VenuePort['compliance'] = () => this.#options.real.compliance();
  indexerHeight = (): Observable<BlockHeight> => this.#options.real.indexerHeight();
  chainHeight = (): Observable<BlockHeight> => this.#options.real.chainHeight();
  limits: VenuePort['limits'] = () => this.#options.real.limits();
  markets: VenuePort['markets'] = () => this.#options.real.markets();
  book: VenuePort['book'] = (market) => this.#options.real.book(market);
  candles: VenuePort['candles'] = (market, limit) => this.#options.real.candles(market, limit);

  #match(request: OrderRequest): void {
    const view = this.#options.view(request.market);
    const fills = view?.book.state === 'live' ? this.#take(request, view) : [];
    for (const fill of fills) this.#book(fill, (view as MarketView).spec);
    const filled = size(fills.reduce((sum, fill) => sum + fill.size, 0n));
    const order: VenueOrder = {
      orderId: request.orderId,
      clientId: request.clientId,
      market: request.market,
      status: filled === request.size ? 'filled' : 'canceled',
      totalFilled: filled,
      removalReason: undefined,
      goodTilBlock: request.goodTilBlock,
    };
    this.#remember(order, fills);
    const height = this.#options.height();
    const positions = [this.#position(request.market)];
    const update = { height, orders: [order], fills, positions, usdc: usd(this.#usdc) };
    this.#account$.next({ type: 'account.update', update });
  }

  #take(request: OrderRequest, { spec, book }: MarketView): Fill[] {
    const isBuy = request.side === 'buy';
    let left: bigint = this.#allowed(request);
    const fills: Fill[] = [];
    for (const level of isBuy ? book.asks : book.bids) {
      const price = priceOfTicks(spec, level.price);
      if (left <= 0n || (isBuy ? price > request.price : price < request.price)) break;
      const taken = size(smallest(left, sizeOfSteps(spec, level.size)));
      left -= taken;
      if (taken > 0n) fills.push(this.#fill(request, spec, { level, taken, index: fills.length }));
    }
    return fills;
  }

  /** Reduce-only orders fill up to the position. */
  #allowed({ market, side, size: asked, reduceOnly }: OrderRequest): bigint {
    if (!reduceOnly) return asked;
    const held = this.#positions.get(market) ?? 0n;
    const shrinks = side === 'buy' ? held < 0n : held > 0n;
    return shrinks ? smallest(asked, absolute(held)) : 0n;
  }

  #fill(
    request: OrderRequest,
    spec: MarketSpec,
    { level, taken, index }: { level: Level; taken: Size; index: number },
  ): Fill {
    const price = priceOfTicks(spec, level.price);
    const quote = notionalFloor(spec, price, taken);
    const { orderId, market, side } = request;
    const suffix = index.toString(16).padStart(4, '0');
    return {
      fillId: fillId(`${orderId.slice(0, -4)}${suffix}`),
      orderId,
      market,
      side,
      size: taken,
      price,
      fee: usd(divideCeil(quote * BigInt(this.#options.takerFeePpm), 1_000_000n)),
      liquidity: 'taker',
      type: 'LIMIT',
      height: blockHeight(this.#options.height()),
      at: this.#options.scheduler.now() as UnixMs,
    };
  }

  #book(fill: Fill, spec: MarketSpec): void {
    const sign = fill.side === 'buy' ? 1n : -1n;
    const held = this.#positions.get(fill.market) ?? 0n;
    this.#positions.set(fill.market, held + sign * fill.size);
    this.#usdc -= sign * notionalFloor(spec, fill.price, fill.size) + fill.fee;
  }

  #remember(order: VenueOrder, fills: readonly Fill[]): void {
    this.#orders.set(order.orderId, order);
    const [oldest] = this.#orders.keys();
    if (this.#orders.size > HISTORY_MAX && oldest !== undefined) this.#orders.delete(oldest);
    this.#fills = [...this.#fills, ...fills].slice(-HISTORY_MAX);
  }

  #position(market: MarketId) {
    return { market, size: signedSize(this.#positions.get(market) ?? 0n) };
  }

  /** A position without an oracle price is valued at nothing. */
  #snapshot(): AccountSnapshot {
    const positions = [...this.#positions.keys()].map((market) => this.#position(market));
    const usdc = usd(this.#usdc);
    const holdings = positions.flatMap(({ market, size: held }) => {
      const view = this.#options.view(market);
      if (view?.oracle === undefined) return [];
      return [{ size: held, spec: view.spec, oracle: view.oracle }];
    });
    const { equity } = accountRisk(usdc, holdings);
    const margin = holdings.reduce((sum, held) => sum + unscaledInitialMargin(held), 0n);
    return {
      height: this.#options.height(),
      usdc,
      equity,
      freeCollateral: usd(equity - margin),
      positions: positions.filter(({ size: held }) => held !== 0n),
    };
  }
}
