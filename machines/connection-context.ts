/**
 * The words of a connection: its events, its context, its timing, and what follows from them by
 * arithmetic.
 */
import type { SessionOrder, SocketFact } from '../src/model/connection.js';
import { subscriptionKey, type Subscription } from '../src/model/events.js';

export type ConnectionEvent =
  | SocketFact
  | { readonly type: 'connection.open' }
  | { readonly type: 'connection.close' }
  /** The operator has repaired what was fatal, or will not wait for the backoff. */
  | { readonly type: 'connection.reset' }
  /** The whole wanted set; replaces the one before. */
  | { readonly type: 'connection.want'; readonly subscriptions: readonly Subscription[] }
  /** Fresh snapshots of these keys, while the connection stays usable. */
  | { readonly type: 'connection.refresh'; readonly keys: readonly string[] };

export type ConnectionEmitted =
  | SessionOrder
  | { readonly type: 'feed.up'; readonly name: string; readonly epoch: number }
  | { readonly type: 'feed.down'; readonly name: string; readonly epoch: number }
  | {
      readonly type: 'feed.refused';
      readonly name: string;
      readonly key: string;
      readonly message: string;
    };

/** All in milliseconds. */
export interface ConnectionTiming {
  /** For the upgrade, and again for the venue's greeting. */
  readonly handshakeMs: number;
  /** For all subscriptions, in addition to their spacing. */
  readonly subscribeMs: number;
  readonly resyncMs: number;
  /** Between two subscribes on one socket. */
  readonly subscribeSpacingMs: number;
  /** Pongs come but no blocks: the venue stands still, or this server of it does. */
  readonly staleMs: number;
  readonly stableMs: number;
  readonly drainMs: number;
  readonly backoffBaseMs: number;
  readonly backoffCapMs: number;
  /** At least this long after the venue closed with 1008, rate limited. */
  readonly rateLimitedMs: number;
}

export const CONNECTION_TIMING: ConnectionTiming = {
  handshakeMs: 10_000,
  subscribeMs: 15_000,
  resyncMs: 10_000,
  subscribeSpacingMs: 100,
  staleMs: 30_000,
  stableMs: 60_000,
  drainMs: 2_000,
  backoffBaseMs: 250,
  backoffCapMs: 10_000,
  rateLimitedMs: 5_000,
};

export interface ConnectionInput {
  readonly name: string;
  readonly url: string;
  readonly wanted: readonly Subscription[];
  /** Uniform draws in [0, 1), used in turn, one for each epoch's backoff. */
  readonly jitter: readonly number[];
  readonly timing?: Partial<ConnectionTiming>;
}

export interface ConnectionContext {
  readonly name: string;
  readonly url: string;
  readonly jitter: readonly number[];
  readonly timing: ConnectionTiming;
  readonly wanted: readonly Subscription[];
  /** Keys that the venue has confirmed in this epoch. */
  readonly confirmed: readonly string[];
  /** Keys of markets that the venue refuses in this epoch. */
  readonly refused: readonly string[];
  /** No sign of life from the feed. */
  readonly silent: boolean;
  readonly epoch: number;
  /** Sessions begun since the last stable minute. */
  readonly attempts: number;
  readonly rateLimited: boolean;
  readonly lastError: string | null;
}

/** Full jitter: anything between nothing and base·2^n, capped. Milliseconds. */
export function backoffMs(context: ConnectionContext): number {
  const { attempts, epoch, jitter, rateLimited, timing } = context;
  const exponent = Math.min(Math.max(0, attempts - 1), 16);
  const longest = Math.min(timing.backoffCapMs, timing.backoffBaseMs * 2 ** exponent);
  const wait = longest * (jitter[epoch % jitter.length] ?? 1);
  return rateLimited ? Math.max(wait, timing.rateLimitedMs) : wait;
}

/** Wanted keys that are neither confirmed nor refused. */
export const missingKeys = ({ wanted, confirmed, refused }: ConnectionContext): readonly string[] =>
  without(wanted.map(subscriptionKey), [...confirmed, ...refused]);

/** How long the wanted set takes to be sent. */
export const spacingMs = ({ wanted, timing }: ConnectionContext): number =>
  wanted.length * timing.subscribeSpacingMs;

export const without = (keys: readonly string[], gone: readonly string[]): readonly string[] =>
  keys.filter((key) => !gone.includes(key));
