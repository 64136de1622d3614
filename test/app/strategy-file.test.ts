/** A user's strategy from a file: loaded when it is one, refused with clear words when it is not. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadStrategyFile } from '../../src/app/strategy-file.js';
import { ConfigError } from '../../src/config/load-config.js';
import { sightOf } from '../strategy/sight-fixture.js';

const folder = mkdtempSync(join(tmpdir(), 'perpetua-strategy-test-'));

function written(name: string, ...lines: string[]): string {
  const file = join(folder, name);
  writeFileSync(file, lines.join('\n'));
  return file;
}

async function refusal(file: string, options = {}): Promise<string> {
  const error: unknown = await loadStrategyFile({ file, options }).catch(
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ConfigError)) throw new Error(`not refused: ${String(error)}`);
  return error.message.replaceAll(`${folder}/`, '');
}

describe('a strategy file', () => {
  it.each([
    [
      'object.mjs',
      'export const strategy = { decide: () => ({ type: "hold", reasons: ["js"] }) };',
    ],
    [
      'maker.mjs',
      'export const createStrategy = ({ word }) => ({ decide: () => ({ type: "hold", reasons: [word] }) });',
    ],
    [
      'typed.ts',
      "import type { Strategy } from 'perpetua';\ninterface Options { readonly word: string }\n" +
        'export function createStrategy({ word }: Options): Strategy {\n' +
        "  return { ageMsMax: 500, decide: () => ({ type: 'hold', reasons: [word] }) };\n}",
    ],
  ])('%s is loaded', async (name, text) => {
    const options = { word: 'yes' };
    const make = await loadStrategyFile({ file: written(name, text), options });
    const { reasons } = make().decide(sightOf({}));
    expect(reasons).toEqual([name === 'object.mjs' ? 'js' : 'yes']);
  });

  it.each([
    ['text.yaml', 'a: 1', 'expected a file that ends with .ts, .mts, .js or .mjs, was .yaml'],
    [
      'empty.mjs',
      'export const other = 1; export const thing = 2;',
      'expected an export named strategy, or a function createStrategy(options), found other, thing',
    ],
    [
      'number.mjs',
      'export const strategy = 7;',
      'expected an object with a function decide(sight)',
    ],
    [
      'shape.mjs',
      'export const strategy = { decides: 1, name: "x" };',
      'expected decide to be a function of a sight, was undefined; found decides, name',
    ],
    [
      'age.mjs',
      'export const strategy = { decide() {}, ageMsMax: "old" };',
      'expected ageMsMax to be milliseconds above 0, was "old"',
    ],
    [
      'throws.mjs',
      'export function createStrategy() { throw new Error("no window"); }',
      'createStrategy threw: no window',
    ],
    ['breaks.mjs', 'throw new Error("at once");', 'cannot be loaded: at once'],
    ['enum.ts', 'enum Side { Buy }\nexport const strategy = Side;', 'whose types can be stripped'],
    ['garbled.ts', 'export const strategy: = {', 'whose types can be stripped'],
  ])('%s is refused', async (name, text, words) => {
    const message = await refusal(written(name, text));
    expect(message).toContain(words);
    expect(message.startsWith(`${name}: strategy: `)).toBe(true);
  });

  it('that is not there is refused', async () => {
    expect(await refusal(join(folder, 'none.ts'))).toContain(
      'none.ts: strategy: cannot be read: ENOENT',
    );
  });

  it('that imports what it cannot have is told that it is one file', async () => {
    const file = written(
      'lonely.ts',
      "import { x } from './neighbour.js';\nexport const strategy = x;",
    );
    expect(await refusal(file)).toContain('a strategy is one file');
  });
});
