/** The indexer's WebSocket channels: names, limits per connection, schema versions. */

export const SOCKET_CHANNELS = {
  v4_markets: { idsMax: 32, version: '1.0.0' },
  v4_trades: { idsMax: 32, version: '2.1.0' },
  v4_orderbook: { idsMax: 32, version: '1.0.0' },
  v4_candles: { idsMax: 32, version: '1.0.0' },
  v4_subaccounts: { idsMax: 256, version: '3.0.0' },
  v4_parent_subaccounts: { idsMax: 256, version: '3.0.0' },
  v4_block_height: { idsMax: 1, version: '1.0.0' },
} as const;

export type SocketChannel = keyof typeof SOCKET_CHANNELS;

/** What a message is about. Channels without ids use their own name as the id. */
export interface Topic {
  readonly channel: SocketChannel;
  readonly id: string;
}

export const topicKey = ({ channel, id }: Topic): string => `${channel}:${id}`;

export const isSocketChannel = (name: unknown): name is SocketChannel =>
  typeof name === 'string' && Object.hasOwn(SOCKET_CHANNELS, name);

/** These two take no id; the block height's frames show one nevertheless. */
export const needsId = (channel: SocketChannel): boolean =>
  channel !== 'v4_markets' && channel !== 'v4_block_height';

export const isAccount = ({ channel }: Topic): boolean =>
  channel === 'v4_subaccounts' || channel === 'v4_parent_subaccounts';

/** The `id` field of a topic's frames: all have one but those of `v4_markets`. */
export const shownId = ({ channel, id }: Topic): { readonly id?: string } =>
  channel === 'v4_markets' ? {} : { id };

/** One update, already JSON: `contents` is written once for all subscribers. */
export interface TopicMessage {
  readonly topic: Topic;
  readonly contents: string;
  /** Parent channels only: the child that the message is about. */
  readonly subaccountNumber?: number;
}
