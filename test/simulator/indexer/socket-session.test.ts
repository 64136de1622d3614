/** The rules of one connection: numbering, envelopes, error texts, limits and closes. */
import { describe, expect, test } from 'vitest';
import type { Topic } from '../../../src/simulator/indexer/socket-channels.js';
import { SocketSession, type Snapshot } from '../../../src/simulator/indexer/socket-session.js';

interface Close {
  readonly code: number;
  readonly reason: string;
}

/** A connection; with `slow`, snapshots arrive when `arrive` is called, oldest first. */
function open({ slow = false } = {}) {
  const log: string[] = [];
  const frames: object[] = [];
  const fetches: (() => void)[] = [];
  let close: Close | undefined;
  let snapshot: Snapshot = { type: 'contents', json: '{"now":1}' };
  const note = (what: string, topic: Topic) => log.push(`${what} ${topic.channel} ${topic.id}`);
  const session = new SocketSession(
    'c0',
    {
      isValid: ({ id }) => !id.startsWith('NOPE'),
      fetch: (_, done) => {
        if (slow) fetches.push(() => done(snapshot));
        else done(snapshot);
      },
      subscribe: (topic, _, batched) => note(batched ? 'batched' : 'subscribe', topic),
      unsubscribe: (topic) => note('unsubscribe', topic),
    },
    {
      write: (frame) => frames.push(JSON.parse(frame) as object),
      close: (code, reason) => {
        close = { code, reason };
      },
    },
  );
  const send = (message: unknown, at = 0) => {
    const before = frames.length;
    session.receive(typeof message === 'string' ? message : JSON.stringify(message), at);
    return { frames: frames.slice(before), close };
  };
  return {
    session,
    send,
    log,
    frames,
    arrive: () => fetches.shift()?.(),
    answerWith: (other: Snapshot) => {
      snapshot = other;
    },
  };
}

const subscribe = (channel?: string, id?: string) => ({ type: 'subscribe', channel, id });
const unsubscribe = (channel: string, id?: string) => ({ type: 'unsubscribe', channel, id });
const stamp = (message_id: number) => ({ connection_id: 'c0', message_id });

test('the greeting has number 0', () => {
  const { session, frames } = open();
  session.greet();
  expect(frames).toEqual([{ type: 'connected', ...stamp(0) }]);
});

test.each([
  [
    subscribe('v4_trades', 'BTC-USD'),
    { type: 'subscribed', ...stamp(1), channel: 'v4_trades', id: 'BTC-USD', contents: { now: 1 } },
  ],
  [
    subscribe('v4_markets'),
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
  [
    unsubscribe('v4_block_height'),
    { type: 'unsubscribed', ...stamp(1), channel: 'v4_block_height' },
  ],
  [unsubscribe('v4_markets'), { type: 'unsubscribed', ...stamp(1), channel: 'v4_markets' }],
  ['{bad', { type: 'error', message: 'Invalid message: could not parse', ...stamp(0) }],
  ['7', { type: 'error', message: 'Invalid message: type is required', ...stamp(0) }],
  ['null', { type: 'error', message: 'Internal error', ...stamp(0) }],
  [{ type: '' }, { type: 'error', message: 'Invalid message: type is required', ...stamp(0) }],
  [{ type: 7 }, { type: 'error', message: 'Invalid message type: 7', ...stamp(0) }],
  [{ type: {} }, { type: 'error', message: 'Invalid message type: [object Object]', ...stamp(0) }],
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
  const { send, log } = open();
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
  const { session, send, frames } = open();
  send(subscribe('v4_trades', 'BTC-USD'));
  session.data('channel_data', ',"channel":"v4_trades","contents":{}}');
  expect(frames.at(-1)).toEqual({
    type: 'channel_data',
    ...stamp(2),
    channel: 'v4_trades',
    contents: {},
  });
  expect(send(unsubscribe('v4_trades', 'BTC-USD')).frames).toMatchObject([stamp(3)]);
});

test('the window of a rate limit begins with its first attempt and does not slide', () => {
  const { send } = open();
  for (const at of [0, 999, 1000, 1001]) {
    expect(send(subscribe('v4_trades', 'BTC-USD'), at).close).toBeUndefined();
  }
  expect(send(subscribe('v4_trades', 'BTC-USD'), 1999).close).toMatchObject({ code: 1008 });
});

describe('while a snapshot is on its way', () => {
  test('its number is taken, so that its answer comes after later frames', () => {
    const { session, send, arrive, frames } = open({ slow: true });
    send(subscribe('v4_trades', 'BTC-USD'));
    session.data('channel_data', '}');
    send('{bad');
    arrive();
    expect(frames).toMatchObject([
      { type: 'channel_data', message_id: 2 },
      { type: 'error', message_id: 2 },
      { type: 'subscribed', message_id: 1 },
    ]);
  });

  test('nothing is heard yet', () => {
    const { send, arrive, log } = open({ slow: true });
    send(subscribe('v4_trades', 'BTC-USD'));
    expect(log).toEqual([]);
    arrive();
    expect(log).toEqual(['subscribe v4_trades BTC-USD']);
  });

  test('an unsubscribe is answered at once, and the subscription lives all the same', () => {
    const { send, arrive, log, frames } = open({ slow: true });
    send(subscribe('v4_trades', 'BTC-USD'));
    expect(send(unsubscribe('v4_trades', 'BTC-USD')).frames).toMatchObject([
      { type: 'unsubscribed', message_id: 2 },
    ]);
    arrive();
    expect(frames.at(-1)).toMatchObject({ type: 'subscribed', message_id: 1 });
    expect(log).toEqual(['subscribe v4_trades BTC-USD']);
  });

  test('a second subscribe of the same is refused only after its own snapshot', () => {
    const { send, arrive, frames } = open({ slow: true });
    send(subscribe('v4_trades', 'BTC-USD'));
    send(subscribe('v4_trades', 'BTC-USD'));
    expect(frames).toEqual([]);
    arrive();
    arrive();
    expect(frames).toMatchObject([
      { type: 'subscribed', message_id: 1 },
      { type: 'error', message_id: 2, channel: 'v4_trades', id: 'BTC-USD' },
    ]);
  });

  test('it counts towards the limit, until it fails', () => {
    const { send, arrive, answerWith } = open({ slow: true });
    send(subscribe('v4_block_height'));
    expect(send(subscribe('v4_block_height')).frames).toMatchObject([
      { message: 'Per-connection subscription limit reached for v4_block_height (limit=1).' },
    ]);
    answerWith({ type: 'failed' });
    arrive();
    expect(send(subscribe('v4_block_height'), 1000).frames).toEqual([]);
  });

  test('a flood closes first, and the answers are dropped', () => {
    const { send, arrive, frames, log } = open({ slow: true });
    for (let n = 0; n < 4; n += 1) send(subscribe('v4_trades', 'BTC-USD'));
    arrive();
    arrive();
    expect(frames).toMatchObject([{ type: 'error', message_id: 3 }]);
    expect(log).toEqual([]);
  });
});

test.each([
  [{ type: 'blocked', message: 'no service' }, 'no service'],
  [{ type: 'failed' }, 'Internal error, could not fetch data for subscription: v4_subaccounts.'],
] as const)('a snapshot that is %o is an error that names its topic', (snapshot, message) => {
  const { send, answerWith, log } = open();
  answerWith(snapshot);
  expect(send(subscribe('v4_subaccounts', 'dydx1x/0')).frames).toEqual([
    { type: 'error', message, ...stamp(1), channel: 'v4_subaccounts', id: 'dydx1x/0' },
  ]);
  expect(log).toEqual([]);
});

test('an id where none is needed makes a subscription of its own', () => {
  const { send, log } = open();
  expect(send(subscribe('v4_markets', 'mine')).frames).toMatchObject([{ type: 'subscribed' }]);
  send(subscribe('v4_block_height', 'mine'));
  expect(log).toEqual(['subscribe v4_markets mine', 'subscribe v4_block_height mine']);
});
