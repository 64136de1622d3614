/** Frames in, model events out: a deterministic fold that remembers the market parameters. */
import type { AccountEvent, MarketEvent, UnknownVersion } from '../model/events.js';
import type { MarketSpec } from '../model/market.js';
import type { MarketId, UnixMs } from '../model/quantities.js';

/**
 * Level changes of one market as integers, in wire order. One batch serves all frames: it holds
 * until the next `decode`.
 */
export interface LevelBatch {
  readonly count: number;
  /** 0 = bid, 1 = ask. */
  readonly sides: Uint8Array;
  /** Ticks. */
  readonly prices: Float64Array;
  /** Steps; 0 removes the level. */
  readonly sizes: Float64Array;
}

export type Decoded =
  /** Read completely. `market` and `account` are in wire order; both may be empty. */
  | {
      readonly type: 'events';
      readonly market: readonly MarketEvent[];
      readonly account: readonly AccountEvent[];
    }
  /** A book update, read completely; the same object each time. */
  | {
      readonly type: 'levels';
      readonly market: MarketId;
      /** A small number that stands for the market, as a hint where to look it up. */
      readonly slot: number;
      readonly levels: LevelBatch;
    }
  /** An envelope without data: `connected`, `unsubscribed`, `error`. Counts as applied. */
  | { readonly type: 'control' }
  /** Understood and refused, with the reason: a market that we do not know (yet). */
  | { readonly type: 'rejected'; readonly reason: string }
  /** Not readable. One bad entry quarantines its frame; `market` names the book to resync. */
  | {
      readonly type: 'unreadable';
      readonly reason: string;
      readonly market: MarketId | undefined;
      /** Set where this is the reason: no frame of the channel will be readable. */
      readonly unknownVersion?: UnknownVersion | undefined;
    };

export interface FrameDecoder {
  /** Never throws. */
  decode(frame: Uint8Array, at: UnixMs): Decoded;
  /** Market parameters learned elsewhere (REST at start). */
  learn(specs: readonly MarketSpec[]): void;
  spec(market: MarketId): MarketSpec | undefined;
  /** Parameters of all markets that it knows, as of the newest frame. */
  readonly specs: readonly MarketSpec[];
}
