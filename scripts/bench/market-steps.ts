/** What anybody can read: time, markets, books, trades, candles, funding; by REST and WebSocket. */
import assert from 'node:assert/strict';
import type { Book, Candle, Trade } from './peer.js';
import { isSorted, type Step } from './steps.js';

const HOUR_MS = 3_600_000;
const LEVELS_MAX = 100;

const checkBook = ({ bids, asks }: Book): string => {
  const [best] = bids;
  const [offer] = asks;
  assert.ok(best !== undefined && offer !== undefined && best[0] < offer[0], 'the book is crossed');
  const prices = (side: Book['bids']) => side.map(([price]) => price);
  assert.ok(
    isSorted(prices(bids), -1) && isSorted(prices(asks), 1),
    'best levels do not come first',
  );
  assert.ok(
    [...bids, ...asks].every(([, size]) => size > 0),
    'a level without size',
  );
  return `${bids.length} + ${asks.length} levels, ${best[0]} / ${offer[0]}`;
};

const checkTrades = (trades: readonly Trade[]): string => {
  assert.ok(trades.length > 0, 'no trades');
  for (const { id, price, size } of trades) {
    assert.match(id, /^[0-9a-f]{24}$/);
    assert.ok(price > 0 && size > 0, `trade ${id} of ${size} at ${price}`);
  }
  return `${trades.length} trades`;
};

const checkCandle = ({ startedAtMs, open, high, low, close }: Candle): void => {
  assert.equal(startedAtMs % 60_000, 0, 'a candle that starts within its minute');
  assert.ok(low <= Math.min(open, close) && Math.max(open, close) <= high, 'a candle out of shape');
};

export const MARKET_STEPS: readonly Step[] = [
  {
    name: 'time',
    run: async ({ peer }) => {
      const skewMs = Math.abs((await peer.timeMs()) - Date.now());
      assert.ok(skewMs < 2_000, `${skewMs} ms apart`);
      return `within ${Math.ceil(skewMs / 1000)} s`;
    },
  },
  {
    name: 'height: node and indexer',
    run: async ({ peer, wire }) => {
      const before = await wire.height();
      const height = await peer.height();
      const after = await wire.height();
      assert.ok(before <= height && height <= after, `${before} ≤ ${height} ≤ ${after}`);
      return 'the same';
    },
  },
  {
    name: 'markets',
    run: async ({ peer }) => {
      assert.deepEqual(await peer.market(), { tick: 1, step: 0.0001, isActive: true });
      return 'tick 1, step 0.0001';
    },
  },
  {
    name: 'order book',
    run: async ({ peer }) => {
      const book = await peer.book();
      assert.ok(Math.max(book.bids.length, book.asks.length) <= LEVELS_MAX, 'too many levels');
      return checkBook(book);
    },
  },
  {
    name: 'trades',
    run: async ({ peer }) => {
      const trades = await peer.trades();
      assert.equal(new Set(trades.map(({ id }) => id)).size, trades.length, 'a trade twice');
      return checkTrades(trades);
    },
  },
  {
    name: 'candles',
    run: async ({ peer }) => {
      const candles = await peer.candles();
      assert.ok(candles.length > 0, 'no candles');
      candles.forEach(checkCandle);
      return `${candles.length} minutes`;
    },
  },
  {
    name: 'funding history',
    run: async ({ peer, wire }) => {
      const rates = await peer.funding();
      const { body } = await wire.get('/v4/historicalFunding/BTC-USD');
      const { historicalFunding } = body as { readonly historicalFunding: readonly object[] };
      assert.equal(rates.length, historicalFunding.length);
      for (const { rate, timeMs } of rates) {
        assert.ok(Math.abs(rate) < 0.01, `rate ${rate}`);
        assert.ok(timeMs % HOUR_MS < 60_000, 'a rate that is not of a full hour');
      }
      return `${rates.length} hours`;
    },
  },
  { name: 'watch order book', run: async ({ peer }) => checkBook(await peer.watchBook(20)) },
  { name: 'watch trades', run: async ({ peer }) => checkTrades(await peer.watchTrades()) },
  {
    name: 'watch candles',
    run: async ({ peer }) => {
      const candle = await peer.watchCandles();
      checkCandle(candle);
      return `close ${candle.close}`;
    },
  },
];
