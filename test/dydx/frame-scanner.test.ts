/**
 * Two readings of the same bytes: whatever the scanner is sure of, JSON.parse and the schemas read
 * the same, to the last digit; and what they refuse, the scanner never takes.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dataFrames } from '../../src/dydx/data-frames.codec.js';
import { createFrameDecoder } from '../../src/dydx/frame.codec.js';
import { FrameScanner } from '../../src/dydx/frame-scanner.codec.js';
import { unitsOf } from '../../src/dydx/units.js';
import { CANDLE_RESOLUTIONS } from '../../src/model/book.js';
import type { MarketSpec } from '../../src/model/market.js';
import { marketId, price, size, unixMs } from '../../src/model/quantities.js';
import type { Decoded } from '../../src/ports/market-feed.js';

const specOf = (ticker: string, tick: bigint, step: bigint): MarketSpec => ({
  market: marketId(ticker),
  venueNumber: 0,
  status: 'ACTIVE',
  priceExponent: -5,
  sizeExponent: -10,
  tick: price(tick),
  step: size(step),
  initialMarginPpm: 20_000,
  maintenanceMarginPpm: 12_000,
  isolated: false,
});
/** Tick 1 and step 0.0001; tick 0.25 and step 1; tick 0.00002 and step 0.0000000001. */
const SPECS = [
  specOf('BTC-USD', 100_000n, 1_000_000n),
  specOf('ES-USD', 25_000n, 10_000_000_000n),
  specOf('SHIB,UNISWAP,V3-USD', 2n, 1n),
];
const AT = unixMs(1);

/** Book changes in one form, whichever road they came. */
function plain(decoded: Decoded): unknown {
  if (decoded.type !== 'levels') return decoded;
  const { count, sides, prices, sizes } = decoded.levels;
  const rows = Array.from({ length: count }, (_, index) => ({
    side: sides[index],
    level: { price: prices[index], size: sizes[index] },
  }));
  const of = (side: number) => rows.filter((row) => row.side === side).map(({ level }) => level);
  const event = { type: 'book.update', market: decoded.market, bids: of(0), asks: of(1) };
  return { type: 'events', market: [event], account: [] };
}

const scanning = createFrameDecoder();
const parsing = createFrameDecoder({ road: 'json' });
for (const decoder of [scanning, parsing]) decoder.learn(SPECS);
const idOf = dataFrames('5f0c1d5e-6f2a-4a43-9a0f-8f1f3c2b7a10');
const scanner = new FrameScanner();
for (const spec of SPECS) scanner.learn(unitsOf(spec));

const bothWays = (frame: string | Uint8Array): readonly [unknown, unknown] => {
  const bytes = typeof frame === 'string' ? Buffer.from(frame) : frame;
  const scanned = plain(scanning.decode(bytes, AT));
  // As in the service, whose sockets look for the message id first.
  idOf(bytes);
  expect(plain(scanning.decode(bytes, AT))).toEqual(scanned);
  return [scanned, plain(parsing.decode(bytes, AT))];
};
const expectSame = (frame: string | Uint8Array): void => {
  const [scanned, parsed] = bothWays(frame);
  expect(scanned).toEqual(parsed);
};
const isScanned = (frame: string): boolean => scanner.scan(Buffer.from(frame)) !== undefined;

const HEAD =
  '{"type":"channel_data","connection_id":"5f0c1d5e-6f2a-4a43-9a0f-8f1f3c2b7a10","message_id":51';
const frameOf = (channel: string, id: string | undefined, contents: string): string => {
  const version = { v4_trades: '2.1.0' }[channel] ?? '1.0.0';
  const named = id === undefined ? '' : `,"id":"${id}"`;
  return `${HEAD}${named},"channel":"${channel}","version":"${version}","contents":${contents}}`;
};
const book = (contents: string, id = 'BTC-USD') => frameOf('v4_orderbook', id, contents);
const trade = (fields: string) => `{"id":"03f89ac80000000200000007",${fields}}`;
const TRADE = trade(
  '"size":"0.0125","price":"89950","side":"BUY","createdAt":"2025-12-08T16:12:41.318Z","type":"LIMIT"',
);
const trades = (...list: string[]) =>
  frameOf('v4_trades', 'BTC-USD', `{"trades":[${list.join(',')}]}`);
const oracle = (value: string, ticker = 'BTC-USD') =>
  `"${ticker}":{"oraclePrice":"${value}","effectiveAt":"2025-12-08T16:11:31.102Z",` +
  '"effectiveAtHeight":"66624086","marketId":0}';
const oracles = (...list: string[]) =>
  frameOf('v4_markets', undefined, `{"oraclePrices":{${list.join(',')}}}`);
const candle = (
  low: string,
  mids = '"orderbookMidPriceClose":null,"orderbookMidPriceOpen":"1.5"',
  resolution = '1MIN',
) =>
  frameOf(
    'v4_candles',
    `BTC-USD/${resolution}`,
    `{"startedAt":"2026-11-22T11:25:00.000Z","ticker":"BTC-USD","resolution":"${resolution}","low":"${low}",` +
      '"high":"10000","open":"10000","close":"10000","baseTokenVolume":"0.0001","usdVolume":"1",' +
      `"trades":1,"startingOpenInterest":"20",${mids}}`,
  );
const height = (value: string, time = '2026-11-22T11:25:05.000Z') =>
  frameOf('v4_block_height', 'v4_block_height', `{"blockHeight":"${value}","time":"${time}"}`);

/** Frames as the server writes them. */
const SURE = [
  book('{"bids":[["89950","0.4196"]]}'),
  book('{"asks":[["89951","0"]]}'),
  book('{"bids":[["89950","1"],["89949","0.0002"]],"asks":[["89951","12.5"]]}'),
  book('{"bids":[["4800.25","45"]]}', 'ES-USD'),
  book('{"asks":[["0.00002","0.0000000001"]]}', 'SHIB,UNISWAP,V3-USD'),
  trades(TRADE),
  trades(TRADE, TRADE.replace('07"', '06"').replace('BUY', 'SELL')),
  trades(TRADE.replace('LIMIT', 'LIQUIDATED'), TRADE.replace('LIMIT', 'DELEVERAGED')),
  trades(
    trade(
      '"side":"BUY","size":"5","price":"4800","type":"LIMIT","createdAt":"2023-12-25T23:00:00.107Z",' +
        '"createdAtHeight":"5000000"',
    ),
  ),
  oracles(oracle('89921.55')),
  oracles(oracle('0')),
  oracles(oracle('0.000000000000000001'), oracle('123456789012345678901234567890', 'ES-USD')),
  candle('9999'),
  candle('9999', '"orderbookMidPriceOpen":null,"orderbookMidPriceClose":null'),
  ...CANDLE_RESOLUTIONS.map((resolution) => candle('9999', undefined, resolution)),
  height('66624133'),
];

describe('a frame that the server is known to write', () => {
  it.each(SURE)('is scanned, and read as JSON reads it: %s', (frame) => {
    expect(isScanned(frame)).toBe(true);
    expectSame(frame);
  });
});

/** Readable or not, none of these is for the scanner. */
const DOUBTFUL = [
  book('{"bids":[]}'),
  book('{"bids":[["89950","1"]],"asks":[]}'),
  book('{"asks":[["89951","1"]],"bids":[["89950","1"]]}'),
  book('{"bids":[["89950","1","17"]]}'),
  book('{"bids":[["89950","1"]],"bids":[["89949","2"]]}'),
  book('{"bids":[["089950","1"]]} '),
  book('{"bids":[["89950.5","1"]]}'),
  book('{"bids":[["89950","0.00001"]]}'),
  book('{"bids":[["8.995e4","1"]]}'),
  book('{"bids":[["+89950","1"]]}'),
  book('{"bids":[["-89950","1"]]}'),
  book('{"bids":[["0","1"]]}'),
  book('{"bids":[["","1"]]}'),
  book('{"bids":[[".5","1"]]}'),
  book('{"bids":[["89950.","1"]]}'),
  book('{"bids":[["8995\\u0030","1"]]}'),
  book('{"bids":[[89950,1]]}'),
  book('{"bids":[["99999999999999999999","1"]]}'),
  book('{"bids":[["89950","1"]]}', 'NOPE-USD'),
  book('{"bids":[["89950","1"]]}', 'BTC\\u002dUSD'),
  book('{"bids":[["89950","1"]]}').replace('1.0.0', '2.0.0'),
  book('{"bids":[["89950","1"]]}').replace('1.0.0', '1.7.0'),
  book('{"bids":[["89950","1"]]}').replace('"message_id":51', '"message_id":"51"'),
  book('{"bids":[["89950","1"]]}').replace('"message_id":51', '"message_id":051'),
  book('{"bids":[["89950","1"]]}').replace('5f0c1d5e', '5f0"1d5e'),
  book('{"bids":[["89950","1"]]}').replace('5f0c1d5e', '5f0é1d5e'),
  book('{"bids":[["89950","1"]]}').replace('channel_data', 'channel_batch_data'),
  trades(),
  trades(TRADE.replace('"side":"BUY",', '')),
  trades(TRADE.replace('BUY', 'buy')),
  trades(TRADE.replace('03f89', '03F89')),
  trades(TRADE.replace('"size"', '"new":"1","size"')),
  trades(TRADE.replace('"size":"0.0125"', '"size":"0.0125","size":"0.0126"')),
  trades(TRADE.replace('16:12:41.318Z', '24:00:00.000Z')),
  trades(TRADE.replace('16:12:41.318Z', '16:12:60.318Z')),
  trades(TRADE.replace('2025-12-08T16:12:41.318Z', '2025-12-08')),
  trades(TRADE.replace('"LIMIT"', '"DELEVERAGED"').replace('89950', '89950.123')),
  oracles(oracle('1e5')),
  oracles(oracle('-1')),
  oracles(oracle('0.0000000000000000001')),
  oracles(oracle('1'), oracle('2')),
  oracles(oracle('1', 'NEW-USD')),
  oracles(oracle('1').replace('"marketId":0', '"marketId":"0"')),
  candle('9999.5'),
  candle('0.5'),
  candle('9999').replace('"trades":1', '"trades":1.0'),
  candle('9999').replace('/1MIN', '/5MINS'),
  height('066624133'),
  height('1', 'yesterday'),
  '{"type":"connected","connection_id":"x","message_id":0}',
  '',
  '{',
  'null',
];

describe('a frame that leaves any doubt', () => {
  it.each(DOUBTFUL)('goes the slow way, and fares there as it does: %s', (frame) => {
    expect(isScanned(frame)).toBe(false);
    expectSame(frame);
  });
});

describe('any bytes', () => {
  const frame = fc.constantFrom(...SURE);

  it('cut anywhere are read alike', () => {
    for (const whole of SURE) {
      for (let length = 0; length < whole.length; length += 1) {
        expect(isScanned(whole.slice(0, length))).toBe(false);
      }
    }
    fc.assert(fc.property(frame, fc.nat(500), (text, at) => expectSame(text.slice(0, at))));
  });

  it('with one byte changed are read alike', () => {
    fc.assert(
      fc.property(frame, fc.nat(600), fc.integer({ min: 0, max: 255 }), (text, at, byte) => {
        const bytes = Buffer.from(text);
        bytes[at % bytes.length] = byte;
        expectSame(bytes);
      }),
      { numRuns: 5_000 },
    );
  });

  it('are told apart though their message ids were looked for first, one after the other', () => {
    const [one = '', other = ''] = SURE;
    const [first, second] = [Buffer.from(one), Buffer.from(other)];
    idOf(first);
    idOf(second);
    expect(plain(scanning.decode(first, AT))).toEqual(plain(parsing.decode(first, AT)));
    expect(plain(scanning.decode(second, AT))).toEqual(plain(parsing.decode(second, AT)));
  });

  it('that are not UTF-8 are unreadable, wherever the wrong byte stands', () => {
    const bytes = Buffer.from(SURE[0] ?? '');
    for (let at = 0; at < bytes.length; at += 1) {
      const wrong = Buffer.from(bytes);
      wrong[at] = 0xff;
      expect(bothWays(wrong)[0]).toMatchObject({ type: 'unreadable', reason: 'expected UTF-8' });
    }
  });

  it('with a piece cut out, doubled or put elsewhere are read alike', () => {
    const spot = fc.nat(600);
    fc.assert(
      fc.property(frame, frame, spot, spot, spot, (text, other, from, length, to) => {
        const piece = other.slice(from, from + (length % 40));
        const at = to % text.length;
        expectSame(text.slice(0, at) + piece + text.slice(at + (from % 3) * piece.length));
      }),
      { numRuns: 5_000 },
    );
  });

  it('with other numbers are read alike', () => {
    const digits = fc.stringMatching(/^[0-9]{0,18}(\.[0-9]{0,12})?([eE][+-]?[0-9])?$/);
    fc.assert(
      fc.property(digits, digits, fc.constantFrom(...SPECS), (at, amount, { market }) => {
        expectSame(book(`{"bids":[["${at}","${amount}"]]}`, market));
        expectSame(candle(at));
        expectSame(oracles(oracle(at, market)));
        expectSame(height(at));
      }),
      { numRuns: 2_000 },
    );
  });

  it('within a larger buffer are read alike, wherever they begin', () => {
    fc.assert(
      fc.property(frame, fc.nat(64), (text, offset) => {
        const large = Buffer.concat([Buffer.alloc(offset, 0x22), Buffer.from(`${text}]}}"}`)]);
        expectSame(large.subarray(offset, offset + text.length));
      }),
    );
  });

  it('of days that no month has are read alike', () => {
    for (const day of ['02-29', '02-31', '04-31', '13-01', '00-10', '12-00', '12-32']) {
      expectSame(trades(TRADE.replace('12-08', day)));
    }
  });

  it('of more changes than the scanner holds are read alike', () => {
    const level = (index: number) => `["${1_000 + index}","1"]`;
    const list = Array.from({ length: 300 }, (_, index) => level(index));
    expectSame(book(`{"bids":[${list.slice(0, 256).join(',')}]}`));
    expectSame(book(`{"bids":[${list.join(',')}]}`));
  });
});
