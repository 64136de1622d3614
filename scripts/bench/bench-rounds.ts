/**
 * Contestants on the same frames, round by round in turn, so that what disturbs one disturbs all;
 * measured in processor time, of which a busy machine takes less away than of the clock's.
 */

export interface Contestant {
  readonly name: string;
  /** Frames of one round: the slow ones get fewer. */
  readonly frames: number;
  /** Everything made anew, unmeasured. */
  readonly prepare: () => Round;
}

/** Goes on from the frame where it stopped up to this one. */
export type Round = (end: number) => void;

export interface Standing {
  readonly name: string;
  /** Processor time per frame, the median of the rounds, in nanoseconds. */
  readonly ns: number;
  readonly all: readonly number[];
}

declare const gc: (() => void) | undefined;

export const collectGarbage = (): void => {
  if (typeof gc === 'function') gc();
};

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? NaN)) / 2;
}

/** The value below which this share of the sorted values lies. */
export const quantile = (sorted: Float64Array, share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;

const cpuNs = (since: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(since);
  return (user + system) * 1_000;
};

/**
 * Of each round, for everybody: the compiler throws away what it made for the objects of the round
 * before, and a service that runs for days has only one of each. Of half a million frames ours has
 * compiled everything after 300,000.
 */
const WARM_SHARE = 3 / 5;

/** One more round than asked for: the first warms up and does not count. */
export function compete(contestants: readonly Contestant[], rounds: number): readonly Standing[] {
  const results = contestants.map((): number[] => []);
  for (let round = 0; round <= rounds; round += 1) {
    contestants.forEach(({ frames, prepare }, index) => {
      const goOn = prepare();
      const warm = Math.floor(frames * WARM_SHARE);
      collectGarbage();
      goOn(warm);
      const begun = process.cpuUsage();
      goOn(frames);
      const ns = cpuNs(begun) / (frames - warm);
      if (round > 0) results[index]?.push(ns);
    });
  }
  return contestants.map(({ name }, index) => {
    const all = results[index] ?? [];
    return { name, ns: median(all), all };
  });
}

/** How many times as long the first takes: the median over the rounds of each round's ratio. */
export function timesAsLong(slow: Standing | undefined, fast: Standing | undefined): number {
  if (slow === undefined || fast === undefined) return NaN;
  return median(slow.all.map((ns, round) => ns / (fast.all[round] ?? NaN)));
}
