/**
 * From a scorecard to a calibration: hit rates of each strategy's confidence, pooled until they
 * never fall as confidence rises (isotonic regression) and no stretch rests on a few looks.
 */
import {
  LOOKS_PER_POINT_MIN,
  type Calibration,
  type CalibrationPoint,
} from '../model/calibration.js';
import { SIGNAL_NAMES } from '../model/signal.js';
import type { ScorecardReport, ScorecardRow } from './scorecard.js';

interface Pool {
  readonly from: number;
  readonly to: number;
  readonly hits: number;
  readonly looks: number;
}

/** Strategies without a move after any of their looks are left out. */
export function calibrationOf(report: ScorecardReport, afterSeconds: number): Calibration {
  const signals = new Set<string>(SIGNAL_NAMES);
  const entries = report.subjects
    .filter(({ name }) => !signals.has(name))
    .map(({ name, rows }) => [name, pointsOf(rows, afterSeconds)] as const)
    .filter(([, points]) => points.length > 0);
  return { afterSeconds, strategies: Object.fromEntries(entries) };
}

function pointsOf(rows: readonly ScorecardRow[], afterSeconds: number): CalibrationPoint[] {
  const pools = rows
    .filter((row) => row.afterSeconds === afterSeconds && row.moved > 0)
    .map(({ from, to, hits, moved }): Pool => ({ from, to, hits, looks: moved }));
  return rising(thick(pools)).map(({ from, to, hits, looks }) => ({
    from,
    to,
    hitRate: hits / looks,
    looks,
  }));
}

/** Thin pools join the one below; a thin lowest one joins the one above. */
function thick(pools: readonly Pool[]): readonly Pool[] {
  const result: Pool[] = [];
  for (const pool of pools) {
    const below = result.at(-1);
    const isThin = (one: Pool): boolean => one.looks < LOOKS_PER_POINT_MIN;
    if (below !== undefined && (isThin(pool) || isThin(below))) {
      result[result.length - 1] = joined(below, pool);
    } else result.push(pool);
  }
  return result;
}

/** Pool adjacent violators. */
function rising(pools: readonly Pool[]): readonly Pool[] {
  const result: Pool[] = [];
  for (const pool of pools) {
    let newest = pool;
    for (let below = result.at(-1); below !== undefined; below = result.at(-1)) {
      if (below.hits * newest.looks <= newest.hits * below.looks) break;
      result.pop();
      newest = joined(below, newest);
    }
    result.push(newest);
  }
  return result;
}

const joined = (below: Pool, above: Pool): Pool => ({
  from: below.from,
  to: above.to,
  hits: below.hits + above.hits,
  looks: below.looks + above.looks,
});
