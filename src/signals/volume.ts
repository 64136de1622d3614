/**
 * Volume (quality): is this market busier than it usually is? And who pushes?
 *
 * Traded size per bar over 10 s against the median of the last 30 minutes' tenths of a minute. With
 * r as their ratio, the score is 100·r/(1 + r): 50 at typical activity, 75 at three times, 0 in
 * silence. `takerFlow` is what takers bought less what they sold, against both, −1 to 1.
 */
import { DecayingMean, DecayingSum } from './decay.js';
import { BAR_MS, type BarColumns } from './market-bars.js';
import { RobustWindows } from './robust-window.js';
import type { ScoreTable } from './score-table.js';
import type { History, Reading, SignalEngine } from './signal-engine.js';

const FAST_MS = 10_000;
const BUCKET_BARS = FAST_MS / BAR_MS;
/** 30 minutes of buckets. */
const BUCKETS = 180;
const BUCKETS_A_MINUTE = 60_000 / FAST_MS;

export class VolumeEngine implements SignalEngine {
  readonly #table: ScoreTable;
  readonly #bars: BarColumns;
  readonly #fast: DecayingMean;
  readonly #bought: DecayingSum;
  readonly #sold: DecayingSum;
  readonly #buckets: RobustWindows;
  /** Traded in the open bucket, so far. */
  readonly #bucket: number;
  readonly #barsInBucket: number;
  /** Of all kept buckets. */
  readonly #total: number;
  readonly #samples: number;

  constructor(table: ScoreTable, bars: BarColumns) {
    this.#table = table;
    this.#bars = bars;
    this.#fast = new DecayingMean(table, FAST_MS);
    this.#bought = new DecayingSum(table, FAST_MS);
    this.#sold = new DecayingSum(table, FAST_MS);
    this.#buckets = new RobustWindows(table, BUCKETS);
    this.#bucket = table.column();
    this.#barsInBucket = table.column();
    this.#total = table.column();
    this.#samples = table.column();
  }

  close(row: number): void {
    const { cells } = this.#table;
    const bought = cells[row + this.#bars.bought] ?? 0;
    const sold = cells[row + this.#bars.sold] ?? 0;
    this.#fast.observe(row, bought + sold);
    this.#bought.observe(row, bought);
    this.#sold.observe(row, sold);
    this.#fill(row, bought + sold, 1);
    const isLive = cells[row + this.#bars.isLive] ?? 0;
    cells[row + this.#samples] = (cells[row + this.#samples] ?? 0) + isLive;
  }

  skip(row: number, bars: number): void {
    this.#fast.skip(row, bars);
    this.#bought.skip(row, bars);
    this.#sold.skip(row, bars);
    this.#fill(row, 0, bars);
  }

  /** Trades are counted through every silence of the book. */
  reset(): void {}

  /** Each minute is six equal buckets; the median is where the rate starts. */
  backfill(row: number, { volumes }: History): void {
    const { cells } = this.#table;
    for (const volume of volumes) {
      for (let index = 0; index < BUCKETS_A_MINUTE; index += 1) {
        this.#push(row, volume / BUCKETS_A_MINUTE);
      }
    }
    const typical = this.#typical(row, 0);
    const samples = cells[row + this.#samples] ?? 0;
    if (typical > 0 && samples === 0) this.#fast.seed(row, typical / BUCKET_BARS);
    cells[row + this.#samples] = samples + volumes.length;
  }

  read(row: number): Reading | undefined {
    const { cells } = this.#table;
    const bought = cells[row + this.#bars.bought] ?? 0;
    const sold = cells[row + this.#bars.sold] ?? 0;
    const typical = this.#typical(row, bought + sold);
    if (!(typical > 0)) return undefined;
    const ratio = (this.#fast.with(row, bought + sold) * BUCKET_BARS) / typical;
    const buying = this.#bought.with(row, bought);
    const selling = this.#sold.with(row, sold);
    const takerFlow = buying + selling > 0 ? (buying - selling) / (buying + selling) : 0;
    return {
      value: (100 * ratio) / (1 + ratio),
      samples: (cells[row + this.#samples] ?? 0) + (cells[row + this.#bars.isLive] ?? 0),
      parts: { ratio, takerFlow },
    };
  }

  /** Steps in a usual bucket: the median, or where most are empty, the mean; 0 before any trade. */
  #typical(row: number, open: number): number {
    const { cells } = this.#table;
    const buckets = this.#buckets.of(row);
    const { length } = buckets;
    const median = length >= BUCKETS_A_MINUTE ? buckets.median : 0;
    if (median > 0) return median;
    const running = length + ((cells[row + this.#barsInBucket] ?? 0) + 1) / BUCKET_BARS;
    return ((cells[row + this.#total] ?? 0) + (cells[row + this.#bucket] ?? 0) + open) / running;
  }

  #fill(row: number, size: number, bars: number): void {
    const { cells } = this.#table;
    const bucket = (cells[row + this.#bucket] ?? 0) + size;
    const passed = (cells[row + this.#barsInBucket] ?? 0) + bars;
    const ended = Math.floor(passed / BUCKET_BARS);
    cells[row + this.#barsInBucket] = passed - ended * BUCKET_BARS;
    cells[row + this.#bucket] = ended === 0 ? bucket : 0;
    if (ended === 0) return;
    this.#push(row, bucket);
    for (let silent = Math.min(ended - 1, BUCKETS); silent > 0; silent -= 1) this.#push(row, 0);
  }

  #push(row: number, size: number): void {
    const forgotten = this.#buckets.of(row).push(size) ?? 0;
    const { cells } = this.#table;
    cells[row + this.#total] = (cells[row + this.#total] ?? 0) + size - forgotten;
  }
}
