/**
 * Stops and targets: looks at every view so that no tick needs to go through a machine, and says
 * once per position that its stop, and once that its target, has been crossed.
 */
import type { Side } from '../model/book.js';
import { tickUsd } from '../model/market.js';
import type { MarketId, UnixMs } from '../model/quantities.js';
import { assert } from '../model/result.js';
import type { MarketLens, Touch } from '../ports/lenses.js';

export interface ExitWatchOptions {
  /** Adverse move from the average entry, in bps of it. */
  readonly stopBps: number;
  /** Favourable move. */
  readonly takeBps: number;
}

export const EXIT_WATCH_DEFAULTS: ExitWatchOptions = { stopBps: 60, takeBps: 120 };

/** The position in a market as the watch must know it; `side` undefined: flat. */
export interface Holding {
  readonly market: MarketId;
  readonly side: Side | undefined;
  /** Average entry in USD per base unit; ignored when flat. */
  readonly entryUsd: number;
}

export interface ExitEdge {
  readonly type: 'stop' | 'take';
  readonly market: MarketId;
  readonly side: Side;
  /** Signed: the gain on the average entry, in bps. */
  readonly moveBps: number;
  readonly at: UnixMs;
}

interface Watched {
  side: Side;
  entryUsd: number;
  readonly told: Set<ExitEdge['type']>;
}

/** One instance for all markets; bounded by the positions held. */
export class ExitWatch {
  readonly #options: ExitWatchOptions;
  readonly #watched = new Map<MarketId, Watched>();
  readonly #touch: Touch = { bidPrice: 0, bidSize: 0, askPrice: 0, askSize: 0 };

  constructor(options: Partial<ExitWatchOptions> = {}) {
    this.#options = { ...EXIT_WATCH_DEFAULTS, ...options };
  }

  /** A further fill moves the entry and keeps what was told; a new position begins anew. */
  hold({ market, side, entryUsd }: Holding): void {
    const watched = this.#watched.get(market);
    if (side === undefined) {
      this.#watched.delete(market);
      return;
    }
    assert(entryUsd > 0 && entryUsd < Infinity, `entry: expected a price > 0, was ${entryUsd}`);
    if (watched?.side === side) watched.entryUsd = entryUsd;
    else this.#watched.set(market, { side, entryUsd, told: new Set() });
  }

  /** Nobody has heard what was told: it is told again. */
  forget(market: MarketId): void {
    this.#watched.get(market)?.told.clear();
  }

  /** Judged at the price that closing would get: best bid for longs, best ask for shorts. */
  accept(lens: MarketLens): ExitEdge | undefined {
    const { market, spec, at } = lens;
    const watched = this.#watched.get(market);
    if (watched === undefined || !lens.readTouch(this.#touch)) return undefined;
    const { side, entryUsd, told } = watched;
    const touch = side === 'buy' ? this.#touch.bidPrice : this.#touch.askPrice;
    const gain = (touch * tickUsd(spec) - entryUsd) * (side === 'buy' ? 1 : -1);
    const moveBps = (gain / entryUsd) * 1e4;
    const type = this.#crossed(moveBps);
    if (type === undefined || told.has(type)) return undefined;
    told.add(type);
    return { type, market, side, moveBps, at };
  }

  #crossed(moveBps: number): ExitEdge['type'] | undefined {
    if (moveBps < -this.#options.stopBps) return 'stop';
    return moveBps > this.#options.takeBps ? 'take' : undefined;
  }
}
