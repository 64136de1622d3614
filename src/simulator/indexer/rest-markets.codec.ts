/** REST about markets: parameters, books, trades, candles and funding, and the service's clocks. */
import { clockObject, heightObject } from './clock-objects.js';
import type { IndexerState } from './indexer-state.codec.js';
import {
  BOOK_DEPTH,
  bookObject,
  candlesObject,
  fundingObject,
  marketsObject,
  RESOLUTIONS,
  sparkline,
  tradeRow,
} from './market-objects.js';
import { found, missing, refused } from './rest-errors.js';
import { byEventId, isBefore, pageOf, type Ask } from './rest-question.js';

const PERIODS: ReadonlyMap<string, { readonly resolution: string; readonly count: number }> =
  new Map([
    ['ONE_DAY', { resolution: '1HOUR', count: 24 }],
    ['SEVEN_DAYS', { resolution: '4HOURS', count: 42 }],
  ]);

const isTicker =
  (state: IndexerState) =>
  (ticker: string): boolean =>
    state.marketOf(ticker) !== undefined;

const noMarket = (ticker: string) => missing(`${ticker} not found in markets of type PERPETUAL`);

export const askHeight: Ask =
  ({ state }) =>
  () =>
    found(heightObject(state));

export const askTime: Ask =
  ({ nowMs }) =>
  () =>
    found(clockObject(nowMs));

export const askMarkets: Ask = ({ state, read }) => {
  const limit = read.limit();
  const ticker = read.queryTicker('ticker', isTicker(state));
  const market = read.queryTicker('market', isTicker(state));
  return () => {
    if (ticker !== undefined && market !== undefined) {
      return refused(400, 'Only one of ticker or market may be provided');
    }
    const name = ticker ?? market;
    const views = [...state.views().values()];
    if (name !== undefined) {
      return found(marketsObject(views.filter((view) => view.market.ticker === name)));
    }
    if (limit < views.length) return found(marketsObject(views.slice(0, limit)));
    return found(state.memo('markets', () => marketsObject(views)));
  };
};

/** The one market route that looks for its ticker only when everything else was good. */
export const askBook: Ask = ({ state, read }) => {
  const ticker = read.part('ticker');
  return () => {
    const market = state.marketOf(ticker);
    if (market === undefined) return noMarket(ticker);
    return found(bookObject(market, state.books.view(market.clobPairId, BOOK_DEPTH)));
  };
};

/** Newest first; by pages oldest first. */
export const askTrades: Ask = ({ state, read }) => {
  const limit = read.limit();
  const before = read.bounds('createdBeforeOrAt');
  const page = read.page();
  const ticker = read.pathTicker(isTicker(state));
  return () => {
    const market = state.marketOf(ticker);
    if (market === undefined) return noMarket(ticker);
    const ascending = state.exchange
      .trades(market.clobPairId)
      .filter((trade) => isBefore(before, trade))
      .sort(byEventId);
    const trades = page === undefined ? ascending.reverse() : ascending;
    const { shown, totals } = pageOf(trades, { limit, page });
    return found({ trades: shown.map((trade) => tradeRow(market, trade)), ...totals });
  };
};

export const askCandles: Ask = ({ state, read }) => {
  const limit = read.limit();
  const ticker = read.pathTicker(isTicker(state));
  const resolution = read.requiredChoice(
    'resolution',
    RESOLUTIONS,
    `resolution must be a valid Candle Resolution, one of ${RESOLUTIONS.join(',')}`,
  );
  const from = read.time('fromISO') ?? -Infinity;
  const to = read.time('toISO') ?? Infinity;
  return () => {
    const market = state.marketOf(ticker);
    if (market === undefined) return noMarket(ticker);
    const candles = state.exchange
      .candles(market.clobPairId, resolution)
      .filter(({ startedAtMs }) => startedAtMs >= from && startedAtMs < to)
      .sort((a, b) => b.startedAtMs - a.startedAtMs)
      .slice(0, limit);
    return found(candlesObject(market, candles));
  };
};

export const askSparklines: Ask = ({ state, read }) => {
  const choices = [...PERIODS.keys()];
  const name = read.requiredChoice(
    'timePeriod',
    choices,
    `timePeriod must be a valid Time Period, one of ${choices.join(',')}`,
  );
  return () => {
    const { resolution = '', count = 0 } = PERIODS.get(name) ?? {};
    return found(
      state.memo(`sparklines/${name}`, () =>
        Object.fromEntries(
          [...state.views().values()].map(({ market }) => [
            market.ticker,
            sparkline(market, state.exchange.candles(market.clobPairId, resolution), count),
          ]),
        ),
      ),
    );
  };
};

export const askFunding: Ask = ({ state, read }) => {
  const limit = read.limit();
  const ticker = read.pathTicker(isTicker(state));
  const before = read.bounds('effectiveBeforeOrAt');
  return () => {
    const market = state.marketOf(ticker);
    if (market === undefined) return noMarket(ticker);
    const historicalFunding = state.exchange
      .fundingHistory(market.clobPairId)
      .filter((tick) => isBefore(before, tick))
      .slice(0, limit)
      .map((tick) => fundingObject(market, tick));
    return found({ historicalFunding });
  };
};
