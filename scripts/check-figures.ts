/**
 * Runs the built service on its embedded exchange for two minutes and holds its figures to the limits:
 * an entry and a reduce-only exit, books that agree with the exchange, latency, memory, processor.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Figures {
  readonly frames: Readonly<Record<'received' | 'applied' | 'rejected' | 'quarantined', number>>;
  readonly venue: { readonly agrees: boolean } | null;
  readonly latencyMs: { readonly p99: number | null };
  readonly rssMb: number;
  readonly cpuPct: number;
}

const program = join(import.meta.dirname, '../dist/src/main.js');
const journal = mkdtempSync(join(tmpdir(), 'perpetua-figures-'));
const run = spawnSync(process.execPath, [program, 'run', '--for', '120s', '--json'], {
  encoding: 'utf8',
  env: { PATH: process.env['PATH'], PERPETUA_JOURNAL_PATH: journal, PERPETUA_ADMIN_PORT: '0' },
  maxBuffer: 64 * 1024 * 1024,
});
const line = run.stdout.trim().split('\n').at(-1) ?? '';
const { frames, venue, latencyMs, rssMb, cpuPct } = JSON.parse(line) as Figures;
const sent = (reduceOnly: boolean): number =>
  run.stderr.split('\n').filter((text) => {
    const isSent = text.includes('"msg":"order.sent"');
    return isSent && text.includes(`"reduceOnly":${reduceOnly}`);
  }).length;

const limits: readonly (readonly [what: string, isKept: boolean])[] = [
  ['exit code 0', run.status === 0],
  ['an entry', sent(false) > 0],
  ['a reduce-only exit', sent(true) > 0],
  ['books that agree with the exchange', venue?.agrees === true],
  [
    'every frame accounted for',
    frames.received === frames.applied + frames.rejected + frames.quarantined,
  ],
  ['latency p99 < 25 ms', latencyMs.p99 !== null && latencyMs.p99 < 25],
  ['memory < 256 MB', rssMb < 256],
  ['processor < 25 % of a core', cpuPct < 25],
];
console.log(line);
for (const [what, isKept] of limits) console.log(`${isKept ? 'kept  ' : 'BROKEN'} ${what}`);
process.exitCode = limits.every(([, isKept]) => isKept) ? 0 : 1;
