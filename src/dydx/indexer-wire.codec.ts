/**
 * Envelopes of the indexer's socket, read without reading the contents: the server writes its keys
 * in a fixed order, so one expression at the start of a frame suffices; any doubt means JSON.parse.
 */
import { CHANNELS, type Channel, type Envelope, type Subscription } from '../model/events.js';
import type { Wire } from '../ports/wire.js';
import { dataFrames } from './data-frames.codec.js';

/** More than any head of a frame that the server writes. */
const HEAD_BYTES = 320;
/** Plain printable text: what means the same in JSON and in Latin-1. */
const ID = '"id":"([ !#-[\\]-~]{1,128})"';
const TYPE = '"type":"(subscribed|unsubscribed|channel_data|channel_batch_data)"';
const HEAD = new RegExp(
  `^\\{${TYPE},"connection_id":"([\\w-]{1,64})","message_id":(\\d{1,15}),(?:${ID},)?` +
    `"channel":"(v4_[a-z_]{1,40})"(?:,${ID})?(?:\\}|,"(?:version|contents|subaccountNumber)")`,
);

const KINDS: Readonly<Record<string, Envelope['kind']>> = {
  connected: 'connected',
  subscribed: 'subscribed',
  unsubscribed: 'unsubscribed',
  channel_data: 'data',
  channel_batch_data: 'data',
  error: 'error',
};
/** One subscription per connection, whatever id the frames carry. */
const WITHOUT_ID: ReadonlySet<Channel> = new Set(['v4_markets', 'v4_block_height']);
/** Half of the errors name their subscription in the text only. */
const NAMED_IN_TEXT = [
  /^Invalid subscription id for channel: \((v4_[a-z_]+)-(.+)\)$/,
  /^Too many subscribe attempts for channel (v4_[a-z_]+)-(.+)\. Please/,
  /^Invalid subscribe message: already subscribed \((v4_[a-z_]+)-(.+)\)$/,
] as const;

const IDS_PER_SOCKET = 32;
const ACCOUNTS_PER_SOCKET = 256;

export const dydxWire: Wire = {
  dataFrames,
  readEnvelope: (frame) => readHead(frame) ?? readWhole(frame),
  writeSubscribe: (subscription) => JSON.stringify({ type: 'subscribe', ...subscription }),
  writeUnsubscribe: (subscription) => JSON.stringify({ type: 'unsubscribe', ...subscription }),
  idsPerSocket({ channel }) {
    if (WITHOUT_ID.has(channel)) return 1;
    return channel === 'v4_subaccounts' ? ACCOUNTS_PER_SOCKET : IDS_PER_SOCKET;
  },
};

const asBuffer = (frame: Uint8Array): Buffer =>
  Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength);

function readHead(frame: Uint8Array): Envelope | undefined {
  const match = HEAD.exec(asBuffer(frame).toString('latin1', 0, HEAD_BYTES));
  if (match === null) return undefined;
  const [, type = '', connectionId = '', messageId, idBefore, channel, idAfter] = match;
  const kind = KINDS[type];
  if (kind === undefined) return undefined;
  return {
    kind,
    connectionId,
    messageId: Number(messageId),
    subscription: subscriptionOf(channel, idBefore ?? idAfter),
    message: undefined,
  };
}

function readWhole(frame: Uint8Array): Envelope | undefined {
  const json = parseObject(asBuffer(frame).toString('utf8'));
  if (json === undefined) return undefined;
  const { type, connection_id: connectionId, message_id: messageId, channel, id, message } = json;
  const kind = typeof type === 'string' && Object.hasOwn(KINDS, type) ? KINDS[type] : undefined;
  if (kind === undefined || typeof connectionId !== 'string' || !isCount(messageId)) {
    return undefined;
  }
  const text = kind === 'error' ? String(message) : undefined;
  const subscription = subscriptionOf(channel, id) ?? subscriptionIn(text);
  return { kind, connectionId, messageId, subscription, message: text };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const json: unknown = JSON.parse(text);
    if (typeof json === 'object' && json !== null) return json as Record<string, unknown>;
  } catch {
    // Not JSON: no envelope.
  }
  return undefined;
}

const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0;

const isChannel = (value: unknown): value is Channel =>
  (CHANNELS as readonly unknown[]).includes(value);

function subscriptionOf(channel: unknown, id: unknown): Subscription | undefined {
  if (!isChannel(channel)) return undefined;
  return { channel, id: typeof id === 'string' && !WITHOUT_ID.has(channel) ? id : undefined };
}

function subscriptionIn(text = ''): Subscription | undefined {
  for (const pattern of NAMED_IN_TEXT) {
    const [, channel, id] = pattern.exec(text) ?? [];
    if (channel !== undefined) return subscriptionOf(channel, id);
  }
  return undefined;
}
