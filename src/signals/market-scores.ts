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
import { ScoreTable } from './score-table.js';
import type { Reading } from './signal-engine.js';
import { VolatilityEngine } from './volatility.js';
import { VolumeEngine } from './volume.js';

/** More markets than the venue lists; a market beyond the limit gets no scores. */
export const MARKETS_MAX = 1_024;

/** One engine of each kind for all markets, on one table. */
class Engines {
  readonly table = new ScoreTable();
  readonly bars = new MarketBars(this.table);
  readonly byName = {
    momentum: new MomentumEngine(this.table, this.bars.columns),
    volume: new VolumeEngine(this.table, this.bars.columns),
    volatility: new VolatilityEngine(this.table, this.bars.columns),
    orderbook: new OrderBookEngine(this.table, this.bars.columns),
  };

  constructor() {
    this.bars.tell(Object.values(this.byName));
  }
}

class MarketScores implements SignalLens {
  readonly market: MarketId;
  readonly row: number;
  /** Of the newest turn. */
  slot = 0;
  readonly #engines: Engines;
  #spec: MarketSpec;
  /** Of the newest turn: a look between two turns must not make old scores young. */
  #at: UnixMs | undefined;
  #bookAt = unixMs(0);
  #set: SignalSet | undefined;

  constructor(spec: MarketSpec, engines: Engines) {
    this.market = spec.market;
    this.row = engines.table.add();
    this.#engines = engines;
    this.#spec = spec;
  }

  /** Whether ticks and steps still mean the same. */
  isOf(spec: MarketSpec): boolean {
    if (spec === this.#spec) return true;
    const { market, tick, step } = this.#spec;
    if (spec.market !== market || spec.tick !== tick || spec.step !== step) return false;
    this.#spec = spec;
    return true;
  }

  accept(lens: MarketLens): void {
    this.slot = lens.slot ?? 0;
    this.#at = lens.at;
    this.#bookAt = lens.bookAt;
    this.#set = undefined;
    this.#engines.bars.accept(this.row, lens);
  }

  /** Its row may be another market's from now on: whoever still holds this lens reads nothing. */
  retire(): void {
    this.#at = undefined;
    this.#set = undefined;
  }

  backfill({ candles }: Backfill): void {
    this.#set = undefined;
    const closes = candles.map(({ close }) => close);
    const volumes = candles.map(({ volume }) => volume);
    for (const engine of Object.values(this.#engines.byName)) {
      engine.backfill(this.row, { closes, volumes, ranges: candles });
    }
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
    const { market, row } = this;
    const { bars, byName } = this.#engines;
    const at = this.#at;
    if (at === undefined) return { market, at: unixMs(0), scores: {} };
    if (!bars.isPriced(row)) return { market, at, scores: {} };
    bars.settle(row);
    const { momentum, volume, volatility, orderbook } = byName;
    // Each by its name, and in this order: objects of one shape are the fastest to make and read.
    const scores: { -readonly [Name in SignalName]?: SignalScore } = {};
    const moving = this.#score('momentum', momentum.read(row), this.#bookAt);
    if (moving !== undefined) scores.momentum = moving;
    const traded = this.#score('volume', volume.read(row), at);
    if (traded !== undefined) scores.volume = traded;
    const shaken = this.#score('volatility', volatility.read(row), this.#bookAt);
    if (shaken !== undefined) scores.volatility = shaken;
    const leaning = this.#score('orderbook', orderbook.read(row), this.#bookAt);
    if (leaning !== undefined) scores.orderbook = leaning;
    return { market, at, scores };
  }

  #score(name: SignalName, reading: Reading | undefined, at: UnixMs): SignalScore | undefined {
    if (reading === undefined || !Number.isFinite(reading.value)) return undefined;
    return {
      name,
      market: this.market,
      value: Math.min(100, Math.max(0, reading.value)),
      at,
      samples: reading.samples,
      warm: reading.samples >= WARM_SAMPLES,
      parts: reading.parts ?? NO_PARTS,
    };
  }
}

const NO_PARTS: Readonly<Record<string, number>> = {};

/** One desk for all markets: keyed, never combined. */
export class SignalDesk {
  readonly #engines = new Engines();
  readonly #markets = new Map<MarketId, MarketScores>();
  /** Where the lenses' own numbers have led; believed only when the market is the one meant. */
  readonly #bySlot: MarketScores[] = [];

  /** The lenses of the markets that were seen, in the order given. */
  accept(lenses: readonly MarketLens[]): readonly SignalLens[] {
    const told: SignalLens[] = [];
    for (const lens of lenses) {
      const { slot = 0, spec } = lens;
      const hinted = this.#bySlot[slot];
      const scores = hinted?.isOf(spec) === true ? hinted : this.#of(spec);
      if (scores === undefined) continue;
      this.#bySlot[slot] = scores;
      scores.accept(lens);
      told.push(scores);
    }
    return told;
  }

  backfill(history: Backfill): void {
    this.#of(history.spec)?.backfill(history);
  }

  drop(market: MarketId): void {
    const known = this.#markets.get(market);
    if (known === undefined) return;
    this.#markets.delete(market);
    this.#bySlot.length = 0;
    known.retire();
    this.#engines.table.remove(known.row);
  }

  /** Made on first sight, and anew when governance changed the market's units. */
  #of(spec: MarketSpec): MarketScores | undefined {
    const known = this.#markets.get(spec.market);
    if (known?.isOf(spec) === true) return known;
    if (known === undefined && this.#markets.size >= MARKETS_MAX) return undefined;
    this.drop(spec.market);
    const scores = new MarketScores(spec, this.#engines);
    this.#markets.set(spec.market, scores);
    return scores;
  }
}
