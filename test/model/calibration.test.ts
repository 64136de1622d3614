/** A calibration's file: read as it was written, refused when it is malformed or too thin. */
import { describe, expect, it } from 'vitest';
import {
  calibrationText,
  pointOf,
  readCalibration,
  type CalibrationPoint,
} from '../../src/model/calibration.js';

const points: readonly CalibrationPoint[] = [
  { from: 0, to: 0.3, hitRate: 0.51, looks: 200 },
  { from: 0.4, to: 0.8, hitRate: 0.56, looks: 412 },
];
const textOf = (strategies: unknown) =>
  calibrationText({ afterSeconds: 30, strategies: strategies as never });
const refusal = (text: string): string => {
  const read = readCalibration(text, 'sniper');
  return read.ok ? 'accepted' : `${read.error.code}: ${read.error.message}`;
};

describe('a calibration', () => {
  it('is read as it was written', () => {
    expect(readCalibration(textOf({ sniper: points }), 'sniper')).toEqual({
      ok: true,
      value: points,
    });
  });

  it.each([
    ['that is no JSON', '{', 'calibration.malformed: expected JSON, was "{"'],
    [
      'of another kind',
      '{"kind":"x"}',
      'calibration.malformed: expected kind perpetua.calibration/1',
    ],
    ['without a time', '{"kind":"perpetua.calibration/1"}', 'expected afterSeconds > 0'],
    ['without strategies', textOf([]), 'expected strategies by name'],
    [
      'of another strategy',
      textOf({ other: points }),
      'expected looks of strategy sniper, was of: other',
    ],
    ['of none', textOf({}), 'was of: none'],
    ['without stretches', textOf({ sniper: [] }), 'expected sniper: 1 to 100 stretches'],
    [
      'with a hole',
      textOf({ sniper: [{ from: 0 }] }),
      'expected sniper: from, to, hitRate and looks',
    ],
    ['out of order', textOf({ sniper: points.toReversed() }), 'stretches in ascending order'],
    [
      'that falls',
      textOf({ sniper: [points[0], { ...points[1], hitRate: 0.5 }] }),
      'hit rates that never fall',
    ],
    [
      'with half a look',
      textOf({ sniper: [{ ...points[0], looks: 1.5 }] }),
      'expected sniper: from, to, hitRate and looks',
    ],
    [
      'from few looks',
      textOf({ sniper: [{ ...points[0], looks: 299 }] }),
      'calibration.thin: expected at least 300 looks, was 299: too thin',
    ],
    [
      'with a thin stretch',
      textOf({ sniper: [points[1], { from: 0.8, to: 1, hitRate: 1, looks: 3 }] }),
      'calibration.thin: expected at least 30 looks at confidence 0.8 to 1, was 3',
    ],
  ])('%s is refused with the reason', (_, text, words) => {
    expect(refusal(text)).toContain(words);
  });

  it.each([
    [0, 0.51],
    [0.29, 0.51],
    [0.35, 0.56],
    [0.5, 0.56],
    [0.95, 0.56],
  ])('says of %s what the nearest stretch was worth: %s', (confidence, hitRate) => {
    expect(pointOf(points, confidence)?.hitRate).toBe(hitRate);
  });
});
