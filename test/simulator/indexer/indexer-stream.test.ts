/** The indexer's habits as a subscriber meets them: races, publishers, mishaps, all on a clock. */
import { expect, test } from 'vitest';
import { seededRandom } from '../../../src/clock/seeded-random.js';
import { SimulatedClock } from '../../../src/clock/simulated.clock.js';
import type { ExchangeOutput } from '../../../src/simulator/exchange-types.js';
import { FaultDice } from '../../../src/simulator/faults/fault-dice.js';
import type { IndexerHabits } from '../../../src/simulator/indexer/indexer-habits.js';
import { IndexerState } from '../../../src/simulator/indexer/indexer-state.codec.js';
import { IndexerStream } from '../../../src/simulator/indexer/indexer-stream.venue.js';
import type { OrderSide } from '../../../src/simulator/order-terms.js';
import { BTC, FakeExchange } from '../../support/fake-exchange.js';
import { PROMPT } from '../../support/prompt-habits.js';
import { OPENED, OWNER, POSITION, SUBACCOUNT, TAKEN } from '../../support/venue-story.js';

function open(habits: Partial<IndexerHabits> = {}, seed = 1, faults: object = {}) {
  const exchange = new FakeExchange();
  const clock = new SimulatedClock(exchange.timeMs);
  const state = new IndexerState(exchange);
  const random = seededRandom(seed);
  const dice = new FaultDice({ random });
  dice.change(faults);
  const stream = new IndexerStream({
    dice,
    state,
    clock,
    random,
    habits: { ...PROMPT, ...habits },
    refusal: (address) => (address === 'dydx1blocked' ? 'no service' : undefined),
  });
  const frames: Record<string, unknown>[] = [];
  const connection = stream.connect({
    write: (frame) => frames.push(JSON.parse(frame) as Record<string, unknown>),
    close: () => undefined,
  });
  stream.start();
  const subscribe = (channel: string, id?: string) =>
    connection.receive(JSON.stringify({ type: 'subscribe', channel, id }));
  const tell = (...outputs: ExchangeOutput[]) => stream.tell(outputs);
  const contents = () =>
    frames.filter(({ type }) => type === 'channel_data').map((f) => f['contents']);
  return { dice, exchange, clock, state, stream, connection, frames, subscribe, tell, contents };
}

const level = (side: OrderSide, subticks: number, quantums: number): ExchangeOutput => ({
  type: 'level',
  clobPairId: 1,
  side,
  level: { subticks: BigInt(subticks) * 100_000n, quantums: BigInt(quantums) * 1_000_000n },
});
const OPENED_MESSAGE: ExchangeOutput = { type: 'order', order: OPENED, publisher: 'vulcan' };
const FILLS_MESSAGE: ExchangeOutput = {
  type: 'fills',
  subaccount: SUBACCOUNT,
  order: TAKEN,
  fills: [],
  position: POSITION,
  publisher: 'ender',
};

test('what happens between the reading of a snapshot and its arrival is lost', async () => {
  const { clock, subscribe, tell, frames, contents } = open({ snapshotMs: 100 });
  subscribe('v4_orderbook', 'ETH-USD');
  for (let size = 1; contents().length === 0; size += 1) {
    tell(level('BUY', 1, size));
    await clock.advance(1);
  }
  const read = (frames[1]?.['contents'] as { bids: { size: string }[] } | undefined)?.bids ?? [];
  const [update] = contents() as { bids: [string, string][] }[];
  const [sizeRead, sizeNext] = [Number(read[0]?.size), Number(update?.bids[0]?.[1])];
  expect(sizeRead).toBeGreaterThan(0.01);
  expect(sizeNext - sizeRead).toBeGreaterThan(0.01);
});

test('an update that was on its way arrives after a snapshot that knows it already', async () => {
  const { clock, subscribe, tell, frames } = open({ vulcanMs: 100 });
  tell(level('BUY', 1, 1));
  subscribe('v4_orderbook', 'ETH-USD');
  await clock.advance(1000);
  expect(frames.slice(1)).toMatchObject([
    { type: 'subscribed', contents: { bids: [{ price: '0.1', size: '0.001' }] } },
    { type: 'channel_data', contents: { bids: [['0.1', '0.001']] } },
  ]);
});

test('a snapshot that takes long leaves later frames before its own', async () => {
  const { clock, subscribe, frames } = open({ snapshotMs: 50 });
  subscribe('v4_markets');
  await clock.advance(500);
  subscribe('v4_trades', 'BTC-USD');
  for (const _ of [1, 2, 3]) subscribe('v4_nope');
  await clock.advance(500);
  expect(frames.map((frame) => frame['message_id'])).toEqual([0, 1, 2, 2, 2, 2]);
  expect(frames.at(-1)).toMatchObject({ type: 'subscribed', channel: 'v4_trades' });
});

test('the two publishers keep their own order but not one between them', async () => {
  const orders = new Set<string>();
  for (let seed = 1; seed <= 20; seed += 1) {
    const { clock, subscribe, tell, contents } = open({ vulcanMs: 20, enderMs: 20 }, seed);
    subscribe('v4_subaccounts', `${OWNER}/0`);
    tell(OPENED_MESSAGE, FILLS_MESSAGE);
    tell({ ...OPENED_MESSAGE, order: { ...OPENED, status: 'CANCELED' } });
    await clock.advance(1000);
    const seen = contents() as { orders: { status: string }[] }[];
    orders.add(seen.map(({ orders: [order] }) => order?.status ?? '').join(' '));
  }
  expect(orders.has('FILLED BEST_EFFORT_OPENED CANCELED')).toBe(true);
  expect(orders.has('BEST_EFFORT_OPENED CANCELED FILLED')).toBe(true);
  for (const order of orders) expect(order).toMatch(/BEST_EFFORT_OPENED.*CANCELED/);
});

test('the parts of a block come in any order, heights among themselves in theirs', async () => {
  const firsts = new Set<unknown>();
  for (let seed = 1; seed <= 20; seed += 1) {
    const { clock, subscribe, tell, frames } = open({ enderMs: 20 }, seed);
    subscribe('v4_block_height');
    subscribe('v4_trades', 'BTC-USD');
    tell({ type: 'trades', clobPairId: 0, trades: [] }, { type: 'block', height: 7, timeMs: 0 });
    tell({ type: 'block', height: 8, timeMs: 0 });
    await clock.advance(1000);
    const data = frames.filter(({ type }) => type === 'channel_data');
    firsts.add(data[0]?.['channel']);
    const heights = data.flatMap((frame) => {
      const { blockHeight } = frame['contents'] as { blockHeight?: string };
      return blockHeight === undefined ? [] : [blockHeight];
    });
    expect(heights).toEqual(['7', '8']);
  }
  expect(firsts).toEqual(new Set(['v4_trades', 'v4_block_height']));
});

test('the off-chain publisher knows no height at first and an old one later', async () => {
  const { exchange, clock, subscribe, tell, contents } = open({ vulcanHeightMs: 1000 });
  subscribe('v4_subaccounts', `${OWNER}/0`);
  tell(OPENED_MESSAGE);
  await clock.advance(1000);
  exchange.height += 1;
  tell(OPENED_MESSAGE, FILLS_MESSAGE);
  const heights = (contents() as { blockHeight?: string }[]).map(({ blockHeight }) => blockHeight);
  expect(heights).toEqual([undefined, '66624203', '66624204']);
});

test('a market that was listed later is unknown until the list is read again', async () => {
  const { exchange, clock, state, stream, subscribe, frames } = open({ marketListMs: 300_000 });
  const [view] = exchange.views;
  if (view === undefined) throw new Error('expected a market');
  const market = { ...BTC, ticker: 'NEW-USD', clobPairId: 9 };
  exchange.views = [...exchange.views, { ...view, market }];
  state.marketOf = (ticker) => (ticker === 'NEW-USD' ? market : undefined);
  subscribe('v4_trades', 'NEW-USD');
  subscribe('v4_candles', 'NEW-USD/1MIN');
  await clock.advance(300_000);
  subscribe('v4_trades', 'NEW-USD');
  expect(frames.slice(1)).toMatchObject([
    { message: 'Invalid subscription id for channel: (v4_trades-NEW-USD)' },
    { message: 'Invalid subscription id for channel: (v4_candles-NEW-USD/1MIN)' },
    { type: 'subscribed' },
  ]);
  stream.stop();
});

test('a removal that is heard late crosses the stream for a while, never the snapshot', async () => {
  const { clock, connection, subscribe, tell, contents, frames } = open({
    lateLevelPpm: 1_000_000,
    lateLevelMs: 1000,
  });
  subscribe('v4_orderbook', 'ETH-USD');
  tell(level('BUY', 11, 5), level('BUY', 11, 0), level('SELL', 10, 4));
  expect(contents()).toEqual([{ bids: [['1.1', '0.005']] }, { asks: [['1', '0.004']] }]);
  connection.receive('{"type":"unsubscribe","channel":"v4_orderbook","id":"ETH-USD"}');
  subscribe('v4_orderbook', 'ETH-USD');
  expect(frames.at(-1)).toMatchObject({ contents: { bids: [{ price: '1.1' }], asks: [] } });
  await clock.advance(20_000);
  expect(contents().at(-1)).toEqual({ bids: [['1.1', '0']] });
});

test('a removal that is lost leaves a ghost: gone from snapshots, told only by the sweep', async () => {
  const { clock, state, subscribe, tell, contents } = open({ lostLevelPpm: 1_000_000 });
  subscribe('v4_orderbook', 'ETH-USD');
  tell(level('BUY', 11, 5), level('BUY', 11, 0));
  await clock.advance(2000);
  tell(level('SELL', 10, 4));
  for (let s = 0; s < 16; s += 1) await clock.advance(1000);
  expect(state.books.view(1, 10).bids).toEqual([]);
  const before = contents().length;
  await clock.advance(140_000);
  expect(before).toBeLessThanOrEqual(3);
  expect(contents().filter((c) => JSON.stringify(c) === '{"bids":[["1.1","0"]]}')).toHaveLength(1);
});

test('who has left hears nothing, and a snapshot that comes for him is dropped', async () => {
  const { clock, connection, stream, subscribe, tell, frames } = open({ snapshotMs: 50 });
  subscribe('v4_trades', 'BTC-USD');
  expect(stream.connected).toBe(1);
  connection.detach();
  connection.detach();
  await clock.advance(1000);
  tell({ type: 'trades', clobPairId: 0, trades: [] });
  expect(frames).toHaveLength(1);
  expect([stream.connected, stream.subscriptions]).toEqual([0, 0]);
});

test('a blocked address is told why, on both of its channels and on no other', () => {
  const { subscribe, frames } = open();
  for (const channel of ['v4_subaccounts', 'v4_parent_subaccounts']) {
    subscribe(channel, 'dydx1blocked/0');
  }
  subscribe('v4_subaccounts', 'dydx1x/0');
  expect(frames.slice(1)).toMatchObject([
    { type: 'error', message: 'no service', channel: 'v4_subaccounts', id: 'dydx1blocked/0' },
    { type: 'error', message: 'no service', channel: 'v4_parent_subaccounts' },
    { type: 'subscribed', contents: {} },
  ]);
});

test('a fault refuses accounts with the text of a 403, and nothing else', () => {
  const { subscribe, frames } = open({}, 1, { 'snapshot.forbidden': 1 });
  subscribe('v4_subaccounts', 'dydx1alice/0');
  subscribe('v4_markets');
  expect(frames.slice(1)).toMatchObject([
    {
      type: 'error',
      message: expect.stringMatching(/^Because you appear to be a resident of/) as string,
      channel: 'v4_subaccounts',
      id: 'dydx1alice/0',
    },
    { type: 'subscribed', channel: 'v4_markets' },
  ]);
});

test('a snapshot that fails, or is not there after five seconds, is an internal error', async () => {
  const { clock, dice, subscribe, frames } = open({}, 1, { 'snapshot.fail': 1 });
  subscribe('v4_markets');
  dice.change({ 'snapshot.fail': 0, 'snapshot.slowMs': 86_400_000 });
  subscribe('v4_trades', 'BTC-USD');
  await clock.advance(4_999);
  expect(frames).toHaveLength(2);
  await clock.advance(1);
  expect(frames.slice(1)).toMatchObject([
    { message: 'Internal error, could not fetch data for subscription: v4_markets.' },
    { message: 'Internal error, could not fetch data for subscription: v4_trades.' },
  ]);
});

test('late and lost removals can be switched on while it runs', async () => {
  const { clock, dice, subscribe, tell, contents } = open({ lateLevelMs: 1000 });
  subscribe('v4_orderbook', 'ETH-USD');
  dice.change({ 'book.late': 1 });
  tell(level('BUY', 11, 5), level('BUY', 11, 0));
  dice.change({ 'book.late': 0, 'book.lost': 1 });
  tell(level('SELL', 12, 5), level('SELL', 12, 0));
  expect(contents()).toHaveLength(2);
  await clock.advance(12_000);
  expect(contents().slice(2)).toEqual([{ bids: [['1.1', '0']] }]);
  await clock.advance(122_000);
  expect(contents().slice(3)).toEqual([{ asks: [['1.2', '0']] }]);
  expect(dice.struck).toEqual({ 'book.late': 1, 'book.lost': 1 });
});
