/** Killed at every kind of journal write and network step; `npm run crash` does it 2,000 times. */
import { expect, it } from 'vitest';
import { crashAgainAndAgain } from '../support/crash-simulation.js';
import { brokenDemands } from '../support/crash-table.js';

it('8 kills lose no fill, book none twice, send nothing twice, and leave equal books', async () => {
  const { outcomes, orders, fills } = await crashAgainAndAgain({ seed: 3, points: 8 });
  expect(brokenDemands(outcomes)).toEqual([]);
  expect(outcomes).toHaveLength(8);
  expect(orders).toBeGreaterThan(8);
  expect(fills).toBeGreaterThan(8);
}, 120_000);
