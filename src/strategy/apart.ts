/** Two numbers that are compared, written so that one sees which is the greater. */

const DIGITS_MAX = 9;

/** With so many decimals, and more where both would look the same though they are not. */
export function apart(value: number, limit: number, decimals: number): readonly [string, string] {
  let texts: readonly [string, string] = [value.toFixed(decimals), limit.toFixed(decimals)];
  for (let more = decimals + 1; texts[0] === texts[1] && more <= DIGITS_MAX; more += 1) {
    if (value === limit) break;
    texts = [value.toFixed(more), limit.toFixed(more)];
  }
  return texts;
}
