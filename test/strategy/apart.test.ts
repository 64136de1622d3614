/** Numbers beside their limits never look as if they were not compared. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { apart } from '../../src/strategy/apart.js';

it.each([
  [0.78, 0.8, 2, ['0.78', '0.80']],
  [0.799, 0.8, 2, ['0.799', '0.800']],
  [0.787, 0.785, 2, ['0.787', '0.785']],
  [2.00004, 2, 1, ['2.00004', '2.00000']],
  [0.8, 0.8, 2, ['0.80', '0.80']],
  [NaN, 1, 1, ['NaN', '1.0']],
  [1, 1 + 1e-12, 1, ['1.000000000', '1.000000000']],
])('%d beside %d with %i decimals', (value, limit, decimals, texts) => {
  expect(apart(value, limit, decimals)).toEqual(texts);
});

it('never says the contrary of what is so', () => {
  const number = fc.double({ min: -1e6, max: 1e6, noNaN: true });
  fc.assert(
    fc.property(number, number, (value, limit) => {
      const [is, than] = apart(value, limit, 2).map(Number) as [number, number];
      if (value > limit) expect(is).toBeGreaterThanOrEqual(than);
      if (value < limit) expect(is).toBeLessThanOrEqual(than);
    }),
  );
});
