/**
 * The stateful orders that the chain holds: by id, by expiry, and how many each subaccount has.
 * Bounded by the equity tiers; suborders by their parents.
 */
import type { LiveOrder } from './memclob.js';
import { ORDER_FLAGS } from '../order-terms.js';
import type { TwapProgress } from './twap-schedule.js';

export interface StatefulOrder {
  readonly live: LiveOrder;
  /** A conditional order whose condition has not come true. */
  isUntriggered: boolean;
  readonly twap: TwapProgress | undefined;
}

export class StatefulState {
  readonly #orders = new Map<string, StatefulOrder>();
  readonly #keysByExpiry = new Map<number, Set<string>>();
  readonly #counts = new Map<string, number>();
  readonly #untriggered = new Map<number, Set<StatefulOrder>>();
  readonly #twaps = new Set<StatefulOrder>();

  get(key: string): StatefulOrder | undefined {
    return this.#orders.get(key);
  }

  /** Orders that a subaccount has open; suborders count with their parents. */
  count(accountKey: string): number {
    return this.#counts.get(accountKey) ?? 0;
  }

  add(order: StatefulOrder): void {
    const { key, account, placed } = order.live;
    this.#orders.set(key, order);
    const keys = this.#keysByExpiry.get(placed.goodTilBlockTime) ?? new Set();
    this.#keysByExpiry.set(placed.goodTilBlockTime, keys.add(key));
    if (countsToTier(order)) this.#counts.set(account.key, this.count(account.key) + 1);
    if (order.twap !== undefined) this.#twaps.add(order);
    if (order.isUntriggered) {
      const { clobPairId } = placed.id;
      const waiting = this.#untriggered.get(clobPairId) ?? new Set();
      this.#untriggered.set(clobPairId, waiting.add(order));
    }
  }

  remove(order: StatefulOrder): void {
    const { key, account, placed } = order.live;
    if (!this.#orders.delete(key)) return;
    const keys = this.#keysByExpiry.get(placed.goodTilBlockTime);
    keys?.delete(key);
    if (keys?.size === 0) this.#keysByExpiry.delete(placed.goodTilBlockTime);
    if (countsToTier(order)) {
      const count = this.count(account.key) - 1;
      if (count > 0) this.#counts.set(account.key, count);
      else this.#counts.delete(account.key);
    }
    this.#twaps.delete(order);
    this.#forgetTrigger(order);
  }

  trigger(order: StatefulOrder): void {
    order.isUntriggered = false;
    this.#forgetTrigger(order);
  }

  /** Whose time has come, the earliest first. */
  expired(seconds: number): StatefulOrder[] {
    const due = [...this.#keysByExpiry].filter(([time]) => time <= seconds);
    return due
      .toSorted(([one], [other]) => one - other)
      .flatMap(([, keys]) => [...keys])
      .flatMap((key) => this.#orders.get(key) ?? []);
  }

  /** Conditional orders that wait, by market, in order of arrival. */
  untriggered(): IterableIterator<[number, Set<StatefulOrder>]> {
    return this.#untriggered.entries();
  }

  /** TWAP parents in order of arrival. */
  twaps(): readonly StatefulOrder[] {
    return [...this.#twaps];
  }

  ofMarket(clobPairId: number): StatefulOrder[] {
    return [...this.#orders.values()].filter(
      ({ live }) => live.placed.id.clobPairId === clobPairId,
    );
  }

  #forgetTrigger(order: StatefulOrder): void {
    const { clobPairId } = order.live.placed.id;
    const waiting = this.#untriggered.get(clobPairId);
    waiting?.delete(order);
    if (waiting?.size === 0) this.#untriggered.delete(clobPairId);
  }
}

const countsToTier = ({ live }: StatefulOrder): boolean =>
  live.placed.id.orderFlags !== ORDER_FLAGS.twapSuborder;
