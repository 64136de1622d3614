/**
 * Layers 3 to 5 the plain way: a frame is parsed, its facts change what is kept of the market, and
 * what is asked at the end of a turn is computed from what is kept. Callbacks and timers, no
 * streams. It is the oracle of the streaming engine, and what trades when that one fails.
 */
import type { Candle, CandleResolution, MarketView } from '../model/book.js';
import type { Verdict } from '../model/decision.js';
import type {
  AccountEvent,
  DeadLetter,
  FrameCounts,
  MarketEvent,
  UnknownVersion,
} from '../model/events.js';
import type { MarketSpec } from '../model/market.js';
import { unixMs, type MarketId, type UnixMs } from '../model/quantities.js';
import type { Backfill } from '../model/signal.js';
import type { TimerHandle } from '../ports/clock.js';
import type {
  EngineBooks,
  FlowReport,
  MarketSummary,
  RawLevels,
  StampedFact,
  StampedFrame,
  StampedHeight,
} from '../ports/engine.js';
import type { FrameDecoder } from '../ports/market-feed.js';
import { BatchDesk, type DeskOptions } from './batch-desk.js';
import { BatchMarket } from './batch-market.js';

const MARKETS_MAX = 2_048;
const RESYNC_LOOK_MS = 1_000;
const EXCERPT_LENGTH = 200;
const REASONS_MAX = 100;
/** The channel's name stands within the envelope, which comes first. */
const HEAD_LENGTH = 400;

/** Who is told what, at once. */
export interface BatchListener {
  markets(markets: readonly BatchMarket[]): void;
  verdict(verdict: Verdict): void;
  decision(decision: Verdict): void;
  account(event: AccountEvent): void;
  accountLost(): void;
  height(height: StampedHeight): void;
  snapshot(market: MarketId): void;
  deadLetter(letter: DeadLetter): void;
  unknownVersion(version: UnknownVersion, at: UnixMs): void;
  resync(markets: readonly MarketId[]): void;
}

export interface BatchOptions extends Omit<DeskOptions, 'onVerdict' | 'onDecision'> {
  readonly decoder: FrameDecoder;
  readonly listener: BatchListener;
}

export class BatchEngine implements EngineBooks {
  readonly desk: BatchDesk;
  readonly #options: BatchOptions;
  readonly #markets = new Map<MarketId, BatchMarket>();
  readonly #changed = new Set<BatchMarket>();
  /** History that came before its market. */
  readonly #early = new Map<MarketId, Backfill>();
  readonly #letters = new Map<string, number>();
  readonly #counts = { received: 0, applied: 0, rejected: 0, quarantined: 0 };
  #watched: ReadonlySet<MarketId> | undefined;
  #now = unixMs(0);
  #heightAt = unixMs(0);
  #resyncTimer: TimerHandle | undefined;

  constructor(options: BatchOptions) {
    this.#options = options;
    const { listener } = options;
    this.desk = new BatchDesk({
      ...options,
      onVerdict: (verdict) => listener.verdict(verdict),
      onDecision: (decision) => listener.decision(decision),
    });
  }

  get counts(): FrameCounts {
    return { ...this.#counts };
  }

  get letters(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#letters);
  }

  get markets(): readonly MarketId[] {
    return [...this.#markets.keys()];
  }

  watch(markets: readonly MarketId[]): void {
    this.#watched = new Set(markets);
  }

  /** Books that cannot be believed are looked for from now on. */
  openResyncs(): void {
    this.#resyncTimer = this.#options.clock.setTimeout(() => {
      const resyncs = this.#sweep(this.#options.clock.now());
      if (resyncs.length > 0) this.#options.listener.resync(resyncs);
      this.openResyncs();
    }, RESYNC_LOOK_MS);
  }

  closeResyncs(): void {
    this.#options.clock.clearTimeout(this.#resyncTimer);
  }

  /** Every frame is applied, rejected or quarantined, and counted as exactly one of them. */
  receive({ data, at }: StampedFrame): void {
    this.#counts.received += 1;
    const decoded = this.#options.decoder.decode(data, at);
    switch (decoded.type) {
      case 'control':
        this.#counts.applied += 1;
        return;
      case 'rejected':
        this.#counts.rejected += 1;
        return this.#noteLoss(data);
      case 'unreadable':
        this.#noteLoss(data);
        if (decoded.unknownVersion !== undefined) {
          this.#options.listener.unknownVersion(decoded.unknownVersion, at);
        }
        return this.#quarantine(decoded.reason, decoded.market, { data, at });
      case 'levels': {
        const { market, levels } = decoded;
        const sideOf = (side: number) =>
          Array.from({ length: levels.count }, (_, index) => index)
            .filter((index) => levels.sides[index] === side)
            .map((index) => ({
              price: (levels.prices[index] ?? 0) as never,
              size: (levels.sizes[index] ?? 0) as never,
            }));
        const event = { type: 'book.update', market, bids: sideOf(0), asks: sideOf(1) } as const;
        return this.#count(this.#take([event], at));
      }
      case 'events':
        this.#count(this.#take(decoded.market, at));
        for (const event of decoded.account) this.#options.listener.account(event);
    }
  }

  /** False when it was refused. */
  apply({ event, at }: StampedFact): boolean {
    if (at > this.#now) this.#now = at;
    if (event.type === 'height') {
      this.#heightAt = at;
      return true;
    }
    if (event.type === 'specs') return this.#learn(event.specs, at);
    const market = this.#markets.get(event.market);
    if (market === undefined || market.apply(event, at) !== undefined) return false;
    this.#changed.add(market);
    return true;
  }

  backfill(history: Backfill): void {
    const market = this.#markets.get(history.spec.market);
    if (market !== undefined) market.scores.backfill(history);
    else if (this.#early.size < MARKETS_MAX) this.#early.set(history.spec.market, history);
  }

  /** The turn ends: the markets that changed are told of, then looked at. */
  flush(now: UnixMs): void {
    if (now > this.#now) this.#now = now;
    const changed = [...this.#changed];
    if (changed.length === 0) return;
    this.#changed.clear();
    for (const market of changed) market.endTurn();
    this.#options.listener.markets(changed);
    this.desk.take(changed);
  }

  view(market: MarketId, now: UnixMs): MarketView | undefined {
    if (now > this.#now) this.#now = now;
    return this.#markets.get(market)?.view();
  }

  spec(market: MarketId): MarketSpec | undefined {
    return this.#markets.get(market)?.spec;
  }

  candles(market: MarketId, resolution: CandleResolution = '1MIN'): readonly Candle[] {
    return this.#markets.get(market)?.candles(resolution) ?? [];
  }

  flow(market: MarketId, now: UnixMs, ms: number): FlowReport | undefined {
    return this.#markets.get(market)?.flow(now, ms);
  }

  levels(market: MarketId): RawLevels {
    return this.#markets.get(market)?.book.raw() ?? { bids: [], asks: [] };
  }

  tradeCount(market: MarketId): number {
    return this.#markets.get(market)?.kept.count ?? 0;
  }

  report(market: MarketId): MarketSummary | undefined {
    return this.#markets.get(market)?.report();
  }

  markStale(markets: readonly MarketId[] | 'all', reason: string): void {
    for (const id of markets === 'all' ? this.markets : markets) {
      const market = this.#markets.get(id);
      if (market === undefined) continue;
      market.book.markStale(reason);
      this.#changed.add(market);
    }
  }

  #take(events: readonly MarketEvent[], at: UnixMs): boolean {
    let areTaken = true;
    for (const event of events) {
      const watched = this.#onlyWatched(event);
      if (watched === undefined) continue;
      if (!this.apply({ event: watched, at })) areTaken = false;
      const { listener } = this.#options;
      if (watched.type === 'height') {
        const { height, time } = watched;
        listener.height({ height, time, at });
      }
      if (watched.type === 'book.snapshot') listener.snapshot(watched.market);
    }
    return areTaken;
  }

  #onlyWatched(event: MarketEvent): MarketEvent | undefined {
    const watched = this.#watched;
    if (watched === undefined || event.type === 'height') return event;
    if (event.type !== 'specs') return watched.has(event.market) ? event : undefined;
    return { ...event, specs: event.specs.filter(({ market }) => watched.has(market)) };
  }

  #count(isTaken: boolean): void {
    this.#counts[isTaken ? 'applied' : 'rejected'] += 1;
  }

  #learn(specs: readonly MarketSpec[], at: UnixMs): boolean {
    const added = specs.filter(({ market }) => !this.#markets.has(market)).length;
    if (this.#markets.size + added > MARKETS_MAX) return false;
    for (const spec of specs) {
      const known = this.#markets.get(spec.market);
      const market = known ?? new BatchMarket(spec, () => this.#now);
      market.learn(spec, at);
      this.#markets.set(spec.market, market);
      this.#changed.add(market);
      const history = this.#early.get(spec.market);
      if (history !== undefined) market.scores.backfill(history);
      this.#early.delete(spec.market);
    }
    return true;
  }

  #sweep(now: UnixMs): readonly MarketId[] {
    const resyncs: MarketId[] = [];
    for (const market of this.#markets.values()) {
      if (market.suspect(now, this.#heightAt)) this.#changed.add(market);
      if (market.takeResyncRequest(now)) resyncs.push(market.market);
    }
    return resyncs;
  }

  #noteLoss(data: Uint8Array): void {
    const head = new TextDecoder().decode(data.subarray(0, HEAD_LENGTH));
    if (head.includes('v4_subaccounts')) this.#options.listener.accountLost();
  }

  #quarantine(reason: string, market: MarketId | undefined, { data, at }: StampedFrame): void {
    this.#counts.quarantined += 1;
    const isKnown = this.#letters.has(reason) || this.#letters.size < REASONS_MAX;
    const key = isKnown ? reason : 'other';
    this.#letters.set(key, (this.#letters.get(key) ?? 0) + 1);
    const text = new TextDecoder().decode(data.subarray(0, EXCERPT_LENGTH));
    const { listener } = this.#options;
    listener.deadLetter({ reason, excerpt: JSON.stringify(text).slice(1, -1), at });
    if (market === undefined) return;
    this.markStale([market], 'frame.unreadable');
    listener.resync([market]);
  }
}
