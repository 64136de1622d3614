/**
 * The worst exposure if this process dies now: nobody cancels any more, so every live order fills
 * at its full remaining size, whichever side is worse, until its last block. Orders in flight,
 * unknown and being canceled are live; what nobody can value makes the total unknown, not smaller.
 */
import { oracleNotional } from '../model/market.js';
import {
  absolute,
  usd,
  type BlockHeight,
  type MarketId,
  type SignedSize,
  type Usd,
} from '../model/quantities.js';
import { growingOrders, reachOf, worstCase, type MarketHolding } from './exposure.js';

/** How long live orders may still fill. */
export interface Lasting {
  /** Of the order that lives longest; undefined: one of them lives until somebody cancels it. */
  readonly lastBlock: BlockHeight | undefined;
  /** Blocks that may still bring a fill; undefined: no end, or the chain's height is not known. */
  readonly blocks: number | undefined;
  /** The same at the pace of the latest blocks, rounded up. */
  readonly ms: number | undefined;
}

export interface MarketIfDead extends Lasting {
  readonly market: MarketId;
  readonly orders: number;
  readonly position: SignedSize;
  readonly longest: SignedSize;
  readonly shortest: SignedSize;
  /** Value of the position, rounded up; undefined without an oracle price. */
  readonly held: Usd | undefined;
  readonly worst: Usd | undefined;
}

export interface WorstIfDead extends Lasting {
  readonly orders: number;
  readonly held: Usd | undefined;
  readonly worst: Usd | undefined;
  readonly markets: readonly MarketIfDead[];
}

export interface Pace {
  /** The chain's newest committed block. */
  readonly height: BlockHeight | undefined;
  readonly msPerBlock: number | undefined;
}

export function worstIfDead(holdings: Iterable<MarketHolding>, pace: Pace): WorstIfDead {
  const markets = [...holdings].map((holding) => marketIfDead(holding, pace));
  const live = markets.filter(({ orders }) => orders > 0);
  return {
    ...longestOf(
      live.map(({ lastBlock }) => lastBlock),
      pace,
    ),
    orders: live.reduce((sum, { orders }) => sum + orders, 0),
    held: sumOf(markets.map(({ held }) => held)),
    worst: sumOf(markets.map(({ worst }) => worst)),
    markets,
  };
}

function marketIfDead(holding: MarketHolding, pace: Pace): MarketIfDead {
  const { spec, oracle, position } = holding;
  const orders = growingOrders(holding);
  const held = absolute(position) as SignedSize;
  return {
    ...longestOf(
      orders.map(({ lastBlock }) => lastBlock),
      pace,
    ),
    market: spec.market,
    orders: orders.length,
    position,
    ...reachOf(holding),
    held:
      position === 0n
        ? usd(0n)
        : oracle === undefined
          ? undefined
          : oracleNotional(spec, held, oracle),
    worst: worstCase(holding),
  };
}

/** No short-term order lives longer: what names a later block does not end by itself. */
const SHORT_TERM_BLOCKS_MAX = 200;

/** A block that is committed brings nothing more: an order of the past lasts for none. */
function longestOf(
  lastBlocks: readonly (BlockHeight | undefined)[],
  { height, msPerBlock }: Pace,
): Lasting {
  if (lastBlocks.length === 0) return { lastBlock: height, blocks: 0, ms: 0 };
  let lastBlock: BlockHeight | undefined;
  for (const each of lastBlocks) {
    if (each === undefined || each - (height ?? each) > SHORT_TERM_BLOCKS_MAX) {
      return { lastBlock: undefined, blocks: undefined, ms: undefined };
    }
    if (lastBlock === undefined || each > lastBlock) lastBlock = each;
  }
  if (lastBlock === undefined || height === undefined) {
    return { lastBlock, blocks: undefined, ms: undefined };
  }
  const blocks = Math.max(0, lastBlock - height);
  const ms = msPerBlock === undefined ? undefined : Math.ceil(blocks * msPerBlock);
  return { lastBlock, blocks, ms: blocks === 0 ? 0 : ms };
}

function sumOf(values: readonly (Usd | undefined)[]): Usd | undefined {
  let sum = 0n;
  for (const value of values) {
    if (value === undefined) return undefined;
    sum += value;
  }
  return usd(sum);
}
