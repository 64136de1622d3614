/** Market objects, frames and ids that the tests of this folder share. */
import { marketId, unixMs, type MarketId } from '../../src/model/quantities.js';
import type { MarketSpec } from '../../src/model/market.js';
import { unwrap } from '../../src/model/result.js';
import type { MarketObject } from '../../src/dydx/schemas.js';
import type { PlaceMessage } from '../../src/dydx/signer-messages.js';
import { specOfMarket } from '../../src/dydx/units.js';

export const subaccount = { address: 'dydx199tqg4wdlnu4qjlxchpd7seg454937hjrknju4', number: 0 };
export const accountId = `${subaccount.address}/0`;

export const btcObject: MarketObject & Readonly<Record<string, unknown>> = {
  clobPairId: '0',
  ticker: 'BTC-USD',
  status: 'ACTIVE',
  oraclePrice: '89921.55',
  initialMarginFraction: '0.02',
  maintenanceMarginFraction: '0.012',
  atomicResolution: -10,
  quantumConversionExponent: -9,
  tickSize: '1',
  stepSize: '0.0001',
  stepBaseQuantums: 1_000_000,
  subticksPerTick: 100_000,
  marketType: 'CROSS',
  trades24H: 63_071,
};

/** Quarter ticks and whole steps: a coefficient that is no power of ten. */
export const esObject: MarketObject = {
  ...btcObject,
  clobPairId: '7',
  ticker: 'ES-USD',
  atomicResolution: -6,
  tickSize: '0.25',
  stepSize: '1',
  subticksPerTick: 250_000_000,
};

export const BTC = marketId('BTC-USD');
export const ES = marketId('ES-USD');
export const btc: MarketSpec = unwrap(specOfMarket(btcObject));
export const es: MarketSpec = unwrap(specOfMarket(esObject));
export const specs: ReadonlyMap<MarketId, MarketSpec> = new Map([
  [BTC, btc],
  [ES, es],
]);

export const orderUuid = '78086eda-77ea-5c7f-b7e3-2357333d30b0';
export const fillUuid = 'b7ea3e7b-e1d8-5906-964d-0f2b97f34579';

/** As the place message gives it: without `totalFilled`. */
export const orderObject = {
  id: orderUuid,
  subaccountId: '1cb3a8eb-d3d5-5c64-867b-bf10d8e9e2d2',
  clientId: '2718281828',
  clobPairId: '0',
  side: 'BUY',
  size: '0.0125',
  price: '90400',
  status: 'BEST_EFFORT_OPENED',
  goodTilBlock: '66624210',
  ticker: 'BTC-USD',
};

/** As the socket gives it; REST says `market` instead of `ticker`. */
export const fillObject = {
  id: fillUuid,
  orderId: orderUuid,
  side: 'BUY',
  liquidity: 'TAKER',
  type: 'LIMIT',
  ticker: 'BTC-USD',
  price: '89950',
  size: '0.0125',
  fee: '0.562188',
  createdAt: '2025-12-08T16:12:41.318Z',
  createdAtHeight: '66624200',
  eventId: '03f89ac80000000200000007',
  builderFee: null,
};

export const subaccountObject = {
  address: subaccount.address,
  subaccountNumber: 0,
  equity: '10012.4793751234',
  freeCollateral: '9989.9989875',
  openPerpetualPositions: { 'BTC-USD': { market: 'BTC-USD', side: 'SHORT', size: '-0.0125' } },
  assetPositions: { USDC: { symbol: 'USDC', side: 'LONG', size: '8888.46', assetId: '0' } },
  updatedAtHeight: '66624200',
  latestProcessedBlockHeight: '66624203',
};

export const bytes = (value: unknown): Uint8Array =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));

/** An order that closes, good until block 1 000. */
export const closingOrder = {
  type: 'place',
  orderFlags: 0,
  subaccountNumber: 0,
  clientId: 5,
  clobPairId: 0,
  side: 2,
  quantums: '3000000',
  subticks: '8995000000',
  goodTilBlock: 1_000,
  timeInForce: 1,
  reduceOnly: true,
  notionalExponent: -9,
  expiresAt: unixMs(1e9),
} satisfies PlaceMessage;
