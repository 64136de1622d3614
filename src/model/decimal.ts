/** Decimal text to scaled integers and back, exactly: no float ever touches an amount. */
import { powerOfTen } from './quantities.js';
import { fail, ok, type Result } from './result.js';

const DECIMAL = /^(-?)(\d{1,40})(?:\.(\d{1,40}))?$/;

/**
 * Reads plain decimal text (`-12.5`, no exponent) as an integer of 10^-scale.
 * Digits below the scale must be zero: `parseDecimal('1.25', 1)` fails with `decimal.precision`.
 */
export function parseDecimal(text: string, scale: number): Result<bigint> {
  const match = DECIMAL.exec(text);
  if (!match)
    return fail(
      'decimal.syntax',
      `expected a decimal number, was ${JSON.stringify(text.slice(0, 64))}`,
    );
  const [, sign, whole = '', fraction = ''] = match;
  const kept = fraction.slice(0, Math.max(0, scale)).padEnd(Math.max(0, scale), '0');
  const lost = fraction.slice(Math.max(0, scale));
  if (/[1-9]/.test(lost)) {
    return fail('decimal.precision', `expected at most ${scale} decimal places, was ${text}`);
  }
  const digits = BigInt(whole + kept);
  if (scale >= 0) return ok(sign === '-' ? -digits : digits);
  const unit = powerOfTen(-scale);
  if (digits % unit !== 0n)
    return fail('decimal.precision', `expected a multiple of ${unit}, was ${text}`);
  return ok((sign === '-' ? -1n : 1n) * (digits / unit));
}

/**
 * Like `parseDecimal`, but digits below the scale are cut off (towards zero) instead of refused.
 */
export function parseDecimalTruncated(text: string, scale: number): Result<bigint> {
  const dot = text.indexOf('.');
  return parseDecimal(dot < 0 ? text : text.slice(0, dot + 1 + scale).replace(/\.$/, ''), scale);
}

/** Writes an integer of 10^-scale as plain decimal text without trailing zeros. */
export function formatDecimal(value: bigint, scale: number): string {
  if (scale <= 0) return (value * powerOfTen(-scale)).toString();
  const sign = value < 0n ? '-' : '';
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, '0');
  const fraction = digits.slice(-scale).replace(/0+$/, '');
  const whole = digits.slice(0, -scale);
  return fraction === '' ? `${sign}${whole}` : `${sign}${whole}.${fraction}`;
}

/** Nearest double: for signals, statistics and display only. */
export function toFloat(value: bigint, scale: number): number {
  return Number(value) / 10 ** scale;
}
