/** Which topics there are, and what a subscriber reads first: the topic's state as REST has it. */
import { parentSubaccountObject, subaccountObject } from './account-objects.codec.js';
import type { ExchangeOrder } from '../exchange-types.js';
import type { SubaccountId } from '../order-terms.js';
import { heightObject } from './clock-objects.js';
import type { IndexerState } from './indexer-state.codec.js';
import {
  BOOK_DEPTH,
  bookObject,
  candlesObject,
  marketsObject,
  RESOLUTIONS,
  tradesObject,
} from './market-objects.js';
import { restOrder } from './order-objects.codec.js';
import { PARENT_MAX } from './rest-errors.js';
import { isAccount, type Topic } from './socket-channels.js';
import type { Snapshot } from './socket-session.js';

const SUBACCOUNT_MAX = 127_999;
/** Best-effort canceled orders are shown while their block is at most this far behind. */
const CANCELED_BLOCKS_SHOWN = 20;

/** Tickers and resolutions must exist; of an account only the number is looked at. */
export function isValidTopic(state: IndexerState, { channel, id }: Topic): boolean {
  switch (channel) {
    case 'v4_markets':
    case 'v4_block_height':
      return true;
    case 'v4_trades':
    case 'v4_orderbook':
      return state.marketOf(id) !== undefined;
    case 'v4_candles':
      return readCandleId(state, id) !== undefined;
    case 'v4_subaccounts':
      return readSubaccountId(id).number <= SUBACCOUNT_MAX;
    case 'v4_parent_subaccounts':
      return readSubaccountId(id).number <= PARENT_MAX;
  }
}

/** A valid topic's state now. A number that only JavaScript takes for one cannot be fetched. */
export function topicSnapshot(state: IndexerState, topic: Topic): Snapshot {
  const { channel, id } = topic;
  if (isAccount(topic) && !/\/\d+$/.test(id)) return { type: 'failed' };
  const contents = snapshotOf(state, channel, id) ?? {};
  return { type: 'contents', json: JSON.stringify(contents) };
}

function snapshotOf(
  state: IndexerState,
  channel: Topic['channel'],
  id: string,
): object | undefined {
  const { exchange } = state;
  const market = state.marketOf(id);
  switch (channel) {
    case 'v4_markets':
      return marketsObject(state.views().values());
    case 'v4_block_height':
      return heightObject(state);
    case 'v4_trades':
      return market && tradesObject(market, exchange.trades(market.clobPairId));
    case 'v4_orderbook':
      return market && bookObject(market, state.books.view(market.clobPairId, BOOK_DEPTH));
    case 'v4_candles': {
      const candles = readCandleId(state, id);
      if (candles === undefined) return undefined;
      const { market, resolution } = candles;
      return candlesObject(market, exchange.candles(market.clobPairId, resolution));
    }
    case 'v4_subaccounts':
    case 'v4_parent_subaccounts':
      return accountSnapshot(state, channel, readSubaccountId(id));
  }
}

function accountSnapshot(
  state: IndexerState,
  channel: 'v4_subaccounts' | 'v4_parent_subaccounts',
  id: SubaccountId,
): object | undefined {
  const own = state.exchange.subaccount(id);
  const views =
    channel === 'v4_subaccounts'
      ? own === undefined
        ? []
        : [own]
      : state.childrenOf(id.owner, id.number);
  const [first] = views;
  if (first === undefined) return undefined;
  const orders = views.flatMap((view) => state.ordersOf(view.subaccount));
  return {
    subaccount:
      channel === 'v4_subaccounts'
        ? subaccountObject(state, first)
        : parentSubaccountObject(state, views, id),
    orders: orders
      .filter((order) => isShownAtStart(order, state.exchange.height))
      .map((order) => restOrder(state, order)),
    blockHeight: String(state.exchange.height),
  };
}

function isShownAtStart(order: ExchangeOrder, height: number): boolean {
  if (order.status === 'BEST_EFFORT_CANCELED') {
    return order.goodTilBlock > Math.max(height - CANCELED_BLOCKS_SHOWN, 1);
  }
  return order.status !== 'FILLED' && order.status !== 'CANCELED';
}

/** Two parts, the second of which can be read as a number; NaN, which no limit holds, otherwise. */
function readSubaccountId(id: string): SubaccountId {
  const [owner = '', number = '', ...rest] = id.split('/');
  return { owner, number: id.includes('/') && rest.length === 0 ? Number(number) : Number.NaN };
}

function readCandleId(state: IndexerState, id: string) {
  const slash = id.lastIndexOf('/');
  const market = state.marketOf(id.slice(0, slash));
  const resolution = id.slice(slash + 1);
  return market === undefined || !RESOLUTIONS.includes(resolution)
    ? undefined
    : { market, resolution };
}
