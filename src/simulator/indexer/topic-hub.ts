/**
 * Who listens to what. Contents are written once per topic, and not at all for nobody; only the
 * envelope differs between connections. Batched listeners of a topic share one buffer.
 */
import {
  shownId,
  SOCKET_CHANNELS,
  topicKey,
  type Topic,
  type TopicMessage,
} from './socket-channels.js';
import type { SocketSession } from './socket-session.js';

/** Messages that a topic's buffer holds before it is flushed ahead of time. */
const BATCH_MAX = 1000;

/** A connection as the hub sees it. */
export interface Listener {
  readonly session: SocketSession;
  write(frame: string): void;
}

interface Audience {
  readonly topic: Topic;
  readonly direct: Set<Listener>;
  readonly batched: Set<Listener>;
  buffer: TopicMessage[];
}

export class TopicHub {
  readonly #audiences = new Map<string, Audience>();
  #frames = 0;

  /** Data frames written so far. */
  get frames(): number {
    return this.#frames;
  }

  get subscriptions(): number {
    let count = 0;
    for (const { direct, batched } of this.#audiences.values()) count += direct.size + batched.size;
    return count;
  }

  hasListeners(topic: Topic): boolean {
    return this.#audiences.has(topicKey(topic));
  }

  subscribe(topic: Topic, listener: Listener, batched: boolean): void {
    const key = topicKey(topic);
    const audience = this.#audiences.get(key) ?? {
      topic,
      direct: new Set<Listener>(),
      batched: new Set<Listener>(),
      buffer: [],
    };
    this.#audiences.set(key, audience);
    (batched ? audience.batched : audience.direct).add(listener);
  }

  unsubscribe(topic: Topic, listener: Listener): void {
    const key = topicKey(topic);
    const audience = this.#audiences.get(key);
    if (audience === undefined) return;
    audience.direct.delete(listener);
    audience.batched.delete(listener);
    if (audience.direct.size + audience.batched.size === 0) this.#audiences.delete(key);
  }

  publish(message: TopicMessage): void {
    const audience = this.#audiences.get(topicKey(message.topic));
    if (audience === undefined) return;
    if (audience.batched.size > 0) {
      audience.buffer.push(message);
      if (audience.buffer.length >= BATCH_MAX) this.#flush(audience);
    }
    if (audience.direct.size === 0) return;
    const tail = tailOf(message, message.contents);
    this.#write(audience.direct, 'channel_data', tail);
  }

  flushBatches(): void {
    for (const audience of this.#audiences.values()) this.#flush(audience);
  }

  /** One frame per child subaccount, order kept inside each. */
  #flush(audience: Audience): void {
    const groups = new Map<number | undefined, TopicMessage[]>();
    for (const message of audience.buffer) {
      const group = groups.get(message.subaccountNumber);
      if (group === undefined) groups.set(message.subaccountNumber, [message]);
      else group.push(message);
    }
    audience.buffer = [];
    for (const group of groups.values()) {
      const [first] = group;
      if (first === undefined) continue;
      const contents = `[${group.map((message) => message.contents).join(',')}]`;
      this.#write(audience.batched, 'channel_batch_data', tailOf(first, contents));
    }
  }

  #write(
    listeners: ReadonlySet<Listener>,
    type: 'channel_data' | 'channel_batch_data',
    tail: string,
  ): void {
    for (const listener of listeners) {
      this.#frames += 1;
      listener.write(listener.session.data(type, tail));
    }
  }
}

function tailOf({ topic, subaccountNumber }: TopicMessage, contents: string): string {
  const { channel } = topic;
  const { version } = SOCKET_CHANNELS[channel];
  const child = subaccountNumber === undefined ? {} : { subaccountNumber };
  const head = JSON.stringify({ ...shownId(topic), channel, version, ...child });
  return `${head.slice(1, -1)},"contents":${contents}}`;
}
