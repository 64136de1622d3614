/** From recorded frames to moments and markets, and their play on a clock. */
import { describe, expect, it } from 'vitest';
import { unixMs } from '../../../src/model/quantities.js';
import { SimulatedClock } from '../../../src/clock/simulated.clock.js';
import type { RecordedFrame } from '../../../src/ports/recording.js';
import type { ExchangeInput } from '../../../src/simulator/exchange-types.js';
import { RecordedFlow } from '../../../src/simulator/flow/recorded-flow.venue.js';
import { momentsOf, scaled } from '../../../src/simulator/flow/recorded-frames.js';
import { recordedMarkets } from '../../../src/simulator/flow/recorded-markets.js';
import type { RecordedMoment } from '../../../src/simulator/recorded-moment.js';
import { marketsOf } from '../../../src/simulator/real-markets.js';

const frame = (receivedAt: number, value: unknown): RecordedFrame => ({
  receivedAt: unixMs(receivedAt),
  data: new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value)),
});
const data = (channel: string, id: string, contents: unknown) => ({
  type: 'channel_data',
  channel,
  id,
  contents,
});
const { markets } = marketsOf(1);
const known = new Map(markets.map((market) => [market.ticker, market]));
const [btc] = markets;
const read = (value: unknown): RecordedMoment[] => momentsOf(frame(5.7, value), known);

describe('a recorded frame', () => {
  it('of a subscription is the whole book', () => {
    const contents = { bids: [{ price: '94520', size: '0.5' }], asks: [] };
    const moments = read({ type: 'subscribed', channel: 'v4_orderbook', id: 'BTC-USD', contents });
    expect(moments).toEqual([
      {
        clobPairId: 0,
        timeMs: 5,
        isWholeBook: true,
        levels: [{ side: 'BUY', subticks: 9_452_000_000n, quantums: 5_000_000_000n }],
        trades: [],
      },
    ]);
  });

  it('of a batch is one moment for each message, in order', () => {
    const contents = [{ asks: [['94521', '0']] }, { bids: [['94519', '1']] }];
    const moments = read({ ...data('v4_orderbook', 'BTC-USD', contents) });
    expect(moments.map(({ levels, isWholeBook }) => [levels[0]?.side, isWholeBook])).toEqual([
      ['SELL', false],
      ['BUY', false],
    ]);
  });

  it('of trades prints what happens, and not what has happened before', () => {
    const contents = { trades: [{ side: 'SELL', price: '94519', size: '2', type: 'LIMIT' }] };
    expect(read(data('v4_trades', 'BTC-USD', contents))[0]?.trades).toEqual([
      { side: 'SELL', subticks: 9_451_900_000n, quantums: 20_000_000_000n },
    ]);
    expect(read({ ...data('v4_trades', 'BTC-USD', contents), type: 'subscribed' })).toEqual([]);
  });

  it('of markets tells oracle prices', () => {
    const contents = { oraclePrices: { 'BTC-USD': { oraclePrice: '94520.5' }, 'X-USD': {} } };
    expect(read(data('v4_markets', 'v4_markets', contents))).toMatchObject([
      { clobPairId: 0, oraclePriceE12: 94_520_500_000_000_000n, levels: [], trades: [] },
    ]);
  });

  it.each([
    ['not JSON', 'pong'],
    ['another channel', data('v4_candles', 'BTC-USD/1MIN', { low: '1' })],
    ['an unknown market', data('v4_orderbook', 'ETH-USD', { bids: [['1', '1']] })],
    ['a greeting', { type: 'connected', connection_id: 'x', message_id: 0 }],
  ])('of %s says nothing', (_, value) => {
    expect(read(value)).toEqual([]);
  });

  it('drops levels and trades that cannot be read', () => {
    const bids = [
      ['1e5', '1'],
      ['94519', '-1'],
      [7, 8],
      ['0', '1'],
    ];
    expect(read(data('v4_orderbook', 'BTC-USD', { bids }))[0]?.levels).toEqual([]);
    const trades = [
      { side: 'UP', price: '1', size: '1' },
      { side: 'BUY', price: '1', size: '0' },
    ];
    expect(read(data('v4_trades', 'BTC-USD', { trades }))[0]?.trades).toEqual([]);
  });

  it.each([
    ['1.25', 2, 125n],
    ['1.25', 1, 12n],
    ['100', -2, 1n],
    ['x', 2, undefined],
  ])('scales %s by 10^%d', (text, exponent, expected) => {
    expect(scaled(text, exponent)).toBe(expected);
  });
});

describe('the markets of a recording', () => {
  const book = (id: string, bids: readonly (readonly [string, string])[]) =>
    frame(0, data('v4_orderbook', id, { bids }));

  it('have the parameters that it tells', async () => {
    const es = {
      clobPairId: '7',
      atomicResolution: -6,
      quantumConversionExponent: -9,
      stepBaseQuantums: 1_000_000,
      subticksPerTick: 250_000_000,
      oraclePrice: '4797.25',
      initialMarginFraction: '0.1',
      marketType: 'ISOLATED',
    };
    const told = frame(0, {
      type: 'subscribed',
      channel: 'v4_markets',
      contents: { markets: { 'ES-USD': es, 'NQ-USD': es } },
    });
    const { markets: found, oraclePricesE12 } = await recordedMarkets([
      told,
      book('ES-USD', [['4800', '1']]),
    ]);
    expect(found).toMatchObject([
      { ticker: 'ES-USD', clobPairId: 7, subticksPerTick: 250_000_000n, marketType: 'ISOLATED' },
    ]);
    expect(found[0]?.initialMarginPpm).toBe(100_000);
    expect(oraclePricesE12.get(7)).toBe(4_797_250_000_000_000n);
  });

  it('have those of the listings where it tells none', async () => {
    const { markets: found } = await recordedMarkets([book('BTC-USD', [['94520', '0.5']])]);
    expect(found).toEqual([btc]);
  });

  it.each([
    [
      'a quarter, whole sizes',
      [
        ['4800.25', '1'],
        ['4801.5', '12'],
      ],
      25n,
    ],
    [
      'a ten-thousandth, tenths',
      [
        ['1.0001', '0.3'],
        ['1.0004', '2'],
      ],
      1n,
    ],
    [
      'large sizes of a cheap one',
      [
        ['0.00000012', '5000'],
        ['0.0000001', '10000'],
      ],
      2n,
    ],
  ] as const)('have the smallest grid: %s', async (_, levels, mantissa) => {
    const { markets: found, oraclePricesE12 } = await recordedMarkets([book('QQ-USD', levels)]);
    const [market] = found;
    if (market === undefined) throw new Error('expected a market');
    expect(market.clobPairId).toBe(1_000);
    expect(oraclePricesE12.get(1_000)).toBe(scaled(levels[0][0], 12));
    const grid = new Map([[market.ticker, market]]);
    const bids = levels.map((level) => [...level]);
    const [moment] = momentsOf(frame(0, data('v4_orderbook', 'QQ-USD', { bids })), grid);
    expect(moment?.levels).toHaveLength(levels.length);
    for (const { subticks, quantums } of moment?.levels ?? []) {
      expect([subticks % market.subticksPerTick, quantums % market.stepBaseQuantums]).toEqual([
        0n,
        0n,
      ]);
      expect(subticks).toBeGreaterThan(0n);
      expect(quantums).toBeGreaterThan(0n);
    }
    expect(market.subticksPerTick % mantissa).toBe(0n);
  });
});

describe('a recording on a clock', () => {
  const level = (at: number, price: string) =>
    frame(at, data('v4_orderbook', 'BTC-USD', { bids: [[price, '1']] }));
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
  };

  function playing(frames: readonly RecordedFrame[], speed?: number) {
    const clock = new SimulatedClock(unixMs(1_000));
    const heard: number[] = [];
    const ends: unknown[] = [];
    const flow = new RecordedFlow({
      frames,
      markets,
      clock,
      speed,
      submit: (input: ExchangeInput) => {
        if (input.type === 'recorded') heard.push(input.moment.timeMs);
      },
      ended: (failure) => ends.push(failure),
    });
    flow.start();
    return { clock, heard, ends, flow };
  }

  it('plays each frame at its time, and says when it has ended', async () => {
    const { clock, heard, ends } = playing([
      level(50, '94519'),
      level(60, '94518'),
      level(150, '1'),
    ]);
    await settle();
    await clock.advance(20);
    expect(heard).toEqual([1_000, 1_010]);
    expect(ends).toEqual([]);
    await clock.advance(80);
    expect(heard).toEqual([1_000, 1_010, 1_100]);
    expect(ends).toEqual([undefined]);
  });

  it('plays faster by a factor, and not after it was stopped', async () => {
    const { clock, heard, flow } = playing([level(0, '1'), level(100, '2'), level(900, '3')], 10);
    await settle();
    await clock.advance(20);
    expect(heard).toEqual([1_000, 1_010]);
    flow.stop();
    await clock.advance(500);
    expect(heard).toHaveLength(2);
  });

  it('says why it could not be read further', async () => {
    function* broken(): Generator<RecordedFrame> {
      yield level(0, '1');
      throw new Error('damaged');
    }
    const ends: unknown[] = [];
    const clock = new SimulatedClock(unixMs(0));
    const options = { markets, clock, submit: () => undefined };
    new RecordedFlow({ ...options, frames: broken(), ended: (end) => ends.push(end) }).start();
    await settle();
    await clock.advance(1);
    expect(ends[0]).toBeInstanceOf(Error);
  });

  it('reads ahead no further than some thousand frames', async () => {
    let read = 0;
    function* endless(): Generator<RecordedFrame> {
      for (;;) yield level((read += 1), '1');
    }
    const clock = new SimulatedClock(unixMs(0));
    const flow = new RecordedFlow({ frames: endless(), markets, clock, submit: () => undefined });
    flow.start();
    for (let turn = 0; turn < 20_000; turn += 1) await Promise.resolve();
    expect(read).toBe(4_096);
    await clock.advance(10);
    for (let turn = 0; turn < 200; turn += 1) await Promise.resolve();
    expect(read).toBeGreaterThan(4_096);
    expect(read).toBeLessThan(4_200);
    flow.stop();
  });
});
