/**
 * Volume (quality): is this market busier than it usually is? And who pushes?
 *
 * Traded size per bar over 10 s against the median of the last 30 minutes' tenths of a minute. With
 * r as their ratio, the score is 100·r/(1 + r): 50 at typical activity, 75 at three times, 0 in
 * silence. `takerFlow` is what takers bought less what they sold, against both, −1 to 1.
 */
import { DecayingMean, DecayingSum } from './decay.js';
import { BAR_MS, type Bar, type BarListener } from './market-bars.js';
import { RobustWindow } from './robust-window.js';
import type { Backfilled, Reading } from './signal-engine.js';

const FAST_MS = 10_000;
const BUCKET_BARS = FAST_MS / BAR_MS;
/** 30 minutes of buckets. */
const BUCKETS = 180;
const BUCKETS_A_MINUTE = 60_000 / FAST_MS;

export class VolumeEngine implements BarListener, Backfilled {
  readonly #fast = new DecayingMean(FAST_MS);
  readonly #bought = new DecayingSum(FAST_MS);
  readonly #sold = new DecayingSum(FAST_MS);
  readonly #buckets = new RobustWindow(BUCKETS);
  #bucket = 0;
  #barsInBucket = 0;
  #total = 0;
  #samples = 0;

  close({ bought, sold, isLive }: Readonly<Bar>): void {
    this.#fast.observe(bought + sold);
    this.#bought.observe(bought);
    this.#sold.observe(sold);
    this.#fill(bought + sold, 1);
    if (isLive) this.#samples += 1;
  }

  skip(bars: number): void {
    this.#fast.skip(bars);
    this.#bought.skip(bars);
    this.#sold.skip(bars);
    this.#fill(0, bars);
  }

  /** Trades are counted through every silence of the book. */
  reset(): void {}

  /** Each minute is six equal buckets; the median is where the rate starts. */
  backfill(_closes: readonly number[], volumes: readonly number[]): void {
    for (const volume of volumes) {
      for (let index = 0; index < BUCKETS_A_MINUTE; index += 1) {
        this.#push(volume / BUCKETS_A_MINUTE);
      }
    }
    const typical = this.#typical(0);
    if (typical > 0 && this.#samples === 0) this.#fast.seed(typical / BUCKET_BARS);
    this.#samples += volumes.length;
  }

  read({ bought, sold, isLive }: Readonly<Bar>): Reading | undefined {
    const typical = this.#typical(bought + sold);
    if (!(typical > 0)) return undefined;
    const ratio = (this.#fast.with(bought + sold) * BUCKET_BARS) / typical;
    const buying = this.#bought.with(bought);
    const selling = this.#sold.with(sold);
    const takerFlow = buying + selling > 0 ? (buying - selling) / (buying + selling) : 0;
    return {
      value: (100 * ratio) / (1 + ratio),
      samples: this.#samples + Number(isLive),
      parts: { ratio, takerFlow },
    };
  }

  /** Steps in a usual bucket: the median, or where most are empty, the mean; 0 before any trade. */
  #typical(open: number): number {
    const { length } = this.#buckets;
    const running = length + (this.#barsInBucket + 1) / BUCKET_BARS;
    const median = length >= BUCKETS_A_MINUTE ? this.#buckets.median : 0;
    return median > 0 ? median : (this.#total + this.#bucket + open) / running;
  }

  #fill(size: number, bars: number): void {
    this.#bucket += size;
    this.#barsInBucket += bars;
    const ended = Math.floor(this.#barsInBucket / BUCKET_BARS);
    if (ended === 0) return;
    this.#barsInBucket -= ended * BUCKET_BARS;
    this.#push(this.#bucket);
    this.#bucket = 0;
    for (let silent = Math.min(ended - 1, BUCKETS); silent > 0; silent -= 1) this.#push(0);
  }

  #push(size: number): void {
    this.#total += size - (this.#buckets.push(size) ?? 0);
  }
}
