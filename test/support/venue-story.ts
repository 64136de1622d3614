/** An account that bought 0.0125 BTC at 89,950 and keeps a long-term sell: the shapes' subject. */
import type {
  ExchangeFill,
  ExchangeOrder,
  ExchangePosition,
  SubaccountView,
} from '../../src/simulator/exchange-types.js';
import { IndexerState } from '../../src/simulator/indexer/indexer-state.codec.js';
import { FakeExchange } from './fake-exchange.js';

export const OWNER = 'dydx199tqg4wdlnu4qjlxchpd7seg454937hjrknju4';
export const SUBACCOUNT = { owner: OWNER, number: 0 };
export const FILLED_AT = Date.parse('2025-12-08T16:12:41.318Z');

export const POSITION: ExchangePosition = {
  clobPairId: 0,
  quantums: 125_000_000n,
  maxQuantums: 125_000_000n,
  sumOpen: 125_000_000n,
  sumOpenQuote: 1_124_375_000n,
  sumClose: 0n,
  sumCloseQuote: 0n,
  settledFunding: 0n,
  openEventId: '03f89ac80000000200000007',
  createdAtHeight: 66_624_200,
  createdAtMs: FILLED_AT,
  closed: false,
  closedAtMs: undefined,
};

export const FILL: ExchangeFill = {
  eventId: '03f89ac80000000200000007',
  orderId: { subaccount: SUBACCOUNT, clientId: 2_718_281_828, orderFlags: 0, clobPairId: 0 },
  subaccount: SUBACCOUNT,
  clobPairId: 0,
  side: 'BUY',
  liquidity: 'TAKER',
  type: 'LIMIT',
  quantums: 125_000_000n,
  subticks: 8_995_000_000n,
  quoteQuantums: 1_124_375_000n,
  fee: 562_188n,
  clientMetadata: 1,
  height: 66_624_200,
  timeMs: FILLED_AT,
};

/** The immediate order behind the fill, as the chain knows it afterwards. */
export const TAKEN: ExchangeOrder = {
  id: { subaccount: SUBACCOUNT, clientId: 2_718_281_828, orderFlags: 0, clobPairId: 0 },
  side: 'BUY',
  quantums: 125_000_000n,
  subticks: 9_040_000_000n,
  goodTilBlock: 66_624_210,
  goodTilBlockTime: 0,
  timeInForce: 'IOC',
  reduceOnly: false,
  clientMetadata: 1,
  status: 'FILLED',
  totalFilled: 125_000_000n,
  removalReason: undefined,
  createdAtHeight: 66_624_200,
  updatedAtHeight: 66_624_200,
  updatedAtMs: FILLED_AT,
};

/** The same order before the block. */
export const OPENED: ExchangeOrder = {
  ...TAKEN,
  status: 'BEST_EFFORT_OPENED',
  totalFilled: 0n,
  createdAtHeight: undefined,
  updatedAtHeight: undefined,
  updatedAtMs: undefined,
};

export const LONG_TERM: ExchangeOrder = {
  ...TAKEN,
  id: { subaccount: SUBACCOUNT, clientId: 314_159_265, orderFlags: 64, clobPairId: 0 },
  side: 'SELL',
  quantums: 200_000_000n,
  subticks: 9_500_000_000n,
  goodTilBlock: 0,
  goodTilBlockTime: Date.parse('2026-01-05T16:00:00.000Z') / 1000,
  timeInForce: 'GTT',
  clientMetadata: 0,
  status: 'OPEN',
  totalFilled: 50_000_000n,
};

export const VIEW: SubaccountView = {
  subaccount: SUBACCOUNT,
  quoteQuantums: 8_888_460_000n,
  positions: [POSITION],
  unsettledFunding: new Map(),
  fundingIndexes: new Map([[0, 5n]]),
  equity: 10_012_479_375n,
  initialMargin: 22_480_388n,
  maintenanceMargin: 13_488_233n,
  updatedAtHeight: 66_624_200,
};

export function tellStory(): { readonly exchange: FakeExchange; readonly state: IndexerState } {
  const exchange = new FakeExchange();
  exchange.subaccounts.push(VIEW);
  exchange.known.push(TAKEN, LONG_TERM);
  exchange.filled.push(FILL);
  const state = new IndexerState(exchange);
  state.note({ type: 'fund', subaccount: SUBACCOUNT, quoteQuantums: 1n });
  state.note({ type: 'place', order: TAKEN });
  state.note({ type: 'place', order: LONG_TERM });
  return { exchange, state };
}
