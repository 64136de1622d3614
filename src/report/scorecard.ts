/**
 * The scorecard: what the mid did after each look at a score, counted by subject (a signal or a
 * strategy), bucket of its score and horizon. A fold of fixed size.
 *
 * 1. Looks are made every second, so those of long horizons overlap and are not independent: a
 *    count of 300 s looks holds about one three-hundredth as much news.
 * 2. A hit is a move the way the score pointed; a mid that stayed is neither hit nor miss.
 */
import { SIGNAL_NAMES } from '../model/signal.js';

/** Seconds after a look at which the mid is looked at again. */
export const HORIZONS_S = [1, 5, 30, 300] as const;
export const BUCKETS = 10;
/** Four signals, and as many strategies as there is room for. */
export const SUBJECTS_MAX = 16;

/** How often, and of how many markets, looks are made. */
export const LOOK_EVERY_MS = 1_000;

/** +1: the score points up, −1: down, 0: it points nowhere. */
export type Pointing = -1 | 0 | 1;

export interface ScorecardRow {
  /** Scores from `from` (included) to `to`: of signals 0–100, of confidence 0–1. */
  readonly from: number;
  readonly to: number;
  readonly afterSeconds: number;
  readonly looks: number;
  /** Looks that pointed somewhere, and after which the mid had moved. */
  readonly moved: number;
  /** Of these, the moves the way the score pointed. */
  readonly hits: number;
  /** hits ÷ moved. */
  readonly hitRate: number | null;
  /** Of all looks; up is positive. */
  readonly meanReturnBps: number;
  /** Of looks that pointed somewhere; the way they pointed is positive. */
  readonly meanGainBps: number | null;
}

export interface ScorecardSubject {
  readonly name: string;
  readonly kind: 'signal' | 'strategy';
  readonly rows: readonly ScorecardRow[];
}

export interface ScorecardReport {
  readonly everySeconds: number;
  /** Looks at a market with at least one score. */
  readonly looks: number;
  /** Markets that were beyond the limit and are not counted. */
  readonly marketsLeftOut: number;
  readonly subjects: readonly ScorecardSubject[];
}

/** Columns of the tally of one bucket and horizon. */
const COLUMNS = { looks: 0, pointed: 1, moved: 2, hits: 3, sumReturn: 4, sumGain: 5 } as const;
const WIDTH = 6;

export class Scorecard {
  readonly #names: string[] = [...SIGNAL_NAMES];
  readonly #tally = new Float64Array(SUBJECTS_MAX * BUCKETS * HORIZONS_S.length * WIDTH);
  #looks = 0;
  #marketsLeftOut = 0;

  /** Its number; −1 when there is no room for another one. */
  subject(name: string): number {
    const known = this.#names.indexOf(name);
    if (known >= 0) return known;
    return this.#names.length < SUBJECTS_MAX ? this.#names.push(name) - 1 : -1;
  }

  noteLook(): void {
    this.#looks += 1;
  }

  noteLeftOut(markets: number): void {
    this.#marketsLeftOut = Math.max(this.#marketsLeftOut, markets);
  }

  /** What became of a look: `horizon` is an index into `HORIZONS_S`. */
  add(look: Look, horizon: number, returnBps: number): void {
    const at = this.#at(look.subject, look.bucket, horizon);
    const { pointing } = look;
    this.#count(at + COLUMNS.looks, 1);
    this.#count(at + COLUMNS.sumReturn, returnBps);
    if (pointing === 0) return;
    this.#count(at + COLUMNS.pointed, 1);
    this.#count(at + COLUMNS.sumGain, pointing * returnBps);
    if (returnBps !== 0) this.#count(at + COLUMNS.moved, 1);
    if (pointing * returnBps > 0) this.#count(at + COLUMNS.hits, 1);
  }

  report(): ScorecardReport {
    return {
      everySeconds: LOOK_EVERY_MS / 1_000,
      looks: this.#looks,
      marketsLeftOut: this.#marketsLeftOut,
      subjects: this.#names.map((name, subject) => {
        const kind = subject < SIGNAL_NAMES.length ? 'signal' : 'strategy';
        return { name, kind, rows: this.#rows(subject, kind === 'signal' ? 100 : 1) };
      }),
    };
  }

  #rows(subject: number, scale: number): ScorecardRow[] {
    const rows: ScorecardRow[] = [];
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
      for (const [horizon, afterSeconds] of HORIZONS_S.entries()) {
        const at = this.#at(subject, bucket, horizon);
        const of = (column: number): number => this.#tally[at + column] ?? 0;
        const looks = of(COLUMNS.looks);
        if (looks === 0) continue;
        const pointed = of(COLUMNS.pointed);
        const moved = of(COLUMNS.moved);
        const hits = of(COLUMNS.hits);
        rows.push({
          from: (bucket * scale) / BUCKETS,
          to: ((bucket + 1) * scale) / BUCKETS,
          afterSeconds,
          looks,
          moved,
          hits,
          hitRate: moved === 0 ? null : hits / moved,
          meanReturnBps: of(COLUMNS.sumReturn) / looks,
          meanGainBps: pointed === 0 ? null : of(COLUMNS.sumGain) / pointed,
        });
      }
    }
    return rows;
  }

  #at(subject: number, bucket: number, horizon: number): number {
    return ((subject * BUCKETS + bucket) * HORIZONS_S.length + horizon) * WIDTH;
  }

  #count(at: number, by: number): void {
    this.#tally[at] = (this.#tally[at] ?? 0) + by;
  }
}

/** One score of one look. */
export interface Look {
  /** Number of its subject. */
  readonly subject: number;
  readonly bucket: number;
  readonly pointing: Pointing;
}

/** The bucket of a score on a scale from 0 to `scale`; the top belongs to the last one. */
export const bucketOf = (score: number, scale: number): number =>
  Math.min(BUCKETS - 1, Math.max(0, Math.floor((score / scale) * BUCKETS)));

export const pointingOf = (signed: number): Pointing => (signed > 0 ? 1 : signed < 0 ? -1 : 0);
