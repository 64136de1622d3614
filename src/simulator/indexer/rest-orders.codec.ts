/**
 * REST about orders. The real service joins two stores: what rests in the books (known within
 * milliseconds) and the chain's rows. Filters by type see only the rows: what rests passes them.
 */
import type { ExchangeOrder } from '../exchange-types.js';
import type { IndexerState } from './indexer-state.codec.js';
import { ORDER_TYPES, orderType, restOrder, restStatus } from './order-objects.codec.js';
import { found, missing } from './rest-errors.js';
import type { AccountKind, ParameterReader } from './rest-parameters.js';
import { membersOf, type Ask } from './rest-question.js';

const STATUSES = [
  'OPEN',
  'FILLED',
  'CANCELED',
  'BEST_EFFORT_CANCELED',
  'UNTRIGGERED',
  'ERROR',
  'BEST_EFFORT_OPENED',
];
const SIDES = ['BUY', 'SELL'];

type Filter = (order: ExchangeOrder) => boolean;

/** A bare array, by goodTilBlock and then goodTilBlockTime, not by creation. */
export const askOrders =
  (kind: AccountKind): Ask =>
  ({ state, read }) => {
    const account = read.account(kind);
    const limit = read.limit();
    const filters = readFilters(state, read);
    // The flag stays text and is compared with a boolean: whatever it says, the oldest come first.
    const direction = read.flag('returnLatestOrders') === undefined ? -1 : 1;
    const matchesType = readTypes(read);
    return () => {
      const orders = membersOf(state, account)
        .flatMap((id) => state.ordersOf(id))
        .filter((order) => filters.every((filter) => filter(order)) && matchesType(order))
        .sort((a, b) => direction * compareExpiry(a, b))
        .slice(0, limit);
      return found(orders.map((order) => restOrder(state, order)));
    };
  };

export const askOrder: Ask = ({ state, read }) => {
  const uuid = read.uuid('orderId');
  return () => {
    const order = state.orderOf(uuid.toLowerCase());
    return order === undefined
      ? missing(`Unable to find order id ${uuid}`)
      : found(restOrder(state, order));
  };
};

function readFilters(state: IndexerState, read: ParameterReader): readonly Filter[] {
  const ticker = read.queryTicker('ticker', (text) => state.marketOf(text) !== undefined);
  const clobPairId = state.marketOf(ticker ?? '')?.clobPairId;
  const side = read.choice('side', SIDES, `side must be one of ${SIDES.join(',')}`);
  const type = read.choice('type', ORDER_TYPES, `type must be one of ${ORDER_TYPES.join(',')}`);
  const statuses = read.list('status', STATUSES, `status must be one of ${STATUSES.join(',')}`);
  const blockMax = read.block('goodTilBlockBeforeOrAt');
  const blockAfter = read.block('goodTilBlockAfter');
  const timeMax = read.time('goodTilBlockTimeBeforeOrAt');
  const timeAfter = read.time('goodTilBlockTimeAfter');
  return [
    (order) => clobPairId === undefined || order.id.clobPairId === clobPairId,
    (order) => side === undefined || order.side === side,
    (order) => type === undefined || (type === 'LIMIT' && rests(order)) || isRowOf(order, [type]),
    (order) => statuses?.includes(restStatus(order)) ?? true,
    (order) => isWithin(blockOf(order), blockAfter, blockMax),
    (order) => isWithin(timeOf(order), timeAfter, timeMax),
  ];
}

function readTypes(read: ParameterReader): Filter {
  const words = ORDER_TYPES.join(',');
  const included = read.list('includeTypes', ORDER_TYPES, `includeTypes must be one of ${words}`);
  const excluded = read.list('excludeTypes', ORDER_TYPES, `excludeTypes must be one of ${words}`);
  return (order) =>
    rests(order) ||
    ((included?.includes(orderType(order)) ?? true) &&
      !(excluded?.includes(orderType(order)) ?? false));
}

/** In a book, as far as the indexer's node knows. */
const rests = (order: ExchangeOrder): boolean =>
  order.status === 'BEST_EFFORT_OPENED' || (order.status === 'OPEN' && orderType(order) !== 'TWAP');

/** A short-term order has a row from its first fill on. */
const isRowOf = (order: ExchangeOrder, types: readonly string[]): boolean =>
  (order.id.orderFlags !== 0 || order.totalFilled > 0n) && types.includes(orderType(order));

const blockOf = (order: ExchangeOrder): number | undefined =>
  order.id.orderFlags === 0 ? order.goodTilBlock : undefined;

const timeOf = (order: ExchangeOrder): number | undefined =>
  order.id.orderFlags === 0 ? undefined : order.goodTilBlockTime * 1000;

/** Without bounds everything passes; with one, only what has that kind of expiry. */
function isWithin(
  value: number | undefined,
  after: number | undefined,
  max: number | undefined,
): boolean {
  if (after === undefined && max === undefined) return true;
  return value !== undefined && value > (after ?? -Infinity) && value <= (max ?? Infinity);
}

/** Orders that expire by time count as greater than all that expire by block. */
const compareExpiry = (a: ExchangeOrder, b: ExchangeOrder): number =>
  expiryBlock(a) - expiryBlock(b) || a.goodTilBlockTime - b.goodTilBlockTime;

const expiryBlock = (order: ExchangeOrder): number =>
  order.id.orderFlags === 0 ? order.goodTilBlock : Number.MAX_SAFE_INTEGER;
