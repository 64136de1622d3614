/** The scorecard counts what a naive look back over the whole path counts, in a fixed size. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LookRing } from '../../src/report/look-ring.js';
import {
  bucketOf,
  HORIZONS_S,
  pointingOf,
  Scorecard,
  SUBJECTS_MAX,
  type ScorecardRow,
} from '../../src/report/scorecard.js';
import { scorecardText } from '../../src/report/scorecard-text.js';

interface Second {
  readonly mid: number;
  /** Momentum, 0–100; undefined: nobody looked in this second. */
  readonly score: number | undefined;
}

/** A market of which every second is told that has a score. */
function scored(seconds: readonly Second[]): Scorecard {
  const scorecard = new Scorecard();
  const ring = new LookRing();
  seconds.forEach(({ mid, score }, second) => {
    if (score === undefined) return;
    const look = { subject: 0, bucket: bucketOf(score, 100), pointing: pointingOf(score - 50) };
    ring.take({ second, mid, looks: [look] }, scorecard);
  });
  return scorecard;
}
const rowsOf = (scorecard: Scorecard): readonly ScorecardRow[] =>
  scorecard.report().subjects[0]?.rows ?? [];

function naive(seconds: readonly Second[], bucket: number, after: number) {
  const looks = seconds.flatMap(({ mid, score }, second) => {
    const later = seconds[second + after];
    if (score === undefined || later?.score === undefined) return [];
    if (bucketOf(score, 100) !== bucket) return [];
    return [{ move: Math.sign(later.mid - mid), pointing: Math.sign(score - 50) }];
  });
  const moved = looks.filter(({ move, pointing }) => move !== 0 && pointing !== 0);
  const hits = moved.filter(({ move, pointing }) => move === pointing);
  return { looks: looks.length, moved: moved.length, hits: hits.length };
}

describe('the scorecard', () => {
  it('counts looks, moves and hits as a look back over the whole path does', () => {
    const second = fc.record({
      mid: fc.integer({ min: 99, max: 101 }),
      score: fc.option(fc.integer({ min: 0, max: 100 }), { nil: undefined }),
    });
    const path = fc.array(second, { maxLength: 400, size: 'max' });
    fc.assert(
      fc.property(path, (seconds) => {
        const rows = rowsOf(scored(seconds));
        for (let bucket = 0; bucket < 10; bucket += 1) {
          for (const after of HORIZONS_S) {
            const row = rows.find((one) => one.from === bucket * 10 && one.afterSeconds === after);
            const { looks = 0, moved = 0, hits = 0 } = row ?? {};
            expect({ looks, moved, hits }).toEqual(naive(seconds, bucket, after));
          }
        }
      }),
      { numRuns: 30 },
    );
  });

  it('means the return in basis points, and the gain the way the score pointed', () => {
    const rows = rowsOf(
      scored([
        { mid: 100, score: 95 },
        { mid: 101, score: 5 },
        { mid: 101, score: 50 },
        { mid: 100, score: 50 },
      ]),
    );
    const after1 = rows.filter((row) => row.afterSeconds === 1);
    expect(after1.map(({ from, to }) => [from, to])).toEqual([
      [0, 10],
      [50, 60],
      [90, 100],
    ]);
    const [low, middle, high] = after1;
    expect(high).toMatchObject({ looks: 1, moved: 1, hits: 1, hitRate: 1 });
    expect(high?.meanReturnBps).toBeCloseTo(100, 9);
    expect(high?.meanGainBps).toBeCloseTo(100, 9);
    expect(low).toMatchObject({ looks: 1, moved: 0, hits: 0, hitRate: null, meanReturnBps: 0 });
    expect(middle).toMatchObject({ looks: 1, moved: 0, hitRate: null, meanGainBps: null });
    expect(middle?.meanReturnBps).toBeCloseTo((100 / 101 - 1) * 1e4, 9);
  });

  it('judges nothing across a second in which nobody saw the mid', () => {
    const rows = rowsOf(
      scored([
        { mid: 100, score: 95 },
        { mid: 100, score: undefined },
        { mid: 105, score: 95 },
      ]),
    );
    expect(rows).toEqual([]);
  });

  it('has room for so many subjects, and says when there is none left', () => {
    const scorecard = new Scorecard();
    const numbers = Array.from({ length: 20 }, (_, n) => scorecard.subject(`strategy ${n}`));
    expect(numbers.filter((number) => number >= 0)).toHaveLength(SUBJECTS_MAX - 4);
    expect(scorecard.subject('strategy 0')).toBe(4);
    expect(
      scorecard
        .report()
        .subjects.map(({ kind }) => kind)
        .slice(3, 5),
    ).toEqual(['signal', 'strategy']);
  });

  it('is a table for a terminal', () => {
    const text = scorecardText(
      scored([
        { mid: 100, score: 95 },
        { mid: 101, score: 95 },
      ]).report(),
    );
    const lines = text.split('\n');
    expect(lines[0]).toContain('2 looks.');
    expect(lines[2]).toMatch(/^momentum +1 s +5 s +30 s +300 s$/);
    expect(lines[3]).toMatch(/^90–100 +100.0 % \+100.00 \(1\) +· +· +·$/);
  });
});

it.each([
  [0, 100, 0],
  [9.99, 100, 0],
  [10, 100, 1],
  [100, 100, 9],
  [0.55, 1, 5],
  [1, 1, 9],
])('a score of %s out of %s is in bucket %s', (score, scale, bucket) => {
  expect(bucketOf(score, scale)).toBe(bucket);
});
