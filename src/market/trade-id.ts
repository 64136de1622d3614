/**
 * The id of a trade as two numbers, so that thousands of them take no strings: 24 hexadecimal
 * digits, twelve each. Their order is the order of the ids.
 */

const LOW_DIGITS = 12;

/** The digits before the last twelve; 0 where there are no more. */
export const highOf = (id: string): number => valueOf(id, 0, Math.max(0, id.length - LOW_DIGITS));
/** The last twelve digits. */
export const lowOf = (id: string): number =>
  valueOf(id, Math.max(0, id.length - LOW_DIGITS), id.length);

function valueOf(id: string, from: number, to: number): number {
  let value = 0;
  for (let index = from; index < to; index += 1) {
    const code = id.charCodeAt(index);
    // 0 to 9, a to f.
    value = value * 16 + (code < 58 ? code - 48 : code - 87);
  }
  return value;
}
