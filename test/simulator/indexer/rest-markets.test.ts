/** REST about markets: what comes first, what is cut off, what a bound includes. */
import { expect, test } from 'vitest';
import { get } from '../../support/ask-rest.js';
import { tellStory } from '../../support/venue-story.js';

test('trades and candles come newest first and cut to the limit', () => {
  const story = tellStory();
  for (const height of [10, 12, 11]) {
    story.exchange.traded.push({
      eventId: `${height}`,
      type: 'LIMIT',
      clobPairId: 0,
      side: 'SELL',
      quantums: 1_000_000n,
      subticks: 8_995_000_000n,
      height,
      timeMs: height * 1000,
    });
    story.exchange.charted.push({
      clobPairId: 0,
      resolution: '1MIN',
      startingOpenInterest: 0n,
      midOpen: undefined,
      midClose: undefined,
      startedAtMs: height * 60_000,
      open: 1_000_000n,
      high: 3_000_000n,
      low: 500_000n,
      close: 2_000_000n,
      baseQuantums: 1_000_000n,
      quoteQuantums: 1_500_000n,
      trades: 2,
    });
  }
  expect(get('/trades/perpetualMarket/BTC-USD?limit=2', story).body).toEqual({
    trades: ['12', '11'].map((id) => ({
      id,
      side: 'SELL',
      size: '0.0001',
      price: '89950',
      type: 'LIMIT',
      createdAt: `1970-01-01T00:00:${id}.000Z`,
      createdAtHeight: id,
    })),
  });
  expect(
    get('/trades/perpetualMarket/BTC-USD?createdBeforeOrAtHeight=10', story).body,
  ).toMatchObject({ trades: [{ id: '10' }] });
  const candle = {
    ticker: 'BTC-USD',
    resolution: '1MIN',
    low: '5',
    high: '30',
    open: '10',
    close: '20',
    baseTokenVolume: '0.0001',
    usdVolume: '1.5',
    trades: 2,
    startingOpenInterest: '0',
    orderbookMidPriceOpen: null,
    orderbookMidPriceClose: null,
  };
  const from = '1970-01-01T00:11:00.000Z';
  expect(
    get(
      `/candles/perpetualMarkets/BTC-USD?resolution=1MIN&fromISO=${from}&toISO=1970-01-01T00:12Z`,
      story,
    ).body,
  ).toEqual({ candles: [{ startedAt: from, ...candle }] });
});

test('candles without bounds are all there, newest first', () => {
  const story = tellStory();
  const flat = { open: 1n, high: 1n, low: 1n, close: 1n, baseQuantums: 0n, quoteQuantums: 0n };
  for (const startedAtMs of [0, 120_000, 60_000]) {
    story.exchange.charted.push({
      clobPairId: 0,
      resolution: '1MIN',
      startingOpenInterest: 0n,
      midOpen: undefined,
      midClose: undefined,
      startedAtMs,
      ...flat,
      trades: 0,
    });
  }
  const { body } = get('/candles/perpetualMarkets/BTC-USD?resolution=1MIN', story);
  const { candles } = body as { readonly candles: readonly { readonly startedAt: string }[] };
  expect(candles.map(({ startedAt }) => startedAt.slice(14, 16))).toEqual(['02', '01', '00']);
});
