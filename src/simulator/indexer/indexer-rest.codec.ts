/** The indexer's REST as a function: a GET in, status and JSON text out. Reads only. */
import type { IndexerState } from './indexer-state.codec.js';
import {
  bookObject,
  candlesObject,
  marketsObject,
  RESOLUTIONS,
  tradesObject,
} from './market-objects.js';
import {
  answerAddress,
  answerAssetPositions,
  answerFills,
  answerOrder,
  answerOrders,
  answerParentSubaccount,
  answerPositions,
  answerSubaccount,
} from './rest-accounts.codec.js';
import {
  found,
  invalid,
  missing,
  readLimit,
  unknownRoute,
  valueOf,
  type Parameters,
  type RestAnswer,
} from './rest-errors.js';
import { isoText } from './wire-units.js';

export const BOOK_DEPTH = 100;

interface Question {
  readonly state: IndexerState;
  readonly path: Parameters;
  readonly query: Parameters;
  readonly nowMs: number;
}

type Route = readonly [path: string, answer: (question: Question) => RestAnswer];

const ROUTES: readonly Route[] = [
  ['/height', ({ state }) => found(heightObject(state))],
  ['/time', ({ nowMs }) => found({ iso: isoText(nowMs), epoch: Math.floor(nowMs) / 1000 })],
  ['/perpetualMarkets', answerMarkets],
  ['/orderbooks/perpetualMarket/:ticker', answerBook],
  ['/trades/perpetualMarket/:ticker', answerTrades],
  ['/candles/perpetualMarkets/:ticker', answerCandles],
  ['/addresses/:address', ({ state, path }) => answerAddress(state, path)],
  [
    '/addresses/:address/subaccountNumber/:subaccountNumber',
    ({ state, path }) => answerSubaccount(state, path),
  ],
  [
    '/addresses/:address/parentSubaccountNumber/:parentSubaccountNumber',
    ({ state, path }) => answerParentSubaccount(state, path),
  ],
  ['/assetPositions', ({ state, query }) => answerAssetPositions(state, query)],
  ['/perpetualPositions', ({ state, query }) => answerPositions(state, query)],
  ['/orders', ({ state, query }) => answerOrders(state, query)],
  ['/orders/:orderId', ({ state, path }) => answerOrder(state, path)],
  ['/fills', ({ state, query }) => answerFills(state, query)],
];

/** `target` is path and query below `/v4`, such as `/orders?address=…`. */
export function answerRest(state: IndexerState, target: string, nowMs: number): RestAnswer {
  const url = new URL(`http://indexer${target}`);
  const query: Parameters = new Map(url.searchParams);
  for (const [pattern, answer] of ROUTES) {
    const path = matchPath(pattern, url.pathname);
    if (path !== undefined) return answer({ state, path, query, nowMs });
  }
  return unknownRoute;
}

export const heightObject = (state: IndexerState) => ({
  height: String(state.exchange.height),
  time: isoText(state.exchange.timeMs),
});

/** The parameters of a path, or undefined when it is another one. */
function matchPath(pattern: string, path: string): Parameters | undefined {
  const names = pattern.split('/');
  const parts = path.split('/');
  if (names.length !== parts.length) return undefined;
  const parameters = new Map<string, string>();
  for (const [index, name] of names.entries()) {
    const part = parts[index] ?? '';
    if (name.startsWith(':')) parameters.set(name.slice(1), decode(part));
    else if (name !== part) return undefined;
  }
  return parameters;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function answerMarkets({ state, query }: Question): RestAnswer {
  const limit = readLimit(query);
  if ('refusal' in limit) return limit.refusal;
  const param = query.has('market') ? 'market' : 'ticker';
  const ticker = query.get(param);
  const views = [...state.views().values()];
  if (ticker === undefined) return found(marketsObject(views.slice(0, limit.value)));
  const chosen = views.filter(({ market }) => market.ticker === ticker);
  const msg = `${param} must be a valid ticker (BTC-USD, etc)`;
  return chosen.length === 0
    ? invalid({ value: ticker, msg, param, location: 'query' })
    : found(marketsObject(chosen));
}

const noMarket = (ticker: string | undefined): RestAnswer =>
  missing(`${ticker ?? ''} not found in markets of type PERPETUAL`);

function answerBook({ state, path }: Question): RestAnswer {
  const market = state.marketOf(path.get('ticker') ?? '');
  if (market === undefined) return noMarket(path.get('ticker'));
  return found(bookObject(market, state.books.view(market.clobPairId, BOOK_DEPTH)));
}

function answerTrades({ state, path, query }: Question): RestAnswer {
  const market = state.marketOf(path.get('ticker') ?? '');
  if (market === undefined) return noMarket(path.get('ticker'));
  const limit = readLimit(query);
  if ('refusal' in limit) return limit.refusal;
  const height = Number(query.get('createdBeforeOrAtHeight') ?? Infinity);
  const trades = state.exchange.trades(market.clobPairId).filter((trade) => trade.height <= height);
  const { trades: newestFirst } = tradesObject(market, trades);
  return found({ trades: newestFirst.slice(0, limit.value) });
}

function answerCandles({ state, path, query }: Question): RestAnswer {
  const resolution = query.get('resolution');
  if (resolution === undefined || !RESOLUTIONS.includes(resolution)) {
    const choices = RESOLUTIONS.join(',');
    const msg = `resolution must be a valid Candle Resolution, one of ${choices}`;
    const error = { ...valueOf(resolution), msg, param: 'resolution', location: 'query' } as const;
    return resolution === undefined ? invalid(error, error) : invalid(error);
  }
  const limit = readLimit(query);
  if ('refusal' in limit) return limit.refusal;
  const market = state.marketOf(path.get('ticker') ?? '');
  if (market === undefined) return noMarket(path.get('ticker'));
  const from = Date.parse(query.get('fromISO') ?? '');
  const to = Date.parse(query.get('toISO') ?? '');
  const candles = state.exchange
    .candles(market.clobPairId, resolution)
    .filter(({ startedAtMs }) => !(startedAtMs < from) && !(startedAtMs >= to));
  const { candles: newestFirst } = candlesObject(market, candles);
  return found({ candles: newestFirst.slice(0, limit.value) });
}
