/** Times as clients write them. */
import { expect, test } from 'vitest';
import { readIsoTime } from '../../../src/simulator/indexer/iso-time.js';

test.each([
  ['2025-12-08T16:12:41.318Z', '2025-12-08T16:12:41.318Z'],
  ['2025-12-08T16:12:41.3189Z', '2025-12-08T16:12:41.318Z'],
  ['2025-12-08T16:12:41', '2025-12-08T16:12:41.000Z'],
  ['2025-12-08 16:12+02:30', '2025-12-08T13:42:00.000Z'],
  ['20251208T161241-01', '2025-12-08T17:12:41.000Z'],
  ['2025-12-08', '2025-12-08T00:00:00.000Z'],
  ['2025-12', '2025-12-01T00:00:00.000Z'],
  ['2025', '2025-01-01T00:00:00.000Z'],
])('%s is %s', (text, expected) => {
  expect(new Date(readIsoTime(text) ?? NaN).toISOString()).toBe(expected);
});

test.each(['', 'yesterday', '1765210364', '2025-13-01', '2025-12-32', '2025-12-08T'])(
  '%j is no time',
  (text) => {
    expect(readIsoTime(text)).toBeUndefined();
  },
);
