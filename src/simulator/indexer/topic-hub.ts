/**
 * Who listens to what. Contents are written once per topic, and not at all for nobody; only the
 * head of a frame differs between connections. Batched listeners of a topic share one buffer.
 */
import {
  shownId,
  SOCKET_CHANNELS,
  topicKey,
  type Topic,
  type TopicMessage,
} from './socket-channels.js';

/** Messages that a topic's buffer holds before it is flushed ahead of time. */
const BATCH_MAX = 1000;

export type DataType = 'channel_data' | 'channel_batch_data';

/** A connection as the hub sees it. */
export interface Listener {
  /** Writes a frame; `tail` is everything after the message id, shared by all listeners. */
  data(type: DataType, tail: string): void;
}

interface Audience {
  /** Everything between message id and contents. */
  readonly head: string;
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
    let audience = this.#audiences.get(key);
    if (audience === undefined) {
      audience = { head: headOf(topic), direct: new Set(), batched: new Set(), buffer: [] };
      this.#audiences.set(key, audience);
    }
    (batched ? audience.batched : audience.direct).add(listener);
  }

  unsubscribe(topic: Topic, listener: Listener): void {
    const key = topicKey(topic);
    const audience = this.#audiences.get(key);
    if (audience === undefined) return;
    audience.direct.delete(listener);
    audience.batched.delete(listener);
    if (isDeserted(audience)) this.#audiences.delete(key);
  }

  publish(message: TopicMessage): void {
    const audience = this.#audiences.get(topicKey(message.topic));
    if (audience === undefined) return;
    if (audience.batched.size > 0) {
      audience.buffer.push(message);
      if (audience.buffer.length >= BATCH_MAX) this.#flush(audience);
    }
    if (audience.direct.size === 0) return;
    const tail = audience.head + message.contents + endOf(message.subaccountNumber);
    this.#write(audience.direct, 'channel_data', tail);
  }

  flushBatches(): void {
    for (const [key, audience] of this.#audiences) {
      this.#flush(audience);
      if (isDeserted(audience)) this.#audiences.delete(key);
    }
  }

  /**
   * One frame per child subaccount, in ascending order, the messages' order kept inside each. A
   * topic's messages all have one version.
   */
  #flush(audience: Audience): void {
    const { head, batched, buffer } = audience;
    if (buffer.length === 0) return;
    audience.buffer = [];
    const groups = new Map<number | undefined, string[]>();
    for (const { subaccountNumber, contents } of buffer) {
      const group = groups.get(subaccountNumber);
      if (group === undefined) groups.set(subaccountNumber, [contents]);
      else group.push(contents);
    }
    const ascending = [...groups].sort(([a = 0], [b = 0]) => a - b);
    for (const [subaccountNumber, contents] of ascending) {
      const tail = `${head}[${contents.join(',')}]${endOf(subaccountNumber)}`;
      this.#write(batched, 'channel_batch_data', tail);
    }
  }

  #write(listeners: ReadonlySet<Listener>, type: DataType, tail: string): void {
    this.#frames += listeners.size;
    for (const listener of listeners) listener.data(type, tail);
  }
}

/** A buffer waits for its flush though nobody listens: who comes until then gets it. */
const isDeserted = ({ direct, batched, buffer }: Audience): boolean =>
  direct.size + batched.size + buffer.length === 0;

function headOf(topic: Topic): string {
  const { channel } = topic;
  const { version } = SOCKET_CHANNELS[channel];
  return `,${JSON.stringify({ ...shownId(topic), channel, version }).slice(1, -1)},"contents":`;
}

const endOf = (subaccountNumber: number | undefined): string =>
  subaccountNumber === undefined ? '}' : `,"subaccountNumber":${subaccountNumber}}`;
