/** The bench runs: its parts that need neither sockets nor other people's packages, for a moment. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'perpetua-bench-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Report {
  readonly rows: readonly { readonly figure: string; readonly value: number | null }[];
}

describe('the bench, quickly', () => {
  it('measures every figure that needs nothing from outside', { timeout: 60_000 }, () => {
    const json = join(folder, 'bench.json');
    const script = join(root, 'scripts/bench/bench.ts');
    const run = spawnSync(
      process.execPath,
      ['--import', 'tsx', script, '--quick', '--json', json, 'decode', 'layers', 'plan'],
      { cwd: root, encoding: 'utf8' },
    );
    expect(run.stderr).toBe('');
    expect(run.status).toBe(0);
    const { rows } = JSON.parse(readFileSync(json, 'utf8')) as Report;
    const measured = new Map(rows.map(({ figure, value }) => [figure, value]));
    for (const figure of [
      'decode + book against toString + JSON.parse',
      'layers 3–5 against toString + JSON.parse',
      "layers 3–5 against the plan's RxJS",
    ]) {
      expect(measured.get(figure), figure).toBeGreaterThan(0);
    }
  });
});
