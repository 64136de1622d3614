/**
 * The market stage as a fold: events change the state of their market, and once per turn every
 * market that changed is told of, through its lens. The state comes first, then the telling.
 */
import type { Candle, CandleResolution, MarketView } from '../model/book.js';
import type { MarketEvent } from '../model/events.js';
import type { MarketSpec } from '../model/market.js';
import { unixMs, type MarketId, type UnixMs } from '../model/quantities.js';
import type { EngineBooks, FlowReport, MarketSummary, RawLevels } from '../ports/engine.js';
import type { MarketLens } from '../ports/lenses.js';
import type { LevelBatch } from '../ports/market-feed.js';
import { MarketState } from './market-state.js';

/** The venue lists a few hundred. Parameters that would exceed this are refused. */
const MARKETS_MAX = 2_048;

export type MarketRejection =
  | 'market.unknown'
  | 'market.limit'
  | 'book.no-snapshot'
  | 'book.too-old';

export type MarketVerdict =
  | { readonly verdict: 'applied' }
  | { readonly verdict: 'rejected'; readonly reason: MarketRejection };

/** Events so far; received = applied + rejected. */
export interface MarketCounts {
  readonly applied: number;
  readonly rejected: number;
}

/** What a decoder says of a book update. */
export interface MarketLevels {
  readonly market: MarketId;
  readonly slot: number;
  readonly levels: LevelBatch;
}

type SpecsEvent = Extract<MarketEvent, { type: 'specs' }>;
type EventOfOneMarket = Extract<MarketEvent, { market: MarketId }>;

const APPLIED: MarketVerdict = { verdict: 'applied' };
const NOTHING_TOLD: readonly MarketState[] = [];

export class MarketFold implements EngineBooks {
  readonly #markets = new Map<MarketId, MarketState>();
  /** Where the decoder's hints have led; believed only when the market is the one meant. */
  readonly #bySlot: MarketState[] = [];
  #dirty: MarketState[] = [];
  /** Whether the last flush told of something, which is read by now. */
  #isTold = false;
  /** Those that have trades of this turn, or of the last one until the next begins. */
  #traded: MarketState[] = [];
  /** Time, as far as this fold has been told of it. */
  #now = unixMs(0);
  /** When the newest block height was received. */
  #heightAt = unixMs(0);
  #applied = 0;
  #rejected = 0;

  get counts(): MarketCounts {
    return { applied: this.#applied, rejected: this.#rejected };
  }

  get markets(): readonly MarketId[] {
    return [...this.#markets.keys()];
  }

  /** `at` is the receive stamp of the event's frame. */
  apply(event: MarketEvent, at: UnixMs): MarketVerdict {
    this.#begin(at);
    const rejection = this.#apply(event, at);
    if (rejection === undefined) {
      this.#applied += 1;
      return APPLIED;
    }
    this.#rejected += 1;
    return { verdict: 'rejected', reason: rejection };
  }

  /** A book update without an object in between. Undefined: applied; else why not. */
  applyLevels({ market, slot, levels }: MarketLevels, at: UnixMs): MarketRejection | undefined {
    this.#begin(at);
    const hinted = this.#bySlot[slot];
    const state = hinted?.market === market ? hinted : this.#lookUp(market, slot);
    let rejection: MarketRejection | undefined;
    if (state === undefined) rejection = 'market.unknown';
    else if (state.applyLevels(levels, at)) this.#mark(state);
    else rejection = 'book.no-snapshot';
    if (rejection === undefined) this.#applied += 1;
    else this.#rejected += 1;
    return rejection;
  }

  /** The markets that changed since the last flush, in order of their first change. */
  flush(now: UnixMs): readonly MarketLens[] {
    this.#begin(now);
    if (this.#dirty.length === 0) return NOTHING_TOLD;
    const told = this.#dirty;
    this.#dirty = [];
    this.#isTold = true;
    for (const state of told) state.endTurn();
    return told;
  }

  view(market: MarketId, now: UnixMs): MarketView | undefined {
    if (now > this.#now) this.#now = now;
    return this.#markets.get(market)?.view();
  }

  spec(market: MarketId): MarketSpec | undefined {
    return this.#markets.get(market)?.spec;
  }

  /** Oldest first, the open one included; as many as `CandleWindows` keeps of that length. */
  candles(market: MarketId, resolution: CandleResolution = '1MIN'): readonly Candle[] {
    return this.#markets.get(market)?.candles(resolution) ?? [];
  }

  /** What takers bought and sold in the last `ms`, at most a minute. */
  flow(market: MarketId, now: UnixMs, ms: number): FlowReport | undefined {
    return this.#markets.get(market)?.flow(now, ms);
  }

  /** All raw levels, best first, crossed or not. */
  levels(market: MarketId): RawLevels {
    return this.#markets.get(market)?.levels ?? { bids: [], asks: [] };
  }

  tradeCount(market: MarketId): number {
    return this.#markets.get(market)?.tradeCount ?? 0;
  }

  /** Why the market's book is stale, while it is. */
  staleReason(market: MarketId): string | undefined {
    return this.#markets.get(market)?.staleReason;
  }

  report(market: MarketId): MarketSummary | undefined {
    return this.#markets.get(market)?.report();
  }

  /** Somebody knows better: a lost connection, a gap. Ends with the next snapshot. */
  markStale(markets: readonly MarketId[] | 'all', reason: string): void {
    for (const market of markets === 'all' ? this.#markets.keys() : markets) {
      const state = this.#markets.get(market);
      if (state === undefined) continue;
      state.markStale(reason);
      this.#mark(state);
    }
  }

  /** Looks for books that cannot be believed; returns the markets to subscribe anew, each once. */
  sweep(now: UnixMs): readonly MarketId[] {
    const resyncs: MarketId[] = [];
    for (const [market, state] of this.#markets) {
      const suspicion = state.suspicion(now, this.#heightAt);
      if (suspicion !== undefined) {
        state.distrust(suspicion);
        this.#mark(state);
      }
      if (state.takeResyncRequest(now)) resyncs.push(market);
    }
    return resyncs;
  }

  #apply(event: MarketEvent, at: UnixMs): MarketRejection | undefined {
    if (event.type === 'specs') return this.#learn(event, at);
    if (event.type === 'height') {
      this.#heightAt = at;
      return undefined;
    }
    const state = this.#markets.get(event.market);
    if (state === undefined) return 'market.unknown';
    const rejection = applyToMarket(state, event, at);
    if (event.type === 'trades') this.#traded.push(state);
    if (rejection === undefined) this.#mark(state);
    return rejection;
  }

  #learn({ specs }: SpecsEvent, at: UnixMs): MarketRejection | undefined {
    const added = specs.filter(({ market }) => !this.#markets.has(market)).length;
    if (this.#markets.size + added > MARKETS_MAX) return 'market.limit';
    for (const spec of specs) {
      const { size } = this.#markets;
      const known = this.#markets.get(spec.market);
      const state = known ?? new MarketState(spec, size, () => this.#now);
      state.learn(spec, at);
      this.#markets.set(spec.market, state);
      this.#mark(state);
    }
    return undefined;
  }

  /** The slot is remembered for next time. */
  #lookUp(market: MarketId, slot: number): MarketState | undefined {
    const state = this.#markets.get(market);
    if (state === undefined || slot >= MARKETS_MAX) return state;
    while (this.#bySlot.length < slot) this.#bySlot.push(state);
    this.#bySlot[slot] = state;
    return state;
  }

  #mark(state: MarketState): void {
    if (state.noteChange()) this.#dirty.push(state);
  }

  /** Every change comes through here first: what the last flush told is no longer news. */
  #begin(at: UnixMs): void {
    if (at > this.#now) this.#now = at;
    if (!this.#isTold) return;
    this.#isTold = false;
    for (const state of this.#traded) state.forgetTurn();
    this.#traded.length = 0;
  }
}

function applyToMarket(
  state: MarketState,
  event: EventOfOneMarket,
  at: UnixMs,
): MarketRejection | undefined {
  // The frequent ones first.
  switch (event.type) {
    case 'oracle':
      state.setOracle(event.price, at);
      break;
    case 'trades':
      state.addTrades(event.trades, at, event.snapshot);
      break;
    case 'candles':
      state.mergeCandles(event.resolution, event.candles, at);
      break;
    case 'status':
      state.setStatus(event.status, at);
      break;
    case 'funding':
      state.setFunding(event.rate1h, at);
      break;
    case 'openInterest':
      state.setOpenInterest(event.held, at);
      break;
    case 'book.snapshot':
      state.applySnapshot(event, at);
      break;
    case 'book.update':
      return state.applyUpdate(event, at) ? undefined : 'book.no-snapshot';
    case 'book.reread': {
      const verdict = state.reread(event, at, event.requestedAt);
      return verdict === 'applied' ? undefined : `book.${verdict}`;
    }
  }
  return undefined;
}
