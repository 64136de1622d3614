/** The venue may add fields wherever it likes: what is read of a frame stays the same. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFrameDecoder } from '../../src/dydx/frame.codec.js';
import { CHANNELS, type Channel } from '../../src/model/events.js';
import { unixMs } from '../../src/model/quantities.js';
import type { Decoded } from '../../src/ports/market-feed.js';
import {
  accountId,
  btc,
  btcObject,
  bytes,
  fillObject,
  orderObject,
  subaccount,
  subaccountObject,
} from './samples.js';

const VERSIONS: Readonly<Record<Channel, string>> = {
  v4_markets: '1.0.0',
  v4_trades: '2.1.0',
  v4_orderbook: '1.0.0',
  v4_candles: '1.0.0',
  v4_subaccounts: '3.0.0',
  v4_block_height: '1.0.0',
};
const IDS: Readonly<Record<Channel, string | undefined>> = {
  v4_markets: undefined,
  v4_trades: 'BTC-USD',
  v4_orderbook: 'BTC-USD',
  v4_candles: 'BTC-USD/1HOUR',
  v4_subaccounts: accountId,
  v4_block_height: 'v4_block_height',
};
const head = (channel: Channel) => ({
  connection_id: 'c',
  message_id: 9,
  channel,
  id: IDS[channel],
});
const subscribed = (channel: Channel, contents: unknown) => ({
  type: 'subscribed',
  ...head(channel),
  contents,
});
const changed = (channel: Channel, contents: unknown, version = VERSIONS[channel]) => ({
  type: 'channel_data',
  ...head(channel),
  version,
  contents,
});

const time = '2025-12-08T16:12:41.318Z';
const trade = {
  id: '03f89ac80000000200000007',
  side: 'BUY',
  price: '89950',
  size: '1',
  createdAt: time,
};
const prices = { low: '89950', high: '89952', open: '89951', close: '89951' };
const candle = {
  startedAt: time,
  ticker: 'BTC-USD',
  resolution: '1HOUR',
  ...prices,
  baseTokenVolume: '1.5',
  trades: 4,
};
const level = { price: '89950', size: '0.5' };

const FRAMES: readonly object[] = [
  subscribed('v4_markets', { markets: { 'BTC-USD': btcObject } }),
  changed('v4_markets', { trading: { 'BTC-USD': { status: 'PAUSED' } } }),
  changed('v4_markets', { oraclePrices: { 'BTC-USD': { oraclePrice: '89921.55' } } }),
  subscribed('v4_trades', { trades: [trade] }),
  changed('v4_trades', { trades: [trade] }),
  subscribed('v4_orderbook', { bids: [level], asks: [] }),
  changed('v4_orderbook', { bids: [['89950', '0.5']] }),
  subscribed('v4_candles', { candles: [candle] }),
  changed('v4_candles', candle),
  subscribed('v4_block_height', { height: '7', time }),
  changed('v4_block_height', { blockHeight: '8', time }),
  subscribed('v4_subaccounts', { subaccount: subaccountObject, orders: [orderObject] }),
  changed('v4_subaccounts', { orders: [orderObject], fills: [fillObject], blockHeight: '9' }),
];

/** Their keys are names of markets and assets, not fields. */
const MAPS = new Set([
  'markets',
  'trading',
  'oraclePrices',
  'openPerpetualPositions',
  'assetPositions',
]);

/** The same value with another field in each of its objects. */
function grown(value: unknown, field: string, news: unknown, isMap = false): unknown {
  if (Array.isArray(value)) return value.map((one) => grown(one, field, news));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, child]) => [
    key,
    grown(child, field, news, MAPS.has(key)),
  ]);
  return Object.fromEntries(isMap ? entries : [...entries, [field, news]]);
}

/** By a decoder of its own: what one frame teaches it, another does not know. */
function decode(frame: unknown): Decoded {
  const decoder = createFrameDecoder({ subaccount });
  decoder.learn([btc]);
  return structuredClone(decoder.decode(bytes(frame), unixMs(0)));
}

describe('a field that nobody knows', () => {
  it.each(FRAMES)('in %j changes nothing of what is read', (frame) => {
    const read = decode(frame);
    expect(['events', 'levels']).toContain(read.type);
    fc.assert(
      fc.property(fc.jsonValue(), (news) => {
        const told = decode(grown(frame, 'fieldOfTomorrow', news));
        expect(asEvents(told)).toEqual(asEvents(read));
      }),
      { numRuns: 20 },
    );
  });
});

describe('the version of a channel', () => {
  it.each(CHANNELS)('%s may have another minor, and is read', (channel) => {
    const [major] = VERSIONS[channel].split('.');
    const frame = FRAMES.find(
      (one) => 'version' in one && 'channel' in one && one.channel === channel,
    );
    const later = { ...frame, version: `${major}.9.1` };
    expect(asEvents(decode(later))).toEqual(asEvents(decode(frame)));
  });

  it.each(CHANNELS)('%s of another major is not read, and named', (channel) => {
    expect(decode(changed(channel, {}, '9.0.0'))).toMatchObject({
      type: 'unreadable',
      reason: `unknown version 9.0.0 of ${channel}`,
      unknownVersion: { channel, version: '9.0.0' },
    });
  });
});

/** Both roads: a book update comes as levels or as an event. */
function asEvents(decoded: Decoded): unknown {
  if (decoded.type !== 'levels') return decoded;
  const { market, levels } = decoded;
  const of = (side: 0 | 1) =>
    Array.from({ length: levels.count }, (_, index) => index)
      .filter((index) => levels.sides[index] === side)
      .map((index) => ({ price: levels.prices[index], size: levels.sizes[index] }));
  const event = { type: 'book.update', market, bids: of(0), asks: of(1) };
  return { type: 'events', market: [event], account: [] };
}
