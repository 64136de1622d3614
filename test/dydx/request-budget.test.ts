/** A bucket never exceeds its budget, and never makes a request wait without need. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { emptyBudget, holdUntil, reserve, REST_BUDGET } from '../../src/dydx/request-budget.js';

const WINDOW_MS = 10_000;
const ALLOWED = 70;

it('no ten seconds see more than 70 % of what the venue allows, however requests arrive', () => {
  const gaps = fc.array(fc.oneof(fc.constant(0), fc.nat(400)), { minLength: 1, maxLength: 400 });
  fc.assert(
    fc.property(gaps, (gaps) => {
      const state = emptyBudget();
      let now = 1_000_000;
      const sent = gaps.map((gap) => (now += gap) + reserve(state, REST_BUDGET, now));
      for (const from of sent) {
        const within = sent.filter((at) => at >= from && at < from + WINDOW_MS).length;
        expect(within).toBeLessThanOrEqual(ALLOWED);
      }
      expect(sent).toEqual(sent.toSorted((a, b) => a - b));
    }),
  );
});

it('a burst goes at once and the next request waits for one interval', () => {
  const state = emptyBudget();
  const waits = Array.from({ length: 21 }, () => reserve(state, REST_BUDGET, 5000));
  expect(waits.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 0));
  expect(waits[20]).toBe(200);
});

it('a bucket on hold lets its first request go at the end of the hold', () => {
  const state = emptyBudget();
  holdUntil(state, REST_BUDGET, 7000);
  expect(reserve(state, REST_BUDGET, 5000)).toBe(2000);
  expect(reserve(state, REST_BUDGET, 5000)).toBe(2200);
});
