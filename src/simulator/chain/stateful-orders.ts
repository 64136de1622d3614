/**
 * Long-term, conditional and TWAP orders: checked against the check state, placed and canceled by
 * their block, triggered and expired at its end, and put on the book after it. What the node's book
 * drops, the next block removes.
 */
import type { BlockContext } from './block-steps.js';
import { orderKey, type MarketContext } from './check-tx.js';
import { subaccountKey } from './clearing-account.js';
import type { Clearing, Unfit } from './clearing.js';
import type { EquityTier } from '../chain-messages.js';
import { isTriggered, triggerRange, type PriceRange } from './conditional-trigger.js';
import type { CheckResult, ExchangeOrder, ExchangeOutput } from '../exchange-types.js';
import { remaining, type LiveOrder } from './memclob.js';
import type { Delivery, Effects, OrderMessage, OrderModule } from './money-module.js';
import { ORDER_FLAGS, type CancelOrder, type PlaceOrder } from '../order-terms.js';
import type { OptimisticMatch, OrderMatcher, RemovalReason } from './order-matcher.js';
import {
  checkStatefulCancel,
  checkStatefulPlace,
  type StatefulContext,
} from './stateful-checks.js';
import { StatefulState, type StatefulOrder } from './stateful-state.js';
import type { SubaccountRecord } from './subaccount-record.js';
import type { SubaccountRecords } from './subaccount-records.js';
import { suborderOf, twapProgress } from './twap-schedule.js';
import { UncommittedOrders } from './uncommitted-orders.js';
import { isShortTerm } from './validate-basic.js';

export interface StatefulOrdersOptions {
  readonly clearing: Clearing;
  readonly matcher: OrderMatcher;
  readonly markets: MarketContext;
  readonly records: SubaccountRecords;
  readonly equityTiers: readonly EquityTier[];
  readonly startTimeMs: number;
}

interface Departure {
  readonly order: StatefulOrder;
  readonly reason: RemovalReason;
}

export class StatefulOrders implements OrderModule {
  readonly #options: StatefulOrdersOptions;
  readonly #state = new StatefulState();
  readonly #uncommitted = new UncommittedOrders();
  readonly #checking: StatefulContext;
  readonly #delivering: StatefulContext;
  /** Dropped by the node's book; the next block removes them. */
  #dropped: Departure[] = [];
  /** Removed by the running block's operations, by key. */
  readonly #removed = new Set<string>();
  /** Ended by the running block; they leave the book after it. */
  #leaving: Departure[] = [];
  /** They enter the book after the running block. */
  #entering: StatefulOrder[] = [];
  /** The running block's trades. */
  readonly #traded = new Map<number, PriceRange>();
  #previousSeconds: number;

  constructor(options: StatefulOrdersOptions) {
    this.#options = options;
    this.#previousSeconds = secondsOf(options.startTimeMs);
    this.#checking = this.#context({
      known: (key) => this.#state.get(key)?.live.placed ?? this.#uncommitted.placed(key),
      isCanceled: (key) => this.#uncommitted.isCanceled(key),
      uncommitted: (accountKey) => this.#uncommitted.count(accountKey),
    });
    this.#delivering = this.#context({
      known: (key) => this.#state.get(key)?.live.placed,
      // The check state has seen to it.
      isCanceled: () => false,
      uncommitted: () => 0,
    });
  }

  check(message: OrderMessage, effects: Effects): CheckResult | undefined {
    if (message.type === 'place') {
      const refusal = checkStatefulPlace(message.order, this.#checking);
      if (refusal === undefined) this.#uncommitted.place(message.order, effects);
      return refusal;
    }
    const refusal = checkStatefulCancel(message.cancel, this.#checking);
    if (refusal === undefined) this.#uncommitted.cancel(message.cancel.id, effects);
    return refusal;
  }

  execute(message: OrderMessage, delivery: Delivery): CheckResult | undefined {
    if (message.type === 'place') {
      const refusal = checkStatefulPlace(message.order, this.#delivering);
      if (refusal === undefined) this.#place(message.order, delivery);
      return refusal;
    }
    const refusal = checkStatefulCancel(message.cancel, this.#delivering);
    if (refusal === undefined) this.#cancel(message.cancel, delivery);
    return refusal;
  }

  /** The node's book dropped an order by itself. */
  dropped(live: LiveOrder, reason: RemovalReason): void {
    const order = this.#state.get(live.key);
    if (order?.live === live) this.#dropped.push({ order, reason });
  }

  /** The block's operations: fills, and removals of what the node's book has dropped. */
  commit(block: BlockContext, matches: readonly OptimisticMatch[]): void {
    for (const match of matches) {
      if (match.taker.kind !== 'deleveraging') this.#note(match);
      this.#filled(match.taker, match.quantums);
      this.#filled(match.maker, match.quantums);
    }
    const dropped = this.#dropped;
    this.#dropped = [];
    for (const { order, reason } of dropped) {
      if (this.#state.get(order.live.key) !== order) continue;
      this.#removed.add(order.live.key);
      this.#end(order, reason, block);
    }
  }

  /** Governance closed a market: all of its orders go. */
  settleMarket(clobPairId: number, block: BlockContext): void {
    for (const order of this.#state.ofMarket(clobPairId)) {
      this.#leave(order, 'FINAL_SETTLEMENT', block);
    }
  }

  /** Expiries, triggers and TWAP legs, at the end of the block. */
  endBlock(block: BlockContext): void {
    const seconds = secondsOf(block.timeMs);
    for (const order of this.#state.expired(seconds)) this.#leave(order, 'EXPIRED', block);
    this.#trigger(block);
    for (const parent of this.#state.twaps()) this.#advanceTwap(parent, seconds, block);
    this.#previousSeconds = seconds;
  }

  /** After the block: the book loses what has ended, and takes what was placed or triggered. */
  enterBooks(): void {
    const leaving = this.#leaving;
    const entering = this.#entering;
    this.#leaving = [];
    this.#entering = [];
    this.#removed.clear();
    this.#traded.clear();
    this.#uncommitted.clear();
    for (const { order, reason } of leaving) {
      if (order.live.isResting) this.#options.matcher.remove(order.live, reason);
    }
    for (const order of entering) {
      if (this.#state.get(order.live.key) === order) this.#options.matcher.enter(order.live);
    }
  }

  #place(placed: PlaceOrder, delivery: Delivery): void {
    const order = this.#open(placed, secondsOf(delivery.timeMs));
    const { key } = order.live;
    const record = this.#record(order);
    const before = record.order(key);
    delivery.revert(() => {
      this.#state.remove(order);
      this.#entering = this.#entering.filter((each) => each !== order);
      record.restore(key, before);
    });
    this.#state.add(order);
    const status = order.isUntriggered ? 'UNTRIGGERED' : 'OPEN';
    const row = record.placed(order.live, status, delivery);
    // A conditional order is told by the indexer's on-chain half, the others by the other one.
    const publisher = order.isUntriggered ? 'ender' : 'vulcan';
    delivery.emit({ type: 'order', order: row, publisher });
    if (!order.isUntriggered && order.twap === undefined) this.#entering.push(order);
  }

  #cancel({ id }: CancelOrder, delivery: Delivery): void {
    const order = this.#state.get(orderKey(id));
    if (order === undefined) return;
    const { key } = order.live;
    const record = this.#record(order);
    const before = record.order(key);
    delivery.revert(() => {
      this.#state.add(order);
      this.#leaving = this.#leaving.filter((departure) => departure.order !== order);
      record.restore(key, before);
    });
    this.#leave(order, 'USER_CANCELED', delivery);
  }

  #open(placed: PlaceOrder, seconds: number): StatefulOrder {
    return {
      live: {
        key: orderKey(placed.id),
        account: this.#options.clearing.open(placed.id.subaccount),
        placed,
        filled: 0n,
        isResting: false,
      },
      isUntriggered: placed.id.orderFlags === ORDER_FLAGS.conditional,
      twap: placed.twap && twapProgress(placed.twap, seconds),
    };
  }

  #note({ clobPairId, subticks }: OptimisticMatch): void {
    const { min = subticks, max = subticks } = this.#traded.get(clobPairId) ?? {};
    this.#traded.set(clobPairId, {
      min: subticks < min ? subticks : min,
      max: subticks > max ? subticks : max,
    });
  }

  #filled({ key, placed }: LiveOrder, quantums: bigint): void {
    if (isShortTerm(placed.id)) return;
    const order = this.#state.get(key);
    if (order !== undefined && remaining(order.live) === 0n) this.#state.remove(order);
    if (placed.id.orderFlags !== ORDER_FLAGS.twapSuborder) return;
    const parent = this.#state.get(orderKey({ ...placed.id, orderFlags: ORDER_FLAGS.twap }));
    if (parent === undefined) return;
    parent.live.filled += quantums;
    if (remaining(parent.live) === 0n) this.#state.remove(parent);
  }

  #trigger(block: BlockContext): void {
    const { markets } = this.#options;
    for (const [clobPairId, orders] of this.#state.untriggered()) {
      const oracle = markets.oracleSubticks(clobPairId);
      const range = triggerRange(oracle, this.#traded.get(clobPairId));
      for (const order of orders) {
        if (!isTriggered(order.live.placed, range)) continue;
        this.#state.trigger(order);
        this.#entering.push(order);
        tell(block, this.#record(order).triggered(order.live.key, block));
      }
    }
  }

  #advanceTwap(parent: StatefulOrder, seconds: number, block: BlockContext): void {
    const { twap, live } = parent;
    if (twap === undefined || twap.nextAtSeconds > seconds) return;
    if (twap.remainingLegs === 0) {
      this.#end(parent, 'EXPIRED', block);
      return;
    }
    const { id } = live.placed;
    const market = this.#options.markets.market(id.clobPairId);
    if (market === undefined) return;
    const placed = suborderOf(live.placed, twap, {
      remaining: remaining(live),
      seconds,
      oracleSubticks: this.#options.markets.oracleSubticks(id.clobPairId),
      market,
    });
    twap.remainingLegs -= 1;
    twap.nextAtSeconds = seconds + twap.terms.intervalSeconds;
    if (placed === undefined) return;
    const unfit = this.#unfitFor(placed);
    if (unfit !== undefined) {
      this.#end(parent, unfit, block);
      return;
    }
    const suborder = this.#open(placed, seconds);
    this.#state.add(suborder);
    this.#entering.push(suborder);
  }

  #leave(order: StatefulOrder, reason: RemovalReason, block: Told): void {
    this.#leaving.push({ order, reason });
    this.#end(order, reason, block);
  }

  /** Out of the chain's state, and told; nobody is told of suborders. */
  #end(order: StatefulOrder, reason: RemovalReason, block: Told): void {
    this.#state.remove(order);
    const { key, placed } = order.live;
    if (placed.id.orderFlags === ORDER_FLAGS.twapSuborder) return;
    tell(block, this.#record(order).removed(key, { status: 'CANCELED', reason, block }));
  }

  #record(order: StatefulOrder): SubaccountRecord {
    return this.#options.records.of(order.live.account);
  }

  /** Conditional orders are judged when they match, TWAP orders leg by leg. */
  #unfitFor(order: PlaceOrder): Unfit | undefined {
    const isLater = order.condition !== undefined || order.twap !== undefined;
    return isLater ? undefined : this.#options.clearing.unfitFor(order);
  }

  #context(state: {
    readonly known: StatefulContext['known'];
    readonly isCanceled: StatefulContext['isCanceled'];
    readonly uncommitted: (accountKey: string) => number;
  }): StatefulContext {
    const { clearing, markets, equityTiers } = this.#options;
    const previousSeconds = (): number => this.#previousSeconds;
    return {
      get previousSeconds() {
        return previousSeconds();
      },
      market: (clobPairId) => markets.market(clobPairId),
      oracleSubticks: (clobPairId) => markets.oracleSubticks(clobPairId),
      known: state.known,
      isCanceled: state.isCanceled,
      isRemoved: (key) => this.#removed.has(key),
      equityTiers,
      equity: (subaccount) => {
        const account = clearing.account(subaccount);
        return account === undefined ? 0n : clearing.risk(account).equity;
      },
      openOrders: (subaccount) => {
        const key = subaccountKey(subaccount);
        return this.#state.count(key) + state.uncommitted(key);
      },
      unfitFor: (order) => this.#unfitFor(order),
    };
  }
}

type Told = Pick<BlockContext, 'height' | 'timeMs' | 'emit'>;

function tell(block: Told, order: ExchangeOrder | undefined): void {
  if (order === undefined) return;
  const output: ExchangeOutput = { type: 'order', order, publisher: 'vulcan' };
  block.emit(output);
}

const secondsOf = (timeMs: number): number => Math.floor(timeMs / 1000);
