/** What the socket's topics say: a snapshot on subscribing, then what the core's outputs cause. */
import {
  parentOf,
  parentSubaccountObject,
  socketAsset,
  socketPosition,
  subaccountObject,
} from './account-objects.codec.js';
import type { ExchangeOrder, ExchangeOutput } from '../exchange-types.js';
import type { SubaccountId } from '../order-terms.js';
import { BOOK_DEPTH, heightObject } from './indexer-rest.codec.js';
import type { IndexerState } from './indexer-state.codec.js';
import {
  bookObject,
  candleObject,
  candlesObject,
  marketsObject,
  RESOLUTIONS,
  tradeObject,
  tradesObject,
} from './market-objects.js';
import { offChainOrder, onChainOrder, restOrder, socketFills } from './order-objects.codec.js';
import { PARENT_MAX } from './rest-errors.js';
import type { Topic, TopicMessage } from './socket-channels.js';
import { isoText, oracleText, priceText, sizeText } from './wire-units.js';

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
      return (readSubaccountId(id)?.number ?? Infinity) <= SUBACCOUNT_MAX;
    case 'v4_parent_subaccounts':
      return (readSubaccountId(id)?.number ?? Infinity) <= PARENT_MAX;
  }
}

/** JSON of a valid topic's state now. */
export function topicSnapshot(state: IndexerState, { channel, id }: Topic): string {
  return JSON.stringify(snapshotOf(state, channel, id) ?? {});
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
      return market && bookObject(market, exchange.book(market.clobPairId, BOOK_DEPTH));
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
  id: SubaccountId | undefined,
): object | undefined {
  if (id === undefined) return undefined;
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

/** The topics that an output is about: one, or a subaccount's own and its parent's. */
export function topicsOf(state: IndexerState, output: ExchangeOutput): readonly Topic[] {
  switch (output.type) {
    case 'level':
      return [{ channel: 'v4_orderbook', id: state.market(output.clobPairId).ticker }];
    case 'trades':
      return [{ channel: 'v4_trades', id: state.market(output.clobPairId).ticker }];
    case 'candle': {
      const { clobPairId, resolution } = output.candle;
      return [{ channel: 'v4_candles', id: `${state.market(clobPairId).ticker}/${resolution}` }];
    }
    case 'oracle':
      return [{ channel: 'v4_markets', id: 'v4_markets' }];
    case 'block':
      return [{ channel: 'v4_block_height', id: 'v4_block_height' }];
    case 'order':
      return accountTopics(output.order.id.subaccount);
    case 'fills':
    case 'subaccount':
      return accountTopics(output.subaccount);
    case 'market':
    case 'transfer':
    case 'funding':
    case 'transaction':
      return [];
  }
}

const accountTopics = (subaccount: SubaccountId): readonly Topic[] => [
  { channel: 'v4_subaccounts', id: `${subaccount.owner}/${subaccount.number}` },
  { channel: 'v4_parent_subaccounts', id: `${subaccount.owner}/${parentOf(subaccount).number}` },
];

export function topicMessage(
  state: IndexerState,
  topic: Topic,
  output: ExchangeOutput,
): TopicMessage {
  const contents = JSON.stringify(updateOf(state, output));
  return topic.channel === 'v4_parent_subaccounts'
    ? { topic, contents, subaccountNumber: childNumber(output) }
    : { topic, contents };
}

function childNumber(output: ExchangeOutput): number {
  if (output.type === 'order') return output.order.id.subaccount.number;
  return output.type === 'subaccount' || output.type === 'fills' ? output.subaccount.number : 0;
}

function updateOf(state: IndexerState, output: ExchangeOutput): object {
  const blockHeight = String(state.exchange.height);
  switch (output.type) {
    case 'level': {
      const market = state.market(output.clobPairId);
      const { subticks, quantums } = output.level;
      const level = [priceText(market, subticks), sizeText(market, quantums)];
      return output.side === 'BUY' ? { bids: [level] } : { asks: [level] };
    }
    case 'trades': {
      const market = state.market(output.clobPairId);
      return { trades: output.trades.map((trade) => tradeObject(market, trade)) };
    }
    case 'candle':
      return candleObject(state.market(output.candle.clobPairId), output.candle);
    case 'oracle':
      return { oraclePrices: { [state.market(output.clobPairId).ticker]: oracle(state, output) } };
    case 'block':
      return { blockHeight: String(output.height), time: isoText(output.timeMs) };
    case 'order':
      return { orders: [offChainOrder(state, output.order)], blockHeight };
    case 'fills': {
      const { subaccount, order } = output;
      return {
        fills: socketFills(state, output.fills, output.position.quantums),
        ...(order === undefined ? {} : { orders: [onChainOrder(state, order)] }),
        perpetualPositions: [socketPosition(state, subaccount, output.position)],
        blockHeight,
      };
    }
    case 'subaccount': {
      const { subaccount, positions, quoteQuantums } = output;
      return {
        perpetualPositions: positions.map((each) => socketPosition(state, subaccount, each)),
        assetPositions: [socketAsset(subaccount, quoteQuantums)],
        blockHeight,
      };
    }
    case 'market':
    case 'transfer':
    case 'funding':
    case 'transaction':
      return {};
  }
}

const oracle = (state: IndexerState, output: ExchangeOutput & { readonly type: 'oracle' }) => ({
  oraclePrice: oracleText(output.priceE12),
  effectiveAt: isoText(state.exchange.timeMs),
  effectiveAtHeight: String(output.height),
  marketId: output.clobPairId,
});

function readSubaccountId(id: string): SubaccountId | undefined {
  const [owner = '', number = '', ...rest] = id.split('/');
  if (owner === '' || rest.length > 0 || !/^\d{1,6}$/.test(number)) return undefined;
  return { owner, number: Number(number) };
}

function readCandleId(state: IndexerState, id: string) {
  const slash = id.lastIndexOf('/');
  const market = state.marketOf(id.slice(0, slash));
  const resolution = id.slice(slash + 1);
  return market === undefined || !RESOLUTIONS.includes(resolution)
    ? undefined
    : { market, resolution };
}
