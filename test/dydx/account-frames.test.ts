/** Frames of our subaccount: exact amounts, absent things absent, foreign frames refused. */
import { describe, expect, it } from 'vitest';
import { unixMs } from '../../src/model/quantities.js';
import { createFrameDecoder } from '../../src/dydx/frame.codec.js';
import {
  accountId,
  btc,
  bytes,
  fillObject,
  fillUuid,
  orderObject,
  orderUuid,
  subaccount,
  subaccountObject,
} from './samples.js';

const decoder = createFrameDecoder({ subaccount });
decoder.learn([btc]);

const decode = (frame: object) =>
  decoder.decode(
    bytes({
      connection_id: 'c',
      message_id: 9,
      channel: 'v4_subaccounts',
      id: accountId,
      ...frame,
    }),
    unixMs(0),
  );
const subscribed = (contents: unknown) => decode({ type: 'subscribed', contents });
const changed = (contents: unknown) => decode({ type: 'channel_data', version: '3.0.0', contents });
const event = (decoded: ReturnType<typeof decode>) =>
  decoded.type === 'events' ? decoded.account[0] : decoded;

const opened = {
  orderId: orderUuid,
  clientId: 2_718_281_828,
  market: 'BTC-USD',
  status: 'bestEffortOpened',
  totalFilled: undefined,
  removalReason: undefined,
  goodTilBlock: 66_624_210,
};
const fill = {
  fillId: fillUuid,
  orderId: orderUuid,
  market: 'BTC-USD',
  side: 'buy',
  size: 125_000_000n,
  price: 8_995_000_000n,
  fee: 562_188n,
  liquidity: 'taker',
  type: 'LIMIT',
  height: 66_624_200,
  at: 1_765_210_361_318,
};

describe('the snapshot of an account', () => {
  it('holds balances, positions, orders and its height', () => {
    const contents = {
      subaccount: subaccountObject,
      orders: [{ ...orderObject, totalFilled: '0' }],
      blockHeight: '66624203',
    };
    expect(event(subscribed(contents))).toEqual({
      type: 'account.snapshot',
      height: 66_624_203,
      orders: [{ ...opened, totalFilled: 0n }],
      snapshot: {
        height: 66_624_203,
        usdc: 8_888_460_000n,
        equity: 10_012_479_375n,
        freeCollateral: 9_989_998_987n,
        positions: [{ market: 'BTC-USD', size: -125_000_000n }],
      },
    });
  });

  it('that the indexer has never seen is there and empty', () => {
    expect(event(subscribed({}))).toEqual({
      type: 'account.snapshot',
      snapshot: undefined,
      orders: [],
      height: undefined,
    });
  });

  it('without a balance has none', () => {
    const contents = { subaccount: { ...subaccountObject, assetPositions: {} } };
    expect(event(subscribed(contents))).toMatchObject({ snapshot: { usdc: 0n } });
  });
});

describe('an update of an account', () => {
  it('of a new order has no filled size: unknown, not zero', () => {
    expect(event(changed({ orders: [orderObject], blockHeight: '66624198' }))).toEqual({
      type: 'account.update',
      update: { height: 66_624_198, orders: [opened], fills: [], positions: [], usdc: undefined },
    });
  });

  it('of a removal that the indexer hardly knows is read', () => {
    const removal = {
      id: orderUuid,
      clientId: '2718281828',
      ticker: 'BTC-USD',
      status: 'BEST_EFFORT_CANCELED',
      removalReason: 'ORDER_REMOVAL_REASON_USER_CANCELED',
    };
    expect(event(changed({ orders: [removal] }))).toMatchObject({
      update: {
        height: undefined,
        orders: [
          { status: 'bestEffortCanceled', removalReason: 'USER_CANCELED', goodTilBlock: undefined },
        ],
      },
    });
  });

  it('of a fill brings fill, order with nulls and position together', () => {
    const contents = {
      fills: [fillObject],
      orders: [{ ...orderObject, status: 'FILLED', totalFilled: '0.0125', removalReason: null }],
      perpetualPositions: [{ market: 'BTC-USD', size: '0.0125', exitPrice: null }],
      blockHeight: '66624200',
    };
    expect(event(changed(contents))).toMatchObject({
      update: {
        fills: [fill],
        orders: [{ status: 'filled', totalFilled: 125_000_000n, removalReason: undefined }],
        positions: [{ market: 'BTC-USD', size: 125_000_000n }],
      },
    });
  });

  it('of a debt has a negative balance', () => {
    const assets = [
      { symbol: 'OTHER', side: 'LONG', size: '1' },
      { symbol: 'USDC', side: 'SHORT', size: '1.25' },
    ];
    expect(event(changed({ assetPositions: assets }))).toMatchObject({
      update: { usdc: -1_250_000n },
    });
  });

  it('of a transfer, an object in spite of its name, says only its height', () => {
    const contents = { transfers: { size: '5', symbol: 'USDC' }, blockHeight: '7' };
    expect(event(changed(contents))).toMatchObject({ update: { height: 7, fills: [] } });
  });

  it('of a liquidation has a fill without an order', () => {
    const { orderId: _orderId, ...liquidated } = { ...fillObject, type: 'LIQUIDATED' };
    expect(event(changed({ fills: [liquidated] }))).toMatchObject({
      update: { fills: [{ orderId: undefined, type: 'LIQUIDATED' }] },
    });
  });

  it('of a deleveraging has a price cut to a price unit, of a trade it may not be cut', () => {
    const odd = { ...fillObject, price: '89950.1234567' };
    expect(
      event(changed({ fills: [{ ...odd, type: 'OFFSETTING', orderId: null }] })),
    ).toMatchObject({
      update: { fills: [{ price: 8_995_012_345n, orderId: undefined }] },
    });
    const tiny = { ...odd, type: 'DELEVERAGED', price: '0.00000001' };
    expect(event(changed({ fills: [tiny] }))).toMatchObject({ update: { fills: [{ price: 1n }] } });
    expect(changed({ fills: [odd] }).type).toBe('unreadable');
  });

  it.each([
    ['an order status that is none', { orders: [{ ...orderObject, status: 'ERROR' }] }],
    ['an order status out of the language', { orders: [{ ...orderObject, status: 'toString' }] }],
    ['an order id that is none', { orders: [{ ...orderObject, id: 'x' }] }],
    ['a client id beyond uint32', { orders: [{ ...orderObject, clientId: '4294967296' }] }],
    ['a fill of nothing', { fills: [{ ...fillObject, ticker: undefined }] }],
    ['a fee finer than money', { fills: [{ ...fillObject, fee: '0.5621881' }] }],
    ['a fill size finer than a unit', { fills: [{ ...fillObject, size: '0.00000000001' }] }],
    ['an unknown fill type', { fills: [{ ...fillObject, type: 'ODD' }] }],
    ['a list that is none', { fills: {} }],
  ])('with %s is unreadable', (_name, contents) => {
    expect(changed(contents).type).toBe('unreadable');
  });

  it('about a market that is not known is refused', () => {
    const contents = { perpetualPositions: [{ market: 'ETH-USD', size: '1' }] };
    expect(changed(contents)).toEqual({ type: 'rejected', reason: 'market ETH-USD' });
  });
});

it('a frame of another account is refused', () => {
  expect(decode({ type: 'subscribed', id: 'dydx1other/0', contents: {} })).toEqual({
    type: 'rejected',
    reason: 'account dydx1other/0',
  });
});
