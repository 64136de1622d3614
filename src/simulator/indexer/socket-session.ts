/**
 * One client's connection to the indexer: texts in, frames out.
 *
 * 1. One counter numbers all frames. A subscribe takes its number before its snapshot is read, so
 *    its answer may come after later frames; errors raised earlier repeat the current number.
 * 2. Limits: ids per channel, two subscribes per id and second, two invalid messages per second;
 *    above the last two the connection is told why and closed with 1008.
 * 3. A subscription lives from the moment of its answer on: what happened since the snapshot was
 *    read is lost, and an unsubscribe before that moment changes nothing.
 */
import { AttemptWindow } from './attempt-window.js';
import {
  isSocketChannel,
  needsId,
  shownId,
  SOCKET_CHANNELS,
  topicKey,
  type SocketChannel,
  type Topic,
} from './socket-channels.js';
import type { DataType, Listener } from './topic-hub.js';

/** Ids whose subscribe windows are remembered before the outdated ones are forgotten. */
const WINDOWS_MAX = 1000;

/** Where subscriptions are kept and snapshots come from. */
export interface SubscriptionDesk {
  isValid(topic: Topic): boolean;
  /** Reads the topic's state and hands it over, now or later. */
  fetch(topic: Topic, done: (snapshot: Snapshot) => void): void;
  subscribe(topic: Topic, listener: Listener, batched: boolean): void;
  unsubscribe(topic: Topic, listener: Listener): void;
}

export type Snapshot =
  /** JSON of the topic's state; `{}` for an unknown subaccount. */
  | { readonly type: 'contents'; readonly json: string }
  /** The account may not be served. */
  | { readonly type: 'blocked'; readonly message: string }
  | { readonly type: 'failed' };

/** The client's side of a connection: frames go in, and a close from our side ends it. */
export interface Peer {
  write(frame: string): void;
  close(code: number, reason: string): void;
}

/** What a client asked for; `id` as it came, for the answers that repeat it. */
interface Asked {
  readonly topic: Topic;
  readonly id: { readonly id?: string };
}

type Message = Readonly<Record<string, unknown>>;

export class SocketSession implements Listener {
  readonly #connectionId: string;
  readonly #desk: SubscriptionDesk;
  readonly #peer: Peer;
  readonly #heads: Readonly<Record<DataType, string>>;
  readonly #topics = new Map<string, Topic>();
  readonly #windows = new Map<string, AttemptWindow>();
  readonly #invalid = new AttemptWindow();
  /** By channel: subscriptions that live and that wait for their snapshot. */
  readonly #counts = new Map<SocketChannel, number>();
  #messageId = 0;
  #isOpen = true;

  constructor(connectionId: string, desk: SubscriptionDesk, peer: Peer) {
    this.#connectionId = connectionId;
    this.#desk = desk;
    this.#peer = peer;
    const head = `"connection_id":"${connectionId}","message_id":`;
    this.#heads = {
      channel_data: `{"type":"channel_data",${head}`,
      channel_batch_data: `{"type":"channel_batch_data",${head}`,
    };
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** The first frame of a connection. */
  greet(): void {
    this.#write({ type: 'connected', ...this.#stamp(0) });
  }

  /** Nothing is written any more, and all subscriptions are gone. */
  end(): void {
    this.#isOpen = false;
    for (const topic of this.#topics.values()) this.#desk.unsubscribe(topic, this);
    this.#topics.clear();
  }

  data(type: DataType, tail: string): void {
    this.#messageId += 1;
    this.#peer.write(this.#heads[type] + this.#messageId + tail);
  }

  receive(text: string, nowMs: number): void {
    if (!this.#isOpen) return;
    const message = readMessage(text);
    if (message === undefined) this.#refuse('Invalid message: could not parse', nowMs);
    else if (message === null) this.#error('Internal error', this.#messageId);
    else this.#act(message, nowMs);
  }

  #act(message: Message, nowMs: number): void {
    const { type } = message;
    switch (type) {
      case 'ping':
        return;
      case 'subscribe':
      case 'unsubscribe': {
        const asked = readTopic(message);
        if (typeof asked === 'string') {
          this.#error(asked, this.#messageId);
          return;
        }
        this.#messageId += 1;
        if (type === 'unsubscribe') this.#unsubscribe(asked);
        else this.#subscribe(asked, isTrue(message['batched']), nowMs);
        return;
      }
      default:
        this.#refuse(
          isTrue(type)
            ? `Invalid message type: ${shown(type)}`
            : 'Invalid message: type is required',
          nowMs,
        );
    }
  }

  #subscribe(asked: Asked, batched: boolean, nowMs: number): void {
    const { topic } = asked;
    const { channel, id } = topic;
    const number = this.#messageId;
    if (!this.#desk.isValid(topic)) {
      this.#error(`Invalid subscription id for channel: (${channel}-${id})`, number);
      return;
    }
    const { idsMax } = SOCKET_CHANNELS[channel];
    if (this.#countOf(channel) >= idsMax) {
      const limit = `${channel} (limit=${idsMax})`;
      this.#error(`Per-connection subscription limit reached for ${limit}.`, number);
      return;
    }
    if (!this.#windowOf(topicKey(topic), nowMs).take(nowMs)) {
      const text = `Too many subscribe attempts for channel ${channel}-${id}.`;
      this.#error(`${text} Please  reconnect and try again.`, number);
      this.#closeForFlood();
      return;
    }
    this.#counts.set(channel, this.#countOf(channel) + 1);
    this.#desk.fetch(topic, (snapshot) => {
      if (this.#isOpen) this.#answer(asked, { snapshot, batched, number });
    });
  }

  /** The snapshot has come: only now a second subscription of the same is noticed. */
  #answer(
    { topic, id }: Asked,
    answer: { readonly snapshot: Snapshot; readonly batched: boolean; readonly number: number },
  ): void {
    const { channel } = topic;
    const { snapshot, batched, number } = answer;
    const key = topicKey(topic);
    if (snapshot.type !== 'contents' || this.#topics.has(key)) {
      const text =
        snapshot.type === 'contents'
          ? `Invalid subscribe message: already subscribed (${channel}-${topic.id})`
          : snapshot.type === 'blocked'
            ? snapshot.message
            : `Internal error, could not fetch data for subscription: ${channel}.`;
      this.#counts.set(channel, this.#countOf(channel) - 1);
      this.#error(text, number, { channel, ...id });
      return;
    }
    this.#topics.set(key, topic);
    const head = { type: 'subscribed', ...this.#stamp(number), channel, ...shownId(topic) };
    this.#peer.write(`${JSON.stringify(head).slice(0, -1)},"contents":${snapshot.json}}`);
    this.#desk.subscribe(topic, this, batched);
  }

  /** Answered always, whether there was such a subscription or not. */
  #unsubscribe({ topic, id }: Asked): void {
    const { channel } = topic;
    if (this.#topics.delete(topicKey(topic))) {
      this.#counts.set(channel, this.#countOf(channel) - 1);
      this.#desk.unsubscribe(topic, this);
    }
    const shownAs = channel === 'v4_markets' ? {} : id;
    this.#write({ type: 'unsubscribed', ...this.#stamp(this.#messageId), channel, ...shownAs });
  }

  #error(message: string, number: number, about: object = {}): void {
    this.#write({ type: 'error', message, ...this.#stamp(number), ...about });
  }

  #refuse(message: string, nowMs: number): void {
    if (this.#invalid.take(nowMs)) {
      this.#error(message, this.#messageId);
      return;
    }
    const text = 'Too many invalid messages. Please reconnect and try again.';
    this.#error(text, this.#messageId);
    this.#closeForFlood();
  }

  #closeForFlood(): void {
    this.end();
    this.#peer.close(1008, JSON.stringify({ message: 'Rate limited' }));
  }

  #windowOf(key: string, nowMs: number): AttemptWindow {
    let window = this.#windows.get(key);
    if (window === undefined) {
      if (this.#windows.size >= WINDOWS_MAX) this.#forgetOutdated(nowMs);
      window = new AttemptWindow();
      this.#windows.set(key, window);
    }
    return window;
  }

  #forgetOutdated(nowMs: number): void {
    for (const [key, window] of this.#windows) {
      if (window.isOver(nowMs)) this.#windows.delete(key);
    }
  }

  #countOf(channel: SocketChannel): number {
    return this.#counts.get(channel) ?? 0;
  }

  #stamp(number: number) {
    return { connection_id: this.#connectionId, message_id: number };
  }

  #write(frame: object): void {
    this.#peer.write(JSON.stringify(frame));
  }
}

/** Undefined: no JSON. A text or a number is a message without fields. */
function readMessage(text: string): Message | null | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return value === null ? null : { ...(value as object) };
  } catch {
    return undefined;
  }
}

/** The topic that is asked for, or the text of the error. */
function readTopic({ channel, id }: Message): Asked | string {
  if (!isTrue(channel)) return 'Invalid subscribe message: channel is required';
  if (!isSocketChannel(channel)) return `Invalid channel: ${shown(channel)}`;
  if (typeof id === 'string') return { topic: { channel, id }, id: { id } };
  return needsId(channel)
    ? `Invalid id: ${shown(id)}`
    : { topic: { channel, id: channel }, id: {} };
}

const isTrue = (value: unknown): boolean => Boolean(value);

/** An unwanted value as it stands in a text. */
const shown = (value: unknown): string =>
  typeof value === 'object' && value !== null ? '[object Object]' : String(value);
