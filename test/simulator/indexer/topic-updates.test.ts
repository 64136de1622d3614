/** What subscribers read of updates, field by field as both publishers write them. */
import { describe, expect, test } from 'vitest';
import type { ExchangeOutput } from '../../../src/simulator/exchange-types.js';
import { topicMessage, topicsOf } from '../../../src/simulator/indexer/topic-updates.codec.js';
import { operationsHash } from '../../../src/simulator/indexer/order-objects.codec.js';
import { positionUuid } from '../../../src/simulator/indexer/venue-ids.codec.js';
import {
  FILL,
  FILLED_AT,
  LONG_TERM,
  OPENED,
  OWNER,
  POSITION,
  SUBACCOUNT,
  TAKEN,
  tellStory,
} from '../../support/venue-story.js';

const NOW = { height: 66_624_203, timeMs: Date.parse('2025-12-08T16:12:43.000Z') };

function told(output: ExchangeOutput, story = tellStory()) {
  const [topic] = topicsOf(story.state, output);
  if (topic === undefined) throw new Error('expected a topic');
  const { contents } = topicMessage(story.state, topic, output, NOW);
  return { topic: `${topic.channel} ${topic.id}`, contents: JSON.parse(contents) as unknown };
}

const blockHeight = '66624203';
const IDENTITY = {
  id: '78086eda-77ea-5c7f-b7e3-2357333d30b0',
  subaccountId: '1cb3a8eb-d3d5-5c64-867b-bf10d8e9e2d2',
  clientId: '2718281828',
  clobPairId: '0',
  orderFlags: '0',
  ticker: 'BTC-USD',
};
const TERMS = {
  side: 'BUY',
  size: '0.0125',
  price: '90400',
  type: 'LIMIT',
  timeInForce: 'IOC',
  postOnly: false,
  reduceOnly: false,
  goodTilBlock: '66624210',
  clientMetadata: '1',
};
const POSITION_MESSAGE = {
  address: OWNER,
  subaccountNumber: 0,
  positionId: positionUuid(SUBACCOUNT, POSITION.openEventId),
  market: 'BTC-USD',
  side: 'LONG',
  status: 'OPEN',
  size: '0.0125',
  maxSize: '0.0125',
  netFunding: '0',
  entryPrice: '89950',
  exitPrice: null,
  sumOpen: '0.0125',
  sumClose: '0',
  realizedPnl: '0',
  unrealizedPnl: '-0.355625',
};

describe('updates', () => {
  const level = { subticks: 8_995_000_000n, quantums: 4_196_000_000n };
  const trade = {
    eventId: 'e1',
    type: 'LIMIT',
    clobPairId: 0,
    side: 'BUY',
    quantums: 125_000_000n,
    subticks: 8_995_000_000n,
    height: 9,
    timeMs: FILLED_AT,
  } as const;
  const cases: [string, ExchangeOutput, object][] = [
    [
      'v4_orderbook BTC-USD',
      { type: 'level', clobPairId: 0, side: 'BUY', level },
      { bids: [['89950', '0.4196']] },
    ],
    [
      'v4_orderbook BTC-USD',
      { type: 'level', clobPairId: 0, side: 'SELL', level: { ...level, quantums: 0n } },
      { asks: [['89950', '0']] },
    ],
    [
      'v4_trades BTC-USD',
      { type: 'trades', clobPairId: 0, trades: [trade] },
      {
        trades: [
          {
            id: 'e1',
            size: '0.0125',
            price: '89950',
            side: 'BUY',
            createdAt: '2025-12-08T16:12:41.318Z',
            type: 'LIMIT',
          },
        ],
      },
    ],
    [
      'v4_markets v4_markets',
      { type: 'oracle', clobPairId: 0, priceE12: 89_921_550_000_000_000n, height: 66_624_086 },
      {
        oraclePrices: {
          'BTC-USD': {
            oraclePrice: '89921.55',
            effectiveAt: '2025-12-08T16:12:43.000Z',
            effectiveAtHeight: '66624086',
            marketId: 0,
          },
        },
      },
    ],
    [
      'v4_block_height v4_block_height',
      { type: 'block', height: 66_624_133, timeMs: FILLED_AT },
      { blockHeight: '66624133', time: '2025-12-08T16:12:41.318Z' },
    ],
    [
      `v4_subaccounts ${OWNER}/0`,
      { type: 'order', order: OPENED, publisher: 'vulcan' },
      { orders: [{ ...IDENTITY, ...TERMS, status: 'BEST_EFFORT_OPENED' }], blockHeight },
    ],
    [
      `v4_subaccounts ${OWNER}/0`,
      {
        type: 'order',
        order: {
          ...OPENED,
          timeInForce: 'GTT',
          totalFilled: 1_000_000n,
          status: 'BEST_EFFORT_CANCELED',
          removalReason: 'ORDER_REMOVAL_REASON_USER_CANCELED',
        },
        publisher: 'vulcan',
      },
      {
        orders: [
          {
            ...IDENTITY,
            ...TERMS,
            timeInForce: 'GTT',
            status: 'BEST_EFFORT_CANCELED',
            removalReason: 'ORDER_REMOVAL_REASON_USER_CANCELED',
            totalOptimisticFilled: '0.0001',
          },
        ],
        blockHeight,
      },
    ],
    [
      `v4_subaccounts ${OWNER}/0`,
      {
        type: 'subaccount',
        subaccount: SUBACCOUNT,
        positions: [POSITION],
        quoteQuantums: 8_888_460_000n,
        publisher: 'ender',
      },
      {
        perpetualPositions: [POSITION_MESSAGE],
        assetPositions: [
          {
            address: OWNER,
            subaccountNumber: 0,
            positionId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
            symbol: 'USDC',
            side: 'LONG',
            size: '8888.46',
            assetId: '0',
          },
        ],
        blockHeight,
      },
    ],
  ];

  test.each(cases)('to %s say %o', (topic, output, contents) => {
    expect(told(output)).toEqual({ topic, contents });
  });

  test('the open candle is its own contents', () => {
    const candle = {
      clobPairId: 0,
      resolution: '1MIN',
      startingOpenInterest: 0n,
      midOpen: undefined,
      midClose: undefined,
      startedAtMs: 0,
      open: 100_000n,
      high: 100_000n,
      low: 100_000n,
      close: 100_000n,
      baseQuantums: 1_000_000n,
      quoteQuantums: 1n,
      trades: 1,
    };
    expect(told({ type: 'candle', candle })).toMatchObject({
      topic: 'v4_candles BTC-USD/1MIN',
      contents: {
        startedAt: '1970-01-01T00:00:00.000Z',
        ticker: 'BTC-USD',
        resolution: '1MIN',
        open: '1',
        usdVolume: '0.000001',
        trades: 1,
      },
    });
  });

  test('an immediate order that was removed claims no optimistic fill', () => {
    const order = {
      ...OPENED,
      totalFilled: 1_000_000n,
      status: 'BEST_EFFORT_CANCELED',
      removalReason: 'ORDER_REMOVAL_REASON_IMMEDIATE_OR_CANCEL_WOULD_REST_ON_BOOK',
    } as const;
    expect(told({ type: 'order', order, publisher: 'vulcan' }).contents).toMatchObject({
      orders: [{ totalOptimisticFilled: '0' }],
    });
  });

  test('a cancel of an order that was never seen says only which', () => {
    const order = {
      ...OPENED,
      quantums: 0n,
      status: 'BEST_EFFORT_CANCELED',
      removalReason: 'ORDER_REMOVAL_REASON_USER_CANCELED',
    } as const;
    expect(told({ type: 'order', order, publisher: 'vulcan' }).contents).toEqual({
      orders: [
        {
          ...IDENTITY,
          status: 'BEST_EFFORT_CANCELED',
          removalReason: 'ORDER_REMOVAL_REASON_USER_CANCELED',
        },
      ],
      blockHeight,
    });
  });

  test('a stateful order off the chain has its times', () => {
    expect(told({ type: 'order', order: LONG_TERM, publisher: 'vulcan' }).contents).toMatchObject({
      orders: [
        {
          goodTilBlockTime: '2026-01-05T16:00:00.000Z',
          createdAtHeight: '66624200',
          updatedAtHeight: '66624200',
        },
      ],
    });
  });

  test('a block with fills of an order tells fills, the whole order row and the position', () => {
    const first = {
      ...FILL,
      eventId: '03f89ac80000000200000006',
      quantums: 25_000_000n,
      quoteQuantums: 224_875_000n,
      fee: 112_438n,
    };
    const second = { ...FILL, quantums: 100_000_000n, quoteQuantums: 899_500_000n, fee: 449_750n };
    const { contents } = told({
      type: 'fills',
      subaccount: TAKEN.id.subaccount,
      order: TAKEN,
      fills: [first, second],
      position: POSITION,
      publisher: 'ender',
    });
    const common = {
      subaccountId: IDENTITY.subaccountId,
      side: 'BUY',
      liquidity: 'TAKER',
      type: 'LIMIT',
      clobPairId: '0',
      orderId: IDENTITY.id,
      price: '89950',
      transactionHash: operationsHash(66_624_200),
      createdAt: '2025-12-08T16:12:41.318Z',
      createdAtHeight: '66624200',
      clientMetadata: '1',
      affiliateRevShare: '0',
      builderFee: null,
      builderAddress: null,
      orderRouterAddress: null,
      orderRouterFee: null,
      entryPriceBefore: null,
      ticker: 'BTC-USD',
    };
    expect(contents).toEqual({
      fills: [
        {
          ...common,
          id: expect.any(String) as string,
          eventId: first.eventId,
          size: '0.0025',
          quoteAmount: '224.875',
          fee: '0.112438',
          positionSizeBefore: '0',
          positionSideBefore: null,
        },
        {
          ...common,
          id: 'b7ea3e7b-e1d8-5906-964d-0f2b97f34579',
          eventId: second.eventId,
          size: '0.01',
          quoteAmount: '899.5',
          fee: '0.44975',
          positionSizeBefore: '0.0025',
          positionSideBefore: 'LONG',
        },
      ],
      orders: [
        {
          ...IDENTITY,
          ...TERMS,
          status: 'FILLED',
          totalFilled: '0.0125',
          goodTilBlockTime: null,
          createdAtHeight: '66624200',
          createdAt: '2025-12-08T16:12:41.318Z',
          updatedAt: '2025-12-08T16:12:41.318Z',
          updatedAtHeight: '66624200',
          triggerPrice: null,
          builderAddress: null,
          feePpm: null,
          orderRouterAddress: '',
          duration: null,
          interval: null,
          priceTolerance: null,
        },
      ],
      perpetualPositions: [POSITION_MESSAGE],
      blockHeight,
    });
  });

  test('a sell out of a short position counts backwards to the size before', () => {
    const { contents } = told({
      type: 'fills',
      subaccount: TAKEN.id.subaccount,
      order: { ...TAKEN, side: 'SELL' },
      fills: [{ ...FILL, side: 'SELL' }],
      position: { ...POSITION, quantums: -250_000_000n },
      publisher: 'ender',
    });
    expect(contents).toMatchObject({
      fills: [{ positionSizeBefore: '-0.0125', positionSideBefore: 'SHORT' }],
    });
  });

  test('the parent channel names the child', () => {
    const { state } = tellStory();
    const child = { owner: OWNER, number: 129 };
    const outputs: ExchangeOutput[] = [
      {
        type: 'order',
        order: { ...OPENED, id: { ...OPENED.id, subaccount: child } },
        publisher: 'vulcan',
      },
      {
        type: 'subaccount',
        subaccount: child,
        positions: [],
        quoteQuantums: 0n,
        publisher: 'ender',
      },
    ];
    for (const output of outputs) {
      const [own, parent] = topicsOf(state, output);
      expect(own).toMatchObject({ channel: 'v4_subaccounts', id: `${OWNER}/129` });
      expect(parent).toMatchObject({ channel: 'v4_parent_subaccounts', id: `${OWNER}/1` });
      if (parent === undefined) continue;
      expect(topicMessage(state, parent, output, NOW)).toMatchObject({ subaccountNumber: 129 });
    }
  });

  test('a publisher that knows no height yet tells none', () => {
    const { state } = tellStory();
    const output: ExchangeOutput = { type: 'order', order: OPENED, publisher: 'vulcan' };
    const [own] = topicsOf(state, output);
    if (own === undefined) throw new Error('expected a topic');
    const { contents } = topicMessage(state, own, output, { ...NOW, height: undefined });
    expect(Object.keys(JSON.parse(contents) as object)).toEqual(['orders']);
  });

  test('a conditional order that was placed comes from the chain as its whole row', () => {
    const order = { ...LONG_TERM, status: 'UNTRIGGERED' } as const;
    expect(told({ type: 'order', order, publisher: 'ender' }).contents).toMatchObject({
      orders: [{ status: 'UNTRIGGERED', totalFilled: '0.005', goodTilBlock: null }],
      blockHeight,
    });
  });

  test('the liquidated side hears of fills and position without an order', () => {
    const fill = { ...FILL, type: 'LIQUIDATED', orderId: undefined } as const;
    const { contents } = told({
      type: 'fills',
      subaccount: SUBACCOUNT,
      order: undefined,
      fills: [fill],
      position: POSITION,
      publisher: 'ender',
    });
    expect(Object.keys(contents as object)).toEqual(['fills', 'perpetualPositions', 'blockHeight']);
    expect(contents).toMatchObject({ fills: [{ type: 'LIQUIDATED' }] });
  });

  test('a subaccount whose positions stayed tells its balance only', () => {
    const { contents } = told({
      type: 'subaccount',
      subaccount: SUBACCOUNT,
      positions: [],
      quoteQuantums: -1n,
      publisher: 'ender',
    });
    expect(Object.keys(contents as object)).toEqual(['assetPositions', 'blockHeight']);
  });

  test('a market with other parameters is told as a whole, without its oracle price', () => {
    const { contents } = told({ type: 'market', clobPairId: 1 });
    const { trading } = contents as { trading: Record<string, object> };
    expect(trading['ETH-USD']).toMatchObject({ id: '1', clobPairId: '1', marketId: 1 });
    expect(trading['ETH-USD']).toHaveProperty('status', 'ACTIVE');
    expect(trading['ETH-USD']).not.toHaveProperty('oraclePrice');
  });
});
