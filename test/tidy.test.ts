/** The house keeps its rules, and the checker that says so sees the tree and each kind of violation. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tidy, type SourceFile } from './support/tidy-rules.js';

const root = join(import.meta.dirname, '..');

function filesBelow(folder: string): SourceFile[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.includes('node_modules'))
    .map((path) => ({ path: relative(root, path), text: readFileSync(path, 'utf8') }));
}

const tracked = (): string[] => {
  const names = execFileSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' }).split('\n');
  return [...new Set(names.filter(Boolean).map((name) => name.split('/')[0] ?? ''))];
};

const files = ['src', 'machines', 'test', 'scripts'].flatMap(filesBelow);

describe('the tree', () => {
  it('is seen by the checker', () => {
    expect(files.filter(({ path }) => path.startsWith('src/')).length).toBeGreaterThan(80);
    expect(files.filter(({ path }) => path.startsWith('machines/')).length).toBeGreaterThan(5);
  });

  it('keeps the house rules', () => {
    expect(tidy(files, tracked())).toEqual([]);
  });
});

describe('the documents', () => {
  it.each(['README.md', 'CONTRIBUTING.md', 'OPERATIONS.md', 'ARCHITECTURE.md'])(
    'name in %s only commands that there are',
    (name) => {
      const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
        readonly scripts: Readonly<Record<string, string>>;
      };
      const text = readFileSync(join(root, name), 'utf8');
      const named = Array.from(
        text.matchAll(/npm run ([a-z][a-z:]*)/g),
        ([, script = '']) => script,
      );
      expect(named.filter((script) => !Object.hasOwn(manifest.scripts, script))).toEqual([]);
    },
  );

  it('tell of every event that the log may show', () => {
    const manual = readFileSync(join(root, 'OPERATIONS.md'), 'utf8');
    const events = files
      .filter(({ path }) => path.startsWith('src/'))
      .flatMap(({ text }) => Array.from(text.matchAll(/\.write\(\s*[^,]+,\s*'([a-z][a-z.-]+)'/g)))
      .map(([, event = '']) => event);
    expect(events.length).toBeGreaterThan(50);
    expect(events.filter((event) => !manual.includes(`\`${event}\``))).toEqual([]);
  });
});

const header = '/** A file. */\n';
const planted: readonly (readonly [rule: string, path: string, text: string])[] = [
  ['header', 'src/market/a.ts', 'export const a = 1;\n'],
  ['length', 'src/market/a.ts', header + 'export {};\n'.repeat(401)],
  ['width', 'src/market/a.ts', `${header}export const a = '${'x'.repeat(120)}';\n`],
  ['no-any', 'src/market/a.ts', `${header}export const a = (x: any) => x;\n`],
  ['no-enum', 'src/market/a.ts', `${header}export enum A { B }\n`],
  ['no-barrel', 'src/market/a.ts', `${header}export * from './b.js';\n`],
  ['no-default-export', 'src/market/a.ts', `${header}export default 1;\n`],
  [
    'no-ts-ignore',
    'src/market/a.ts',
    `${header}const a = 1; /* */ // x\nconst b = '@ts-ignore';\n`,
  ],
  ['unfinished', 'src/market/a.ts', `${header}throw new Error('not implemented');\n`],
  ['wall-clock', 'src/market/a.ts', `${header}export const a = Date.now();\n`],
  ['wall-clock', 'src/market/a.ts', `${header}export const a = Math.random();\n`],
  ['real-timer', 'src/market/a.ts', `${header}setTimeout(() => {}, 1);\n`],
  ['environment', 'src/market/a.ts', `${header}export const a = process.env.HOME;\n`],
  ['dollar', 'src/market/a.stream.ts', `${header}const ticks: Observable<number> = b;\n`],
  ['proof', 'src/market/a.ts', `${header}export const a = b as Approved<C>;\n`],
  ['suffix', 'src/market/a.thing.ts', header],
  ['file-name', 'src/market/OrderBook.ts', header],
  ['reach', 'src/market/a.ts', `${header}import { map } from 'rxjs';\n`],
  ['reach', 'src/market/a.stream.ts', `${header}import { setup } from 'xstate';\n`],
  ['reach', 'machines/a.machine.ts', `${header}import { map } from 'rxjs';\n`],
  ['reach', 'src/market/a.ts', `${header}import { readFile } from 'node:fs/promises';\n`],
  ['layer', 'src/market/a.ts', `${header}import { x } from '../signals/b.js';\n`],
  ['layer', 'src/model/a.ts', `${header}import { x } from '../ports/b.js';\n`],
  ['layer', 'machines/a.machine.ts', `${header}import type { X } from '../src/ports/b.js';\n`],
  ['layer', 'src/simulator/a.ts', `${header}import { x } from '../dydx/b.js';\n`],
  ['layer', 'src/market/a.ts', `${header}import { x } from '../app/b.js';\n`],
];

describe('a planted violation', () => {
  it.each(planted)('of %s in %s is reported', (rule, path, text) => {
    expect(tidy([{ path, text }], []).map((violation) => violation.rule)).toContain(rule);
  });

  it('of two files with one name is reported', () => {
    const files = ['src/market/a.ts', 'src/signals/a.ts'].map((path) => ({ path, text: header }));
    expect(tidy(files, []).map((violation) => violation.rule)).toEqual(['unique-name']);
  });

  it('of a stray file at the top is reported', () => {
    expect(tidy([], ['src', 'notes.txt']).map((violation) => violation.path)).toEqual([
      'notes.txt',
    ]);
  });
});
