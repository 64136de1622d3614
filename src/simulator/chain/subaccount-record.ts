/**
 * What the indexer knows of one subaccount: committed balance, positions and fills, and its orders
 * as both publishers told of them. Histories are bounded; the oldest entries are dropped first.
 */
import type { Account, Clearing } from './clearing.js';
import type {
  ExchangeFill,
  ExchangeOrder,
  ExchangePosition,
  OrderStatus,
  SubaccountView,
} from '../exchange-types.js';
import { applyFill } from './indexed-position.js';
import type { LiveOrder } from './memclob.js';
import { Recent } from './recent.js';

const FILLS_MAX = 10_000;
const CLOSED_POSITIONS_MAX = 1_000;
/** Above this many orders the oldest that has ended is forgotten. */
const ORDERS_MAX = 10_000;

const FINAL: ReadonlySet<OrderStatus> = new Set(['FILLED', 'CANCELED']);

export class SubaccountRecord {
  readonly account: Account;
  quoteQuantums = 0n;
  updatedAtHeight = 0;
  isFunded = false;
  readonly fills = new Recent<ExchangeFill>(FILLS_MAX);
  readonly closedPositions = new Recent<ExchangePosition>(CLOSED_POSITIONS_MAX);
  readonly #positions = new Map<number, ExchangePosition>();
  readonly #orders = new Map<string, ExchangeOrder>();

  constructor(account: Account) {
    this.account = account;
  }

  order(key: string): ExchangeOrder | undefined {
    return this.#orders.get(key);
  }

  orders(): readonly ExchangeOrder[] {
    return [...this.#orders.values()];
  }

  positions(): readonly ExchangePosition[] {
    return [...this.#positions.values()];
  }

  /** The node opened an order, or opened it again with new terms. */
  opened({ key, placed }: LiveOrder): ExchangeOrder {
    const known = this.#orders.get(key);
    const order: ExchangeOrder = {
      ...placed,
      status: 'BEST_EFFORT_OPENED',
      totalFilled: known?.totalFilled ?? 0n,
      removalReason: undefined,
      createdAtHeight: known?.createdAtHeight,
      updatedAtHeight: known?.updatedAtHeight,
      updatedAtMs: known?.updatedAtMs,
    };
    this.#orders.delete(key);
    this.#orders.set(key, order);
    this.#forget();
    return order;
  }

  /** The node dropped an order; undefined when the indexer knows that it has ended already. */
  removed(key: string, status: OrderStatus, reason: string): ExchangeOrder | undefined {
    const known = this.#orders.get(key);
    if (known === undefined || FINAL.has(known.status)) return undefined;
    const order = { ...known, status, removalReason: `ORDER_REMOVAL_REASON_${reason}` };
    this.#orders.set(key, order);
    return order;
  }

  /** A block brought a fill of an order; answers the position it touched, closed or not. */
  filled(key: string, fill: ExchangeFill): readonly ExchangePosition[] {
    this.fills.push(fill);
    this.updatedAtHeight = fill.height;
    this.quoteQuantums += (fill.side === 'BUY' ? -1n : 1n) * fill.quoteQuantums - fill.fee;
    this.#fillOrder(key, fill);
    const { closed, open } = applyFill(this.#positions.get(fill.clobPairId), fill);
    if (closed !== undefined) this.closedPositions.push(closed);
    if (open === undefined) this.#positions.delete(fill.clobPairId);
    else this.#positions.set(fill.clobPairId, open);
    return [closed, open].filter((position) => position !== undefined);
  }

  view(clearing: Clearing): SubaccountView {
    const positions = this.positions();
    const risk = clearing.risk({
      quoteQuantums: this.quoteQuantums,
      positions: new Map(positions.map(({ clobPairId, quantums }) => [clobPairId, quantums])),
    });
    return {
      subaccount: this.account.id,
      quoteQuantums: this.quoteQuantums,
      unsettledFunding: new Map(),
      positions,
      ...risk,
      updatedAtHeight: this.updatedAtHeight,
    };
  }

  #fillOrder(key: string, fill: ExchangeFill): void {
    const known = this.#orders.get(key);
    if (known === undefined) return;
    const totalFilled = known.totalFilled + fill.quantums;
    this.#orders.set(key, {
      ...known,
      totalFilled,
      status: statusAfterFill(known, totalFilled),
      createdAtHeight: known.createdAtHeight ?? fill.height,
      updatedAtHeight: fill.height,
      updatedAtMs: fill.timeMs,
    });
  }

  #forget(): void {
    if (this.#orders.size <= ORDERS_MAX) return;
    for (const [key, { status }] of this.#orders) {
      if (status === 'OPEN' || status === 'BEST_EFFORT_OPENED') continue;
      this.#orders.delete(key);
      return;
    }
  }
}

/** A canceled order that still fills stays canceled, unless the fill completes it. */
function statusAfterFill(order: ExchangeOrder, totalFilled: bigint): OrderStatus {
  if (totalFilled >= order.quantums) return 'FILLED';
  if (order.timeInForce === 'IOC' || order.status === 'CANCELED') return 'CANCELED';
  return order.status === 'BEST_EFFORT_CANCELED' ? 'BEST_EFFORT_CANCELED' : 'OPEN';
}
