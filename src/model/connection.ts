/** What a connection and its socket session say to each other: facts one way, orders the other. */
import type { Channel, Subscription } from './events.js';

/** What happened on the socket. Only edges: frames never become facts. Keys: `subscriptionKey`. */
export type SocketFact =
  | { readonly type: 'socket.opened' }
  | { readonly type: 'socket.welcomed'; readonly connectionId: string }
  | { readonly type: 'socket.subscribed'; readonly key: string }
  /** The key is no longer wanted, and the venue has let it go. */
  | { readonly type: 'socket.unsubscribed'; readonly key: string }
  /** `fatal`: retrying cannot help. */
  | {
      readonly type: 'socket.closed';
      readonly code: number;
      readonly reason: string;
      readonly fatal: boolean;
    }
  /** Refused several times in a row; the session goes on asking, slowly. */
  | { readonly type: 'subscribe.failed'; readonly key: string; readonly message: string }
  | { readonly type: 'feed.stale' }
  | { readonly type: 'feed.fresh' }
  /** Messages of these subscriptions may be lost. */
  | { readonly type: 'feed.gap'; readonly keys: readonly string[] };

/** What the session is to do. */
export type SessionOrder =
  /** Subscribe and unsubscribe until exactly these are subscribed. */
  | { readonly type: 'session.want'; readonly subscriptions: readonly Subscription[] }
  /** Unsubscribe and subscribe again, for fresh snapshots. */
  | { readonly type: 'session.renew'; readonly keys: readonly string[] }
  /** The last one: how its address has failed the connection. */
  | { readonly type: 'session.blame'; readonly reason: string };

/**
 * The connection as its session hears it: an XState actor as it is, which does not type what it
 * emits. Under a `SessionOrder`'s type it emits nothing else.
 */
export interface SessionOrders {
  on(
    type: SessionOrder['type'],
    listener: (order: { readonly type: string }) => void,
  ): { readonly unsubscribe: () => void };
}

/** One life of one socket. Epochs of a connection count from 1. */
export interface SessionInput {
  readonly name: string;
  readonly url: string;
  readonly epoch: number;
  readonly connection: SessionOrders;
}

const MARKET_CHANNELS = new Set<Channel>(['v4_trades', 'v4_orderbook', 'v4_candles']);

/** One market's data: a refusal costs that market only, not the socket. */
export const isMarketChannel = (channel: Channel): boolean => MARKET_CHANNELS.has(channel);
