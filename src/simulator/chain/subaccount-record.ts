/**
 * What the indexer knows of one subaccount: committed balance, positions and fills, and its orders
 * as both publishers told of them. Histories are bounded; the oldest entries are dropped first.
 */
import type { Block } from './block-steps.js';
import type { Account, Holdings } from './clearing-account.js';
import type { ExchangeTransfer, FundingPayment, PnlTick } from '../chain-messages.js';
import type {
  ExchangeFill,
  ExchangeOrder,
  ExchangePosition,
  OrderStatus,
  SubaccountView,
} from '../exchange-types.js';
import { applyFill } from './indexed-position.js';
import type { MarginBook } from './margin.js';
import type { LiveOrder } from './memclob.js';
import { Recent } from './recent.js';

const FILLS_MAX = 10_000;
const CLOSED_POSITIONS_MAX = 1_000;
const TRANSFERS_MAX = 1_000;
const FUNDING_PAYMENTS_MAX = 10_000;
/** Hourly: 90 days. */
const PNL_TICKS_MAX = 2_160;
/** Above this many orders the oldest that has ended is forgotten. */
const ORDERS_MAX = 10_000;

export class SubaccountRecord {
  readonly account: Account;
  readonly #margins: MarginBook;
  quoteQuantums = 0n;
  /** Paid in less taken out, 1e-6 USDC. */
  netTransfers = 0n;
  updatedAtHeight = 0;
  isFunded = false;
  readonly fills = new Recent<ExchangeFill>(FILLS_MAX);
  readonly closedPositions = new Recent<ExchangePosition>(CLOSED_POSITIONS_MAX);
  readonly transfers = new Recent<ExchangeTransfer>(TRANSFERS_MAX);
  readonly fundingPayments = new Recent<FundingPayment>(FUNDING_PAYMENTS_MAX);
  readonly pnlTicks = new Recent<PnlTick>(PNL_TICKS_MAX);
  readonly #positions = new Map<number, ExchangePosition>();
  /** The market's funding index at which each position was settled last, and the round of that. */
  readonly #fundingIndexes = new Map<number, bigint>();
  #fundingRound: number;
  readonly #orders = new Map<string, ExchangeOrder>();

  constructor(account: Account, margins: MarginBook) {
    this.account = account;
    this.#margins = margins;
    this.#fundingRound = margins.fundingRound;
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

  /** A block placed a stateful order. */
  placed({ key, placed }: LiveOrder, status: 'OPEN' | 'UNTRIGGERED', block: Block): ExchangeOrder {
    const order: ExchangeOrder = {
      ...placed,
      status,
      totalFilled: 0n,
      removalReason: undefined,
      createdAtHeight: block.height,
      updatedAtHeight: block.height,
      updatedAtMs: block.timeMs,
    };
    this.#orders.delete(key);
    this.#orders.set(key, order);
    this.#forget();
    return order;
  }

  /** A block found a condition true. */
  triggered(key: string, block: Block): ExchangeOrder | undefined {
    const known = this.#orders.get(key);
    if (known === undefined) return undefined;
    const order: ExchangeOrder = { ...known, status: 'OPEN', ...updatedAt(block) };
    this.#orders.set(key, order);
    return order;
  }

  /**
   * The node dropped an order, or a block did; undefined when the indexer knows that it has ended
   * already.
   */
  removed(
    key: string,
    end: {
      readonly status: 'CANCELED' | 'BEST_EFFORT_CANCELED';
      readonly reason: string;
      readonly block?: Block;
    },
  ): ExchangeOrder | undefined {
    const known = this.#orders.get(key);
    const { status, reason, block } = end;
    // A block's removal is told although a fill has canceled the order before.
    const isFinal = block === undefined ? FINAL : FILLED;
    if (known === undefined || isFinal.has(known.status)) return undefined;
    const removalReason = `ORDER_REMOVAL_REASON_${reason}`;
    const order = { ...known, status, removalReason, ...(block && updatedAt(block)) };
    this.#orders.set(key, order);
    return order;
  }

  /** Takes back what a transaction did that failed later. */
  restore(key: string, order: ExchangeOrder | undefined): void {
    if (order === undefined) this.#orders.delete(key);
    else this.#orders.set(key, order);
  }

  /** A block brought a fill of an order; answers the position it touched, closed or not. */
  filled(key: string, fill: ExchangeFill): readonly ExchangePosition[] {
    this.settleFunding();
    this.fills.push(fill);
    this.updatedAtHeight = fill.height;
    this.quoteQuantums += (fill.side === 'BUY' ? -1n : 1n) * fill.quoteQuantums - fill.fee;
    this.quoteQuantums -= fill.builderFee ?? 0n;
    this.#fillOrder(key, fill);
    const { closed, open } = applyFill(this.#positions.get(fill.clobPairId), fill);
    if (closed !== undefined) this.closedPositions.push(closed);
    if (open === undefined) {
      this.#positions.delete(fill.clobPairId);
      this.#fundingIndexes.delete(fill.clobPairId);
    } else {
      this.#positions.set(fill.clobPairId, open);
      const { fundingIndex } = this.#margins.state(fill.clobPairId);
      this.#fundingIndexes.set(fill.clobPairId, fundingIndex);
    }
    return [closed, open].filter((position) => position !== undefined);
  }

  /**
   * Settles what the ticks since the last update owe, by the committed positions; answers those
   * that it changed. The node settles the same positions at the same index, so that both balances
   * agree.
   */
  settleFunding(): readonly ExchangePosition[] {
    if (this.#fundingRound === this.#margins.fundingRound) return [];
    const holdings = this.holdings();
    const changed: ExchangePosition[] = [];
    for (const [clobPairId, position] of this.#positions) {
      const paid = this.#margins.unsettledOf(holdings, clobPairId);
      this.#fundingIndexes.set(clobPairId, this.#margins.state(clobPairId).fundingIndex);
      if (paid === 0n) continue;
      this.quoteQuantums += paid;
      const settled = { ...position, settledFunding: position.settledFunding + paid };
      this.#positions.set(clobPairId, settled);
      changed.push(settled);
    }
    this.#fundingRound = this.#margins.fundingRound;
    return changed;
  }

  /** Money comes (< 0: goes) by a transfer; answers the positions that this settled. */
  transferred(quoteQuantums: bigint, height: number): readonly ExchangePosition[] {
    const settled = this.settleFunding();
    this.quoteQuantums += quoteQuantums;
    this.netTransfers += quoteQuantums;
    this.isFunded = true;
    this.updatedAtHeight = height;
    return settled;
  }

  /** How to return to what the record is now, as far as transfers change it. */
  restorer(): () => void {
    const { quoteQuantums, netTransfers, isFunded, updatedAtHeight } = this;
    const positions = [...this.#positions];
    const indexes = [...this.#fundingIndexes];
    const round = this.#fundingRound;
    return () => {
      Object.assign(this, { quoteQuantums, netTransfers, isFunded, updatedAtHeight });
      for (const [clobPairId, position] of positions) this.#positions.set(clobPairId, position);
      for (const [clobPairId, index] of indexes) this.#fundingIndexes.set(clobPairId, index);
      this.#fundingRound = round;
    };
  }

  /** Of the last block. */
  holdings(): Holdings {
    const positions = this.positions();
    return {
      quoteQuantums: this.quoteQuantums,
      positions: new Map(positions.map(({ clobPairId, quantums }) => [clobPairId, quantums])),
      fundingIndexes: this.#fundingIndexes,
      fundingRound: this.#fundingRound,
      leverage: this.account.leverage,
    };
  }

  view(): SubaccountView {
    const holdings = this.holdings();
    const unsettled = [...holdings.positions.keys()].map(
      (clobPairId) => [clobPairId, this.#margins.unsettledOf(holdings, clobPairId)] as const,
    );
    return {
      subaccount: this.account.id,
      quoteQuantums: this.quoteQuantums,
      unsettledFunding: new Map(unsettled.filter(([, owed]) => owed !== 0n)),
      positions: this.positions(),
      fundingIndexes: new Map(this.#fundingIndexes),
      ...this.#margins.risk(holdings),
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
      subticks: fillPrice(known, totalFilled, fill),
      status: statusAfterFill(known, totalFilled),
      createdAtHeight: known.createdAtHeight ?? fill.height,
      updatedAtHeight: fill.height,
      updatedAtMs: fill.timeMs,
    });
  }

  #forget(): void {
    if (this.#orders.size <= ORDERS_MAX) return;
    for (const [key, { status }] of this.#orders) {
      if (LIVE.has(status)) continue;
      this.#orders.delete(key);
      return;
    }
  }
}

const FINAL: ReadonlySet<OrderStatus> = new Set(['FILLED', 'CANCELED']);
const FILLED: ReadonlySet<OrderStatus> = new Set(['FILLED']);
const LIVE: ReadonlySet<OrderStatus> = new Set(['OPEN', 'BEST_EFFORT_OPENED', 'UNTRIGGERED']);

const updatedAt = ({ height, timeMs }: Block) => ({
  updatedAtHeight: height,
  updatedAtMs: timeMs,
});

/** A canceled order that still fills stays canceled, unless the fill completes it. */
function statusAfterFill(order: ExchangeOrder, totalFilled: bigint): OrderStatus {
  if (totalFilled >= order.quantums) return 'FILLED';
  if (order.timeInForce === 'IOC' || order.status === 'CANCELED') return 'CANCELED';
  return order.status === 'BEST_EFFORT_CANCELED' ? 'BEST_EFFORT_CANCELED' : 'OPEN';
}

/** A TWAP order's price is the average of its fills, rounded down. */
function fillPrice(order: ExchangeOrder, totalFilled: bigint, fill: ExchangeFill): bigint {
  if (fill.type !== 'TWAP_SUBORDER') return order.subticks;
  const before = order.totalFilled === 0n ? 0n : order.subticks * order.totalFilled;
  return (before + fill.subticks * fill.quantums) / totalFilled;
}
