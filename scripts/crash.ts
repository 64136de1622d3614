/**
 * Kills the service at every kind of journal write and network step and starts it again: in simulation
 * (`--sim`, 2,000 kills) and as a process (`--real`, 200). Prints what came of it, and ends with 1 when a fill
 * was lost or booked twice, an order sent twice, a position is not the exchange's, or it took too long.
 */
import { parseArgs } from 'node:util';
import { endAll } from '../test/support/built-program.js';
import { crashProcesses } from '../test/support/crash-processes.js';
import { crashAgainAndAgain } from '../test/support/crash-simulation.js';
import { brokenDemands, crashTable, type CrashOutcome } from '../test/support/crash-table.js';

const POINTS_A_RUN = 200;
const ORDERS_A_RUN = 200;
/** Real services at once: one that starts again has the machine to itself. */
const LANES = 1;

const { values } = parseArgs({
  options: {
    sim: { type: 'string', default: '2000' },
    real: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
  },
});

async function simulated(points: number, firstSeed: number): Promise<readonly CrashOutcome[]> {
  const outcomes: CrashOutcome[] = [];
  const counts = { orders: 0, fills: 0 };
  for (let run = 0; outcomes.length < points; run += 1) {
    const seed = firstSeed + run;
    const left = Math.min(POINTS_A_RUN, points - outcomes.length);
    const begun = performance.now();
    const result = await crashAgainAndAgain({ seed, points: left, orders: ORDERS_A_RUN });
    outcomes.push(...result.outcomes);
    counts.orders += result.orders;
    counts.fills += result.fills;
    const seconds = Math.round((performance.now() - begun) / 1000);
    console.error(`seed ${seed}: ${left} kills, ${result.orders} orders, ${seconds} s`);
    for (const words of brokenDemands(result.outcomes)) console.error(`  ${words}`);
  }
  console.log(`\n${counts.orders} orders and ${counts.fills} fills in simulation\n`);
  return outcomes;
}

async function real(points: number, seed: number): Promise<readonly CrashOutcome[]> {
  let done = 0;
  const { outcomes, orders, fills } = await crashProcesses({
    points,
    seed,
    lanes: Math.min(LANES, points),
    onPoint: ({ point, recoveryMs, troubles }) => {
      done += 1;
      console.error(`${done} ${point}: ${Math.round(recoveryMs)} ms ${troubles.join('; ')}`);
    },
  });
  console.log(`\n${orders} orders and ${fills} fills with real processes\n`);
  return outcomes;
}

function report(outcomes: readonly CrashOutcome[]): void {
  console.log(crashTable(outcomes));
  const broken = brokenDemands(outcomes);
  for (const words of broken) console.log(`BROKEN ${words}`);
  if (broken.length > 0) process.exitCode = 1;
}

const [sim, processes, seed] = [values.sim, values.real, values.seed].map(Number);
try {
  if (sim !== undefined && sim > 0) report(await simulated(sim, seed ?? 1));
  if (processes !== undefined && processes > 0) report(await real(processes, seed ?? 1));
} finally {
  await endAll();
}
