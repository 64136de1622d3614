/**
 * File + environment + flags → one frozen configuration, or every mistake at once with its place.
 * Later sources win: defaults, file, environment (`PERPETUA_RISK_MAX_EXPOSURE_USD`), flags.
 */
import { readFileSync } from 'node:fs';
import { createDefu } from 'defu';
import { Default } from 'typebox/value';
import { isNode, LineCounter, parseDocument, type Document } from 'yaml';
import type { Static } from 'typebox';
import { check } from './check-settings.js';
import { configSchema, type Config } from './config-schema.js';
import { settleStrategy } from './settle-strategy.js';

export interface ConfigProblem {
  /** `perpetua.yaml:3:5`, `environment PERPETUA_SEED` or `flag --seed`. */
  readonly place: string;
  /** Dotted path of the setting. */
  readonly path: string;
  readonly message: string;
}

export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    super(problems.map(({ place, path, message }) => `${place}: ${path}: ${message}`).join('\n'));
    this.problems = problems;
  }
}

type Tree = { [key: string]: unknown };

export interface ConfigSources {
  readonly file?: string | undefined;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Dotted paths to values, as given on the command line. */
  readonly flags?: Readonly<Record<string, unknown>>;
}

const merge = createDefu((target, key, value) => {
  if (!Array.isArray(value)) return false;
  target[key] = value;
  return true;
});

/** Throws `ConfigError` with all problems, each with place, value and what was expected. */
export function loadConfig(sources: ConfigSources): Config {
  const file = sources.file === undefined ? undefined : readYaml(sources.file);
  const environment = fromEnvironment(sources.environment ?? process.env);
  const flags = fromFlags(sources.flags ?? {});
  const written: Tree = merge(flags.tree, environment.tree, file?.tree ?? {});
  if (typeof written['markets'] === 'string') written['markets'] = splitList(written['markets']);
  splitAddresses(written['endpoints']);
  const complete = Default(configSchema, written) as Settled;
  const placeOf = (path: string): string =>
    flags.places.get(path) ?? environment.places.get(path) ?? file?.placeOf(path) ?? 'default';
  const mode = complete.mode ?? (complete.network === 'embedded' ? 'live' : 'shadow');
  const settled = Array.isArray(complete.strategies)
    ? complete.strategies.map((entry, index) => settleStrategy(entry, `strategies.${index}`, mode))
    : [];
  const found = [
    ...environment.unknown,
    ...check(configSchema, complete),
    ...settled.flatMap(({ problems }) => problems),
  ];
  const placed = found.map((problem) => ({ place: placeOf(problem.path), ...problem }));
  const problems = [...(file?.problems ?? []), ...placed];
  if (problems.length > 0) throw new ConfigError(problems.sort(byPlace));
  const strategies = settled.flatMap(({ settings }) => settings ?? []);
  return deepFreeze({ ...complete, mode, strategies });
}

type Settled = Static<typeof configSchema>;

const byPlace = (a: ConfigProblem, b: ConfigProblem): number =>
  a.place.localeCompare(b.place, 'en', { numeric: true });

interface YamlSource {
  readonly tree: Tree;
  readonly problems: readonly ConfigProblem[];
  readonly placeOf: (path: string) => string | undefined;
}

function readYaml(path: string): YamlSource {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigError([
      { place: path, path: '(file)', message: `cannot be read: ${(error as Error).message}` },
    ]);
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${path}:${line}:${col}`;
  };
  const problems = document.errors.map((error) => ({
    place: at(error.pos[0]),
    path: '(file)',
    message: error.message.split('\n')[0] ?? error.code,
  }));
  const told: unknown = problems.length > 0 ? {} : (document.toJS() ?? {});
  const isTree = typeof told === 'object' && !Array.isArray(told);
  if (!isTree) {
    const was = Array.isArray(told) ? 'a list' : `a ${typeof told}`;
    const message = `expected settings by their names, was ${was}`;
    problems.push({ place: at(0), path: '(file)', message });
  }
  const tree = isTree ? (told as Tree) : {};
  return {
    tree,
    problems,
    placeOf: (setting) => {
      const offset = offsetOf(document, setting.split('.'));
      return offset === undefined ? undefined : at(offset);
    },
  };
}

function offsetOf(document: Document, keys: readonly string[]): number | undefined {
  for (let depth = keys.length; depth > 0; depth -= 1) {
    const path = keys.slice(0, depth).map((key) => (/^\d+$/.test(key) ? Number(key) : key));
    const node = document.getIn(path, true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return undefined;
}

/** From the environment, lists are text with commas. */
function splitAddresses(endpoints: unknown): void {
  if (typeof endpoints !== 'object' || endpoints === null) return;
  const tree = endpoints as Tree;
  for (const key of ['restUrls', 'socketUrls', 'rpcUrls']) {
    const value = tree[key];
    if (typeof value === 'string') tree[key] = splitList(value);
  }
}

const splitList = (text: string): string[] =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean);

/** `risk.maxExposureUsd` → `PERPETUA_RISK_MAX_EXPOSURE_USD`. */
const environmentName = (path: string): string =>
  `PERPETUA_${path.replaceAll('.', '_').replace(/[A-Z]/g, (letter) => `_${letter}`)}`.toUpperCase();

interface Schema {
  readonly type?: string;
  readonly properties?: object;
}

/** Every single setting: its dotted path and its schema. */
function leavesOf(schema: Schema, prefix = ''): (readonly [string, Schema])[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, child]: [string, Schema]) => {
    const below = leavesOf(child, `${prefix}${key}.`);
    return below.length > 0 ? below : [[`${prefix}${key}`, child] as const];
  });
}

const LEAVES = leavesOf(configSchema);

const NUMBER = /^-?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;

/** What is no exact text of the wanted type stays text, and is refused as such. */
function fromText({ type }: Schema, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const text = value.trim();
  if ((type === 'number' || type === 'integer') && NUMBER.test(text)) return Number(text);
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return value;
}

interface FlatSource {
  readonly tree: Tree;
  readonly places: ReadonlyMap<string, string>;
}

interface EnvironmentSource extends FlatSource {
  /** Names that are meant for us and are no setting. */
  readonly unknown: readonly ConfigProblem[];
}

const SETTINGS = LEAVES.filter(([path]) => path !== 'strategies');
const VARIABLES = new Map(SETTINGS.map((leaf) => [environmentName(leaf[0]), leaf]));

function fromEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): EnvironmentSource {
  const tree: Tree = {};
  const places = new Map<string, string>();
  const unknown: ConfigProblem[] = [];
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined || !name.startsWith('PERPETUA_')) continue;
    const place = `environment ${name}`;
    const leaf = VARIABLES.get(name);
    if (leaf === undefined) {
      const message = 'no setting has this name; `perpetua config check` prints all settings';
      unknown.push({ place, path: '(variable)', message });
      continue;
    }
    put(tree, leaf[0], fromText(leaf[1], value));
    places.set(leaf[0], place);
  }
  return { tree, places, unknown };
}

function fromFlags(flags: Readonly<Record<string, unknown>>): FlatSource {
  const tree: Tree = {};
  const places = new Map<string, string>();
  const schemas = new Map(LEAVES);
  for (const [path, value] of Object.entries(flags)) {
    if (value === undefined) continue;
    put(tree, path, fromText(schemas.get(path) ?? {}, value));
    places.set(path, `flag --${path}`);
  }
  return { tree, places };
}

function put(tree: Tree, path: string, value: unknown): void {
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  const parent = keys.reduce((node, key) => (node[key] ??= {}) as Tree, tree);
  parent[last] = value;
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}
