/** The strategy that the README shows: short, type-checked, loaded from its text, and run. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { replay } from '../../src/app/replay.js';
import { chooseByName } from '../../src/app/strategy-choice.js';
import { loadStrategyFile } from '../../src/app/strategy-file.js';
import { unixMs } from '../../src/model/quantities.js';
import { runAuthored } from '../../src/strategy/authored-strategy.js';
import { candle } from '../signals/view-fixture.js';
import { sightOf } from '../strategy/sight-fixture.js';

const root = join(import.meta.dirname, '../..');
const shown = /```ts\n([^`]*(?:`[^`\n]*`[^`]*)*?)```/.exec(
  readFileSync(join(root, 'README.md'), 'utf8'),
);
const text = shown?.[1] ?? '';
const folder = mkdtempSync(join(tmpdir(), 'perpetua-readme-'));
const file = join(folder, 'dip-buyer.ts');
writeFileSync(file, text);
// Whatever lies above the folder, its files are modules.
writeFileSync(join(folder, 'package.json'), '{"type":"module"}');

it('has at most thirty lines', () => {
  expect(text).toContain('export function createStrategy');
  expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(30);
});

it('has the types that the package exports', () => {
  const settings = {
    extends: join(root, 'tsconfig.json'),
    compilerOptions: {
      paths: { perpetua: [join(root, 'src/index.ts')] },
      types: [],
      noEmit: true,
    },
    files: [file],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ ...settings, include: [] }));
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const check = (): Buffer =>
    execFileSync(process.execPath, [compiler, '-p', folder], { stdio: 'pipe' });
  expect(String(check())).toBe('');
  // The check sees: a misspelt side does not pass.
  writeFileSync(file, text.replace("side: 'buy'", "side: 'bye'"));
  expect(check).toThrow();
  writeFileSync(file, text);
});

it('buys a dip, holds without one, and leaves when it is made good', async () => {
  const make = await loadStrategyFile({ file, options: {} });
  const strategy = runAuthored({
    name: 'dip-buyer',
    strategy: make(),
    mayQuote: false,
    onFault: (evidence) => {
      throw new Error(evidence);
    },
  });
  const candles = Array.from({ length: 10 }, (_, minute) => candle(minute, 30_190));
  const at = (bid: number) => strategy.decide(sightOf({}, { bid, candles }));
  // The high is 30,200.
  expect(at(30_040)).toMatchObject({ type: 'enter', side: 'buy', limitPrice: 3_007_100_000n });
  expect(at(30_040).reasons[0]?.text).toBe('dip 52.6 of 40 bps, costs 10.3 bps');
  expect(at(30_100)).toMatchObject({ type: 'hold', leave: [] });
  expect(at(30_190)).toMatchObject({ type: 'hold', leave: ['buy'] });
  expect(strategy.decide(sightOf({}, { candles: [] })).reasons[0]?.text).toContain('0 candles');
});

it('can be tried on a recording by its path, and says what it is called', async () => {
  const choice = await chooseByName(file);
  async function* frames() {
    yield {
      receivedAt: unixMs(1_000),
      data: Buffer.from('{"type":"connected","connection_id":"x","message_id":0}'),
    };
  }
  const report = await replay(frames(), { choice });
  expect(report).toMatchObject({ strategy: 'dip-buyer', decisions: 0, faults: [] });
});
