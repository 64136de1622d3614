/**
 * Runs dependency-cruiser over the tree and refuses to pass on a tree that it did not see.
 * `check-imports [folder…]` looks at other folders, for the test that plants violations.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

interface Report {
  readonly summary: {
    readonly totalCruised: number;
    readonly violations: readonly {
      readonly from: string;
      readonly to: string;
      readonly rule: { readonly name: string; readonly severity: string };
    }[];
  };
}

const folders = process.argv.slice(2);
const least = folders.length === 0 ? 100 : 1;
const root = join(import.meta.dirname, '..');
const { stdout, stderr } = spawnSync(
  join(root, 'node_modules/.bin/depcruise'),
  [
    '--config',
    join(root, '.dependency-cruiser.cjs'),
    '--output-type',
    'json',
    ...(folders.length === 0 ? ['src', 'machines'] : folders),
  ],
  { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
);
if (stdout === '') throw new Error(`dependency-cruiser said nothing: ${stderr}`);
const { summary } = JSON.parse(stdout) as Report;

for (const { rule, from, to } of summary.violations) {
  console.error(`${rule.severity} ${rule.name}: ${from} → ${to}`);
}
console.log(`${summary.totalCruised} modules, ${summary.violations.length} violations`);
if (summary.totalCruised < least) {
  console.error(`expected at least ${least} modules: the checker did not see the tree`);
}
process.exitCode = summary.violations.length > 0 || summary.totalCruised < least ? 1 : 0;
