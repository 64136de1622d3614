/** What the exchange's outputs say to the socket's topics, as the two publishers write it. */
import { parentOf, socketAsset, socketPosition } from './account-objects.codec.js';
import type { ExchangeTransfer } from '../chain-messages.js';
import type { ExchangeOutput, ExchangeTrade, PerpetualMarket } from '../exchange-types.js';
import type { SubaccountId } from '../order-terms.js';
import type { IndexerState } from './indexer-state.codec.js';
import { candleObject, marketObject, tradeObject } from './market-objects.js';
import { offChainOrder, onChainOrder, socketFills } from './order-objects.codec.js';
import type { Topic, TopicMessage } from './socket-channels.js';
import { isoText, oracleText, priceText, sizeText, usdText } from './wire-units.js';

/** A topic that an output is told to; accounts' topics with the subaccount that it is about. */
export interface Address extends Topic {
  readonly about?: SubaccountId;
}

/** When an output was made. */
export interface Moment {
  /** What its publisher knew; undefined: nothing yet. */
  readonly height: number | undefined;
  readonly timeMs: number;
}

export function topicsOf(state: IndexerState, output: ExchangeOutput): readonly Address[] {
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
    case 'market':
      return [{ channel: 'v4_markets', id: 'v4_markets' }];
    case 'block':
      return [{ channel: 'v4_block_height', id: 'v4_block_height' }];
    case 'order':
      return accountTopics(output.order.id.subaccount);
    case 'fills':
    case 'subaccount':
      return accountTopics(output.subaccount);
    case 'transfer':
      return sidesOf(output.transfer).flatMap(accountTopics);
    case 'funding':
    case 'transaction':
      return [];
  }
}

const accountTopics = (about: SubaccountId): readonly Address[] => [
  { channel: 'v4_subaccounts', id: `${about.owner}/${about.number}`, about },
  { channel: 'v4_parent_subaccounts', id: `${about.owner}/${parentOf(about).number}`, about },
];

/** The subaccounts that take part in a transfer; wallets have no topic. */
function sidesOf({ sender, recipient }: ExchangeTransfer): readonly SubaccountId[] {
  return [sender, recipient].flatMap(({ address, number }) =>
    number === undefined ? [] : [{ owner: address, number }],
  );
}

export function topicMessage(
  state: IndexerState,
  address: Address,
  output: ExchangeOutput,
  moment: Moment,
): TopicMessage {
  const { channel, id, about } = address;
  const topic = { channel, id };
  const contents = contentsOf(state, address, output, moment);
  return channel === 'v4_parent_subaccounts' && about !== undefined
    ? { topic, contents, subaccountNumber: about.number }
    : { topic, contents };
}

function contentsOf(
  state: IndexerState,
  { channel, about }: Address,
  output: ExchangeOutput,
  moment: Moment,
): string {
  if (output.type === 'level') return levelContents(state, output);
  if (output.type === 'transfer' && about !== undefined) {
    const isShown = channel === 'v4_subaccounts' || !isWithinParent(output.transfer);
    const transfers = isShown ? { transfers: socketTransfer(output.transfer, about) } : {};
    return JSON.stringify({ ...transfers, ...heightOf(moment) });
  }
  return JSON.stringify(updateOf(state, output, moment));
}

/** The most frequent message by far; its texts are digits and points, which need no escaping. */
function levelContents(
  state: IndexerState,
  { clobPairId, side, level }: ExchangeOutput & { readonly type: 'level' },
): string {
  const market = state.market(clobPairId);
  const name = side === 'BUY' ? 'bids' : 'asks';
  const price = priceText(market, level.subticks);
  return `{"${name}":[["${price}","${sizeText(market, level.quantums)}"]]}`;
}

const heightOf = ({ height }: Moment) =>
  height === undefined ? {} : { blockHeight: String(height) };

function updateOf(
  state: IndexerState,
  output: Exclude<ExchangeOutput, { readonly type: 'level' }>,
  moment: Moment,
): object {
  switch (output.type) {
    case 'trades': {
      const market = state.market(output.clobPairId);
      return { trades: output.trades.map((trade) => socketTrade(market, trade)) };
    }
    case 'candle':
      return candleObject(state.market(output.candle.clobPairId), output.candle);
    case 'oracle':
      return {
        oraclePrices: { [state.market(output.clobPairId).ticker]: oracle(output, moment) },
      };
    case 'market':
      return marketChange(state, output.clobPairId);
    case 'block':
      return { blockHeight: String(output.height), time: isoText(output.timeMs) };
    case 'order': {
      const { order, publisher } = output;
      const written =
        publisher === 'vulcan' ? offChainOrder(state, order) : onChainOrder(state, order);
      return { orders: [written], ...heightOf(moment) };
    }
    case 'fills':
      return { ...fillContents(state, output), ...heightOf(moment) };
    case 'subaccount':
      return { ...subaccountContents(state, output), ...heightOf(moment) };
    case 'transfer':
    case 'funding':
    case 'transaction':
      return {};
  }
}

/** The fields of REST in another order, and without the height. */
function socketTrade(market: PerpetualMarket, trade: ExchangeTrade) {
  const { id, size, price, side, createdAt, type } = tradeObject(market, trade);
  return { id, size, price, side, createdAt, type };
}

const oracle = (output: ExchangeOutput & { readonly type: 'oracle' }, moment: Moment) => ({
  oraclePrice: oracleText(output.priceE12),
  effectiveAt: isoText(moment.timeMs),
  effectiveAtHeight: String(output.height),
  marketId: output.clobPairId,
});

function fillContents(
  state: IndexerState,
  { subaccount, order, fills, position }: ExchangeOutput & { readonly type: 'fills' },
) {
  return {
    fills: socketFills(state, fills, position.quantums),
    ...(order === undefined ? {} : { orders: [onChainOrder(state, order)] }),
    perpetualPositions: [socketPosition(state, subaccount, position)],
  };
}

function subaccountContents(
  state: IndexerState,
  { subaccount, positions, quoteQuantums }: ExchangeOutput & { readonly type: 'subaccount' },
) {
  const changed = positions.map((each) => socketPosition(state, subaccount, each));
  return {
    ...(changed.length === 0 ? {} : { perpetualPositions: changed }),
    assetPositions: [socketAsset(subaccount, quoteQuantums)],
  };
}

/** A market with other parameters is told as a whole, with two ids that REST lacks. */
function marketChange(state: IndexerState, clobPairId: number): object {
  const view = state.views().get(clobPairId);
  if (view === undefined) return { trading: {} };
  const { oraclePrice: _, ...market } = marketObject(view);
  return {
    trading: { [market.ticker]: { id: market.clobPairId, marketId: clobPairId, ...market } },
  };
}

/** Between children of one parent: the parent's channel hears that something was, but not what. */
function isWithinParent({ sender, recipient }: ExchangeTransfer): boolean {
  if (sender.address !== recipient.address) return false;
  if (sender.number === undefined || recipient.number === undefined) return false;
  const [from, to] = sidesOf({ sender, recipient } as ExchangeTransfer).map(parentOf);
  return from?.number === to?.number;
}

/** Without the id that REST shows; the type is relative to the reader. */
function socketTransfer(transfer: ExchangeTransfer, about: SubaccountId) {
  const { sender, recipient } = transfer;
  const side = ({ address, number }: ExchangeTransfer['sender']) =>
    number === undefined ? { address } : { address, subaccountNumber: number };
  return {
    sender: side(sender),
    recipient: side(recipient),
    symbol: 'USDC',
    size: usdText(transfer.quoteQuantums),
    type: transferType(transfer, about),
    createdAt: isoText(transfer.timeMs),
    createdAtHeight: String(transfer.height),
    transactionHash: transfer.transactionHash,
  };
}

function transferType({ sender, recipient }: ExchangeTransfer, about: SubaccountId): string {
  if (sender.number === undefined) return 'DEPOSIT';
  if (recipient.number === undefined) return 'WITHDRAWAL';
  const isSender = sender.address === about.owner && sender.number === about.number;
  return isSender ? 'TRANSFER_OUT' : 'TRANSFER_IN';
}
