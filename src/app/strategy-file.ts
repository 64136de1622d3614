/**
 * Loads a user's strategy from one file. JavaScript is imported where it stands. TypeScript has its
 * types stripped (nothing is checked here: that is the editor's work) and is imported from a folder
 * of its own, in which `perpetua` is this package; so is JavaScript that cannot find `perpetua`.
 */
import { mkdtempSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ConfigError } from '../config/load-config.js';
import type { FileSettings } from '../config/strategy-schema.js';
import type { AuthoredStrategy } from '../ports/strategy.js';

const TYPESCRIPT = new Set(['.ts', '.mts']);
const JAVASCRIPT = new Set(['.js', '.mjs']);
/** The sources stand two folders below the package, the built tree three. */
const PACKAGE = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../..' : '../../..', import.meta.url),
);

type Exports = Readonly<Record<string, unknown>>;

/**
 * A maker of the strategy: a file with `createStrategy` gives a new one each time. Throws
 * `ConfigError`, with the file, what was found and what was expected.
 */
export async function loadStrategyFile({
  file,
  options,
}: Pick<FileSettings, 'file' | 'options'>): Promise<() => AuthoredStrategy> {
  const refuse = (message: string): never => {
    throw new ConfigError([{ place: file, path: 'strategy', message }]);
  };
  const exports = await importsOf(resolve(file), refuse);
  const make = (): AuthoredStrategy => checked(strategyOf(exports, options, refuse), refuse);
  make();
  return make;
}

type Refuse = (message: string) => never;

const messageOf = (error: unknown): string =>
  error instanceof Error ? (error.message.split('\n')[0] ?? error.name) : String(error);

async function importsOf(path: string, refuse: Refuse): Promise<Exports> {
  const ending = extname(path);
  if (!TYPESCRIPT.has(ending) && !JAVASCRIPT.has(ending)) {
    refuse(`expected a file that ends with .ts, .mts, .js or .mjs, was ${ending || 'no ending'}`);
  }
  const text = readText(path, refuse);
  try {
    if (TYPESCRIPT.has(ending)) return await importFromFolder(await stripped(text, path));
    return await importModule(path);
  } catch (error) {
    if (JAVASCRIPT.has(ending) && isLackOfUs(error)) {
      return await importFromFolder(text).catch((again: unknown) => refuse(wordsOf(again)));
    }
    return refuse(wordsOf(error));
  }
}

function readText(path: string, refuse: Refuse): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    return refuse(`cannot be read: ${messageOf(error)}`);
  }
}

const isLackOfUs = (error: unknown): boolean =>
  error instanceof Error && /Cannot find package 'perpetua'/.test(error.message);

const wordsOf = (error: unknown): string => {
  const hint = /Cannot find (module|package)/.test(messageOf(error))
    ? ' (a strategy is one file; it may import perpetua and what Node brings)'
    : '';
  return `cannot be loaded: ${messageOf(error)}${hint}`;
};

/** Positions stay as they are, so that a stack names the right line. */
async function stripped(text: string, path: string): Promise<string> {
  const { transformSync } = await import('@swc/wasm-typescript');
  try {
    return transformSync(text, { mode: 'strip-only', filename: path, module: true }).code;
  } catch (error) {
    throw new Error(`not TypeScript whose types can be stripped: ${syntaxWords(error)}`, {
      cause: error,
    });
  }
}

function syntaxWords(error: unknown): string {
  const words = typeof error === 'object' && error !== null && 'message' in error;
  return words ? String(error.message) : String(error);
}

const importModule = async (path: string): Promise<Exports> =>
  (await import(pathToFileURL(path).href)) as Exports;

async function importFromFolder(text: string): Promise<Exports> {
  const folder = mkdtempSync(join(tmpdir(), 'perpetua-strategy-'));
  try {
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(PACKAGE, join(folder, 'node_modules', 'perpetua'), 'junction');
    const module = join(folder, 'strategy.mjs');
    writeFileSync(module, text);
    return await importModule(module);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const namesOf = (value: object): string => Object.keys(value).sort().join(', ') || 'nothing';

/** `export const strategy`, or `export function createStrategy(options)`. */
function strategyOf(exports: Exports, options: unknown, refuse: Refuse): unknown {
  const { createStrategy, strategy } = exports;
  if (typeof createStrategy === 'function') {
    try {
      return (createStrategy as (given: unknown) => unknown)(options);
    } catch (error) {
      return refuse(`createStrategy threw: ${messageOf(error)}`);
    }
  }
  if (strategy !== undefined) return strategy;
  const expected = 'an export named strategy, or a function createStrategy(options)';
  return refuse(`expected ${expected}, found ${namesOf(exports)}`);
}

function checked(value: unknown, refuse: Refuse): AuthoredStrategy {
  if (typeof value !== 'object' || value === null) {
    return refuse(`expected an object with a function decide(sight), was ${String(value)}`);
  }
  const { decide, ageMsMax } = value as { decide?: unknown; ageMsMax?: unknown };
  const found = `found ${namesOf(value)}`;
  if (typeof decide !== 'function') {
    return refuse(`expected decide to be a function of a sight, was ${typeof decide}; ${found}`);
  }
  if (ageMsMax !== undefined && !(typeof ageMsMax === 'number' && ageMsMax > 0)) {
    return refuse(`expected ageMsMax to be milliseconds above 0, was ${JSON.stringify(ageMsMax)}`);
  }
  return value as AuthoredStrategy;
}
