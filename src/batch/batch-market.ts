/** All that the batch engine keeps of one market, and what it says of it when it is asked. */
import type { BookState, Candle, CandleResolution, MarketView, Trade } from '../model/book.js';
import type { MarketEvent } from '../model/events.js';
import {
  formatPrice,
  formatSize,
  priceOfTicks,
  sizeOfSteps,
  type MarketSpec,
} from '../model/market.js';
import {
  steps,
  unixMs,
  type MarketId,
  type OpenInterest,
  type OraclePrice,
  type UnixMs,
} from '../model/quantities.js';
import {
  SIGNAL_NAMES,
  WARM_SAMPLES,
  type Backfill,
  type SignalName,
  type SignalScore,
  type SignalSet,
} from '../model/signal.js';
import type { FlowReport, MarketSummary } from '../ports/engine.js';
import type { MarketLens, SignalLens, Touch } from '../ports/lenses.js';
import { DirectScores } from './direct-scores.js';
import { KeptTrades } from './kept-trades.js';
import { LevelTable } from './level-table.js';

/** A book that is crossed, or silent while others trade through it, for longer is stale. */
const SUSPICION_MS = 10_000;
const RESYNC_RETRY_MS = 30_000;
const MINUTE_MS = 60_000;
/** Trades older than this on arrival are history, not activity. */
const TRADE_AGE_MS_MAX = 5_000;
const REPORTED_LEVELS = 10;
/** Levels lose their weight over 10 bps, or two ticks, beyond the touch. */
const REACH = 10e-4;
const REACH_TICKS_MIN = 2;

type EventOfMarket = Extract<MarketEvent, { market: MarketId }>;

export class BatchMarket implements MarketLens {
  readonly market: MarketId;
  readonly book = new LevelTable();
  readonly kept = new KeptTrades();
  spec: MarketSpec;
  at = unixMs(0);
  /** Of the turn that was told last. */
  trades: readonly Trade[] = [];
  readonly scores: BatchScores;
  readonly #now: () => UnixMs;
  #coming: Trade[] = [];
  #oracle: OraclePrice | undefined;
  #oracleAt: UnixMs | undefined;
  #fundingRate1h: number | undefined;
  #openInterest: OpenInterest | undefined;
  #passedAt: UnixMs | undefined;
  #isSnapshotWanted = false;
  #askedAt: UnixMs | undefined;

  constructor(spec: MarketSpec, now: () => UnixMs) {
    this.market = spec.market;
    this.spec = spec;
    this.#now = now;
    this.scores = new BatchScores(spec);
  }

  get bookState(): BookState {
    return this.book.state;
  }

  get bookAt(): UnixMs {
    return this.book.updatedAt;
  }

  get bestBid(): number {
    return this.book.view().bids[0]?.price ?? Number.NaN;
  }

  get bestAsk(): number {
    return this.book.view().asks[0]?.price ?? Number.NaN;
  }

  get fundingRate1h(): number | undefined {
    return this.#fundingRate1h;
  }

  slipped(side: 'bids' | 'asks', wanted: number): number {
    const levels = this.book.view()[side];
    const held = levels.map((_, count) =>
      levels.slice(0, count).reduce((sum, { size }) => sum + size, 0),
    );
    const sizes = levels.map(({ size }, index) => Math.min(size, wanted - (held[index] ?? 0)));
    const last = sizes.findIndex((size, index) => (held[index] ?? 0) + size >= wanted);
    const touch = levels[0]?.price ?? Number.NaN;
    if (last < 0) return Infinity;
    return levels
      .slice(0, last + 1)
      .reduce((sum, { price }, index) => sum + (sizes[index] ?? 0) * Math.abs(price - touch), 0);
  }

  /** Why it was refused, if it was. */
  apply(event: EventOfMarket, at: UnixMs): string | undefined {
    if (event.type === 'book.update' && !this.book.update(event, at)) return 'book.no-snapshot';
    if (event.type === 'book.reread') {
      const verdict = this.book.reread(event, at, event.requestedAt);
      if (verdict !== 'applied') return `book.${verdict}`;
    }
    this.at = at;
    switch (event.type) {
      case 'status':
        this.spec = { ...this.spec, status: event.status };
        break;
      case 'oracle':
        this.#oracle = event.price;
        this.#oracleAt = at;
        break;
      case 'funding':
        this.#fundingRate1h = event.rate1h;
        break;
      case 'openInterest':
        this.#openInterest = event.held;
        break;
      case 'book.snapshot':
        this.book.snapshot(event, at);
        this.#passedAt = undefined;
        this.#isSnapshotWanted = false;
        break;
      case 'book.update':
        this.#passedAt = undefined;
        break;
      case 'book.reread':
        break;
      case 'trades':
        this.#trade(event.trades, at, event.snapshot);
        break;
      case 'candles':
        for (const candle of event.candles) this.kept.merge(event.resolution, candle);
        break;
    }
    return undefined;
  }

  /** Ticks and steps of another length mean nothing in what was kept. */
  learn(spec: MarketSpec, at: UnixMs): void {
    this.at = at;
    const isSame =
      spec.tick === this.spec.tick &&
      spec.step === this.spec.step &&
      spec.priceExponent === this.spec.priceExponent &&
      spec.sizeExponent === this.spec.sizeExponent;
    this.spec = spec;
    if (isSame) return;
    this.book.clear();
    this.kept.clear();
    this.#coming = [];
    this.#passedAt = undefined;
    this.#wantSnapshot();
  }

  /** The turn ends: what came in it is told, and observed by the scores. */
  endTurn(): void {
    this.trades = this.#coming;
    this.#coming = [];
    this.scores.observe(this);
  }

  /** Asks for a new snapshot when the book cannot be believed any longer. True: it is stale now. */
  suspect(now: UnixMs, heightAt: UnixMs): boolean {
    const { state, crossedSince, updatedAt } = this.book;
    if (state === 'empty' || state === 'stale') return false;
    const isCrossed = crossedSince !== undefined && now - crossedSince > SUSPICION_MS;
    const isSilent = now - updatedAt > SUSPICION_MS && heightAt > updatedAt;
    if (!isCrossed && !(isSilent && this.#passedAt !== undefined)) return false;
    this.book.markStale(isCrossed ? 'book.crossed' : 'book.silent');
    this.#wantSnapshot();
    return true;
  }

  /** True once per wanted snapshot, and again every 30 s that it does not come. */
  takeResyncRequest(now: UnixMs): boolean {
    const isAsked = this.#askedAt !== undefined && now - this.#askedAt < RESYNC_RETRY_MS;
    if (!this.#isSnapshotWanted || isAsked) return false;
    this.#askedAt = now;
    return true;
  }

  readTouch(touch: Touch): boolean {
    const seen = this.book.touch();
    if (seen !== undefined) Object.assign(touch, seen);
    return seen !== undefined;
  }

  weightNear(side: 'bids' | 'asks', reach: number): number {
    return this.book.weightNear(side, reach);
  }

  view(): MarketView {
    return {
      market: this.market,
      spec: this.spec,
      at: this.at,
      book: this.book.view(),
      trades: this.kept.recent,
      oracle: this.#oracle,
      oracleAt: this.#oracleAt,
      fundingRate1h: this.#fundingRate1h,
      openInterest: this.#openInterest,
      candle: this.kept.openMinute(this.#now()),
    };
  }

  candles(resolution: CandleResolution, count?: number): readonly Candle[] {
    return this.kept.candles(resolution, count);
  }

  flow(now: UnixMs, ms: number): FlowReport {
    const bought = this.kept.flow('buy', now, ms);
    const sold = this.kept.flow('sell', now, ms);
    const text = (size: number): string =>
      formatSize(this.spec, sizeOfSteps(this.spec, steps(size)));
    return {
      bought: text(bought.size),
      sold: text(sold.size),
      trades: bought.trades + sold.trades,
    };
  }

  report(): MarketSummary {
    const { bids, asks } = this.book.raw();
    const inText = (levels: typeof bids): [string, string][] =>
      levels
        .slice(0, REPORTED_LEVELS)
        .map(({ price, size }) => [
          formatPrice(this.spec, priceOfTicks(this.spec, price)),
          formatSize(this.spec, sizeOfSteps(this.spec, size)),
        ]);
    return {
      bids: inText(bids),
      asks: inText(asks),
      trades: this.kept.count,
      candles1m: this.kept.counts['1MIN'],
      candles: this.kept.counts,
      flow1m: this.flow(this.at, MINUTE_MS),
    };
  }

  #trade(trades: readonly Trade[], at: UnixMs, isSnapshot: boolean): void {
    for (const trade of this.kept.add(trades)) {
      this.#coming.push(trade);
      if (!isSnapshot && this.book.isBeyond(trade)) this.#passedAt ??= at;
    }
  }

  #wantSnapshot(): void {
    this.#isSnapshotWanted = true;
    this.#askedAt = undefined;
  }
}

/** The scores of one market: begun anew when the length of its ticks or steps changes. */
export class BatchScores implements SignalLens {
  readonly market: MarketId;
  #spec: MarketSpec;
  #direct = new DirectScores();
  #stamps: { readonly at: UnixMs; readonly bookAt: UnixMs } | undefined;
  #set: SignalSet | undefined;

  constructor(spec: MarketSpec) {
    this.market = spec.market;
    this.#spec = spec;
  }

  get isWarm(): boolean {
    const { scores } = this.set();
    return SIGNAL_NAMES.every((name) => scores[name]?.warm === true);
  }

  observe(lens: MarketLens): void {
    this.#follow(lens.spec);
    const recent = lens.trades.filter((trade) => lens.at - trade.at <= TRADE_AGE_MS_MAX);
    const sizeOf = (side: Trade['side']): number =>
      recent.filter((trade) => trade.side === side).reduce((sum, { size }) => sum + size, 0);
    const touch: Touch = { bidPrice: 0, bidSize: 0, askPrice: 0, askSize: 0 };
    const isLive = lens.readTouch(touch);
    this.#direct.observe(lens.at, {
      touch: isLive ? touch : undefined,
      imbalance: isLive ? imbalanceOf(lens, touch) : 0,
      bought: sizeOf('buy'),
      sold: sizeOf('sell'),
    });
    this.#stamps = { at: lens.at, bookAt: lens.bookAt };
    this.#set = undefined;
  }

  backfill({ spec, candles }: Backfill): void {
    this.#follow(spec);
    this.#direct.backfill(candles);
    this.#set = undefined;
  }

  set(): SignalSet {
    this.#set ??= this.#read();
    return this.#set;
  }

  #read(): SignalSet {
    const { market } = this;
    if (this.#stamps === undefined) return { market, at: unixMs(0), scores: {} };
    const { at, bookAt } = this.#stamps;
    const raw = this.#direct.read();
    const scores: Partial<Record<SignalName, SignalScore>> = {};
    for (const name of SIGNAL_NAMES) {
      const reading = raw[name];
      if (reading === undefined || !Number.isFinite(reading.value)) continue;
      const { value, samples, parts } = reading;
      scores[name] = {
        name,
        market,
        value: Math.min(100, Math.max(0, value)),
        at: name === 'volume' ? at : bookAt,
        samples,
        warm: samples >= WARM_SAMPLES,
        parts,
      };
    }
    return { market, at, scores };
  }

  #follow(spec: MarketSpec): void {
    if (spec.tick !== this.#spec.tick || spec.step !== this.#spec.step) {
      this.#direct = new DirectScores();
      this.#stamps = undefined;
      this.#set = undefined;
    }
    this.#spec = spec;
  }
}

function imbalanceOf(lens: MarketLens, { bidPrice, askPrice }: Touch): number {
  const reach = Math.max(REACH_TICKS_MIN, ((bidPrice + askPrice) / 2) * REACH);
  const bids = lens.weightNear('bids', reach);
  const asks = lens.weightNear('asks', reach);
  return (bids - asks) / (bids + asks);
}
