/**
 * Two engines on the same inputs, compared: after each turn the top of the books that changed, and
 * when asked everything that both know, markets, levels, candles, scores, verdicts and decisions.
 *
 * Ask between two inputs, when both have run all their timers: within one the other is behind.
 */
import { ignoreElements, merge, tap, type Observable } from 'rxjs';
import { CANDLE_RESOLUTIONS, type CandleResolution } from '../model/book.js';
import type { QuotedOrder, Verdict } from '../model/decision.js';
import type { Divergence } from '../model/engine-status.js';
import type { MarketId, UnixMs } from '../model/quantities.js';
import { SIGNAL_NAMES } from '../model/signal.js';
import type { MarketEngine } from '../ports/engine.js';
import type { MarketLens, SignalLens } from '../ports/lenses.js';

/** Scores may differ by rounding. */
const SCORE_DELTA_MAX = 1e-6;
/** Differences told of at once, and decisions kept per market; the rest is counted. */
const TOLD_MAX = 100;
const DECISIONS_KEPT = 64;

/** What one engine has said, as far as it must be remembered to be compared. */
export class EngineSayings {
  readonly markets = new Map<MarketId, MarketLens>();
  readonly signals = new Map<MarketId, SignalLens>();
  /** Key of the newest verdict. */
  readonly verdicts = new Map<MarketId, string>();
  readonly decisions = new Map<MarketId, string[]>();
  /** Markets told of since they were compared. */
  readonly told = new Set<MarketId>();
  decided = 0;
  entries = 0;
  quotes = 0;
  readonly #keyOf: (verdict: Verdict) => string;

  constructor(keyOf: (verdict: Verdict) => string) {
    this.#keyOf = keyOf;
  }

  /** To be subscribed while the engine runs; emits nothing. */
  listen({ markets$, signals$, verdicts$, decisions$ }: MarketEngine): Observable<never> {
    return merge(
      signals$.pipe(tap((lenses) => lenses.forEach((l) => this.signals.set(l.market, l)))),
      markets$.pipe(tap((lenses) => lenses.forEach((lens) => this.#tell(lens)))),
      verdicts$.pipe(tap((verdict) => this.verdicts.set(verdict.market, this.#keyOf(verdict)))),
      decisions$.pipe(tap((decision) => this.#decide(decision))),
    ).pipe(ignoreElements());
  }

  #tell(lens: MarketLens): void {
    this.markets.set(lens.market, lens);
    this.told.add(lens.market);
  }

  #decide(decision: Verdict): void {
    this.decided += 1;
    if (decision.type === 'enter') this.entries += 1;
    if (decision.type === 'quote') this.quotes += 1;
    const said = this.decisions.get(decision.market) ?? [];
    said.push(wordsOf(decision, this.#keyOf(decision)));
    if (said.length > DECISIONS_KEPT) said.shift();
    this.decisions.set(decision.market, said);
  }
}

/** All of a decision that must be the same. */
const wordsOf = (decision: Verdict, key: string): string =>
  [
    key,
    ...(decision.type === 'enter' ? [decision.limitPrice] : []),
    ...(decision.type === 'quote' ? [quoted(decision.bid), quoted(decision.ask)] : []),
    decision.newestFrameAt,
    decision.decidedAt,
  ].join(' ');

const quoted = (order: QuotedOrder | undefined): string =>
  order === undefined ? 'none' : `${order.size}@${order.price}`;

export interface Compared {
  readonly engine: MarketEngine;
  readonly sayings: EngineSayings;
}

export class EngineComparison {
  readonly #streaming: Compared;
  readonly #batch: Compared;
  readonly divergences: Divergence[] = [];
  /** Found so far, told or not. */
  count = 0;
  readonly #known = new Set<string>();
  #at = 0 as UnixMs;

  constructor({ streaming, batch }: { readonly streaming: Compared; readonly batch: Compared }) {
    this.#streaming = streaming;
    this.#batch = batch;
  }

  /** The books of the markets that either has told of since the last time: their best levels. */
  turn(now: UnixMs): void {
    this.#at = now;
    const streaming = this.#streaming.sayings.told;
    const batch = this.#batch.sayings.told;
    for (const market of batch) {
      this.#same(`${market}/told`, streaming.has(market), true);
      this.#top(market, now);
    }
    for (const market of streaming) this.#same(`${market}/told`, true, batch.has(market));
    streaming.clear();
    batch.clear();
  }

  /** Everything. */
  all(now: UnixMs): void {
    this.#at = now;
    const markets = this.#batch.engine.fold.markets;
    this.#same('markets', this.#streaming.engine.fold.markets.join(), markets.join());
    for (const market of markets) {
      this.#top(market, now);
      this.#levels(market);
      this.#candles(market);
      this.#scores(market);
      this.#words(market);
    }
    const { counts } = this.#streaming.engine;
    const others = this.#batch.engine.counts;
    for (const key of ['received', 'applied', 'rejected', 'quarantined'] as const) {
      this.#same(`frames/${key}`, counts[key], others[key]);
    }
  }

  #top(market: MarketId, now: UnixMs): void {
    const one = this.#streaming.engine.fold.view(market, now);
    const other = this.#batch.engine.fold.view(market, now);
    this.#same(`${market}/book/state`, one?.book.state, other?.book.state);
    this.#same(`${market}/at`, one?.at, other?.at);
    this.#same(`${market}/oracle`, one?.oracle, other?.oracle);
    for (const side of ['bids', 'asks'] as const) {
      const [best] = one?.book[side] ?? [];
      const [others] = other?.book[side] ?? [];
      this.#same(`${market}/book/${side}/0/price`, best?.price, others?.price);
      this.#same(`${market}/book/${side}/0/size`, best?.size, others?.size);
    }
  }

  #levels(market: MarketId): void {
    const one = this.#streaming.engine.fold.levels(market);
    const other = this.#batch.engine.fold.levels(market);
    for (const side of ['bids', 'asks'] as const) {
      const place = `${market}/levels/${side}`;
      this.#same(`${place}/length`, one[side].length, other[side].length);
      for (const [rank, level] of one[side].entries()) {
        const twin = other[side][rank];
        if (level.price === twin?.price && level.size === twin.size) continue;
        const words = twin === undefined ? undefined : `${twin.size} at ${twin.price}`;
        this.#same(`${place}/${rank}`, `${level.size} at ${level.price}`, words);
        break;
      }
    }
    const { fold } = this.#batch.engine;
    this.#same(
      `${market}/trades`,
      this.#streaming.engine.fold.tradeCount(market),
      fold.tradeCount(market),
    );
  }

  #candles(market: MarketId): void {
    for (const resolution of CANDLE_RESOLUTIONS) this.#candlesOf(market, resolution);
  }

  #candlesOf(market: MarketId, resolution: CandleResolution): void {
    const one = this.#streaming.engine.fold.candles(market, resolution);
    const other = this.#batch.engine.fold.candles(market, resolution);
    this.#same(`${market}/candles/${resolution}/length`, one.length, other.length);
    for (const [index, candle] of one.entries()) {
      const place = `${market}/candles/${resolution}/${candle.startedAt}`;
      this.#same(place, JSON.stringify(sorted(candle)), JSON.stringify(sorted(other[index])));
    }
  }

  #scores(market: MarketId): void {
    const one = this.#streaming.sayings.signals.get(market)?.set().scores;
    const other = this.#batch.sayings.signals.get(market)?.set().scores;
    for (const name of SIGNAL_NAMES) {
      const place = `${market}/scores/${name}`;
      const score = one?.[name];
      const twin = other?.[name];
      if (score !== undefined && twin !== undefined) this.#near(place, score.value, twin.value);
      this.#same(`${place}/warm`, score?.warm, twin?.warm);
      this.#same(`${place}/samples`, score?.samples, twin?.samples);
      this.#same(`${place}/at`, score?.at, twin?.at);
    }
  }

  #words(market: MarketId): void {
    const one = this.#streaming.sayings;
    const other = this.#batch.sayings;
    this.#same(`${market}/verdict`, one.verdicts.get(market), other.verdicts.get(market));
    const said = (sayings: EngineSayings) => sayings.decisions.get(market)?.join('; ');
    this.#same(`${market}/decisions`, said(one), said(other));
  }

  #near(place: string, one: number, other: number): void {
    if (Math.abs(one - other) <= SCORE_DELTA_MAX) return;
    this.#tell(place, String(one), String(other));
  }

  #same(place: string, one: unknown, other: unknown): void {
    if (one === other) return;
    this.#tell(place, String(one), String(other));
  }

  /** The same place with the same values is told once. */
  #tell(place: string, streaming: string, batch: string): void {
    const key = `${place} ${streaming} ${batch}`;
    if (this.#known.has(key)) return;
    this.count += 1;
    if (this.divergences.length >= TOLD_MAX) return;
    this.#known.add(key);
    this.divergences.push({ at: this.#at, place, streaming, batch });
  }
}

/** One order of keys for all candles, whoever made them. */
const sorted = (candle: object | undefined): object =>
  Object.fromEntries(Object.entries(candle ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)));
