/** Envelopes: the quick road and the whole parse say the same, and doubt says nothing. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CHANNELS } from '../../src/model/events.js';
import { dydxWire } from '../../src/dydx/indexer-wire.codec.js';
import { bytes } from './samples.js';

const head = { connection_id: '5f0c1d5e-6f2a-4a43-9a0f-8f1f3c2b7a10', message_id: 51 };
const read = (frame: unknown) => dydxWire.readEnvelope(bytes(frame));
const book = { channel: 'v4_orderbook', id: 'BTC-USD' };

describe('an envelope', () => {
  it.each([
    ['connected', { type: 'connected', ...head }, 'connected', undefined],
    ['a snapshot', { type: 'subscribed', ...head, ...book, contents: {} }, 'subscribed', book],
    [
      'an update',
      { type: 'channel_data', ...head, id: book.id, channel: book.channel, version: '1' },
      'data',
      book,
    ],
    ['a batch', { type: 'channel_batch_data', ...head, ...book, contents: [] }, 'data', book],
    ['keys in another order', { ...book, ...head, type: 'channel_data' }, 'data', book],
    ['the end of a subscription', { type: 'unsubscribed', ...head, ...book }, 'unsubscribed', book],
    [
      'a channel without id',
      {
        type: 'channel_data',
        ...head,
        id: 'v4_block_height',
        channel: 'v4_block_height',
        version: '1',
      },
      'data',
      { channel: 'v4_block_height', id: undefined },
    ],
    [
      'a channel not ours',
      { type: 'channel_data', ...head, channel: 'v4_parent_subaccounts' },
      'data',
      undefined,
    ],
    [
      'an id out of ASCII',
      { type: 'subscribed', ...head, channel: 'v4_trades', id: 'ß-USD' },
      'subscribed',
      { channel: 'v4_trades', id: 'ß-USD' },
    ],
  ])('of %s is read', (_name, frame, kind, subscription) => {
    expect(read(frame)).toEqual({
      kind,
      connectionId: head.connection_id,
      messageId: 51,
      subscription,
      message: undefined,
    });
  });

  it.each([
    ['Invalid subscription id for channel: (v4_orderbook-A-USD)', 'v4_orderbook', 'A-USD'],
    ['Invalid subscribe message: already subscribed (v4_trades-B-USD)', 'v4_trades', 'B-USD'],
    [
      'Too many subscribe attempts for channel v4_candles-C.D-USD/1MIN. Please  reconnect and try again.',
      'v4_candles',
      'C.D-USD/1MIN',
    ],
  ])('of the error %j names its subscription', (message, channel, id) => {
    expect(read({ type: 'error', message, ...head })).toMatchObject({
      kind: 'error',
      message,
      subscription: { channel, id },
    });
  });

  it('of an error about nothing in particular names none', () => {
    const message = 'Invalid message: could not parse';
    expect(read({ type: 'error', message, ...head })?.subscription).toBeUndefined();
  });

  it.each([
    ['text', 'PONG'],
    ['a number', '7'],
    ['nothing', ''],
    ['an unknown type', { type: 'pong', ...head }],
    ['a type out of the language', { type: 'toString', ...head }],
    ['no type', head],
    ['no connection id', { type: 'connected', message_id: 0 }],
    ['a broken message id', { type: 'connected', ...head, message_id: 1.5 }],
    ['a negative message id', { type: 'connected', ...head, message_id: -1 }],
  ])('is not read from %s', (_name, frame) => {
    expect(read(frame)).toBeUndefined();
  });

  it('is the same by both roads for any id', () => {
    const channel = fc.constantFrom(...CHANNELS);
    const id = fc.option(fc.string({ maxLength: 200 }), { nil: undefined });
    fc.assert(
      fc.property(channel, id, fc.nat(), (channel, id, message_id) => {
        const frame = { type: 'subscribed', ...head, message_id, channel, id, contents: {} };
        // A space after the first brace is a frame that the quick road does not know.
        const slow = read(JSON.stringify(frame).replace('{', '{ '));
        expect(read(frame)).toEqual(slow);
        expect(slow?.messageId).toBe(message_id);
      }),
    );
  });
});

describe('the data frames of one connection', () => {
  const idOf = dydxWire.dataFrames('c-1');
  const frame = (rest: string, connection = 'c-1', type = 'channel_data'): Buffer =>
    Buffer.from(`{"type":"${type}","connection_id":"${connection}","message_id":${rest}`);

  it.each([
    ['a book', frame('51,"id":"BTC-USD","channel":"v4_orderbook","version"'), 51],
    ['an account', frame('0,"id":"dydx1/0","channel":"v4_subaccounts"'), 0],
    ['markets', frame('7,"channel":"v4_markets","version"'), 7],
    ['the sign of life', frame('7,"id":"v4_block_height","channel":"v4_block_height"'), -1],
    ['another connection', frame('51,"id":"BTC-USD"', 'c-2'), -1],
    ['a snapshot', frame('51,"id":"BTC-USD"', 'c-1', 'subscribed'), -1],
    ['a batch', frame('51,"id":"BTC-USD"', 'c-1', 'channel_batch_data'), -1],
    ['no number', frame('"51","id":"BTC-USD"'), -1],
    ['a number of doubt', frame('051,"id":"BTC-USD"'), -1],
    ['another order of keys', frame('51,"channel":"v4_orderbook","id":"BTC-USD"'), -1],
    ['a fragment', frame('51').subarray(0, 30), -1],
  ])('of %s are known by their ids or not at all', (_, bytes, expected) => {
    expect(idOf(bytes)).toBe(expected);
  });

  it('are none when its id is nothing to compare with', () => {
    expect(dydxWire.dataFrames('"')(frame('51,"id":"BTC-USD"', '"'))).toBe(-1);
  });
});

describe('a subscription', () => {
  it('is written as the venue reads it', () => {
    expect(JSON.parse(dydxWire.writeSubscribe({ channel: 'v4_trades', id: 'BTC-USD' }))).toEqual({
      type: 'subscribe',
      channel: 'v4_trades',
      id: 'BTC-USD',
    });
    expect(dydxWire.writeUnsubscribe({ channel: 'v4_markets', id: undefined })).toBe(
      '{"type":"unsubscribe","channel":"v4_markets"}',
    );
  });

  it.each([
    ['v4_orderbook', 32],
    ['v4_trades', 32],
    ['v4_candles', 32],
    ['v4_subaccounts', 256],
    ['v4_block_height', 1],
    ['v4_markets', 1],
  ] as const)('of %s fits a socket %i times', (channel, ids) => {
    expect(dydxWire.idsPerSocket({ channel, id: undefined })).toBe(ids);
  });
});
