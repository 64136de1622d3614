/** Distribution: contents written once, envelopes per connection, batches by topic and child. */
import { expect, test } from 'vitest';
import { TopicHub, type Listener } from '../../../src/simulator/indexer/topic-hub.js';

const TRADES = { channel: 'v4_trades', id: 'BTC-USD' } as const;
const PARENT = { channel: 'v4_parent_subaccounts', id: 'dydx1x/0' } as const;

function listen(name: string): { readonly listener: Listener; readonly frames: object[] } {
  const frames: object[] = [];
  let count = 0;
  const listener: Listener = {
    data: (type, tail) => {
      count += 1;
      const head = `{"type":"${type}","connection_id":"${name}","message_id":${count}`;
      frames.push(JSON.parse(head + tail) as object);
    },
  };
  return { listener, frames };
}

test('each listener of a topic gets the contents in its own envelope', () => {
  const hub = new TopicHub();
  const [one, two, other] = [listen('one'), listen('two'), listen('other')];
  hub.subscribe(TRADES, one.listener, false);
  hub.subscribe(TRADES, two.listener, false);
  hub.subscribe({ ...TRADES, id: 'ETH-USD' }, other.listener, false);
  hub.publish({ topic: TRADES, contents: '{"trades":[]}' });
  const frame = { type: 'channel_data', id: 'BTC-USD', channel: 'v4_trades', version: '2.1.0' };
  const contents = { trades: [] };
  expect(one.frames).toEqual([{ ...frame, connection_id: 'one', message_id: 1, contents }]);
  expect(two.frames).toEqual([{ ...frame, connection_id: 'two', message_id: 1, contents }]);
  expect(other.frames).toEqual([]);
  expect(hub.frames).toBe(2);
  expect(hub.subscriptions).toBe(3);
});

test('frames of v4_markets show no id', () => {
  const hub = new TopicHub();
  const { listener, frames } = listen('one');
  const topic = { channel: 'v4_markets', id: 'v4_markets' } as const;
  hub.subscribe(topic, listener, false);
  hub.publish({ topic, contents: '{}' });
  expect(frames).toEqual([
    {
      type: 'channel_data',
      connection_id: 'one',
      message_id: 1,
      channel: 'v4_markets',
      version: '1.0.0',
      contents: {},
    },
  ]);
});

test('nobody listens after the last one has left', () => {
  const hub = new TopicHub();
  const { listener, frames } = listen('one');
  hub.subscribe(TRADES, listener, true);
  expect(hub.hasListeners(TRADES)).toBe(true);
  hub.unsubscribe(TRADES, listener);
  hub.unsubscribe(TRADES, listener);
  expect(hub.hasListeners(TRADES)).toBe(false);
  hub.publish({ topic: TRADES, contents: '{}' });
  hub.flushBatches();
  expect(frames).toEqual([]);
});

test('whoever comes before the flush gets what was buffered for those who left', () => {
  const hub = new TopicHub();
  const [gone, late] = [listen('gone'), listen('late')];
  hub.subscribe(TRADES, gone.listener, true);
  hub.publish({ topic: TRADES, contents: '{"n":1}' });
  hub.unsubscribe(TRADES, gone.listener);
  hub.publish({ topic: TRADES, contents: '{"n":2}' });
  hub.subscribe(TRADES, late.listener, true);
  hub.flushBatches();
  expect(gone.frames).toEqual([]);
  expect(late.frames).toMatchObject([{ contents: [{ n: 1 }] }]);
});

test('a buffer that nobody waits for is gone with its flush', () => {
  const hub = new TopicHub();
  const { listener } = listen('one');
  hub.subscribe(TRADES, listener, true);
  hub.publish({ topic: TRADES, contents: '{}' });
  hub.unsubscribe(TRADES, listener);
  hub.flushBatches();
  expect(hub.hasListeners(TRADES)).toBe(false);
});

test('batched listeners get an array per child subaccount when the batch is flushed', () => {
  const hub = new TopicHub();
  const { listener, frames } = listen('one');
  hub.subscribe(PARENT, listener, true);
  for (const [n, subaccountNumber] of [
    [1, 128],
    [2, 0],
    [3, 128],
  ] as const) {
    hub.publish({ topic: PARENT, contents: `{"n":${n}}`, subaccountNumber });
  }
  expect(frames).toEqual([]);
  hub.flushBatches();
  hub.flushBatches();
  const frame = { type: 'channel_batch_data', connection_id: 'one', ...PARENT, version: '3.0.0' };
  expect(frames).toEqual([
    { ...frame, message_id: 1, subaccountNumber: 0, contents: [{ n: 2 }] },
    { ...frame, message_id: 2, subaccountNumber: 128, contents: [{ n: 1 }, { n: 3 }] },
  ]);
});

test('a full batch does not wait for its time', () => {
  const hub = new TopicHub();
  const { listener, frames } = listen('one');
  hub.subscribe(TRADES, listener, true);
  for (let n = 0; n < 1000; n += 1) hub.publish({ topic: TRADES, contents: '1' });
  expect(frames).toHaveLength(1);
});

test('a batched listener that joins hears what was buffered before', () => {
  const hub = new TopicHub();
  const [one, two] = [listen('one'), listen('two')];
  hub.subscribe(TRADES, one.listener, true);
  hub.publish({ topic: TRADES, contents: '1' });
  hub.subscribe(TRADES, two.listener, true);
  hub.publish({ topic: TRADES, contents: '2' });
  hub.flushBatches();
  expect(two.frames).toMatchObject([{ type: 'channel_batch_data', contents: [1, 2] }]);
  expect(two.frames).toHaveLength(one.frames.length);
});
