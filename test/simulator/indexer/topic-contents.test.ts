/** Which topics there are, and what a subscriber reads first. */
import { describe, expect, test } from 'vitest';
import type { SocketChannel } from '../../../src/simulator/indexer/socket-channels.js';
import {
  isValidTopic,
  topicSnapshot,
} from '../../../src/simulator/indexer/topic-contents.codec.js';
import { OWNER, TAKEN, tellStory } from '../../support/venue-story.js';

describe('snapshots', () => {
  const snapshot = (channel: SocketChannel, id: string, story = tellStory()) => {
    const read = topicSnapshot(story.state, { channel, id });
    if (read.type !== 'contents') throw new Error(`expected contents, was ${read.type}`);
    return JSON.parse(read.json) as Record<string, unknown>;
  };

  test.each([
    ['v4_markets', 'v4_markets', ['markets']],
    ['v4_block_height', 'v4_block_height', ['height', 'time']],
    ['v4_trades', 'BTC-USD', ['trades']],
    ['v4_orderbook', 'BTC-USD', ['bids', 'asks']],
    ['v4_candles', 'BTC-USD/5MINS', ['candles']],
    ['v4_candles', 'BTC-USD/7MINS', []],
    ['v4_subaccounts', `${OWNER}/0`, ['subaccount', 'orders', 'blockHeight']],
    ['v4_parent_subaccounts', `${OWNER}/0`, ['subaccount', 'orders', 'blockHeight']],
    ['v4_subaccounts', `${OWNER}/9`, []],
    ['v4_parent_subaccounts', `${OWNER}/9`, []],
    ['v4_subaccounts', 'nobody/7', []],
  ] as const)('of %s %s have %o', (channel, id, keys) => {
    expect(Object.keys(snapshot(channel, id))).toEqual(keys);
  });

  test('of an account show what is open and what was canceled lately, in the REST form', () => {
    const story = tellStory();
    const { exchange } = story;
    const canceled = { ...TAKEN, status: 'BEST_EFFORT_CANCELED' } as const;
    exchange.known.push(
      { ...canceled, id: { ...TAKEN.id, clientId: 1 }, goodTilBlock: exchange.height - 19 },
      { ...canceled, id: { ...TAKEN.id, clientId: 2 }, goodTilBlock: exchange.height - 20 },
      { ...TAKEN, id: { ...TAKEN.id, clientId: 3 }, status: 'CANCELED' },
    );
    const { orders } = snapshot('v4_subaccounts', `${OWNER}/0`, story);
    expect(orders).toMatchObject([
      { clientId: '314159265', subaccountNumber: 0 },
      { clientId: '1' },
    ]);
  });
});

test.each([
  ['v4_trades', 'BTC-USD', true],
  ['v4_trades', 'NOPE-USD', false],
  ['v4_orderbook', 'NOPE-USD', false],
  ['v4_candles', 'BTC-USD/1MIN', true],
  ['v4_candles', 'BTC-USD/2MIN', false],
  ['v4_candles', 'BTC-USD', false],
  ['v4_markets', 'anything', true],
  ['v4_block_height', 'anything', true],
  ['v4_subaccounts', 'dydx1x/0', true],
  ['v4_subaccounts', 'dydx1x/127999', true],
  ['v4_subaccounts', 'dydx1x/128000', false],
  ['v4_subaccounts', 'dydx1x', false],
  ['v4_subaccounts', 'dydx1x/one', false],
  ['v4_subaccounts', 'dydx1x/1/2', false],
  ['v4_subaccounts', 'dydx1x/1e2', true],
  ['v4_subaccounts', 'dydx1x/', true],
  ['v4_parent_subaccounts', 'dydx1x/127', true],
  ['v4_parent_subaccounts', 'dydx1x/128', false],
] as const)('%s with id %s is valid: %s', (channel, id, expected) => {
  expect(isValidTopic(tellStory().state, { channel, id })).toBe(expected);
});

test.each(['dydx1x/', 'dydx1x/1e2', 'dydx1x/-1', 'dydx1x/0.5'])(
  'the account %s passes for one and cannot be fetched',
  (id) => {
    expect(topicSnapshot(tellStory().state, { channel: 'v4_subaccounts', id })).toEqual({
      type: 'failed',
    });
  },
);
