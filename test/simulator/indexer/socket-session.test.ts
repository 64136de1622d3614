/** The rules of one connection: numbering, envelopes, error texts, limits and closes. */
import { describe, expect, test } from 'vitest';
import type { Topic } from '../../../src/simulator/indexer/socket-channels.js';
import { SocketSession } from '../../../src/simulator/indexer/socket-session.js';

function open() {
  const log: string[] = [];
  const note = (what: string, topic: Topic) => log.push(`${what} ${topic.channel} ${topic.id}`);
  const session = new SocketSession('c0', {
    isValid: ({ id }) => !id.startsWith('NOPE'),
    snapshot: () => '{"now":1}',
    subscribe: (topic, batched) => note(batched ? 'batched' : 'subscribe', topic),
    unsubscribe: (topic) => note('unsubscribe', topic),
  });
  const send = (message: unknown, at = 0) => {
    const text = typeof message === 'string' ? message : JSON.stringify(message);
    const { frames, close } = session.receive(text, at);
    return { frames: frames.map((frame) => JSON.parse(frame) as object), close };
  };
  return { session, send, log };
}

const subscribe = (channel?: string, id?: string) => ({ type: 'subscribe', channel, id });
const unsubscribe = (channel: string, id?: string) => ({ type: 'unsubscribe', channel, id });
const stamp = (message_id: number) => ({ connection_id: 'c0', message_id });

test('the greeting has number 0', () => {
  const { session } = open();
  expect(session.greeting()).toBe('{"type":"connected","connection_id":"c0","message_id":0}');
});

test.each([
  [
    subscribe('v4_trades', 'BTC-USD'),
    { type: 'subscribed', ...stamp(1), channel: 'v4_trades', id: 'BTC-USD', contents: { now: 1 } },
  ],
  [
    subscribe('v4_markets', 'ignored'),
    { type: 'subscribed', ...stamp(1), channel: 'v4_markets', contents: { now: 1 } },
  ],
  [
    subscribe('v4_block_height'),
    {
      type: 'subscribed',
      ...stamp(1),
      channel: 'v4_block_height',
      id: 'v4_block_height',
      contents: { now: 1 },
    },
  ],
  [
    unsubscribe('v4_trades', 'BTC-USD'),
    { type: 'unsubscribed', ...stamp(1), channel: 'v4_trades', id: 'BTC-USD' },
  ],
  [unsubscribe('v4_markets'), { type: 'unsubscribed', ...stamp(1), channel: 'v4_markets' }],
  ['{bad', { type: 'error', message: 'Invalid message: could not parse', ...stamp(0) }],
  ['7', { type: 'error', message: 'Invalid message: could not parse', ...stamp(0) }],
  [{}, { type: 'error', message: 'Invalid message: type is required', ...stamp(0) }],
  [{ type: 'shout' }, { type: 'error', message: 'Invalid message type: shout', ...stamp(0) }],
  [
    subscribe(),
    { type: 'error', message: 'Invalid subscribe message: channel is required', ...stamp(0) },
  ],
  [
    subscribe('v4_nope', 'BTC-USD'),
    { type: 'error', message: 'Invalid channel: v4_nope', ...stamp(0) },
  ],
  [subscribe('v4_orderbook'), { type: 'error', message: 'Invalid id: undefined', ...stamp(0) }],
  [
    subscribe('v4_orderbook', 'NOPE-USD'),
    {
      type: 'error',
      message: 'Invalid subscription id for channel: (v4_orderbook-NOPE-USD)',
      ...stamp(1),
    },
  ],
])('%o is answered as the indexer does', (message, expected) => {
  expect(open().send(message)).toEqual({ frames: [expected], close: undefined });
});

test('a JSON ping is never answered', () => {
  expect(open().send({ type: 'ping', id: 1 })).toEqual({ frames: [], close: undefined });
});

test('a second subscribe is an error that names its topic; the first one lives on', () => {
  const { send, log, session } = open();
  send(subscribe('v4_trades', 'BTC-USD'));
  expect(send(subscribe('v4_trades', 'BTC-USD')).frames).toEqual([
    {
      type: 'error',
      message: 'Invalid subscribe message: already subscribed (v4_trades-BTC-USD)',
      ...stamp(2),
      channel: 'v4_trades',
      id: 'BTC-USD',
    },
  ]);
  expect(log).toEqual(['subscribe v4_trades BTC-USD']);
  expect([...session.topics]).toEqual([{ channel: 'v4_trades', id: 'BTC-USD' }]);
});

test('the third subscribe to one id within a second closes, a second later it would not', () => {
  const quick = open();
  const slow = open();
  for (const { send } of [quick, slow]) {
    send(subscribe('v4_trades', 'BTC-USD'), 0);
    send(subscribe('v4_trades', 'BTC-USD'), 10);
  }
  expect(quick.send(subscribe('v4_trades', 'BTC-USD'), 999)).toEqual({
    frames: [
      {
        type: 'error',
        message: expect.stringContaining(
          'channel v4_trades-BTC-USD. Please  reconnect and try again.',
        ) as string,
        ...stamp(3),
      },
    ],
    close: { code: 1008, reason: '{"message":"Rate limited"}' },
  });
  expect(slow.send(subscribe('v4_trades', 'BTC-USD'), 1000).close).toBeUndefined();
});

test('the third invalid message within a second closes', () => {
  const { send } = open();
  send('{bad', 0);
  send({ type: 'shout' }, 500);
  expect(send('{bad', 999)).toEqual({
    frames: [
      {
        type: 'error',
        message: 'Too many invalid messages. Please reconnect and try again.',
        ...stamp(0),
      },
    ],
    close: { code: 1008, reason: '{"message":"Rate limited"}' },
  });
});

describe('limits per channel', () => {
  test.each([
    ['v4_trades', 32],
    ['v4_orderbook', 32],
    ['v4_candles', 32],
    ['v4_subaccounts', 256],
    ['v4_parent_subaccounts', 256],
  ])('%s carries %i ids', (channel, limit) => {
    const { send } = open();
    for (let n = 0; n < limit; n += 1) {
      expect(send(subscribe(channel, `${n}`)).frames).toMatchObject([{ type: 'subscribed' }]);
    }
    expect(send(subscribe(channel, 'more')).frames).toEqual([
      {
        type: 'error',
        message: `Per-connection subscription limit reached for ${channel} (limit=${limit}).`,
        ...stamp(limit + 1),
      },
    ]);
    send(unsubscribe(channel, '0'));
    expect(send(subscribe(channel, 'more')).frames).toMatchObject([{ type: 'subscribed' }]);
  });

  test('a second block height meets the limit of one before the duplicate', () => {
    const { send } = open();
    send(subscribe('v4_block_height'));
    expect(send(subscribe('v4_block_height')).frames).toMatchObject([
      { message: 'Per-connection subscription limit reached for v4_block_height (limit=1).' },
    ]);
  });
});

test('subscribe times of many ids are forgotten when they no longer count', () => {
  const { send } = open();
  for (let n = 0; n < 2500; n += 1) {
    const id = `dydx1x/${n}`;
    expect(send(subscribe('v4_subaccounts', id), n * 10).frames).toMatchObject([
      { type: 'subscribed' },
    ]);
    send(unsubscribe('v4_subaccounts', id), n * 10);
  }
});

test('a batched subscribe says so, and an unsubscribe of nothing is told to nobody', () => {
  const { send, log } = open();
  send({ ...subscribe('v4_markets'), batched: true });
  send(unsubscribe('v4_markets'));
  send(unsubscribe('v4_markets'));
  expect(log).toEqual(['batched v4_markets v4_markets', 'unsubscribe v4_markets v4_markets']);
});

test('data continue the one count of the connection', () => {
  const { session, send } = open();
  send(subscribe('v4_trades', 'BTC-USD'));
  expect(JSON.parse(session.data('channel_data', '"channel":"v4_trades","contents":{}}'))).toEqual({
    type: 'channel_data',
    ...stamp(2),
    channel: 'v4_trades',
    contents: {},
  });
  expect(send(unsubscribe('v4_trades', 'BTC-USD')).frames).toMatchObject([stamp(3)]);
});
