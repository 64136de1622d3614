/**
 * What a market is worth to its traders: noise that reverts to a slow anchor, and now and then a
 * wave of news, its own or everybody's, that moves it one way for some seconds and leaves a part of
 * the move behind. The further it has gone, the more of its news points home, so that no preset
 * drives it away for ever. In basis points of the logarithm, relative to the starting price.
 */
import type { Random } from '../../ports/random.js';
import type { CommonNews } from './common-news.js';
import type { FlowPreset } from './flow-presets.js';

/** Half of a quiet deviation is gone after about 14 seconds. */
const REVERSION_PER_SECOND = 1 / 20;
/** The anchor drifts towards the price, and, much slower, home. */
const ANCHOR_PER_SECOND = 1 / 90;
const HOME_PER_SECOND = 1 / 7_200;
/** A wave rises to its full speed within this part of its length, and ends as gently. */
const RAMP = 0.2;
/** The part of a wave's move that stays. */
const KEPT: readonly [min: number, max: number] = [0.4, 1];
const LEAST_QUIET_SECONDS = 4;
/** The part of the noise's variance that all markets share. */
const SHARED = 0.4;
/** The part of the markets that common news sets in motion. */
const HEARD = 0.8;
/** So far from its start, no news leads a market further away. */
const REACH_BPS = 4_000;

interface Wave {
  readonly direction: 1 | -1;
  readonly bpsPerSecond: number;
  readonly seconds: number;
  readonly kept: number;
}

export class FairPrice {
  readonly #preset: FlowPreset;
  readonly #random: Random;
  #bps = 0;
  #anchorBps = 0;
  #wave: Wave | undefined;
  /** Seconds since the wave began, or until the next one begins. */
  #elapsed = 0;
  #quietLeft: number;
  /** The common path and the count of common news, as of the last look. */
  #path = 0;
  #heard = 0;

  constructor(preset: FlowPreset, random: Random) {
    this.#preset = preset;
    this.#random = random;
    this.#quietLeft = this.#drawQuiet();
  }

  /** The price relative to its start. */
  get ratio(): number {
    return Math.exp(this.#bps / 10_000);
  }

  /** Direction and strength of the news, −1 to 1; 0 when it is quiet. */
  get pressure(): number {
    return this.#wave === undefined ? 0 : this.#wave.direction * profile(this.#wave, this.#elapsed);
  }

  advance(seconds: number, news: CommonNews): void {
    const own = Math.sqrt((1 - SHARED) * seconds) * this.#random.normal();
    const shared = Math.sqrt(SHARED) * (news.path - this.#path);
    this.#bps += this.#preset.volatilityBps * (own + shared);
    this.#path = news.path;
    if (news.count !== this.#heard) this.#hear(news);
    if (this.#wave === undefined) this.#rest(seconds);
    else this.#ride(this.#wave, seconds);
  }

  /** A trade moved the price: what traders learn from it, in basis points. */
  nudge(bps: number): void {
    this.#bps += bps;
  }

  /** The world has changed: price and anchor move by this ratio for good. */
  jump(ratio: number): void {
    const bps = Math.log(ratio) * 10_000;
    this.#bps += bps;
    this.#anchorBps += bps;
  }

  /** Common news ends what the market's own news has begun. */
  #hear({ count, direction }: CommonNews): void {
    this.#heard = count;
    if (this.#random.next() >= HEARD) return;
    if (this.#wave !== undefined) this.#settle(this.#wave);
    const isTooFar = this.#pull * direction > 0.5;
    this.#wave = this.#drawWave(isTooFar ? (-direction as 1 | -1) : direction);
  }

  /** How strongly home calls: −1 to 1 within reach. */
  get #pull(): number {
    return (this.#bps / REACH_BPS) ** 3;
  }

  #rest(seconds: number): void {
    const deviation = this.#bps - this.#anchorBps;
    this.#bps -= deviation * Math.min(1, REVERSION_PER_SECOND * seconds);
    this.#anchorBps +=
      (deviation * ANCHOR_PER_SECOND - this.#anchorBps * HOME_PER_SECOND) * seconds;
    this.#quietLeft -= seconds;
    if (this.#quietLeft > 0) return;
    this.#wave = this.#drawWave(this.#random.next() < this.#preset.upward - this.#pull ? 1 : -1);
  }

  #drawWave(direction: 1 | -1): Wave {
    this.#elapsed = 0;
    return {
      direction,
      bpsPerSecond: this.#between(this.#preset.waveBpsPerSecond),
      seconds: this.#between(this.#preset.waveSeconds),
      kept: this.#between(KEPT),
    };
  }

  #ride(wave: Wave, seconds: number): void {
    this.#bps += wave.direction * wave.bpsPerSecond * profile(wave, this.#elapsed) * seconds;
    this.#elapsed += seconds;
    if (this.#elapsed >= wave.seconds) this.#settle(wave);
  }

  /** A wave is over: a part of its move stays. */
  #settle({ kept }: Wave): void {
    this.#anchorBps += kept * (this.#bps - this.#anchorBps);
    this.#wave = undefined;
    this.#quietLeft = this.#drawQuiet();
  }

  #drawQuiet(): number {
    return LEAST_QUIET_SECONDS + this.#random.exponential(this.#preset.quietSeconds);
  }

  #between([min, max]: readonly [min: number, max: number]): number {
    return min + (max - min) * this.#random.next();
  }
}

/** 0 to 1: a trapezoid over the wave's length. */
function profile({ seconds }: Wave, elapsed: number): number {
  const ramp = RAMP * seconds;
  return Math.max(0.05, Math.min(1, elapsed / ramp, (seconds - elapsed) / ramp));
}
