/**
 * What the indexer knows beyond the exchange itself: block times, who has subaccounts, which UUID
 * is which order, and the market statistics of this block. A bounded fold over inputs.
 */
import type {
  Exchange,
  ExchangeInput,
  ExchangeOrder,
  ExchangeOutput,
  MarketView,
  PerpetualMarket,
  SubaccountView,
} from '../exchange-types.js';
import type { SubaccountId, VenueOrderId } from '../order-terms.js';
import { BookCache } from './book-cache.js';
import { orderUuid } from './venue-ids.codec.js';

/** Block times and order ids that are remembered; the oldest go first. */
const BLOCK_TIMES_MAX = 10_000;
const ORDER_IDS_MAX = 100_000;
/** Subaccounts that are listed; the faucet refuses to create further ones (`canFund`). */
const SUBACCOUNTS_MAX = 100_000;
/** Answers that are kept until the next block; the oldest go first. */
const MEMOS_MAX = 10_000;
export const CHILDREN_PER_PARENT = 128;

export class IndexerState {
  readonly exchange: Exchange;
  readonly books: BookCache;
  readonly #blockTimes = new Map<number, number>();
  readonly #orderIds = new Map<string, VenueOrderId>();
  readonly #numbersByOwner = new Map<string, Set<number>>();
  readonly #marketsByPair = new Map<number, PerpetualMarket>();
  readonly #marketsByTicker = new Map<string, PerpetualMarket>();
  readonly #memos = new Map<string, object>();
  #subaccounts = 0;
  #views: ReadonlyMap<number, MarketView> = new Map();
  #viewsHeight = -1;

  constructor(exchange: Exchange) {
    this.exchange = exchange;
    this.books = new BookCache(exchange);
    for (const { market } of exchange.markets()) {
      this.#marketsByPair.set(market.clobPairId, market);
      this.#marketsByTicker.set(market.ticker, market);
    }
    this.#blockTimes.set(exchange.height, exchange.timeMs);
  }

  /** Remembers what queries will need; called after the exchange has applied the input. */
  note(input: ExchangeInput): void {
    switch (input.type) {
      case 'place':
        this.#noteOrder(input.order.id);
        return;
      case 'transaction':
        for (const message of input.transaction.messages) {
          if (message.type === 'place') this.#noteOrder(message.order.id);
        }
        return;
      case 'fund':
        this.#memos.clear();
        this.#noteSubaccount(input.subaccount);
        return;
      case 'block':
        this.#memos.clear();
        remember(this.#blockTimes, this.exchange.height, this.exchange.timeMs, BLOCK_TIMES_MAX);
        return;
      case 'cancel':
      case 'batchCancel':
      case 'flow':
      case 'fundWallet':
      case 'market':
      case 'oracleJump':
      case 'lateCancels':
      case 'missedMatches':
      case 'recorded':
        return;
    }
  }

  /** Subaccounts also begin with a transfer or a deposit: their first update tells of them. */
  noteOutput(output: ExchangeOutput): void {
    if (output.type === 'subaccount') this.#noteSubaccount(output.subaccount);
  }

  /** What was made under that name since the last change of committed state, or is made now. */
  memo<T extends object>(name: string, make: () => T): T {
    const known = this.#memos.get(name);
    // Whoever asks under a name always makes the same type.
    if (known !== undefined) return known as T;
    const made = make();
    remember(this.#memos, name, made, MEMOS_MAX);
    return made;
  }

  canFund(subaccount: SubaccountId): boolean {
    const known = this.#numbersByOwner.get(subaccount.owner)?.has(subaccount.number) ?? false;
    return known || this.#subaccounts < SUBACCOUNTS_MAX;
  }

  timeOf(height: number): number | undefined {
    return this.#blockTimes.get(height);
  }

  market(clobPairId: number): PerpetualMarket {
    const market = this.#marketsByPair.get(clobPairId);
    if (market === undefined) throw new RangeError(`expected a clob pair, was ${clobPairId}`);
    return market;
  }

  marketOf(ticker: string): PerpetualMarket | undefined {
    return this.#marketsByTicker.get(ticker);
  }

  /** Statistics and oracle prices, read once per block. */
  views(): ReadonlyMap<number, MarketView> {
    if (this.#viewsHeight !== this.exchange.height) {
      this.#viewsHeight = this.exchange.height;
      const views = this.exchange.markets();
      this.#views = new Map(views.map((view) => [view.market.clobPairId, view]));
    }
    return this.#views;
  }

  oraclePrice(clobPairId: number): bigint {
    return this.views().get(clobPairId)?.oraclePriceE12 ?? 0n;
  }

  /** All that have subaccounts, in order of appearance. */
  owners(): readonly string[] {
    return [...this.#numbersByOwner.keys()];
  }

  subaccountsOf(owner: string): readonly SubaccountView[] {
    const numbers = [...(this.#numbersByOwner.get(owner) ?? [])].sort((a, b) => a - b);
    return numbers
      .map((number) => this.exchange.subaccount({ owner, number }))
      .filter((view) => view !== undefined);
  }

  /** The numbers of a parent and its children are equal modulo 128. */
  childrenOf(owner: string, parent: number): readonly SubaccountView[] {
    return this.subaccountsOf(owner).filter(
      (view) => view.subaccount.number % CHILDREN_PER_PARENT === parent,
    );
  }

  orderOf(uuid: string): ExchangeOrder | undefined {
    const id = this.#orderIds.get(uuid);
    const order = id === undefined ? undefined : this.exchange.order(id);
    return order !== undefined && isVisible(order) ? order : undefined;
  }

  ordersOf(subaccount: SubaccountId): readonly ExchangeOrder[] {
    return this.exchange.orders(subaccount).filter(isVisible);
  }

  #noteOrder(id: VenueOrderId): void {
    remember(this.#orderIds, orderUuid(id), id, ORDER_IDS_MAX);
  }

  #noteSubaccount({ owner, number }: SubaccountId): void {
    const numbers = this.#numbersByOwner.get(owner) ?? new Set();
    if (numbers.has(number) || this.#subaccounts >= SUBACCOUNTS_MAX) return;
    this.#subaccounts += 1;
    this.#numbersByOwner.set(owner, numbers.add(number));
  }
}

/** A short-term order without a fill has no row: once it is gone, nobody has ever heard of it. */
function isVisible(order: ExchangeOrder): boolean {
  if (order.id.orderFlags !== 0 || order.totalFilled > 0n) return true;
  return order.status === 'BEST_EFFORT_OPENED' || order.status === 'OPEN';
}

function remember<K, V>(map: Map<K, V>, key: K, value: V, max: number): void {
  map.set(key, value);
  if (map.size <= max) return;
  const oldest = map.keys().next();
  if (oldest.done !== true) map.delete(oldest.value);
}
