/** Sums over bars that fade with age, each term weighed by itself: no state but the bars. */
import { BAR_MS, type KeptBar } from './kept-bars.js';

/** Below this weight a term is left out. */
const WEIGHT_MIN = 1e-9;

/** What a horizon keeps from one bar to the next. */
const keptOver = (horizonMs: number): number => Math.exp(-BAR_MS / horizonMs);

export interface Window {
  /** Closed bars, oldest first. */
  readonly bars: readonly KeptBar[];
  /** The bar that is still open, when it counts. */
  readonly open: KeptBar | undefined;
  /** The bar that everything is weighed from: 1 there, less in every bar before. */
  readonly to: number;
  /** Bars before this one do not count. */
  readonly from: number;
}

/** Σ value × kept^age of the bars of a window. */
export function fadingSum(
  { bars, open, to, from }: Window,
  horizonMs: number,
  valueOf: (bar: KeptBar) => number,
): number {
  const kept = keptOver(horizonMs);
  let sum = open === undefined ? 0 : valueOf(open);
  let weight = 1;
  let weighed = to;
  for (let index = bars.length - 1; index >= 0; index -= 1) {
    const bar = bars[index];
    if (bar === undefined || bar.index < from) break;
    const gap = weighed - bar.index;
    weight *= gap === 1 ? kept : kept ** gap;
    weighed = bar.index;
    if (weight < WEIGHT_MIN) break;
    sum += valueOf(bar) * weight;
  }
  return sum;
}

/** Mean of a value as it stood in every bar: until it is seen again it stays as it was. */
export function heldMean(
  { bars, open, to, from }: Window,
  horizonMs: number,
  valueOf: (bar: KeptBar) => number,
): number {
  const oldest = Math.max(from, to - ageMax(horizonMs));
  let sum = 0;
  let rest = 0;
  const hold = (bar: KeptBar): void => {
    // Weights of all bars from this one to the last before the next one that was seen.
    const weight = fadingWeight(bar.index, to, horizonMs);
    sum += valueOf(bar) * (weight - rest);
    rest = weight;
  };
  if (open?.isLive === true) hold(open);
  for (let index = bars.length - 1; index >= 0; index -= 1) {
    const bar = bars[index];
    if (bar === undefined || bar.index < oldest) break;
    if (bar.isLive) hold(bar);
  }
  return sum / rest;
}

/** In bars: what is older weighs too little to count. */
const ageMax = (horizonMs: number): number =>
  Math.ceil(Math.log(WEIGHT_MIN) / Math.log(keptOver(horizonMs)));

/** Σ kept^age of all bars from `from` to `to`, those in which nothing came included. */
export const fadingWeight = (from: number, to: number, horizonMs: number): number =>
  (1 - keptOver(horizonMs) ** (to - from + 1)) / (1 - keptOver(horizonMs));

/** As if `mean` had been seen in every bar before this one, for ever. */
export interface Seed {
  readonly mean: number;
  readonly from: number;
}

/** Mean per bar of the bars from the first on, or from the seed on with what it stands for. */
export function fadingMean(
  window: Window,
  horizonMs: number,
  valueOf: (bar: KeptBar) => number,
  seed?: Seed,
): number {
  if (seed === undefined) {
    const weight = fadingWeight(window.from, window.to, horizonMs);
    return weight > 0 ? fadingSum(window, horizonMs, valueOf) / weight : 0;
  }
  const from = Math.max(seed.from, window.from);
  const whole = 1 / (1 - keptOver(horizonMs));
  const seeded = seed.mean * whole * keptOver(horizonMs) ** (window.to - from + 1);
  return (seeded + fadingSum({ ...window, from }, horizonMs, valueOf)) / whole;
}

/** NaN of nothing. */
export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  const upper = sorted[Math.floor(half)] ?? Number.NaN;
  return ((sorted[Math.ceil(half) - 1] ?? Number.NaN) + upper) / 2;
}

/** Median absolute deviation, made comparable with a standard deviation. */
export function spreadOf(values: readonly number[]): number {
  const median = medianOf(values);
  return 1.4826 * medianOf(values.map((value) => Math.abs(value - median)));
}
