/**
 * One market left at an operator's word, once and without a halt: what the strategies hold there,
 * what they are entering, and what rests there, with what it fills before its cancel is proved.
 */
import { filter, type Subscription } from 'rxjs';
import type { SnapshotFrom } from 'xstate';
import type { strategyMachine } from '../../machines/strategy.machine.js';
import { refused, type CommandOutcome } from '../model/command.js';
import type { Reason } from '../model/decision.js';
import type { MarketId, OrderId } from '../model/quantities.js';
import { sizeText } from './amounts.js';
import type { OrderRecord } from './order-table.js';
import type { ServiceRoot } from './service-root.js';

export class MarketExit {
  readonly #root: ServiceRoot;
  readonly #names: readonly string[];
  /** By market: what was pulled, until all of it has ended. */
  readonly #pulled = new Map<MarketId, Subscription>();

  constructor(root: ServiceRoot) {
    this.#root = root;
    this.#names = root.world.config.strategies.map(({ name }) => name);
  }

  /** Why nothing can be left there now; undefined when something can. */
  refusal(market: MarketId): CommandOutcome | undefined {
    const { hub } = this.#root;
    const names = this.#names.join(', ');
    if (!this.#names.some((name) => hub.strategies.has(name))) return this.notRunning(names);
    if (this.#root.pipeline.fold.spec(market) === undefined) {
      return refused('market.unknown', `no market ${market}`);
    }
    if (this.#names.some((name) => this.#isEngaged(name, market))) return undefined;
    const others = this.others(market);
    if (others === '') {
      const words = `${names} holds nothing in ${market}, has no order there and is not entering`;
      return refused('position.none', words);
    }
    const words = `${market}: the account holds ${others}; flatten leaves none of that`;
    return refused('position.foreign', words);
  }

  /** A configured strategy's machine lives from the first comparison with the venue to the end. */
  notRunning(name: string): CommandOutcome {
    const words = `${name} does not run: the service is ${this.#root.state}`;
    return refused('strategy.not-started', words);
  }

  /** What is held there that belongs to no configured strategy, in words; empty when nothing is. */
  others(market: MarketId): string {
    const { core, pipeline } = this.#root;
    const spec = pipeline.fold.spec(market);
    return core.books.positions
      .ownedPositions()
      .filter(({ position }) => position.market === market && position.size !== 0n)
      .filter(({ owner }) => owner === undefined || !this.#names.includes(owner))
      .map(({ owner, position: { size } }) => {
        const whose = owner === undefined ? 'no strategy' : `${owner}, which is not configured`;
        return `${sizeText(spec, size)} of ${whose}`;
      })
      .join(' and ');
  }

  leave(market: MarketId, reason: Reason): void {
    const { core } = this.#root;
    const resting = this.#orders(market).filter(
      ({ request }) => request.timeInForce !== 'ioc' && !request.reduceOnly,
    );
    this.#tell(market, reason);
    const ids = resting.map(({ request }) => request.orderId);
    for (const orderId of ids) core.tellOrder(orderId, { type: 'order.cancel' });
    this.#pulled.get(market)?.unsubscribe();
    if (ids.length > 0) this.#pulled.set(market, this.#leaveFills(market, reason, ids));
  }

  /** What is pulled may still fill: that is left too, as soon as its position knows of it. */
  #leaveFills(market: MarketId, reason: Reason, ids: readonly OrderId[]): Subscription {
    const { core, world } = this.#root;
    const now = (): readonly OrderRecord[] => ids.flatMap((id) => core.orders.get(id) ?? []);
    const filled = (): bigint => now().reduce((sum, order) => sum + order.filled, 0n);
    let known = filled();
    const look = (): void => {
      const isMore = filled() > known;
      known = filled();
      if (isMore) this.#tell(market, reason);
      if (!now().some(({ live }) => live)) watch.unsubscribe();
    };
    const watch = core.books.owned$
      .pipe(filter(({ position }) => position.market === market))
      .subscribe(() => world.inbox.enter('fact', 'flatten', look));
    return watch;
  }

  #tell(market: MarketId, reason: Reason): void {
    for (const name of this.#names) {
      this.#root.hub.strategies.next(name, { type: 'strategy.flatten', market, reason });
    }
  }

  /** Its entry may have ended with fills that the books have not shown yet. */
  #isEngaged(name: string, market: MarketId): boolean {
    const { core } = this.#root;
    if (core.books.positions.ownedPosition(name, market).size !== 0n) return true;
    if (this.#orders(market).some(({ request }) => request.strategy === name)) return true;
    const snapshot = this.#root.child(`strategy.${name}`)?.getSnapshot() as
      | SnapshotFrom<typeof strategyMachine>
      | undefined;
    return snapshot?.context.positions[market]?.state === 'entering';
  }

  #orders(market: MarketId): readonly OrderRecord[] {
    return this.#root.core.orders
      .live()
      .filter(({ request }) => request.market === market && this.#names.includes(request.strategy));
  }
}
