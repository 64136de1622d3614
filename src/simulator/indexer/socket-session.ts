/**
 * One client's connection to the indexer as a fold: texts in, frames out.
 *
 * 1. One counter numbers all frames. A subscribe or unsubscribe takes its number before anything
 *    can go wrong with it; errors raised earlier repeat the current number.
 * 2. Limits: ids per channel, two subscribes per id and second, two invalid messages per second;
 *    above the last two the connection is told why and closed with 1008.
 */
import {
  isSocketChannel,
  needsId,
  shownId,
  SOCKET_CHANNELS,
  topicKey,
  type SocketChannel,
  type Topic,
} from './socket-channels.js';

const WINDOW_MS = 1000;
const PER_WINDOW_MAX = 2;
/** Ids whose subscribe times are remembered before the outdated ones are forgotten. */
const WINDOWS_MAX = 1000;

/** Where subscriptions are kept and snapshots come from. */
export interface SubscriptionDesk {
  isValid(topic: Topic): boolean;
  /** JSON of the topic's state now; `{}` for an unknown subaccount. */
  snapshot(topic: Topic): string;
  subscribe(topic: Topic, batched: boolean): void;
  unsubscribe(topic: Topic): void;
}

/** What a text led to. A close comes after the frames. */
export interface Reaction {
  readonly frames: readonly string[];
  readonly close?: { readonly code: number; readonly reason: string };
}

const RATE_LIMITED = { code: 1008, reason: JSON.stringify({ message: 'Rate limited' }) };

export class SocketSession {
  readonly #connectionId: string;
  readonly #desk: SubscriptionDesk;
  readonly #topics = new Map<string, Topic>();
  readonly #subscribeTimes = new Map<string, readonly number[]>();
  #invalidTimes: readonly number[] = [];
  #messageId = 0;

  constructor(connectionId: string, desk: SubscriptionDesk) {
    this.#connectionId = connectionId;
    this.#desk = desk;
  }

  get topics(): Iterable<Topic> {
    return this.#topics.values();
  }

  /** The first frame of a connection. */
  greeting(): string {
    return JSON.stringify({ type: 'connected', ...this.#stamp() });
  }

  /** Data frame: `tail` is everything after the message id, shared by all subscribers. */
  data(type: 'channel_data' | 'channel_batch_data', tail: string): string {
    this.#messageId += 1;
    const connection = `"connection_id":"${this.#connectionId}"`;
    return `{"type":"${type}",${connection},"message_id":${this.#messageId},${tail}`;
  }

  receive(text: string, nowMs: number): Reaction {
    const message = readMessage(text);
    if (message === undefined) return this.#invalid('Invalid message: could not parse', nowMs);
    switch (message['type']) {
      case undefined:
        return this.#invalid('Invalid message: type is required', nowMs);
      case 'ping':
        return { frames: [] };
      case 'subscribe':
      case 'unsubscribe': {
        const asked = readTopic(message);
        if (typeof asked === 'string') return this.#error(asked);
        this.#messageId += 1;
        return message['type'] === 'unsubscribe'
          ? this.#unsubscribe(asked)
          : this.#subscribe(asked, message['batched'] === true, nowMs);
      }
      default:
        return this.#invalid(`Invalid message type: ${shown(message['type'])}`, nowMs);
    }
  }

  #subscribe(topic: Topic, batched: boolean, nowMs: number): Reaction {
    const { channel, id } = topic;
    const key = topicKey(topic);
    if (!this.#desk.isValid(topic)) {
      return this.#error(`Invalid subscription id for channel: (${channel}-${id})`);
    }
    const { idsMax } = SOCKET_CHANNELS[channel];
    if (this.#countOf(channel) >= idsMax) {
      const limit = `${channel} (limit=${idsMax})`;
      return this.#error(`Per-connection subscription limit reached for ${limit}.`);
    }
    if (!this.#takeSubscribe(key, nowMs)) {
      const text = `Too many subscribe attempts for channel ${channel}-${id}.`;
      return { ...this.#error(`${text} Please  reconnect and try again.`), close: RATE_LIMITED };
    }
    if (this.#topics.has(key)) {
      return this.#error(`Invalid subscribe message: already subscribed (${channel}-${id})`, topic);
    }
    const contents = this.#desk.snapshot(topic);
    this.#topics.set(key, topic);
    this.#desk.subscribe(topic, batched);
    const frame = JSON.stringify({
      type: 'subscribed',
      ...this.#stamp(),
      channel,
      ...shownId(topic),
    });
    return { frames: [`${frame.slice(0, -1)},"contents":${contents}}`] };
  }

  #unsubscribe(topic: Topic): Reaction {
    if (this.#topics.delete(topicKey(topic))) this.#desk.unsubscribe(topic);
    const { channel } = topic;
    return {
      frames: [
        JSON.stringify({ type: 'unsubscribed', ...this.#stamp(), channel, ...shownId(topic) }),
      ],
    };
  }

  #error(message: string, topic?: Topic): Reaction {
    const about = topic === undefined ? {} : { channel: topic.channel, ...shownId(topic) };
    return { frames: [JSON.stringify({ type: 'error', message, ...this.#stamp(), ...about })] };
  }

  #invalid(message: string, nowMs: number): Reaction {
    const times = recent(this.#invalidTimes, nowMs);
    this.#invalidTimes = [...times, nowMs];
    if (times.length < PER_WINDOW_MAX) return this.#error(message);
    const text = 'Too many invalid messages. Please reconnect and try again.';
    return { ...this.#error(text), close: RATE_LIMITED };
  }

  #takeSubscribe(key: string, nowMs: number): boolean {
    if (this.#subscribeTimes.size >= WINDOWS_MAX) this.#forgetOutdated(nowMs);
    const times = recent(this.#subscribeTimes.get(key) ?? [], nowMs);
    if (times.length >= PER_WINDOW_MAX) return false;
    this.#subscribeTimes.set(key, [...times, nowMs]);
    return true;
  }

  #forgetOutdated(nowMs: number): void {
    for (const [key, times] of this.#subscribeTimes) {
      if (recent(times, nowMs).length === 0) this.#subscribeTimes.delete(key);
    }
  }

  #countOf(channel: SocketChannel): number {
    let count = 0;
    for (const topic of this.#topics.values()) if (topic.channel === channel) count += 1;
    return count;
  }

  #stamp() {
    return { connection_id: this.#connectionId, message_id: this.#messageId };
  }
}

const recent = (times: readonly number[], nowMs: number): readonly number[] =>
  times.filter((time) => time > nowMs - WINDOW_MS);

function readMessage(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/** The topic that is asked for, or the text of the error. */
function readTopic({ channel, id }: Readonly<Record<string, unknown>>): Topic | string {
  if (channel === undefined) return 'Invalid subscribe message: channel is required';
  if (!isSocketChannel(channel)) return `Invalid channel: ${shown(channel)}`;
  if (!needsId(channel)) return { channel, id: channel };
  return typeof id === 'string' ? { channel, id } : `Invalid id: ${shown(id)}`;
}

/** An unwanted value in an error text: JSON unless it is text already. */
const shown = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value);
