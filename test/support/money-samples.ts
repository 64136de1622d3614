/** Ready-made values of the money plane: BTC-USD as the venue has it, an intent, a fill, a view. */
import type { MarketView } from '../../src/model/book.js';
import type { MarketSpec } from '../../src/model/market.js';
import type { Fill, OrderIntent, OrderRequest } from '../../src/model/order.js';
import {
  blockHeight,
  clientId,
  fillId,
  marketId,
  oraclePrice,
  orderId,
  price,
  size,
  steps,
  ticks,
  unixMs,
  usd,
  type FillId,
  type OrderId,
} from '../../src/model/quantities.js';

export const NOW = unixMs(1_700_000_000_000);
export const BTC = marketId('BTC-USD');
export const ETH = marketId('ETH-USD');

export const btcSpec: MarketSpec = {
  market: BTC,
  venueNumber: 0,
  status: 'ACTIVE',
  priceExponent: -5,
  sizeExponent: -10,
  tick: price(100_000n),
  step: size(1_000_000n),
  initialMarginPpm: 50_000,
  maintenanceMarginPpm: 30_000,
  isolated: false,
};

export const ethSpec: MarketSpec = {
  ...btcSpec,
  market: ETH,
  venueNumber: 1,
  priceExponent: -6,
  sizeExponent: -9,
};

/** Whole USD to the price unit of BTC-USD. */
export const btcPrice = (dollars: number): ReturnType<typeof price> =>
  price(BigInt(dollars) * 100_000n);
/** Steps of 0.0001 BTC. */
export const btcSize = (count: number): ReturnType<typeof size> => size(BigInt(count) * 1_000_000n);
export const oracle = (dollars: number): ReturnType<typeof oraclePrice> =>
  oraclePrice(BigInt(dollars) * 10n ** 18n);

const uuid = (n: number): string => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;
export const anOrderId = (n: number): OrderId => orderId(uuid(n));
export const aFillId = (n: number): FillId => fillId(uuid(n));

/** Best bid 49,990, best ask 50,010, oracle 50,000, all one second old at most. */
export const btcView: MarketView = {
  market: BTC,
  spec: btcSpec,
  at: NOW,
  book: {
    state: 'live',
    bids: [{ price: ticks(49_990), size: steps(100) }],
    asks: [{ price: ticks(50_010), size: steps(100) }],
    updatedAt: NOW,
  },
  trades: [],
  oracle: oracle(50_000),
  oracleAt: NOW,
  fundingRate1h: undefined,
  candle: undefined,
};

/** Buys 0.01 BTC at up to 50,020. */
export const anEntry: OrderIntent = {
  intentId: 'sniper/BTC-USD/1.1',
  strategy: 'sniper',
  market: BTC,
  side: 'buy',
  size: btcSize(100),
  limitPrice: btcPrice(50_020),
  timeInForce: 'ioc',
  reduceOnly: false,
  purpose: 'entry',
  reasons: [],
  newestFrameAt: NOW,
  decidedAt: NOW,
  heldMs: 0,
};

export const anExit: OrderIntent = {
  ...anEntry,
  intentId: 'sniper/BTC-USD/1.2',
  side: 'sell',
  limitPrice: btcPrice(49_900),
  reduceOnly: true,
  purpose: 'exit',
};

export const aRequest: OrderRequest = {
  orderId: anOrderId(1),
  clientId: clientId(1_048_576),
  intentId: anEntry.intentId,
  strategy: 'sniper',
  market: BTC,
  side: 'buy',
  size: btcSize(100),
  price: btcPrice(50_020),
  timeInForce: 'ioc',
  reduceOnly: false,
  purpose: 'entry',
  goodTilBlock: blockHeight(103),
  newestFrameAt: NOW,
  heldMs: 0,
};

export const aFill: Fill = {
  fillId: aFillId(1),
  orderId: anOrderId(1),
  market: BTC,
  side: 'buy',
  size: btcSize(40),
  price: btcPrice(50_010),
  fee: usd(100n),
  liquidity: 'taker',
  type: 'LIMIT',
  height: blockHeight(102),
  at: NOW,
};
