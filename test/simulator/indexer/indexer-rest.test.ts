/** REST answers: fields, types and refusals as the real service writes them. */
import { expect, test } from 'vitest';
import { ACCOUNT, get } from '../../support/ask-rest.js';
import { OWNER } from '../../support/venue-story.js';

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
  freeCollateral: '9989.9989875',
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
  [
    `/addresses/${OWNER}`,
    { subaccounts: [SUBACCOUNT_SHAPE], totalTradingRewards: '0.000000000000000000' },
  ],
  [`/addresses/${OWNER}/subaccountNumber/0`, { subaccount: SUBACCOUNT_SHAPE }],
  [
    `/addresses/${OWNER}/parentSubaccountNumber/0`,
    {
      subaccount: {
        address: OWNER,
        parentSubaccountNumber: 0,
        equity: '10012.479375',
        freeCollateral: '9989.9989875',
        childSubaccounts: [SUBACCOUNT_SHAPE],
      },
    },
  ],
  [`/assetPositions?${ACCOUNT}`, { positions: [ASSET] }],
  [`/perpetualPositions?${ACCOUNT}&status=OPEN`, { positions: [POSITION_SHAPE] }],
  [`/perpetualPositions?${ACCOUNT}&status=CLOSED`, { positions: [] }],
  [`/orders?${ACCOUNT}&status=OPEN,UNTRIGGERED`, [LONG_TERM_SHAPE]],
  ['/orders/d5292d3a-b3d5-5a50-9d1a-4163b0f302b8', LONG_TERM_SHAPE],
  [`/fills?${ACCOUNT}`, { fills: [FILL_SHAPE] }],
  [
    `/fills?${ACCOUNT}&page=1&limit=1`,
    { fills: [FILL_SHAPE], pageSize: 1, totalResults: 1, offset: 0 },
  ],
  [`/fills?${ACCOUNT}&market=ETH-USD&marketType=PERPETUAL`, { fills: [] }],
  [`/fills?${ACCOUNT}&createdBeforeOrAtHeight=66624199`, { fills: [] }],
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
const noTickerInPath = {
  value: 'NOPE-USD',
  msg: 'ticker must be a valid ticker (BTC-USD, etc)',
  param: 'ticker',
  location: 'params',
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
  [400, '/trades/perpetualMarket/NOPE-USD', noTickerInPath],
  [400, '/historicalFunding/NOPE-USD', noTickerInPath],
  [400, '/candles/perpetualMarkets/NOPE-USD?resolution=1MIN', noTickerInPath],
  [400, '/candles/perpetualMarkets/BTC-USD', noResolution, noResolution],
  [400, '/candles/perpetualMarkets/BTC-USD?resolution=7MIN', { value: '7MIN', ...noResolution }],
  [
    400,
    '/addresses/%E0%A4%A',
    {
      value: '%E0%A4%A',
      msg: 'address must be a valid address',
      param: 'address',
      location: 'params',
    },
  ],
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
  [400, `/fills?${ACCOUNT}&market=BTC-USD`, noMarketType],
  [400, `/fills?${ACCOUNT}&limit=1001`, noLimit],
  [400, `/fills?${ACCOUNT}&limit=many`, { ...noLimit, value: null }],
  [
    400,
    '/fills?subaccountNumber=0',
    { msg: 'address must be a valid dydx address', param: 'address', location: 'params' },
    {
      msg: "Cannot read properties of undefined (reading 'length')",
      param: 'address',
      location: 'params',
    },
  ],
])('%i for %s says why', (status, target, ...errors) => {
  expect(get(target)).toEqual({ status, body: { errors } });
});

test.each(['/nowhere', '//', '/addresses/', '/orders/a/b'])(
  '%s is no route, in its own words',
  (target) => {
    expect(get(target)).toEqual({ status: 404, body: { error: 'Not Found', errorCode: 404 } });
  },
);
