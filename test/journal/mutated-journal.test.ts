/** Damaged journals: each is read exactly as it was written, or refused with a reason. */
import { afterAll, expect, it } from 'vitest';
import { DECLARED, MutationBench } from '../support/journal-mutations.js';

const MUTATIONS = 200;

const bench = new MutationBench();
afterAll(() => bench.close());

it(`${MUTATIONS} damaged journals are read exactly, or refused by name`, () => {
  const mutations = Array.from({ length: MUTATIONS }, (_, seed) => bench.run(seed));
  expect(mutations.filter(({ outcome }) => !DECLARED.has(outcome))).toEqual([]);
  const refused = mutations.filter(({ outcome }) => outcome !== 'exact').length;
  expect(refused).toBeGreaterThan(MUTATIONS / 4);
  expect(refused).toBeLessThan(MUTATIONS);
});
