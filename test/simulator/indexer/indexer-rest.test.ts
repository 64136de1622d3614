/** REST answers: fields, types, order and refusals as the real service writes them. */
import { describe, expect, test } from 'vitest';
import { answerRest } from '../../../src/simulator/indexer/indexer-rest.codec.js';
import {
  LONG_TERM,
  OPENED,
  OWNER,
  POSITION,
  SUBACCOUNT,
  TAKEN,
  tellStory,
  VIEW,
} from '../../support/venue-story.js';

const NOW = Date.parse('2025-12-08T16:12:44.250Z');
const account = `address=${OWNER}&subaccountNumber=0`;

function get(target: string, story = tellStory()) {
  const { status, body } = answerRest(story.state, target, NOW);
  return { status, body: JSON.parse(JSON.stringify(body)) as unknown };
}

const MARKET = {
  clobPairId: '0',
  ticker: 'BTC-USD',
  status: 'ACTIVE',
  oraclePrice: '89921.55',
  priceChange24H: '-812.4',
  volume24H: '247511020.19',
  trades24H: 63_071,
  nextFundingRate: '0',
  initialMarginFraction: '0.02',
  maintenanceMarginFraction: '0.012',
  openInterest: '381.7102',
  atomicResolution: -10,
  quantumConversionExponent: -9,
  tickSize: '1',
  stepSize: '0.0001',
  stepBaseQuantums: 1_000_000,
  subticksPerTick: 100_000,
  marketType: 'CROSS',
  openInterestLowerCap: '0',
  openInterestUpperCap: '0',
  baseOpenInterest: '381.7102',
  defaultFundingRate1H: '0',
};

const POSITION_SHAPE = {
  market: 'BTC-USD',
  status: 'OPEN',
  side: 'LONG',
  size: '0.0125',
  maxSize: '0.0125',
  entryPrice: '89950',
  exitPrice: null,
  realizedPnl: '-0.562188',
  unrealizedPnl: '-0.355625',
  createdAt: '2025-12-08T16:12:41.318Z',
  createdAtHeight: '66624200',
  closedAt: null,
  sumOpen: '0.0125',
  sumClose: '0',
  netFunding: '0',
  subaccountNumber: 0,
};

const ASSET = { symbol: 'USDC', side: 'LONG', size: '8888.46', assetId: '0', subaccountNumber: 0 };

const SUBACCOUNT_SHAPE = {
  address: OWNER,
  subaccountNumber: 0,
  equity: '10012.479375',
  freeCollateral: '9989.998987',
  openPerpetualPositions: { 'BTC-USD': POSITION_SHAPE },
  assetPositions: { USDC: ASSET },
  marginEnabled: true,
  updatedAtHeight: '66624200',
  latestProcessedBlockHeight: '66624203',
};

const LONG_TERM_SHAPE = {
  id: 'd5292d3a-b3d5-5a50-9d1a-4163b0f302b8',
  subaccountId: '1cb3a8eb-d3d5-5c64-867b-bf10d8e9e2d2',
  clientId: '314159265',
  clobPairId: '0',
  side: 'SELL',
  size: '0.02',
  totalFilled: '0.005',
  price: '95000',
  type: 'LIMIT',
  status: 'OPEN',
  timeInForce: 'GTT',
  reduceOnly: false,
  orderFlags: '64',
  goodTilBlockTime: '2026-01-05T16:00:00.000Z',
  createdAtHeight: '66624200',
  createdAt: '2025-12-08T16:12:41.318Z',
  clientMetadata: '0',
  updatedAt: '2025-12-08T16:12:41.318Z',
  updatedAtHeight: '66624200',
  orderRouterAddress: '',
  postOnly: false,
  ticker: 'BTC-USD',
  subaccountNumber: 0,
};

const FILL_SHAPE = {
  id: 'b7ea3e7b-e1d8-5906-964d-0f2b97f34579',
  side: 'BUY',
  liquidity: 'TAKER',
  type: 'LIMIT',
  market: 'BTC-USD',
  marketType: 'PERPETUAL',
  price: '89950',
  size: '0.0125',
  fee: '0.562188',
  affiliateRevShare: '0',
  createdAt: '2025-12-08T16:12:41.318Z',
  createdAtHeight: '66624200',
  orderId: '78086eda-77ea-5c7f-b7e3-2357333d30b0',
  clientMetadata: '1',
  subaccountNumber: 0,
};

test.each([
  ['/height', { height: '66624203', time: '2025-12-08T16:12:43.000Z' }],
  ['/time', { iso: '2025-12-08T16:12:44.250Z', epoch: 1_765_210_364.25 }],
  ['/perpetualMarkets?ticker=BTC-USD', { markets: { 'BTC-USD': MARKET } }],
  [
    '/orderbooks/perpetualMarket/BTC-USD',
    { bids: [{ price: '89950', size: '0.4321' }], asks: [{ price: '89951', size: '0.0001' }] },
  ],
  [`/addresses/${OWNER}`, { subaccounts: [SUBACCOUNT_SHAPE], totalTradingRewards: '0' }],
  [`/addresses/${OWNER}/subaccountNumber/0`, { subaccount: SUBACCOUNT_SHAPE }],
  [
    `/addresses/${OWNER}/parentSubaccountNumber/0`,
    {
      subaccount: {
        address: OWNER,
        parentSubaccountNumber: 0,
        equity: '10012.479375',
        freeCollateral: '9989.998987',
        childSubaccounts: [SUBACCOUNT_SHAPE],
      },
    },
  ],
  [`/assetPositions?${account}`, { positions: [ASSET] }],
  [`/perpetualPositions?${account}&status=OPEN`, { positions: [POSITION_SHAPE] }],
  [`/perpetualPositions?${account}&status=CLOSED`, { positions: [] }],
  [`/orders?${account}&status=OPEN,UNTRIGGERED`, [LONG_TERM_SHAPE]],
  ['/orders/d5292d3a-b3d5-5a50-9d1a-4163b0f302b8', LONG_TERM_SHAPE],
  [`/fills?${account}`, { fills: [FILL_SHAPE] }],
  [
    `/fills?${account}&page=1&limit=1`,
    { fills: [FILL_SHAPE], pageSize: 1, totalResults: 1, offset: 0 },
  ],
  [`/fills?${account}&market=ETH-USD&marketType=PERPETUAL`, { fills: [] }],
  [`/fills?${account}&createdBeforeOrAtHeight=66624199`, { fills: [] }],
])('%s answers as the indexer does', (target, expected) => {
  expect(get(target)).toEqual({ status: 200, body: expected });
});

const resolutions = '1MIN,5MINS,15MINS,30MINS,1HOUR,4HOURS,1DAY';
const noResolution = {
  msg: `resolution must be a valid Candle Resolution, one of ${resolutions}`,
  param: 'resolution',
  location: 'query',
};
const noNumber = {
  value: 'abc',
  msg: 'subaccountNumber must be a non-negative integer less than 128001',
  param: 'subaccountNumber',
  location: 'query',
};
const noMarket = { msg: 'NOPE-USD not found in markets of type PERPETUAL' };
const noTicker = {
  value: 'NOPE-USD',
  msg: 'ticker must be a valid ticker (BTC-USD, etc)',
  param: 'ticker',
  location: 'query',
};
const noLimit = {
  value: 1001,
  msg: 'limit must be a positive integer that is not greater than max: 1000',
  param: 'limit',
  location: 'query',
};
const noMarketType = {
  msg: 'marketType must be provided if market is provided',
  param: 'marketType',
  location: 'query',
};
const noOrder = '00000000-0000-5000-8000-000000000000';

test.each([
  [400, '/perpetualMarkets?ticker=NOPE-USD', noTicker],
  [404, '/orderbooks/perpetualMarket/NOPE-USD', noMarket],
  [404, '/trades/perpetualMarket/NOPE-USD', noMarket],
  [404, '/candles/perpetualMarkets/NOPE-USD?resolution=1MIN', noMarket],
  [400, '/candles/perpetualMarkets/BTC-USD', noResolution, noResolution],
  [400, '/candles/perpetualMarkets/BTC-USD?resolution=7MIN', { value: '7MIN', ...noResolution }],
  [404, '/addresses/%E0%A4%A', { msg: 'No subaccounts found for address %E0%A4%A' }],
  [400, '/candles/perpetualMarkets/BTC-USD?resolution=1MIN&limit=1001', noLimit],
  [404, '/addresses/dydx1x', { msg: 'No subaccounts found for address dydx1x' }],
  [
    404,
    '/addresses/dydx1x/subaccountNumber/7',
    { msg: 'No subaccount found with address dydx1x and subaccountNumber 7' },
  ],
  [
    404,
    '/addresses/dydx1x/parentSubaccountNumber/7',
    { msg: 'No subaccounts found for address dydx1x and parentSubaccountNumber 7' },
  ],
  [400, '/addresses/dydx1x/subaccountNumber/abc', { ...noNumber, location: 'params' }],
  [400, '/orders?address=nope&subaccountNumber=abc', noNumber],
  [
    400,
    '/orders/not-a-uuid',
    { value: 'not-a-uuid', msg: 'Invalid value', param: 'orderId', location: 'params' },
  ],
  [404, `/orders/${noOrder}`, { msg: `Unable to find order id ${noOrder}` }],
  [400, `/fills?${account}&market=BTC-USD`, noMarketType],
  [400, `/fills?${account}&limit=1001`, noLimit],
  [400, `/fills?${account}&limit=many`, { ...noLimit, value: 'many' }],
  [
    400,
    '/fills?subaccountNumber=0',
    { msg: 'address must be a valid dydx address', param: 'address', location: 'query' },
  ],
])('%i for %s says why', (status, target, ...errors) => {
  expect(get(target)).toEqual({ status, body: { errors } });
});

test.each(['/nowhere', '//', '/height/'])('%s is no route, in its own words', (target) => {
  expect(get(target)).toEqual({ status: 404, body: { error: 'Not Found', errorCode: 404 } });
});

describe('orders', () => {
  const ids = (body: unknown) =>
    (body as { readonly id: string }[]).map(({ id }) => id.slice(0, 4));

  test('that expire by time come first, and last when the oldest are asked for', () => {
    expect(ids(get(`/orders?${account}`).body)).toEqual(['d529', '7808']);
    expect(ids(get(`/orders?${account}&returnLatestOrders=false`).body)).toEqual(['7808', 'd529']);
  });

  test.each([
    ['side=SELL', ['d529']],
    ['ticker=ETH-USD', []],
    ['type=MARKET', []],
    ['goodTilBlockBeforeOrAt=66624210', ['7808']],
    ['goodTilBlockAfter=66624210', []],
    ['limit=1', ['d529']],
  ])('are filtered by %s', (filter, expected) => {
    expect(ids(get(`/orders?${account}&${filter}`).body)).toEqual(expected);
  });

  test('an unfilled short-term order is unknown once it is off the book', () => {
    const story = tellStory();
    story.exchange.known[0] = { ...OPENED };
    const target = '/orders/78086eda-77ea-5c7f-b7e3-2357333d30b0';
    const { status, body } = get(target, story);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      status: 'BEST_EFFORT_OPENED',
      totalFilled: '0',
      goodTilBlock: '66624210',
    });
    expect(body).not.toHaveProperty('createdAtHeight');
    expect(body).not.toHaveProperty('updatedAt');
    story.exchange.known[0] = { ...OPENED, status: 'BEST_EFFORT_CANCELED' };
    expect(get(target, story).status).toBe(404);
    expect(ids(get(`/orders?${account}`, story).body)).toEqual(['d529']);
  });

  test('a post-only order is a resting order with a flag', () => {
    const story = tellStory();
    story.exchange.known[0] = { ...TAKEN, timeInForce: 'POST_ONLY' };
    const body = get(`/orders?${account}&side=BUY`, story).body;
    expect(body).toMatchObject([{ timeInForce: 'GTT', postOnly: true }]);
  });
});

test('a closed short position keeps its side and tells its exit', () => {
  const story = tellStory();
  story.exchange.closed.push({
    ...POSITION,
    quantums: 0n,
    maxQuantums: -125_000_000n,
    sumClose: 125_000_000n,
    sumCloseQuote: 1_123_125_000n,
    closed: true,
    openEventId: '03f89ac90000000200000000',
    closedAtMs: Date.parse('2025-12-08T16:12:42.000Z'),
  });
  expect(get(`/perpetualPositions?${account}&status=CLOSED`, story).body).toMatchObject({
    positions: [
      {
        side: 'SHORT',
        size: '0',
        maxSize: '-0.0125',
        entryPrice: '89950',
        exitPrice: '89850',
        realizedPnl: '1.25',
        closedAt: '2025-12-08T16:12:42.000Z',
      },
    ],
  });
});

test('a short position loses when the oracle rises, and a debt is a short balance', () => {
  const story = tellStory();
  story.exchange.subaccounts[0] = {
    ...VIEW,
    quoteQuantums: -5_000_000n,
    positions: [
      {
        ...POSITION,
        quantums: -125_000_000n,
        maxQuantums: -125_000_000n,
        sumOpenQuote: 1_120_000_000n,
      },
    ],
  };
  expect(get(`/addresses/${OWNER}/subaccountNumber/0`, story).body).toMatchObject({
    subaccount: {
      openPerpetualPositions: {
        'BTC-USD': { side: 'SHORT', size: '-0.0125', unrealizedPnl: '-4.019375' },
      },
      assetPositions: { USDC: { side: 'SHORT', size: '5' } },
    },
  });
});

test('the children of a parent are the numbers that are equal modulo 128', () => {
  const story = tellStory();
  const child = { owner: OWNER, number: 128 };
  story.exchange.subaccounts.push({ ...VIEW, subaccount: child, positions: [] });
  story.state.note({ type: 'fund', subaccount: child, quoteQuantums: 1n });
  expect(get(`/addresses/${OWNER}/parentSubaccountNumber/0`, story).body).toMatchObject({
    subaccount: {
      equity: '20024.95875',
      childSubaccounts: [{ subaccountNumber: 0 }, { subaccountNumber: 128 }],
    },
  });
});

test('trades and candles come newest first and cut to the limit', () => {
  const story = tellStory();
  for (const height of [10, 12, 11]) {
    story.exchange.traded.push({
      eventId: `${height}`,
      type: 'LIMIT',
      clobPairId: 0,
      side: 'SELL',
      quantums: 1_000_000n,
      subticks: 8_995_000_000n,
      height,
      timeMs: height * 1000,
    });
    story.exchange.charted.push({
      clobPairId: 0,
      resolution: '1MIN',
      startingOpenInterest: 0n,
      midOpen: undefined,
      midClose: undefined,
      startedAtMs: height * 60_000,
      open: 1_000_000n,
      high: 3_000_000n,
      low: 500_000n,
      close: 2_000_000n,
      baseQuantums: 1_000_000n,
      quoteQuantums: 1_500_000n,
      trades: 2,
    });
  }
  expect(get('/trades/perpetualMarket/BTC-USD?limit=2', story).body).toEqual({
    trades: ['12', '11'].map((id) => ({
      id,
      side: 'SELL',
      size: '0.0001',
      price: '89950',
      type: 'LIMIT',
      createdAt: `1970-01-01T00:00:${id}.000Z`,
      createdAtHeight: id,
    })),
  });
  expect(
    get('/trades/perpetualMarket/BTC-USD?createdBeforeOrAtHeight=10', story).body,
  ).toMatchObject({ trades: [{ id: '10' }] });
  const candle = {
    ticker: 'BTC-USD',
    resolution: '1MIN',
    low: '5',
    high: '30',
    open: '10',
    close: '20',
    baseTokenVolume: '0.0001',
    usdVolume: '1.5',
    trades: 2,
    startingOpenInterest: '0',
    orderbookMidPriceOpen: null,
    orderbookMidPriceClose: null,
  };
  const from = '1970-01-01T00:11:00.000Z';
  expect(
    get(
      `/candles/perpetualMarkets/BTC-USD?resolution=1MIN&fromISO=${from}&toISO=1970-01-01T00:12Z`,
      story,
    ).body,
  ).toEqual({ candles: [{ startedAt: from, ...candle }] });
});

test('the faucet knows a limit of subaccounts, not of refills', () => {
  const { state } = tellStory();
  expect(state.canFund(SUBACCOUNT)).toBe(true);
  expect(state.orderOf('00000000-0000-5000-8000-000000000000')).toBeUndefined();
  expect(() => state.market(99)).toThrow('expected a clob pair, was 99');
  expect(LONG_TERM.id.orderFlags).toBe(64);
});

test('candles without bounds are all there, newest first', () => {
  const story = tellStory();
  const flat = { open: 1n, high: 1n, low: 1n, close: 1n, baseQuantums: 0n, quoteQuantums: 0n };
  for (const startedAtMs of [0, 120_000, 60_000]) {
    story.exchange.charted.push({
      clobPairId: 0,
      resolution: '1MIN',
      startingOpenInterest: 0n,
      midOpen: undefined,
      midClose: undefined,
      startedAtMs,
      ...flat,
      trades: 0,
    });
  }
  const { body } = get('/candles/perpetualMarkets/BTC-USD?resolution=1MIN', story);
  const { candles } = body as { readonly candles: readonly { readonly startedAt: string }[] };
  expect(candles.map(({ startedAt }) => startedAt.slice(14, 16))).toEqual(['02', '01', '00']);
});

test('block times are remembered for 10,000 blocks', () => {
  const { exchange, state } = tellStory();
  const first = exchange.height;
  for (let n = 0; n < 10_000; n += 1) {
    exchange.height += 1;
    state.note({ type: 'block', timeMs: 0 });
  }
  expect(state.timeOf(first)).toBeUndefined();
  expect(state.timeOf(first + 1)).toBe(exchange.timeMs);
});
