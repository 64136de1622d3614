/**
 * The four scores of one market, from the formulas, by direct sums over its bars: nothing is
 * carried from one score to the next but the bars, the samples of the slow bands (each computed
 * once, when its ten seconds are over) and the one-minute history.
 *
 *   momentum    50 + 50·tanh(z/2), z the mean over 2, 8, 30 s of S/√(v·n/2): S the fading sum
 *               of returns, v the realised variance per bar (one minute), n the horizon's bars
 *   volume      100·r/(1 + r), r the size of ten seconds against the median of 30 minutes
 *   volatility  100·min(1, σ/3)·min(1, p/0.15)·clamp((5 − z)/2.5), σ bps per √minute, 30 s
 *   order book  50 + 50·tanh(b/0.6), b = 0.6·imbalance (2 s) + 0.4·flow/(turnover + depth) (5 s)
 */
import type { Candle } from '../model/book.js';
import type { SignalName } from '../model/signal.js';
import {
  fadingMean,
  fadingSum,
  heldMean,
  medianOf,
  spreadOf,
  type Seed,
  type Window,
} from './direct-sums.js';
import { BAR_MS, KeptBars, type KeptBar, type Observation } from './kept-bars.js';

const MINUTE_MS = 60_000;
const MINUTE_BARS = MINUTE_MS / BAR_MS;
const DRIFTS_MS = [2_000, 8_000, 30_000];
const NOISE_MS = 60_000;
const SIGMA_MS = 30_000;
const VOLUME_MS = 10_000;
const BOOK_MS = 2_000;
const FLOW_MS = 5_000;
/** 0.1 bps per √second. */
const VARIANCE_MIN = 1e-10 * (BAR_MS / 1_000);
const SIGMA_BPS_MIN = 0.01;
const TEN_SECONDS = 10_000 / BAR_MS;
/** 30 minutes, in tens of seconds. */
const BAND_MAX = 180;
const TENS_A_MINUTE = 6;

export interface RawScore {
  readonly value: number;
  readonly samples: number;
  readonly parts: Readonly<Record<string, number>>;
}

const clampUnit = (value: number): number => Math.max(0, Math.min(1, value));
const square = (bar: KeptBar): number => bar.change * bar.change;
const traded = ({ bought, sold }: KeptBar): number => bought + sold;
const sigmaOf = (variance: number): number => 1e4 * Math.sqrt(variance * MINUTE_BARS);
const logOf = (sigma: number): number => Math.log(Math.max(SIGMA_BPS_MIN, sigma));
/** Parkinson: variance of one minute out of its range, per bar. */
const rangeVariance = ({ high, low }: Candle): number =>
  Math.log(high / low) ** 2 / (4 * Math.LN2) / MINUTE_BARS;

export class DirectScores {
  readonly #bars = new KeptBars({
    closed: (bar) => this.#closed(bar),
    passed: (upTo) => this.#passed(upTo),
  });
  /** ln σ of every ten seconds, oldest first. */
  #band: number[] = [];
  /** Steps traded in every ten seconds, oldest first. */
  #tens: number[] = [];
  #ten = 0;
  /** Live bars closed: of all time, and of the series that runs. */
  #live = 0;
  #liveInSeries = 0;
  /** Moves between live bars of one series. */
  #moves = 0;
  #seriesFrom = 0;
  #minutes = 0;
  #movingMinutes = 0;
  #noiseSeed: Seed | undefined;
  #sigmaSeed: Seed | undefined;
  #volumeSeed: Seed | undefined;

  observe(at: number, observation: Observation): void {
    this.#bars.observe(at, observation);
  }

  /** One-minute history, oldest first. */
  backfill(candles: readonly Candle[]): void {
    const from = this.#bars.index < 0 ? 0 : this.#bars.index;
    const squares = candles
      .slice(1)
      .map(({ close }, index) => Math.log(close / (candles[index]?.close ?? close)) ** 2);
    if (squares.length > 0 && !(this.#movesInSeries() > 0)) {
      const perMinute = squares.reduce((sum, value) => sum + value, 0) / squares.length;
      this.#noiseSeed = { mean: perMinute / MINUTE_BARS, from };
    }
    const parts = candles.flatMap(({ volume }) =>
      Array.from({ length: TENS_A_MINUTE }, () => volume / TENS_A_MINUTE),
    );
    this.#tens = [...this.#tens, ...parts].slice(-BAND_MAX);
    const typical = this.#typical(0);
    if (typical > 0 && this.#live + this.#minutes === 0) {
      this.#volumeSeed = { mean: typical / TEN_SECONDS, from };
    }
    const moving = candles.filter(({ high, low }) => high > low);
    const samples = moving.flatMap((candle) =>
      Array.from({ length: TENS_A_MINUTE }, () => logOf(sigmaOf(rangeVariance(candle)))),
    );
    this.#band = [...this.#band, ...samples].slice(-BAND_MAX);
    const newest = moving.at(-1);
    if (newest !== undefined && this.#moves + this.#movingMinutes === 0) {
      this.#sigmaSeed = { mean: rangeVariance(newest), from };
    }
    this.#minutes += candles.length;
    this.#movingMinutes += moving.length;
  }

  /** As of the newest turn; empty when its book was not live. */
  read(): Readonly<Partial<Record<SignalName, RawScore>>> {
    if (this.#bars.index < 0 || !this.#bars.isPriced) return {};
    const { open } = this.#bars;
    const hasPast = this.#liveInSeries > 0 && !open.begins;
    const momentum = hasPast ? this.#momentum(open) : undefined;
    const volatility = hasPast ? this.#volatility(open) : undefined;
    const volume = this.#volume(open);
    const orderbook = open.isLive || hasPast ? this.#orderBook(open) : undefined;
    return {
      ...(momentum === undefined ? {} : { momentum }),
      ...(volume === undefined ? {} : { volume }),
      ...(volatility === undefined ? {} : { volatility }),
      ...(orderbook === undefined ? {} : { orderbook }),
    };
  }

  #momentum(open: KeptBar): RawScore {
    const window = this.#window(open);
    const variance = Math.max(VARIANCE_MIN, fadingMean(window, NOISE_MS, square, this.#noiseSeed));
    const ofSeries = { ...window, from: this.#seriesFrom };
    const zs = DRIFTS_MS.map((horizonMs) => {
      const drift = fadingSum(ofSeries, horizonMs, ({ change }) => change);
      return drift / Math.sqrt((variance * (horizonMs / BAR_MS)) / 2);
    });
    const z = zs.reduce((sum, each) => sum + each, 0) / zs.length;
    const samples = this.#movesInSeries() + Number(open.isLive);
    return { value: 50 + 50 * Math.tanh(z / 2), samples, parts: {} };
  }

  #volume(open: KeptBar): RawScore | undefined {
    const typical = this.#typical(traded(open));
    if (!(typical > 0)) return undefined;
    const window = this.#window(open);
    const rate = fadingMean(window, VOLUME_MS, traded, this.#volumeSeed);
    const ratio = (rate * TEN_SECONDS) / typical;
    const bought = fadingSum(window, VOLUME_MS, (bar) => bar.bought);
    const sold = fadingSum(window, VOLUME_MS, (bar) => bar.sold);
    const takerFlow = bought + sold > 0 ? (bought - sold) / (bought + sold) : 0;
    const samples = this.#live + this.#minutes + Number(open.isLive);
    return { value: (100 * ratio) / (1 + ratio), samples, parts: { ratio, takerFlow } };
  }

  #volatility(open: KeptBar): RawScore {
    const variance = fadingMean(this.#window(open), SIGMA_MS, square, this.#sigmaSeed);
    const sigma = sigmaOf(variance);
    const { rank, z } = this.#placeOf(logOf(sigma));
    const value = 100 * clampUnit(sigma / 3) * clampUnit(rank / 0.15) * clampUnit((5 - z) / 2.5);
    const samples = this.#moves + this.#movingMinutes + Number(open.isLive);
    return { value, samples, parts: { sigmaBps: sigma, rank } };
  }

  #orderBook(open: KeptBar): RawScore {
    const window = { ...this.#window(open), from: open.begins ? open.index : this.#seriesFrom };
    const flow =
      fadingSum(window, FLOW_MS, (bar) => bar.flow) /
      (fadingSum(window, FLOW_MS, (bar) => bar.turnover) + open.depth);
    const imbalance = heldMean(window, BOOK_MS, (bar) => bar.imbalance);
    const blend = 0.6 * imbalance + 0.4 * flow;
    const samples = (open.begins ? 0 : this.#liveInSeries) + Number(open.isLive);
    return { value: 50 + 50 * Math.tanh(blend / 0.6), samples, parts: { imbalance, flow } };
  }

  #window(open: KeptBar): Window {
    const { closed, first } = this.#bars;
    return { bars: closed, open, to: open.index, from: first };
  }

  #movesInSeries(): number {
    const isNew = this.#bars.index >= 0 && this.#bars.open.begins;
    return isNew ? 0 : Math.max(0, this.#liveInSeries - 1);
  }

  #placeOf(log: number): { readonly rank: number; readonly z: number } {
    const band = this.#band;
    if (band.length === 0) return { rank: 1, z: 0 };
    const rank = band.filter((value) => value <= log).length / band.length;
    return { rank, z: (log - medianOf(band)) / Math.max(0.5, spreadOf(band)) };
  }

  /** Steps in a usual ten seconds: their median, or where most are empty, the mean. */
  #typical(open: number): number {
    const { index, first } = this.#bars;
    const bars = index < 0 ? 0 : (index - first) % TEN_SECONDS;
    const running = this.#tens.length + (bars + 1) / TEN_SECONDS;
    const median = this.#tens.length >= TENS_A_MINUTE ? medianOf(this.#tens) : 0;
    if (median > 0) return median;
    return (this.#tens.reduce((sum, size) => sum + size, 0) + this.#ten + open) / running;
  }

  /** Called before the bar is among the closed ones. */
  #closed(bar: KeptBar): void {
    const hasPast = this.#liveInSeries > 0 && !bar.begins;
    this.#slow(bar.index - 1, { upTo: bar.index, bar, hasPast });
    if (bar.begins) {
      this.#liveInSeries = 0;
      this.#seriesFrom = bar.index;
    }
    if (!bar.isLive) return;
    this.#live += 1;
    if (this.#liveInSeries > 0) this.#moves += 1;
    this.#liveInSeries += 1;
  }

  /** Nothing came in all bars from the last one up to this one. */
  #passed(upTo: number): void {
    const last = this.#bars.closed.at(-1)?.index ?? upTo;
    this.#slow(last, { upTo, bar: undefined, hasPast: this.#liveInSeries > 0 });
  }

  /** The slow series, when the bars after `after` end one or more tens of seconds. */
  #slow(
    after: number,
    {
      upTo,
      bar,
      hasPast,
    }: {
      readonly upTo: number;
      readonly bar: KeptBar | undefined;
      readonly hasPast: boolean;
    },
  ): void {
    const { closed, first } = this.#bars;
    const tensOf = (index: number): number => Math.floor((index - first + 1) / TEN_SECONDS);
    const ended = tensOf(upTo) - tensOf(after);
    this.#ten += bar === undefined ? 0 : traded(bar);
    if (ended === 0) return;
    const sizes = [this.#ten, ...Array.from({ length: Math.min(ended - 1, BAND_MAX) }, () => 0)];
    this.#tens = [...this.#tens, ...sizes].slice(-BAND_MAX);
    this.#ten = 0;
    if (!hasPast) return;
    const window = { bars: closed, open: bar, to: upTo, from: first };
    const sigma = sigmaOf(fadingMean(window, SIGMA_MS, square, this.#sigmaSeed));
    this.#band = [...this.#band, logOf(sigma)].slice(-BAND_MAX);
  }
}
