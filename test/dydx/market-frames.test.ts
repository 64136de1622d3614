/** Frames of the public channels: all of a frame or nothing of it, and never an exception. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FrameDecoder } from '../../src/ports/market-feed.js';
import { CANDLE_RESOLUTIONS } from '../../src/model/book.js';
import { unixMs } from '../../src/model/quantities.js';
import { createFrameDecoder } from '../../src/dydx/frame.codec.js';
import { BTC, btc, btcObject, bytes, ES, es, esObject } from './samples.js';

const now = unixMs(0);
const VERSIONS: Readonly<Record<string, string>> = {
  v4_trades: '2.1.0',
  v4_subaccounts: '3.0.0',
};

function knowing(...markets: (typeof btc)[]): FrameDecoder {
  const decoder = createFrameDecoder();
  decoder.learn(markets);
  return decoder;
}
const decode = (decoder: FrameDecoder, frame: unknown) => decoder.decode(bytes(frame), now);
const head = { connection_id: 'c', message_id: 5 };
const snapshot = (channel: string, id: string | undefined, contents: unknown) => ({
  type: 'subscribed',
  ...head,
  channel,
  id,
  contents,
});
const update = (channel: string, id: string | undefined, contents: unknown) => ({
  type: 'channel_data',
  ...head,
  id,
  channel,
  version: VERSIONS[channel] ?? '1.0.0',
  contents,
});
const events = (decoder: FrameDecoder, frame: unknown) => {
  const decoded = decode(decoder, frame);
  expect(decoded).toMatchObject({ type: 'events', account: [] });
  return decoded.type === 'events' ? decoded.market : [];
};

describe('the markets', () => {
  it('are learned from the snapshot, with their oracle prices', () => {
    const decoder = createFrameDecoder();
    const markets = { 'BTC-USD': btcObject, 'ES-USD': { ...esObject, oraclePrice: null } };
    expect(events(decoder, snapshot('v4_markets', undefined, { markets }))).toEqual([
      { type: 'specs', specs: [btc, es] },
      { type: 'oracle', market: 'BTC-USD', price: 89_921_550_000_000_000_000_000n },
    ]);
    expect(decoder.spec(ES)).toEqual(es);
  });

  it('with a ticker that is none of ours are left out', () => {
    const markets = { odd: { ...btcObject, ticker: 'odd' }, 'ES-USD': esObject };
    const [first] = events(createFrameDecoder(), snapshot('v4_markets', undefined, { markets }));
    expect(first).toEqual({ type: 'specs', specs: [es] });
  });

  it('with one contradiction quarantine the frame and teach nothing', () => {
    const decoder = createFrameDecoder();
    const markets = { 'BTC-USD': btcObject, 'ES-USD': { ...esObject, tickSize: '0.5' } };
    expect(decode(decoder, snapshot('v4_markets', undefined, { markets }))).toMatchObject({
      type: 'unreadable',
      reason: expect.stringContaining('ES-USD') as string,
    });
    expect(decoder.spec(BTC)).toBeUndefined();
  });

  it('tell oracle prices, statistics, statuses and changed parameters in updates', () => {
    const decoder = knowing(btc, es);
    const changed = { ...btcObject, tickSize: '10', subticksPerTick: 1_000_000, id: '0' };
    const contents = {
      trading: {
        'ES-USD': { status: 'PAUSED' },
        'BTC-USD': changed,
        'ETH-USD': { trades24H: 5, volume24H: '1', nextFundingRate: '-0.0000125' },
        odd: { status: 'ACTIVE' },
      },
      oraclePrices: {
        'NEW-USD': { oraclePrice: '0.5', effectiveAtHeight: '1' },
        odd: { oraclePrice: '1' },
        'OLD-USD': { oraclePrice: '0' },
      },
    };
    expect(events(decoder, update('v4_markets', undefined, contents))).toEqual([
      { type: 'status', market: 'ES-USD', status: 'PAUSED' },
      { type: 'specs', specs: [{ ...btc, tick: 1_000_000n }] },
      { type: 'funding', market: 'ETH-USD', rate1h: -0.0000125 },
      { type: 'oracle', market: 'NEW-USD', price: 500_000_000_000_000_000n },
    ]);
    expect(decoder.spec(ES)?.status).toBe('PAUSED');
    expect(decoder.spec(BTC)?.tick).toBe(1_000_000n);
  });

  it('with a status of an unknown market are passed on', () => {
    const contents = { trading: { 'NEW-USD': { status: 'ACTIVE' } } };
    expect(events(knowing(), update('v4_markets', undefined, contents))).toHaveLength(1);
  });

  it('with a funding rate that is none are unreadable', () => {
    for (const nextFundingRate of ['', 'lots', '1.5', 'NaN', 7]) {
      const contents = { trading: { 'ES-USD': { nextFundingRate } } };
      const frame = update('v4_markets', undefined, contents);
      expect(decode(knowing(es), frame).type).toBe('unreadable');
    }
  });

  it('tell the funding rate in the snapshot, where there is one', () => {
    const markets = {
      'BTC-USD': { ...btcObject, nextFundingRate: '1e-7' },
      'ES-USD': { ...esObject, nextFundingRate: null },
    };
    const told = events(createFrameDecoder(), snapshot('v4_markets', undefined, { markets }));
    expect(told.filter(({ type }) => type === 'funding')).toEqual([
      { type: 'funding', market: 'BTC-USD', rate1h: 1e-7 },
    ]);
  });

  it('with a status that is none are unreadable', () => {
    const frame = update('v4_markets', undefined, { trading: { 'ES-USD': { status: 'ODD' } } });
    expect(decode(knowing(es), frame).type).toBe('unreadable');
  });
});

describe('the order book', () => {
  it('comes as objects in the snapshot, crossed or not', () => {
    const contents = {
      bids: [{ price: '4809', size: '1' }],
      asks: [{ price: '4785.5', size: '0', extra: true }],
    };
    expect(events(knowing(es), snapshot('v4_orderbook', 'ES-USD', contents))).toEqual([
      {
        type: 'book.snapshot',
        market: ES,
        bids: [{ price: 19_236, size: 1 }],
        asks: [{ price: 19_142, size: 0 }],
      },
    ]);
  });

  it('comes as tuples of absolute sizes in updates, one side or both', () => {
    expect(
      events(knowing(es), update('v4_orderbook', 'ES-USD', { asks: [['4800', '7', '9']] })),
    ).toEqual([{ type: 'book.update', market: ES, bids: [], asks: [{ price: 19_200, size: 7 }] }]);
  });

  it('keeps the order of a batch', () => {
    const pieces = [{ bids: [['4800', '7']] }, { bids: [['4800', '0']] }];
    const frame = { ...update('v4_orderbook', 'ES-USD', pieces), type: 'channel_batch_data' };
    expect(events(knowing(es), frame)).toMatchObject([
      { bids: [{ size: 7 }] },
      { bids: [{ size: 0 }] },
    ]);
  });

  it.each([
    ['a price off the tick', { bids: [['4800.1', '7']] }],
    ['a size that is no number', { bids: [['4800', '-']] }],
    ['a number instead of text', { bids: [[4800, '7']] }],
    ['a tuple that is too short', { bids: [['4800']] }],
    ['no object', null],
  ])('with %s is unreadable and names its market', (_name, contents) => {
    expect(decode(knowing(es), update('v4_orderbook', 'ES-USD', contents))).toMatchObject({
      type: 'unreadable',
      market: ES,
    });
  });

  it('of an unknown market is refused', () => {
    const frame = snapshot('v4_orderbook', 'ES-USD', { bids: [], asks: [] });
    expect(decode(knowing(btc), frame)).toEqual({ type: 'rejected', reason: 'market ES-USD' });
  });

  it('with an id that is no ticker is unreadable', () => {
    const frame = snapshot('v4_orderbook', 'odd', { bids: [], asks: [] });
    expect(decode(knowing(es), frame)).toMatchObject({ type: 'unreadable', market: undefined });
  });
});

const trade = {
  id: '03f89ac80000000200000007',
  size: '2',
  price: '4800.25',
  side: 'BUY',
  createdAt: '2025-12-08T16:12:41.318Z',
  type: 'LIMIT',
};

describe('trades', () => {
  it('come oldest first in chain order, whatever the order on the wire', () => {
    const trades = [{ ...trade, id: '03f89ac80000000200000009', side: 'SELL' }, trade];
    expect(events(knowing(es), snapshot('v4_trades', 'ES-USD', { trades }))).toEqual([
      {
        type: 'trades',
        market: ES,
        snapshot: true,
        trades: [
          { id: trade.id, side: 'buy', price: 19_201, size: 2, at: 1_765_210_361_318 },
          expect.objectContaining({ id: '03f89ac80000000200000009', side: 'sell' }),
        ],
      },
    ]);
  });

  it('of a deleveraging, which print off the tick, are left out', () => {
    const trades = [{ ...trade, type: 'DELEVERAGED', price: '4800.123456' }];
    expect(events(knowing(es), update('v4_trades', 'ES-USD', { trades }))).toMatchObject([
      { trades: [], snapshot: false },
    ]);
  });

  it.each([
    ['a time that is none', { createdAt: 'yesterday' }],
    ['an id that is none', { id: '1' }],
    ['a side that is none', { side: 'buy' }],
  ])('with %s are unreadable', (_name, change) => {
    const frame = update('v4_trades', 'ES-USD', { trades: [trade, { ...trade, ...change }] });
    expect(decode(knowing(es), frame)).toMatchObject({ type: 'unreadable', market: ES });
  });
});

const candle = {
  startedAt: '2025-12-08T16:12:00.000Z',
  ticker: 'ES-USD',
  resolution: '1MIN',
  low: '4800.1',
  high: '4801',
  open: '4800.25',
  close: '4800.5',
  baseTokenVolume: '12',
  trades: 3,
  orderbookMidPriceOpen: null,
};
const minute = {
  startedAt: 1_765_210_320_000,
  open: 19_201,
  high: 19_204,
  low: 19_200,
  close: 19_202,
  volume: 12,
  trades: 3,
};

describe('candles', () => {
  it('come newest first in the snapshot and leave oldest first', () => {
    const candles = [candle, { ...candle, startedAt: '2025-12-08T16:11:00.000Z' }];
    expect(events(knowing(es), snapshot('v4_candles', 'ES-USD/1MIN', { candles }))).toEqual([
      {
        type: 'candles',
        market: ES,
        resolution: '1MIN',
        candles: [{ ...minute, startedAt: 1_765_210_260_000 }, minute],
      },
    ]);
  });

  it('come bare in an update, low and high cut to a tick', () => {
    expect(events(knowing(es), update('v4_candles', 'ES-USD/1MIN', candle))).toEqual([
      { type: 'candles', market: ES, resolution: '1MIN', candles: [minute] },
    ]);
  });

  it.each(CANDLE_RESOLUTIONS)('of %s are read as such', (resolution) => {
    const id = `ES-USD/${resolution}`;
    const wanted = [{ type: 'candles', market: ES, resolution, candles: [minute] }];
    const told = { ...candle, resolution };
    expect(events(knowing(es), update('v4_candles', id, told))).toEqual(wanted);
    expect(events(knowing(es), snapshot('v4_candles', id, { candles: [told] }))).toEqual(wanted);
  });

  it.each([['ES-USD/2HOURS'], ['ES-USD'], [undefined]])('of %s are unreadable', (id) => {
    expect(decode(knowing(es), update('v4_candles', id, candle)).type).toBe('unreadable');
  });
});

describe('block heights', () => {
  it('have one key in the snapshot and another in updates', () => {
    const time = '2025-12-08T16:11:59.450Z';
    const height = { type: 'height', time: 1_765_210_319_450 };
    const id = 'v4_block_height';
    const decoder = createFrameDecoder();
    expect(events(decoder, snapshot(id, id, { height: '66624132', time }))).toEqual([
      { ...height, height: 66_624_132 },
    ]);
    expect(events(decoder, update(id, id, { blockHeight: '66624133', time }))).toEqual([
      { ...height, height: 66_624_133 },
    ]);
    expect(decode(decoder, update(id, id, { height: '1', time })).type).toBe('unreadable');
  });
});

describe('a frame', () => {
  it.each(['connected', 'unsubscribed', 'error'])('of type %s is control', (type) => {
    expect(decode(knowing(), { type, ...head })).toEqual({ type: 'control' });
  });

  it.each([
    ['that is no JSON', '{"type":'],
    ['that is no object', '5'],
    ['that is null', 'null'],
    ['of an unknown type', { type: 'pong' }],
    ['of an unknown major version', { ...update('v4_orderbook', 'ES-USD', {}), version: '2.0.0' }],
    ['without a version', { ...update('v4_orderbook', 'ES-USD', {}), version: undefined }],
    [
      'that is a batch of nothing',
      { ...update('v4_trades', 'ES-USD', {}), type: 'channel_batch_data' },
    ],
  ])('%s is unreadable', (_name, frame) => {
    expect(decode(knowing(es), frame).type).toBe('unreadable');
  });

  it.each(['v4_parent_subaccounts', '__proto__', 'toString'])(
    'of the channel %s, which we never subscribe, is refused',
    (channel) => {
      expect(decode(knowing(), update(channel, 'x', {})).type).toBe('rejected');
    },
  );

  it('of an account is refused when no account is ours', () => {
    expect(decode(knowing(), snapshot('v4_subaccounts', 'dydx1x/0', {})).type).toBe('rejected');
  });

  it('never makes the decoder throw, whatever was cut or flipped', () => {
    const whole = JSON.stringify(update('v4_trades', 'ES-USD', { trades: [trade] }));
    const decoder = knowing(es);
    fc.assert(
      fc.property(fc.nat(whole.length), fc.string({ maxLength: 3 }), (at, text) => {
        const broken = whole.slice(0, at) + text + whole.slice(at + text.length);
        expect(decode(decoder, broken)).toHaveProperty('type');
      }),
    );
  });
});
