/** From hit rates to a calibration: rising, never from a few looks, and never made up. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LOOKS_PER_POINT_MIN } from '../../src/model/calibration.js';
import { calibrationOf } from '../../src/report/calibration-table.js';
import type { ScorecardReport, ScorecardRow } from '../../src/report/scorecard.js';

const row = (bucket: number, moved: number, hits: number, afterSeconds = 30): ScorecardRow => ({
  from: bucket / 10,
  to: (bucket + 1) / 10,
  afterSeconds,
  looks: moved + 5,
  moved,
  hits,
  hitRate: moved === 0 ? null : hits / moved,
  meanReturnBps: 0,
  meanGainBps: null,
});
const reportOf = (rows: readonly ScorecardRow[], name = 'sniper'): ScorecardReport => ({
  everySeconds: 1,
  looks: 0,
  marketsLeftOut: 0,
  subjects: [
    { name: 'momentum', kind: 'signal', rows: [row(0, 100, 100)] },
    { name, kind: 'strategy', rows },
  ],
});
const points = (...rows: ScorecardRow[]) =>
  calibrationOf(reportOf(rows), 30).strategies['sniper'] ?? [];

describe('a calibration', () => {
  it('is the hit rate of each bucket where these rise', () => {
    expect(points(row(0, 100, 50), row(5, 200, 120))).toEqual([
      { from: 0, to: 0.1, hitRate: 0.5, looks: 100 },
      { from: 0.5, to: 0.6, hitRate: 0.6, looks: 200 },
    ]);
  });

  it('pools neighbours whose hit rates fall', () => {
    expect(points(row(0, 100, 40), row(1, 100, 70), row(2, 100, 50), row(3, 100, 90))).toEqual([
      { from: 0, to: 0.1, hitRate: 0.4, looks: 100 },
      { from: 0.1, to: 0.3, hitRate: 0.6, looks: 200 },
      { from: 0.3, to: 0.4, hitRate: 0.9, looks: 100 },
    ]);
  });

  it('pools a bucket of a few looks with the one below, or above if it is the lowest', () => {
    expect(points(row(0, 2, 2), row(1, 98, 48), row(8, 100, 60), row(9, 10, 10))).toEqual([
      { from: 0, to: 0.2, hitRate: 0.5, looks: 100 },
      { from: 0.8, to: 1, hitRate: 70 / 110, looks: 110 },
    ]);
  });

  it('knows strategies only, one horizon only, and none without a move', () => {
    const report = reportOf([row(0, 50, 20, 5), row(1, 0, 0)]);
    expect(calibrationOf(report, 30)).toEqual({ afterSeconds: 30, strategies: {} });
  });

  it('never falls, loses no look, and has no thin stretch but a single one', () => {
    const buckets = fc.array(fc.tuple(fc.nat(80), fc.nat(100)), { maxLength: 10 });
    fc.assert(
      fc.property(buckets, (list) => {
        const rows = list.map(([moved, of100], n) =>
          row(n, moved, Math.floor((moved * of100) / 100)),
        );
        const made = points(...rows);
        const rates = made.map(({ hitRate }) => hitRate);
        expect(rates).toEqual(rates.toSorted((a, b) => a - b));
        const looks = (of: readonly { readonly looks: number }[]) =>
          of.reduce((sum, one) => sum + one.looks, 0);
        expect(looks(made)).toBe(rows.reduce((sum, { moved }) => sum + moved, 0));
        if (made.length > 1) {
          expect(made.every((one) => one.looks >= LOOKS_PER_POINT_MIN)).toBe(true);
        }
      }),
    );
  });
});
