/** Our beliefs against the venue's word: what to book, what may live, what is dead, what drifts. */
import { describe, expect, it } from 'vitest';
import type { Fill, VenueOrder } from '../../src/model/order.js';
import { blockHeight, signedSize, usd, type MarketId } from '../../src/model/quantities.js';
import {
  reconcile,
  type Beliefs,
  type OwnOrder,
  type ReconcilePlan,
  type VenueTruth,
} from '../../src/execution/reconcile.js';
import type { SendAnswer } from '../../src/ports/venue.js';
import {
  aFill,
  aFillId,
  anOrderId,
  aRequest,
  BTC,
  btcSize,
  ETH,
} from '../support/money-samples.js';

const own: OwnOrder = {
  request: aRequest,
  answer: undefined,
  filled: 0n,
  end: undefined,
};
const fill = (n: number, change: Partial<Fill> = {}): Fill => ({
  ...aFill,
  fillId: aFillId(n),
  ...change,
});
const at = (market: MarketId, size: bigint) => ({ market, size: signedSize(size) });
const account = (height: number, ...positions: readonly ReturnType<typeof at>[]) => ({
  height: blockHeight(height),
  usdc: usd(0n),
  equity: usd(0n),
  freeCollateral: usd(0n),
  positions,
});
const venueOrder = (n: number): VenueOrder => ({
  orderId: anOrderId(n),
  clientId: aRequest.clientId,
  market: BTC,
  status: 'bestEffortOpened',
  totalFilled: undefined,
  removalReason: undefined,
  goodTilBlock: aRequest.goodTilBlock,
});

function plan(beliefs: Partial<Beliefs>, truth: Partial<VenueTruth> = {}): ReconcilePlan {
  return reconcile(
    { orders: [], positions: [], recentFills: [], recentFrom: blockHeight(0), ...beliefs },
    {
      account: undefined,
      openOrders: [],
      fills: [],
      sweptAt: aRequest.goodTilBlock,
      ...truth,
    },
  );
}

describe('fills', () => {
  it('that nobody has seen are booked oldest first to the strategy of their order', () => {
    const late = fill(9, { height: blockHeight(103) });
    const { fillsToBook, orphanFills } = plan(
      { orders: [own], recentFills: [fill(1)] },
      { fills: [late, fill(7), fill(3), fill(1)] },
    );
    expect(fillsToBook.map((each) => [each.fill.fillId, each.strategy])).toEqual([
      [aFillId(3), 'sniper'],
      [aFillId(7), 'sniper'],
      [aFillId(9), 'sniper'],
    ]);
    expect(orphanFills).toEqual([]);
  });

  it('of an order that had ended are booked too', () => {
    const ended: OwnOrder = { ...own, end: 'canceled' };
    const result = plan({ orders: [ended] }, { fills: [fill(1)] });
    expect(result.fillsToBook).toHaveLength(1);
    expect(result.ordersDead).toEqual([]);
  });

  it('of no order of ours are orphans: liquidations and foreign orders', () => {
    const liquidation = fill(1, { orderId: undefined, type: 'LIQUIDATED' });
    const foreign = fill(2, { orderId: anOrderId(77) });
    const { orphanFills, fillsToBook } = plan({ orders: [own] }, { fills: [foreign, liquidation] });
    expect(orphanFills).toEqual([liquidation, foreign]);
    expect(fillsToBook).toEqual([]);
  });
});

describe('an order', () => {
  const [accepted, unknown, rejected, unsent]: readonly SendAnswer[] = [
    { type: 'accepted', txHash: 'AB', broadcastAt: aFill.at },
    { type: 'unknown', reason: 'timeout' },
    { type: 'rejected', code: '2000', message: 'no' },
    { type: 'unsent', reason: 'expired' },
  ];
  const last = aRequest.goodTilBlock;
  type Row = readonly [string, Partial<OwnOrder>, readonly Fill[], number, string | undefined];

  it.each<Row>([
    ['without an answer may have left', {}, [], last, undefined],
    ['of unknown fate may live', { answer: unknown }, [], last, undefined],
    ['that was accepted may live', { answer: accepted }, [], last, undefined],
    ['that was filled in part may live', {}, [fill(1)], last, undefined],
    ['that was rejected is dead', { answer: rejected }, [], last, 'rejected'],
    ['that was not sent is dead', { answer: unsent }, [], last, 'denied'],
    ['that is full is dead', {}, [fill(1, { size: btcSize(100) })], last, 'filled'],
    ['whose last block was swept has expired', { answer: unknown }, [], last + 1, 'expired'],
    ['filled in part and swept was canceled', {}, [fill(1)], last + 1, 'canceled'],
    [
      'that rested, was filled in part and swept has expired',
      { request: { ...aRequest, timeInForce: 'gtt' } },
      [fill(1)],
      last + 1,
      'expired',
    ],
    [
      'that was rejected, yet has fills, may live',
      { answer: rejected },
      [fill(1)],
      last,
      undefined,
    ],
  ])('%s', (_name, change, fills, sweptAt, end) => {
    const order = { ...own, ...change };
    const truth = { fills, sweptAt: blockHeight(sweptAt) };
    const { ordersDead } = plan({ orders: [order] }, truth);
    const filled = fills.reduce((sum, { size }) => sum + size, 0n);
    const { request } = order;
    expect(ordersDead).toEqual(
      end === undefined ? [] : [{ orderId: request.orderId, end, filled }],
    );
  });

  it('that is open and not ours is foreign', () => {
    const { foreignOrders } = plan(
      { orders: [own] },
      { openOrders: [venueOrder(1), venueOrder(5)] },
    );
    expect(foreignOrders).toEqual([venueOrder(5)]);
  });
});

describe('positions', () => {
  const half = aFill.size;

  it('agree when the unseen fills explain the difference', () => {
    const { drift } = plan(
      { orders: [own], positions: [at(BTC, half)], recentFills: [fill(1)] },
      { account: account(102, at(BTC, half * 2n)), fills: [fill(1), fill(2)] },
    );
    expect(drift).toEqual([]);
  });

  it('are compared as of the venue’s height: later fills do not count yet', () => {
    const later = { height: blockHeight(103) };
    const { drift } = plan(
      { orders: [own], positions: [at(BTC, half * 2n)], recentFills: [fill(1), fill(2, later)] },
      { account: account(102, at(BTC, half)), fills: [fill(3, { ...later, side: 'sell' })] },
    );
    expect(drift).toEqual([]);
  });

  it.each([
    [98, 1, 'a fill in between may have been forgotten'],
    [99, 0, 'of all later fills we know'],
    [100, 0, 'and of all of its own height'],
  ])(
    'beside an account of %i with fills remembered from 100 is behind by %i: %s',
    (height, behind) => {
      const beliefs = { positions: [at(BTC, half)], recentFrom: blockHeight(100) };
      expect(plan(beliefs, { account: account(height) }).blocksBehind).toBe(behind);
    },
  );

  it('drift when no fill explains the difference', () => {
    const { drift } = plan({ positions: [at(BTC, 5n)] }, { account: account(1, at(ETH, -2n)) });
    expect(drift).toEqual([
      { market: BTC, ours: 5n, venue: 0n },
      { market: ETH, ours: 0n, venue: -2n },
    ]);
  });

  it('of an account that the venue has never seen are flat', () => {
    expect(plan({ positions: [at(BTC, 5n)] }).drift).toEqual([
      { market: BTC, ours: 5n, venue: 0n },
    ]);
    expect(plan({}).drift).toEqual([]);
  });
});
