/** REST about accounts: subaccounts, positions, orders, fills, filtered and sorted as upstream. */
import {
  parentSubaccountObject,
  restAssets,
  restPosition,
  subaccountObject,
} from './account-objects.codec.js';
import type { ExchangeFill, ExchangeOrder } from '../exchange-types.js';
import type { SubaccountId } from '../order-terms.js';
import type { IndexerState } from './indexer-state.codec.js';
import { restFill, restOrder } from './order-objects.codec.js';
import {
  found,
  invalid,
  missing,
  readLimit,
  readSubaccount,
  type Parameters,
  type RestAnswer,
} from './rest-errors.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export function answerAddress(state: IndexerState, path: Parameters): RestAnswer {
  const address = path.get('address') ?? '';
  const views = state.subaccountsOf(address);
  if (views.length === 0) return missing(`No subaccounts found for address ${address}`);
  const subaccounts = views.map((view) => subaccountObject(state, view));
  return found({ subaccounts, totalTradingRewards: '0' });
}

export function answerSubaccount(state: IndexerState, path: Parameters): RestAnswer {
  const checked = readSubaccount(path, 'params');
  if ('refusal' in checked) return checked.refusal;
  const { owner, number } = checked.value;
  const view = state.exchange.subaccount(checked.value);
  return view === undefined
    ? missing(`No subaccount found with address ${owner} and subaccountNumber ${number}`)
    : found({ subaccount: subaccountObject(state, view) });
}

export function answerParentSubaccount(state: IndexerState, path: Parameters): RestAnswer {
  const checked = readSubaccount(path, 'params', true);
  if ('refusal' in checked) return checked.refusal;
  const { owner, number } = checked.value;
  const children = state.childrenOf(owner, number);
  return children.length === 0
    ? missing(`No subaccounts found for address ${owner} and parentSubaccountNumber ${number}`)
    : found({ subaccount: parentSubaccountObject(state, children, checked.value) });
}

export function answerAssetPositions(state: IndexerState, query: Parameters): RestAnswer {
  const checked = readSubaccount(query, 'query');
  if ('refusal' in checked) return checked.refusal;
  const view = state.exchange.subaccount(checked.value);
  return found({ positions: view === undefined ? [] : restAssets(view) });
}

/** Newest first, open and closed alike unless `status` says otherwise. */
export function answerPositions(state: IndexerState, query: Parameters): RestAnswer {
  const checked = readSubaccount(query, 'query');
  if ('refusal' in checked) return checked.refusal;
  const limit = readLimit(query);
  if ('refusal' in limit) return limit.refusal;
  const statuses = listOf(query, 'status');
  const open = state.exchange.subaccount(checked.value)?.positions ?? [];
  const closed = state.exchange.closedPositions(checked.value);
  const positions = [...open.filter((position) => position.quantums !== 0n), ...closed]
    .sort((a, b) => (a.openEventId < b.openEventId ? 1 : -1))
    .filter((position) => statuses?.includes(position.closed ? 'CLOSED' : 'OPEN') ?? true)
    .filter((position) => position.createdAtHeight <= heightLimit(query))
    .slice(0, limit.value);
  return found({ positions: positions.map((each) => restPosition(state, checked.value, each)) });
}

/** A bare array, by goodTilBlock and then goodTilBlockTime, not by creation. */
export function answerOrders(state: IndexerState, query: Parameters): RestAnswer {
  const checked = readSubaccount(query, 'query');
  if ('refusal' in checked) return checked.refusal;
  const limit = readLimit(query);
  if ('refusal' in limit) return limit.refusal;
  const direction = query.get('returnLatestOrders') === 'false' ? 1 : -1;
  const orders = state
    .ordersOf(checked.value)
    .filter((order) => matchesOrder(state, query, order))
    .sort((a, b) => direction * compareExpiry(a, b))
    .slice(0, limit.value);
  return found(orders.map((order) => restOrder(state, order)));
}

export function answerOrder(state: IndexerState, path: Parameters): RestAnswer {
  const uuid = path.get('orderId') ?? '';
  if (!UUID.test(uuid)) {
    return invalid({ value: uuid, msg: 'Invalid value', param: 'orderId', location: 'params' });
  }
  const order = state.orderOf(uuid.toLowerCase());
  return order === undefined
    ? missing(`Unable to find order id ${uuid}`)
    : found(restOrder(state, order));
}

/** Newest first; with `page` oldest first, as upstream. */
export function answerFills(state: IndexerState, query: Parameters): RestAnswer {
  const checked = readSubaccount(query, 'query');
  if ('refusal' in checked) return checked.refusal;
  const limit = readLimit(query);
  if ('refusal' in limit) return limit.refusal;
  const market = query.get('market');
  const refusal = checkMarketType(market, query.get('marketType'));
  if (refusal !== undefined) return refusal;
  const fills = fillsOf(state, checked.value)
    .filter((fill) => market === undefined || state.market(fill.clobPairId).ticker === market)
    .filter((fill) => fill.height <= heightLimit(query));
  const page = Number(query.get('page') ?? NaN);
  if (!Number.isSafeInteger(page) || page < 1) {
    return found({ fills: fills.slice(0, limit.value).map((fill) => restFill(state, fill)) });
  }
  const offset = (page - 1) * limit.value;
  const shown = [...fills].reverse().slice(offset, offset + limit.value);
  return found({
    fills: shown.map((fill) => restFill(state, fill)),
    pageSize: limit.value,
    totalResults: fills.length,
    offset,
  });
}

const fillsOf = (state: IndexerState, subaccount: SubaccountId): readonly ExchangeFill[] =>
  state.exchange.fills(subaccount);

function checkMarketType(
  market: string | undefined,
  marketType: string | undefined,
): RestAnswer | undefined {
  if ((market === undefined) === (marketType === undefined)) return undefined;
  const [absent, present] =
    market === undefined ? ['market', 'marketType'] : ['marketType', 'market'];
  const msg = `${absent} must be provided if ${present} is provided`;
  return invalid({ msg, param: absent, location: 'query' });
}

function matchesOrder(state: IndexerState, query: Parameters, order: ExchangeOrder): boolean {
  const ticker = query.get('ticker');
  const side = query.get('side');
  const type = query.get('type');
  if (ticker !== undefined && ticker !== state.market(order.id.clobPairId).ticker) return false;
  if (side !== undefined && side !== order.side) return false;
  if (type !== undefined && type !== 'LIMIT') return false;
  if (!(listOf(query, 'status')?.includes(order.status) ?? true)) return false;
  const isShortTerm = order.id.orderFlags === 0;
  const before = query.get('goodTilBlockBeforeOrAt');
  const after = query.get('goodTilBlockAfter');
  if (before !== undefined && !(isShortTerm && order.goodTilBlock <= Number(before))) return false;
  return after === undefined || (isShortTerm && order.goodTilBlock > Number(after));
}

/** Orders without a block, which expire by time, count as greatest. */
function compareExpiry(a: ExchangeOrder, b: ExchangeOrder): number {
  const block = (order: ExchangeOrder): number =>
    order.id.orderFlags === 0 ? order.goodTilBlock : Number.MAX_SAFE_INTEGER;
  return block(a) - block(b) || a.goodTilBlockTime - b.goodTilBlockTime;
}

const listOf = (query: Parameters, name: string): readonly string[] | undefined =>
  query.get(name)?.split(',');

const heightLimit = (query: Parameters): number =>
  Number(query.get('createdBeforeOrAtHeight') ?? Infinity);
