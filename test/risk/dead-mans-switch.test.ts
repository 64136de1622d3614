/** The worst exposure if the process dies now, by table. */
import { describe, expect, it } from 'vitest';
import { blockHeight, signedSize } from '../../src/model/quantities.js';
import { worstIfDead, type Pace } from '../../src/risk/dead-mans-switch.js';
import type { LiveOrder, MarketHolding } from '../../src/risk/exposure.js';
import { BTC, btcPrice, btcSize, btcSpec, ETH, ethSpec, oracle } from '../support/money-samples.js';

/** One step is worth 5 USD at the oracle price. */
const order = (change: Partial<LiveOrder> = {}): LiveOrder => ({
  market: BTC,
  side: 'buy',
  remaining: btcSize(10),
  limitPrice: btcPrice(50_000),
  reduceOnly: false,
  lastBlock: blockHeight(110),
  ...change,
});
const holding = (steps: number, orders: readonly LiveOrder[], spec = btcSpec): MarketHolding => ({
  spec,
  oracle: oracle(50_000),
  position: signedSize(BigInt(steps) * 1_000_000n),
  orders,
});
const pace: Pace = { height: blockHeight(100), msPerBlock: 650 };
const usdOf = (value: bigint | undefined) =>
  value === undefined ? undefined : Number(value) / 1e6;

interface Row {
  readonly of: string;
  readonly holdings: readonly MarketHolding[];
  readonly held: number | undefined;
  readonly worst: number | undefined;
  readonly orders: number;
  readonly blocks: number | undefined;
  readonly ms: number | undefined;
  readonly pace?: Pace;
}

const ROWS: readonly Row[] = [
  { of: 'nothing', holdings: [], held: 0, worst: 0, orders: 0, blocks: 0, ms: 0 },
  {
    of: 'a position alone',
    holdings: [holding(7, [])],
    held: 35,
    worst: 35,
    orders: 0,
    blocks: 0,
    ms: 0,
  },
  {
    of: 'a position and a buy',
    holdings: [holding(7, [order()])],
    held: 35,
    worst: 85,
    orders: 1,
    blocks: 10,
    ms: 6_500,
  },
  {
    of: 'a sell that goes beyond flat',
    holdings: [holding(7, [order({ side: 'sell', remaining: btcSize(20) })])],
    held: 35,
    worst: 65,
    orders: 1,
    blocks: 10,
    ms: 6_500,
  },
  {
    of: 'buys and sells, not netted, as long as the longest lives',
    holdings: [holding(0, [order(), order({ side: 'sell', lastBlock: blockHeight(113) })])],
    held: 0,
    worst: 50,
    orders: 2,
    blocks: 13,
    ms: 8_450,
  },
  {
    of: 'a partly filled order at its remaining size',
    holdings: [holding(4, [order({ remaining: btcSize(6) })])],
    held: 20,
    worst: 50,
    orders: 1,
    blocks: 10,
    ms: 6_500,
  },
  {
    of: 'reduce-only and full orders, which cannot add',
    holdings: [holding(7, [order({ reduceOnly: true, side: 'sell' }), order({ remaining: 0n })])],
    held: 35,
    worst: 35,
    orders: 0,
    blocks: 0,
    ms: 0,
  },
  {
    of: 'an order whose last block is past and whose end is not proved',
    holdings: [holding(0, [order({ lastBlock: blockHeight(99) })])],
    held: 0,
    worst: 50,
    orders: 1,
    blocks: 0,
    ms: 0,
  },
  {
    of: 'an order in its last block',
    holdings: [holding(0, [order({ lastBlock: blockHeight(101) })])],
    held: 0,
    worst: 50,
    orders: 1,
    blocks: 1,
    ms: 650,
  },
  {
    of: 'an order that lives until somebody cancels it',
    holdings: [holding(0, [order(), order({ lastBlock: undefined })])],
    held: 0,
    worst: 100,
    orders: 2,
    blocks: undefined,
    ms: undefined,
  },
  {
    of: 'an order whose last block no short-term order may name',
    holdings: [holding(0, [order({ lastBlock: blockHeight(0xff_ff_ff_ff) })])],
    held: 0,
    worst: 50,
    orders: 1,
    blocks: undefined,
    ms: undefined,
  },
  {
    of: 'two markets',
    holdings: [
      holding(2, [order()]),
      holding(-3, [order({ market: ETH, side: 'sell', lastBlock: blockHeight(104) })], {
        ...ethSpec,
        priceExponent: -5,
        sizeExponent: -10,
      }),
    ],
    held: 25,
    worst: 125,
    orders: 2,
    blocks: 10,
    ms: 6_500,
  },
  {
    of: 'a market without an oracle price: unknown, not smaller',
    holdings: [holding(2, []), { ...holding(1, [order()]), oracle: undefined }],
    held: undefined,
    worst: undefined,
    orders: 1,
    blocks: 10,
    ms: 6_500,
  },
  {
    of: 'orders while the chain’s height is unknown',
    holdings: [holding(0, [order()])],
    held: 0,
    worst: 50,
    orders: 1,
    blocks: undefined,
    ms: undefined,
    pace: { height: undefined, msPerBlock: undefined },
  },
  {
    of: 'orders while the pace is unknown',
    holdings: [holding(0, [order()])],
    held: 0,
    worst: 50,
    orders: 1,
    blocks: 10,
    ms: undefined,
    pace: { ...pace, msPerBlock: undefined },
  },
];

describe('if the process dies now', () => {
  it.each(ROWS)('$of', ({ holdings, pace: given = pace, of: _of, ...expected }) => {
    const { held, worst, orders, blocks, ms } = worstIfDead(holdings, given);
    const found = { held: usdOf(held), worst: usdOf(worst), orders, blocks, ms };
    expect(found).toEqual(expected);
  });

  it('each market tells its two ends and its own last block', () => {
    const orders = [order(), order({ side: 'sell', remaining: btcSize(20) })];
    const { markets, lastBlock } = worstIfDead([holding(7, orders), holding(1, [], ethSpec)], pace);
    expect(lastBlock).toBe(110);
    expect(markets).toMatchObject([
      { market: BTC, longest: 17_000_000n, shortest: -13_000_000n, lastBlock: 110, blocks: 10 },
      { market: ETH, longest: 1_000_000n, shortest: 1_000_000n, blocks: 0 },
    ]);
  });
});
