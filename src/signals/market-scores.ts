/**
 * The four scores of one market, computed when somebody looks and kept until the next turn; and the
 * desk that has one for each market.
 */
import type { MarketSpec } from '../model/market.js';
import { unixMs, type MarketId, type UnixMs } from '../model/quantities.js';
import {
  SIGNAL_NAMES,
  WARM_SAMPLES,
  type Backfill,
  type SignalName,
  type SignalScore,
  type SignalSet,
} from '../model/signal.js';
import type { MarketLens, SignalLens } from '../ports/lenses.js';
import { MarketBars } from './market-bars.js';
import { MomentumEngine } from './momentum.js';
import { OrderBookEngine } from './order-book-imbalance.js';
import type { SignalEngine } from './signal-engine.js';
import { VolatilityEngine } from './volatility.js';
import { VolumeEngine } from './volume.js';

/** More markets than the venue lists; a market beyond the limit gets no scores. */
export const MARKETS_MAX = 1_024;

class MarketScores implements SignalLens {
  readonly market: MarketId;
  #spec: MarketSpec;
  readonly #engines: Readonly<Record<SignalName, SignalEngine>> = {
    momentum: new MomentumEngine(),
    volume: new VolumeEngine(),
    volatility: new VolatilityEngine(),
    orderbook: new OrderBookEngine(),
  };
  readonly #bars = new MarketBars(Object.values(this.#engines));
  /** Of the newest turn: a look between two turns must not make old scores young. */
  #at: UnixMs | undefined;
  #bookAt = unixMs(0);
  #set: SignalSet | undefined;

  constructor(spec: MarketSpec) {
    this.market = spec.market;
    this.#spec = spec;
  }

  /** Whether ticks and steps still mean the same. */
  isOf(spec: MarketSpec): boolean {
    if (spec === this.#spec) return true;
    if (spec.tick !== this.#spec.tick || spec.step !== this.#spec.step) return false;
    this.#spec = spec;
    return true;
  }

  accept(lens: MarketLens): void {
    this.#at = lens.at;
    this.#bookAt = lens.bookAt;
    this.#set = undefined;
    this.#bars.accept(lens);
  }

  backfill({ candles }: Backfill): void {
    this.#set = undefined;
    const closes = candles.map(({ close }) => close);
    const volumes = candles.map(({ volume }) => volume);
    for (const engine of Object.values(this.#engines)) engine.backfill(closes, volumes, candles);
  }

  get isWarm(): boolean {
    const { scores } = this.set();
    return SIGNAL_NAMES.every((name) => scores[name]?.warm === true);
  }

  set(): SignalSet {
    this.#set ??= this.#read();
    return this.#set;
  }

  /** No score from a book that is not live: it is old news. */
  #read(): SignalSet {
    const { market } = this;
    const at = this.#at;
    const scores: Partial<Record<SignalName, SignalScore>> = {};
    if (at === undefined) return { market, at: unixMs(0), scores };
    if (this.#bars.isPriced) {
      const { open } = this.#bars;
      for (const name of SIGNAL_NAMES) {
        const reading = this.#engines[name].read(open);
        if (reading === undefined || !Number.isFinite(reading.value)) continue;
        scores[name] = {
          name,
          market,
          value: Math.min(100, Math.max(0, reading.value)),
          at: name === 'volume' ? at : this.#bookAt,
          samples: reading.samples,
          warm: reading.samples >= WARM_SAMPLES,
          parts: reading.parts ?? NO_PARTS,
        };
      }
    }
    return { market, at, scores };
  }
}

const NO_PARTS: Readonly<Record<string, number>> = {};

/** One desk for all markets: keyed, never combined. */
export class SignalDesk {
  readonly #markets = new Map<MarketId, MarketScores>();

  /** The lenses of the markets that were seen, in the order given. */
  accept(lenses: readonly MarketLens[]): readonly SignalLens[] {
    const told: SignalLens[] = [];
    for (const lens of lenses) {
      const scores = this.#of(lens.spec);
      if (scores === undefined) continue;
      scores.accept(lens);
      told.push(scores);
    }
    return told;
  }

  backfill(history: Backfill): void {
    this.#of(history.spec)?.backfill(history);
  }

  drop(market: MarketId): void {
    this.#markets.delete(market);
  }

  /** Made on first sight, and anew when governance changed the market's units. */
  #of(spec: MarketSpec): MarketScores | undefined {
    const known = this.#markets.get(spec.market);
    if (known?.isOf(spec) === true) return known;
    if (known === undefined && this.#markets.size >= MARKETS_MAX) return undefined;
    const scores = new MarketScores(spec);
    this.#markets.set(spec.market, scores);
    return scores;
  }
}
