/** Decimal text and scaled integers: exact both ways, and refused where it would not be. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatDecimal,
  parseDecimal,
  parseDecimalTruncated,
  toFloat,
} from '../../src/model/decimal.js';
import { unwrap } from '../../src/model/result.js';

describe('decimal text', () => {
  it('comes back as it went out, for every integer and scale', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }),
        fc.integer({ min: -6, max: 20 }),
        (value, scale) => {
          expect(unwrap(parseDecimal(formatDecimal(value, scale), scale))).toBe(value);
        },
      ),
    );
  });

  it.each([
    ['0', 6, 0n],
    ['12.5', 1, 125n],
    ['-0.000001', 6, -1n],
    ['1.2500', 2, 125n],
    ['90000', -2, 900n],
    ['007', 0, 7n],
  ])('reads %s at scale %i as %s', (text, scale, expected) => {
    expect(unwrap(parseDecimal(text, scale))).toBe(expected);
  });

  it.each([
    '',
    '-',
    '.5',
    '5.',
    '1e3',
    '1,000',
    ' 1',
    '1 ',
    '+1',
    '--1',
    '0x1',
    'NaN',
    'Infinity',
    '1.2.3',
    '9'.repeat(41),
  ])('refuses %j', (text) => {
    expect(parseDecimal(text, 2)).toMatchObject({ ok: false, error: { code: 'decimal.syntax' } });
  });

  it.each([
    ['1.25', 1],
    ['0.0000001', 6],
    ['150', -2],
  ])('refuses %s at scale %i rather than lose a digit', (text, scale) => {
    expect(parseDecimal(text, scale)).toMatchObject({
      ok: false,
      error: { code: 'decimal.precision' },
    });
  });

  it('cuts digits below the scale only when asked to', () => {
    expect(unwrap(parseDecimalTruncated('1.259', 2))).toBe(125n);
    expect(unwrap(parseDecimalTruncated('-1.259', 2))).toBe(-125n);
    expect(unwrap(parseDecimalTruncated('7', 2))).toBe(700n);
    expect(unwrap(parseDecimalTruncated('7.9', 0))).toBe(7n);
    expect(toFloat(125n, 2)).toBe(1.25);
  });
});
