/** Damages a real journal in 1,000 ways, or as many as are named, and says what became of each. */
import { DECLARED, MutationBench } from '../test/support/journal-mutations.js';

const count = Number(process.argv[2] ?? 1_000);
const bench = new MutationBench();
const mutations = Array.from({ length: count }, (_, seed) => bench.run(seed));
bench.close();
const outcomes = new Map<string, number>();
for (const { outcome } of mutations) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
for (const [outcome, times] of outcomes) console.log(`${String(times).padStart(6)} ${outcome}`);
const silent = mutations.filter(({ outcome }) => !DECLARED.has(outcome));
for (const { seed, what, outcome } of silent) console.log(`BROKEN ${seed} ${what}: ${outcome}`);
process.exitCode = silent.length === 0 ? 0 : 1;
