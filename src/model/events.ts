/** What the decoder makes of one frame: facts for the stages, or the reason why there are none. */
import type { AccountSnapshot, AccountUpdate } from './account.js';
import type { Candle, CandleResolution, MarketView, Trade } from './book.js';
import type { MarketSpec, MarketStatus } from './market.js';
import type { VenueOrder } from './order.js';
import type {
  BlockHeight,
  MarketId,
  OpenInterest,
  OraclePrice,
  Steps,
  Ticks,
  UnixMs,
} from './quantities.js';

/** Price and absolute size of one book level; size 0 removes it. */
export interface LevelChange {
  readonly price: Ticks;
  readonly size: Steps;
}

export type MarketEvent =
  | { readonly type: 'specs'; readonly specs: readonly MarketSpec[] }
  | { readonly type: 'status'; readonly market: MarketId; readonly status: MarketStatus }
  | { readonly type: 'oracle'; readonly market: MarketId; readonly price: OraclePrice }
  /** Next hourly funding as a fraction of notional, for signals only. */
  | { readonly type: 'funding'; readonly market: MarketId; readonly rate1h: number }
  | { readonly type: 'openInterest'; readonly market: MarketId; readonly held: OpenInterest }
  | {
      readonly type: 'book.snapshot' | 'book.update' | 'book.reread';
      readonly market: MarketId;
      readonly bids: readonly LevelChange[];
      readonly asks: readonly LevelChange[];
      /** Of a reread: when it was asked for. Absent: as old as the snapshot that it completes. */
      readonly requestedAt?: UnixMs;
    }
  | {
      readonly type: 'trades';
      readonly market: MarketId;
      readonly trades: readonly Trade[];
      readonly snapshot: boolean;
    }
  | {
      readonly type: 'candles';
      readonly market: MarketId;
      readonly resolution: CandleResolution;
      readonly candles: readonly Candle[];
    }
  | { readonly type: 'height'; readonly height: BlockHeight; readonly time: UnixMs };

/** What somebody who knows this view can tell of the market beside its books and trades. */
export function factsOf({ market, ...view }: MarketView): readonly MarketEvent[] {
  const facts: MarketEvent[] = [];
  if (view.oracle !== undefined) facts.push({ type: 'oracle', market, price: view.oracle });
  const { fundingRate1h: rate1h, openInterest: held } = view;
  if (rate1h !== undefined) facts.push({ type: 'funding', market, rate1h });
  if (held !== undefined) facts.push({ type: 'openInterest', market, held });
  return facts;
}

export type AccountEvent =
  | {
      readonly type: 'account.snapshot';
      readonly snapshot: AccountSnapshot | undefined;
      readonly orders: readonly VenueOrder[];
      readonly height: BlockHeight | undefined;
    }
  | { readonly type: 'account.update'; readonly update: AccountUpdate };

export const CHANNELS = [
  'v4_markets',
  'v4_trades',
  'v4_orderbook',
  'v4_candles',
  'v4_subaccounts',
  'v4_block_height',
] as const;
export type Channel = (typeof CHANNELS)[number];

/** One subscription: a channel and, where the channel has one, an id. */
export interface Subscription {
  readonly channel: Channel;
  readonly id: string | undefined;
}

export const subscriptionKey = (subscription: Subscription): string =>
  subscription.id === undefined
    ? subscription.channel
    : `${subscription.channel}:${subscription.id}`;

/** The envelope of a frame: what the connection needs to know of it, nothing of its contents. */
export interface Envelope {
  readonly kind: 'connected' | 'subscribed' | 'unsubscribed' | 'data' | 'error';
  readonly connectionId: string;
  readonly messageId: number;
  readonly subscription: Subscription | undefined;
  /** The venue's text, for `error`. */
  readonly message: string | undefined;
}

/** The venue speaks a major version of a channel that this service was not written for. */
export interface UnknownVersion {
  readonly channel: Channel;
  /** As the frame says it, at most 64 characters. */
  readonly version: string;
}

/** A frame that could not be read, kept with its reason; never guessed at. */
export interface DeadLetter {
  readonly reason: string;
  /** First 200 characters, control characters escaped. */
  readonly excerpt: string;
  readonly at: UnixMs;
}

/** I15: received = applied + rejected + quarantined. */
export interface FrameCounts {
  readonly received: number;
  readonly applied: number;
  readonly rejected: number;
  readonly quarantined: number;
}
