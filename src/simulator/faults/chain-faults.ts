/**
 * A chain with faults: slow and halted blocks, a wrong clock, cancels that come too late, orders
 * that miss their match, oracle prices that jump, markets that are suspended. What changes the
 * exchange goes in as inputs like any other, so that equal inputs still give equal outputs.
 */
import type { Clock } from '../../ports/clock.js';
import type {
  CheckResult,
  ExchangeInput,
  MarketStatus,
  PerpetualMarket,
} from '../exchange-types.js';
import type { FaultDice } from './fault-dice.js';
import type { MeanName } from './fault-plan.js';
import { atRandomTimes } from './random-times.js';

const PPM = 1_000_000;

export interface ChainFaultsOptions {
  readonly dice: FaultDice;
  readonly clock: Clock;
  readonly markets: readonly PerpetualMarket[];
  readonly submit: (input: ExchangeInput) => void;
}

export class ChainFaults {
  readonly #options: ChainFaultsOptions;
  readonly #suspended = new Set<number>();
  #stops: readonly (() => void)[] = [];
  #haltedUntil = 0;

  constructor(options: ChainFaultsOptions) {
    this.#options = options;
  }

  start(): void {
    this.stop();
    const { dice, clock: timers } = this.#options;
    const at = (name: MeanName, work: () => void): (() => void) =>
      atRandomTimes({ dice, timers }, name, work);
    this.#stops = [
      at('chain.haltEveryMs', () => this.halt(dice.plan['chain.haltForMs'])),
      at('oracle.jumpEveryMs', () => this.#jumpSomewhere()),
      at('market.suspendEveryMs', () => this.#suspendSomewhere()),
    ];
  }

  stop(): void {
    for (const stop of this.#stops) stop();
    this.#stops = [];
  }

  get isHalted(): boolean {
    return this.#options.clock.now() < this.#haltedUntil;
  }

  /** No blocks for this time. */
  halt(forMs: number): void {
    this.#options.dice.count('chain.halt');
    this.#haltedUntil = Math.max(this.#haltedUntil, this.#options.clock.now() + forMs);
  }

  resume(): void {
    this.#haltedUntil = 0;
  }

  /** The oracle price is multiplied by ppm ÷ 1e6. */
  jump(clobPairId: number, ratioPpm: number): void {
    this.#options.dice.count('oracle.jump');
    this.#options.submit({ type: 'oracleJump', clobPairId, ratioPpm });
  }

  setStatus(clobPairId: number, status: MarketStatus): void {
    this.#options.dice.count('market.status');
    this.#options.submit({ type: 'market', clobPairId, change: { status } });
  }

  lateCancels(count: number): void {
    this.#options.submit({ type: 'lateCancels', count });
  }

  missedMatches(count: number): void {
    this.#options.submit({ type: 'missedMatches', count });
  }

  /** What chance adds ahead of a client's input. */
  ahead(input: ExchangeInput): ExchangeInput | undefined {
    const { dice } = this.#options;
    if (input.type === 'cancel' && input.cancel.id.orderFlags === 0) {
      return dice.strikes('chain.lateCancels') ? { type: 'lateCancels', count: 1 } : undefined;
    }
    if (input.type === 'place' && input.order.id.orderFlags === 0) {
      return dice.strikes('chain.missedMatches') ? { type: 'missedMatches', count: 1 } : undefined;
    }
    return undefined;
  }

  /** What CheckTx says before it has looked; undefined when it shall look. */
  refusal(): CheckResult | undefined {
    const { dice } = this.#options;
    if (!dice.strikes('broadcast.reject')) return undefined;
    const [codespace = '', code = ''] = dice.plan['broadcast.rejectWith'].split('.');
    return { code: Number(code), codespace, log: 'refused by a fault of the simulation' };
  }

  #jumpSomewhere(): void {
    const { dice, markets } = this.#options;
    const chance = dice.stream('oracle.jump');
    const market = markets[chance.integer(markets.length)];
    const size = dice.plan['oracle.jumpPpm'];
    if (market !== undefined)
      this.jump(market.clobPairId, PPM + (chance.next() < 0.5 ? -size : size));
  }

  #suspendSomewhere(): void {
    const { dice, clock, markets } = this.#options;
    const market = markets[dice.stream('market.suspend').integer(markets.length)];
    if (market === undefined || this.#suspended.has(market.clobPairId)) return;
    const { clobPairId } = market;
    this.#suspended.add(clobPairId);
    this.setStatus(clobPairId, 'INITIALIZING');
    clock.setTimeout(() => {
      this.#suspended.delete(clobPairId);
      this.setStatus(clobPairId, 'ACTIVE');
    }, dice.plan['market.suspendForMs']);
  }
}
