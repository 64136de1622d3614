/**
 * The looks at one market of the last five minutes, waiting for what the mid does: one slot a
 * second, in typed arrays of a fixed size (10 KB). A second without a look is a gap: what fell due
 * in it is never judged, because nobody saw the mid then.
 */
import { HORIZONS_S, SUBJECTS_MAX, type Look, type Pointing, type Scorecard } from './scorecard.js';

const LONGEST_S = Math.max(...HORIZONS_S);
const SLOTS = LONGEST_S + 1;
/** A look in one byte: 0 is none. */
const codeOf = ({ bucket, pointing }: Look): number => 1 + bucket * 3 + pointing + 1;
const bucketIn = (code: number): number => Math.floor((code - 1) / 3);
const pointingIn = (code: number): Pointing => (((code - 1) % 3) - 1) as Pointing;

export interface Sample {
  /** Whole seconds of the time line, ascending. */
  readonly second: number;
  /** USD, > 0. */
  readonly mid: number;
  readonly looks: readonly Look[];
}

export class LookRing {
  readonly #seconds = new Float64Array(SLOTS).fill(-1);
  readonly #mids = new Float64Array(SLOTS);
  readonly #codes = new Uint8Array(SLOTS * SUBJECTS_MAX);

  /** Judges the looks that are due by this mid, and keeps the new ones. */
  take({ second, mid, looks }: Sample, scorecard: Scorecard): void {
    for (const [horizon, afterSeconds] of HORIZONS_S.entries()) {
      this.#judge(second - afterSeconds, horizon, mid, scorecard);
    }
    const slot = second % SLOTS;
    this.#seconds[slot] = second;
    this.#mids[slot] = mid;
    this.#codes.fill(0, slot * SUBJECTS_MAX, (slot + 1) * SUBJECTS_MAX);
    for (const look of looks) this.#codes[slot * SUBJECTS_MAX + look.subject] = codeOf(look);
    if (looks.length > 0) scorecard.noteLook();
  }

  #judge(second: number, horizon: number, mid: number, scorecard: Scorecard): void {
    const slot = second % SLOTS;
    if (second < 0 || this.#seconds[slot] !== second) return;
    const returnBps = (mid / (this.#mids[slot] ?? mid) - 1) * 1e4;
    for (let subject = 0; subject < SUBJECTS_MAX; subject += 1) {
      const code = this.#codes[slot * SUBJECTS_MAX + subject] ?? 0;
      if (code === 0) continue;
      const look = { subject, bucket: bucketIn(code), pointing: pointingIn(code) };
      scorecard.add(look, horizon, returnBps);
    }
  }
}
