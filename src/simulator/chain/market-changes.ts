/**
 * What governance or a fault changes of markets with the next block: status, parameters, and jumps
 * of the oracle price.
 */
import type { BlockContext } from './block-steps.js';
import type { Clearing } from './clearing.js';
import type { ExchangeInput, PerpetualMarket } from '../exchange-types.js';

const MILLION = 1_000_000n;

type MarketChange = Extract<ExchangeInput, { readonly type: 'market' }>;
type OracleJump = Extract<ExchangeInput, { readonly type: 'oracleJump' }>;

export interface ChangedMarket {
  readonly before: PerpetualMarket;
  readonly after: PerpetualMarket;
  readonly block: BlockContext;
}

export class MarketChanges {
  readonly #clearing: Clearing;
  readonly #changed: (change: ChangedMarket) => void;
  /** Asked for since the last block; the operator's own, so as many as he sends. */
  #waiting: (MarketChange | OracleJump)[] = [];

  constructor(clearing: Clearing, changed: (change: ChangedMarket) => void) {
    this.#clearing = clearing;
    this.#changed = changed;
  }

  /** Throws for an unknown clob pair or an impossible ratio: the operator's mistake. */
  ask(change: MarketChange | OracleJump): void {
    this.#clearing.margin(change.clobPairId);
    if (change.type === 'oracleJump' && !(change.ratioPpm >= 1)) {
      throw new RangeError(`expected a ratio ≥ 1 ppm, was ${change.ratioPpm}`);
    }
    this.#waiting.push(change);
  }

  apply(block: BlockContext): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const change of waiting) {
      if (change.type === 'market') this.#changeMarket(change, block);
      else this.#jump(change, block);
    }
  }

  #changeMarket({ clobPairId, change }: MarketChange, block: BlockContext): void {
    const margin = this.#clearing.margin(clobPairId);
    const before = margin.market;
    margin.market = { ...before, ...change };
    block.emit({ type: 'market', clobPairId });
    this.#changed({ before, after: margin.market, block });
  }

  #jump({ clobPairId, ratioPpm }: OracleJump, block: BlockContext): void {
    const margin = this.#clearing.margin(clobPairId);
    const jumped = (margin.oraclePriceE12 * BigInt(Math.round(ratioPpm))) / MILLION;
    margin.oraclePriceE12 = jumped > 0n ? jumped : 1n;
    const { height } = block;
    block.emit({ type: 'oracle', clobPairId, priceE12: margin.oraclePriceE12, height });
  }
}
