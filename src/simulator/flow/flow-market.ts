/**
 * A market as its seeded traders see it: floats for opinions, and the one rounding to the venue's
 * grid.
 */
import { largest, smallest } from '../../model/quantities.js';
import type { Account } from '../chain/clearing-account.js';
import type { MarginState } from '../chain/margin.js';
import type { PerpetualMarket } from '../exchange-types.js';
import type { OrderSide, PlaceOrder } from '../order-terms.js';
import type { MatchingEngine } from '../chain/matching-engine.js';
import { opposite } from '../chain/memclob.js';
import { oracleSubticks } from '../chain/oracle-price.js';

export class FlowMarket {
  readonly market: PerpetualMarket;
  readonly engine: MatchingEngine;
  /** In subticks, as a float. */
  readonly startPrice: number;
  /** The value of one step at the starting price, USD. */
  readonly #stepUsd: number;
  readonly #tick: number;
  readonly #step: number;

  constructor(engine: MatchingEngine, { market, oraclePriceE12 }: MarginState) {
    this.engine = engine;
    this.market = market;
    this.startPrice = Number(oracleSubticks(market, oraclePriceE12));
    this.#tick = Number(market.subticksPerTick);
    this.#step = Number(market.stepBaseQuantums);
    this.#stepUsd = (this.#step * Number(oraclePriceE12)) / 1e12 / 10 ** -market.atomicResolution;
  }

  /** Size of a tick relative to the price, basis points. */
  tickBps(price: number): number {
    return (this.#tick / price) * 10_000;
  }

  /** The nearest tick that is not more aggressive; at least one tick. */
  passiveSubticks(side: OrderSide, price: number): bigint {
    const ticks = price / this.#tick;
    const whole = side === 'BUY' ? Math.floor(ticks) : Math.ceil(ticks);
    return BigInt(Math.max(1, whole)) * this.market.subticksPerTick;
  }

  /** The nearest tick that is not more aggressive and does not cross the other side. */
  restingSubticks(side: OrderSide, price: number): bigint {
    const wanted = this.passiveSubticks(side, price);
    const touch = this.engine.book(this.market.clobPairId).best(opposite(side))?.subticks;
    if (touch === undefined) return wanted;
    const { subticksPerTick } = this.market;
    return side === 'BUY'
      ? smallest(wanted, largest(touch - subticksPerTick, subticksPerTick))
      : largest(wanted, touch + subticksPerTick);
  }

  /** A size of about this value, at least one step. */
  quantums(notionalUsd: number): bigint {
    const steps = Math.max(1, Math.round(notionalUsd / this.#stepUsd));
    return BigInt(steps) * this.market.stepBaseQuantums;
  }

  notionalUsd(quantums: bigint): number {
    return (Number(quantums) / this.#step) * this.#stepUsd;
  }

  /** A trader's position, signed base quantums. */
  held({ positions }: Account): bigint {
    return positions.get(this.market.clobPairId) ?? 0n;
  }

  /** Signed value of a trader's position. */
  positionUsd(trader: Account): number {
    return this.notionalUsd(this.held(trader));
  }

  /** Best price of a side in subticks. */
  best(side: OrderSide): number | undefined {
    const best = this.engine.book(this.market.clobPairId).best(side);
    return best === undefined ? undefined : Number(best.subticks);
  }

  place(
    { id: subaccount }: Account,
    order: Pick<PlaceOrder, 'side' | 'quantums' | 'subticks' | 'goodTilBlock' | 'timeInForce'> & {
      readonly clientId: number;
    },
  ): boolean {
    const { clientId, ...terms } = order;
    const { code } = this.engine.place({
      ...terms,
      id: { subaccount, clientId, orderFlags: 0, clobPairId: this.market.clobPairId },
      goodTilBlockTime: 0,
      reduceOnly: false,
      clientMetadata: 0,
    });
    return code === 0;
  }
}
