/**
 * All that is known of one market: parameters, book, trades, candles and oracle price, and whether
 * its book can still be believed.
 */
import type { BookState, Candle, CandleResolution, MarketView, Trade } from '../model/book.js';
import {
  formatPrice,
  formatSize,
  priceOfTicks,
  sizeOfSteps,
  type MarketSpec,
  type MarketStatus,
} from '../model/market.js';
import {
  unixMs,
  type MarketId,
  type OpenInterest,
  type OraclePrice,
  type Steps,
  type UnixMs,
} from '../model/quantities.js';
import type { FlowReport, MarketSummary, RawLevels } from '../ports/engine.js';
import type { MarketLens, Touch } from '../ports/lenses.js';
import type { LevelBatch } from '../ports/market-feed.js';
import { CandleWindows } from './candle-windows.js';
import { OrderBook, type Changes, type RereadVerdict } from './order-book.js';
import { TradeFlow } from './trade-flow.js';
import { TradeTape } from './trade-tape.js';

/** A book that is crossed, or silent while others trade through it, for longer is stale. */
const SUSPICION_MS = 10_000;
/** A resync that brought no snapshot is asked for again after this. */
const RESYNC_RETRY_MS = 30_000;
const REPORTED_LEVELS = 10;
const MINUTE_MS = 60_000;

const NO_TRADES: readonly Trade[] = [];

export class MarketState implements MarketLens {
  readonly market: MarketId;
  readonly slot: number;
  readonly #book = new OrderBook();
  readonly #tape = new TradeTape();
  readonly #candles = new CandleWindows();
  readonly #flow = new TradeFlow();
  #spec: MarketSpec;
  #at = unixMs(0);
  #oracle: OraclePrice | undefined;
  #oracleAt: UnixMs | undefined;
  #fundingRate1h: number | undefined;
  #openInterest: OpenInterest | undefined;
  /** Of this turn, or of the last one until the next begins; as many as it brings. */
  #trades: readonly Trade[] = NO_TRADES;
  #isDirty = false;
  #view: MarketView | undefined;
  #clock: () => UnixMs;
  /** When a trade went through the touch, if the book has not moved since. */
  #passedAt: UnixMs | undefined;
  #isSnapshotWanted = false;
  #askedAt: UnixMs | undefined;

  /** `clock` says the time for what ends by itself: the open candle. */
  constructor(spec: MarketSpec, slot: number, clock: () => UnixMs) {
    this.market = spec.market;
    this.slot = slot;
    this.#spec = spec;
    this.#clock = clock;
  }

  get at(): UnixMs {
    return this.#at;
  }

  get bookState(): BookState {
    return this.#book.state;
  }

  get bookAt(): UnixMs {
    return this.#book.updatedAt;
  }

  get trades(): readonly Trade[] {
    return this.#trades;
  }

  get bestBid(): number {
    return this.#book.best('bids');
  }

  get bestAsk(): number {
    return this.#book.best('asks');
  }

  get fundingRate1h(): number | undefined {
    return this.#fundingRate1h;
  }

  slipped(side: 'bids' | 'asks', wanted: number): number {
    return this.#book.slipped(side, wanted);
  }

  readTouch(touch: Touch): boolean {
    return this.#book.readTouch(touch);
  }

  weightNear(side: 'bids' | 'asks', reach: number): number {
    return this.#book.weightNear(side, reach);
  }

  /** Something has changed. True when it was this market's first change of the turn. */
  noteChange(): boolean {
    this.#view = undefined;
    if (this.#isDirty) return false;
    this.#isDirty = true;
    return true;
  }

  /** The turn has been told of. */
  endTurn(): void {
    this.#isDirty = false;
  }

  /** The next turn begins: the trades of the last one have been read. */
  forgetTurn(): void {
    this.#trades = NO_TRADES;
  }

  get spec(): MarketSpec {
    return this.#spec;
  }

  get levels(): RawLevels {
    return this.#book.top(Infinity);
  }

  get tradeCount(): number {
    return this.#tape.count;
  }

  get staleReason(): string | undefined {
    return this.#book.staleReason;
  }

  candles(resolution: CandleResolution, count?: number): readonly Candle[] {
    return this.#candles.all(resolution, count);
  }

  /** What takers bought and sold in the last `ms`, at most a minute. */
  flow(now: UnixMs, ms: number): FlowReport {
    const { bought, sold, trades } = this.#flow.last(now, ms);
    return { bought: this.#sizeText(bought), sold: this.#sizeText(sold), trades };
  }

  /** Ticks and steps of another length mean nothing in the old windows: all of them are dropped. */
  learn(spec: MarketSpec, at: UnixMs): void {
    this.#at = at;
    const isSameUnit = hasSameUnits(this.#spec, spec);
    this.#spec = spec;
    if (isSameUnit) return;
    this.#book.clear();
    this.#tape.clear();
    this.#candles.clear();
    this.#flow.clear();
    this.#trades = NO_TRADES;
    this.#passedAt = undefined;
    this.#wantSnapshot();
  }

  setStatus(status: MarketStatus, at: UnixMs): void {
    this.#at = at;
    this.#spec = { ...this.#spec, status };
  }

  setOracle(price: OraclePrice, at: UnixMs): void {
    this.#at = at;
    this.#oracle = price;
    this.#oracleAt = at;
  }

  setFunding(rate1h: number, at: UnixMs): void {
    this.#at = at;
    this.#fundingRate1h = rate1h;
  }

  setOpenInterest(held: OpenInterest, at: UnixMs): void {
    this.#at = at;
    this.#openInterest = held;
  }

  applySnapshot(changes: Changes, at: UnixMs): void {
    this.#at = at;
    this.#book.applySnapshot(changes, at);
    this.#passedAt = undefined;
    this.#isSnapshotWanted = false;
  }

  applyUpdate(changes: Changes, at: UnixMs): boolean {
    if (!this.#book.applyUpdate(changes, at)) return false;
    this.#at = at;
    this.#passedAt = undefined;
    return true;
  }

  applyLevels(levels: LevelBatch, at: UnixMs): boolean {
    if (!this.#book.applyLevels(levels, at)) return false;
    this.#at = at;
    this.#passedAt = undefined;
    return true;
  }

  reread(changes: Changes, at: UnixMs, requestedAt: UnixMs | undefined): RereadVerdict {
    const verdict = this.#book.reread(changes, at, requestedAt);
    if (verdict === 'applied') this.#at = at;
    return verdict;
  }

  /** History that comes as a snapshot passes through no touch of today. */
  addTrades(trades: readonly Trade[], at: UnixMs, isSnapshot: boolean): void {
    this.#at = at;
    const added = this.#tape.add(trades);
    this.#trades = this.#trades.length === 0 ? added : [...this.#trades, ...added];
    for (const trade of added) {
      this.#candles.add(trade);
      this.#flow.add(trade);
      if (!isSnapshot && this.#book.isBeyondTouch(trade)) this.#passedAt ??= at;
    }
  }

  mergeCandles(resolution: CandleResolution, candles: readonly Candle[], at: UnixMs): void {
    this.#at = at;
    for (const candle of candles) this.#candles.merge(resolution, candle);
  }

  markStale(reason: string): void {
    this.#book.markStale(reason);
  }

  /** Why the book should not be believed any longer, at this time. */
  suspicion(now: UnixMs, heightAt: UnixMs): string | undefined {
    const { state, crossedSince, updatedAt } = this.#book;
    if (state === 'empty' || state === 'stale') return undefined;
    if (crossedSince !== undefined && now - crossedSince > SUSPICION_MS) return 'book.crossed';
    const isSilent = now - updatedAt > SUSPICION_MS && heightAt > updatedAt;
    return isSilent && this.#passedAt !== undefined ? 'book.silent' : undefined;
  }

  /** The book is stale from now on, and a new snapshot is wanted. */
  distrust(reason: string): void {
    this.markStale(reason);
    this.#wantSnapshot();
  }

  /** True once per wanted snapshot, and again every 30 s that it does not come. */
  takeResyncRequest(now: UnixMs): boolean {
    const isAsked = this.#askedAt !== undefined && now - this.#askedAt < RESYNC_RETRY_MS;
    if (!this.#isSnapshotWanted || isAsked) return false;
    this.#askedAt = now;
    return true;
  }

  /** As of now; the same object until something changes. */
  view(): MarketView {
    const candle = this.#candles.openMinute(this.#clock());
    if (this.#view === undefined || this.#view.candle !== candle) {
      this.#view = {
        market: this.market,
        spec: this.#spec,
        at: this.#at,
        book: this.#book.view(),
        trades: this.#tape.recent(),
        oracle: this.#oracle,
        oracleAt: this.#oracleAt,
        fundingRate1h: this.#fundingRate1h,
        openInterest: this.#openInterest,
        candle,
      };
    }
    return this.#view;
  }

  report(): MarketSummary {
    const { bids, asks } = this.#book.top(REPORTED_LEVELS);
    const inText = (levels: typeof bids): [string, string][] =>
      levels.map(({ price, size }) => [
        formatPrice(this.#spec, priceOfTicks(this.#spec, price)),
        this.#sizeText(size),
      ]);
    const candles = this.#candles.counts;
    return {
      bids: inText(bids),
      asks: inText(asks),
      trades: this.#tape.count,
      candles1m: candles['1MIN'],
      candles,
      flow1m: this.flow(this.#at, MINUTE_MS),
    };
  }

  #sizeText(size: Steps): string {
    return formatSize(this.#spec, sizeOfSteps(this.#spec, size));
  }

  #wantSnapshot(): void {
    this.#isSnapshotWanted = true;
    this.#askedAt = undefined;
  }
}

const hasSameUnits = (a: MarketSpec, b: MarketSpec): boolean =>
  a.tick === b.tick &&
  a.step === b.step &&
  a.priceExponent === b.priceExponent &&
  a.sizeExponent === b.sizeExponent;
