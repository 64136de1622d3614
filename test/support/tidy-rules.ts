/**
 * The house rules that no other tool checks: headers, lengths, names, suffixes, layers, proofs.
 * A pure function from files to violations, so that planted violations can be tested too.
 */

export interface SourceFile {
  /** Relative to the project's root, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

export interface Violation {
  readonly path: string;
  readonly rule: string;
  readonly detail: string;
}

const TOP_LEVEL =
  /^(package(-lock)?\.json|tsconfig(\.[a-z]+)?\.json|src|machines|test|scripts|README\.md|ARCHITECTURE\.md|CONTRIBUTING\.md|OPERATIONS\.md|CHANGELOG\.md|LICENSE|Dockerfile|perpetua\.service|perpetua\.example\.yaml|(vite|vitest)\.config\.ts|knip\.json|\..*)$/;

const STAGES = [
  'connection',
  'dydx',
  'market',
  'signals',
  'strategy',
  'portfolio',
  'risk',
  'execution',
  'simulator',
  'batch',
  'journal',
  'report',
  'admin',
  'inspector',
  'web',
] as const;

const SHARED = new Set(['model', 'ports', 'collections', 'operators']);
const EXEMPT_FROM_SUFFIX = /^src\/(app|cli|config|web)\/|^src\/main\.ts$|^src\/index\.ts$/;

const NETWORK = [
  'ws',
  'undici',
  'fastify',
  '@fastify/',
  'node:net',
  'node:http',
  'node:https',
  'node:tls',
  'prom-client',
  'pino',
  'node:worker_threads',
  'node:crypto',
  'node:child_process',
  'node:perf_hooks',
];
const DISK = [
  '@photostructure/sqlite',
  'node:fs',
  'node:path',
  'node:zlib',
  'node:stream',
  'node:readline',
  'node:worker_threads',
  'node:url',
  'node:crypto',
  'node:os',
];
const BYTES = [
  'node:crypto',
  'node:zlib',
  'node:buffer',
  'node:module',
  'node:path',
  '@cosmjs/crypto',
  '@cosmjs/encoding',
  'cosmjs-types',
  'long',
];
const PURE = ['typebox', 'trading-signals'];

/** What each suffix may import from outside the project, besides the pure libraries. */
const SUFFIX_REACH: Readonly<Record<string, readonly string[]>> = {
  '': [],
  codec: ['rxjs', ...BYTES],
  machine: ['xstate'],
  stream: ['rxjs'],
  actor: ['xstate', 'rxjs'],
  venue: ['rxjs'],
  client: ['rxjs', ...NETWORK],
  server: ['rxjs', ...NETWORK, 'node:url'],
  route: ['rxjs', ...NETWORK, 'node:url'],
  store: ['rxjs', ...DISK],
  clock: ['rxjs'],
};

const importsOf = (text: string): { readonly from: string; readonly typeOnly: boolean }[] =>
  [
    ...text.matchAll(
      /^(?:import|export)\s+(type\s+)?(?:[\w*$,\s]*\{[^}]*\}|[\w*$,\s]+)\s*from\s+'([^']+)';/gm,
    ),
    ...text.matchAll(/^import\s+(type\s+)?'([^']+)';/gm),
  ].map((match) => ({ from: match[2] ?? '', typeOnly: match[1] !== undefined }));

const packageOf = (from: string): string => from;
const allows = (allowed: readonly string[], from: string): boolean =>
  allowed.some((name) => from === name || from.startsWith(name.endsWith('/') ? name : `${name}/`));

/** `src/market/order-book.ts` importing `../model/market.js` → `src/model/market.ts`. */
function resolve(path: string, from: string): string {
  const parts = path.split('/').slice(0, -1);
  for (const part of from.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  return parts.join('/').replace(/\.js$/, '.ts');
}

const folderOf = (path: string): string =>
  path.startsWith('machines/') ? 'machines' : (path.split('/')[1] ?? '').replace(/\.ts$/, '');

function mayImport(from: string, to: string): boolean {
  const source = folderOf(from);
  const target = folderOf(to);
  if (source === target) return true;
  if (source === 'app' || source === 'cli' || source === 'main') return true;
  if (source === 'index') return true;
  if (source === 'machines' || source === 'model')
    return source === 'machines' && target === 'model';
  if (source === 'ports') return target === 'model';
  if (source === 'collections') return target === 'model';
  if (source === 'operators') return ['model', 'collections'].includes(target);
  if (source === 'clock') return ['model', 'ports'].includes(target);
  if (source === 'config') return ['model', 'ports'].includes(target);
  return (STAGES as readonly string[]).includes(source) && SHARED.has(target);
}

function checkSource({ path, text }: SourceFile): Violation[] {
  const violations: Violation[] = [];
  const report = (rule: string, detail: string): number => violations.push({ path, rule, detail });
  const name = path.split('/').at(-1) ?? '';
  const [stem = '', ...rest] = name.replace(/\.tsx?$/, '').split('.');
  const suffix = rest.join('.');
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(stem)) report('file-name', `${name} is not kebab-case`);
  if (EXEMPT_FROM_SUFFIX.test(path)) {
    checkLayers(path, text, report);
    return violations;
  }
  const kind = suffix.split('.').at(-1) ?? '';
  if (kind !== 'worker' && !(kind in SUFFIX_REACH)) report('suffix', `unknown suffix .${suffix}`);
  checkLayers(path, text, report);
  if (kind === 'worker') return violations;
  for (const { from, typeOnly } of importsOf(text)) {
    if (from.startsWith('.') || allows(PURE, packageOf(from))) continue;
    if (typeOnly && (from === 'rxjs' || from === 'xstate')) continue;
    if (!allows(SUFFIX_REACH[kind] ?? [], from))
      report('reach', `.${kind || '(bare)'} imports ${from}`);
  }
  return violations;
}

function checkLayers(
  path: string,
  text: string,
  report: (rule: string, detail: string) => void,
): void {
  for (const { from } of importsOf(text)) {
    if (!from.startsWith('.')) continue;
    const target = resolve(path, from);
    if (!mayImport(path, target)) report('layer', `imports ${target}`);
  }
}

const STARTS_WITH_HEADER = /^(#![^\n]*\n)?\/\*\*/;
const CODE_RULES: readonly (readonly [rule: string, pattern: RegExp])[] = [
  ['no-any', /(:\s*any\b|<any>|\bas any\b|\bany\[\])/],
  ['no-enum', /^\s*(export\s+)?(const\s+)?enum\s/m],
  ['no-barrel', /^export \* from/m],
  ['no-default-export', /^export default/m],
  ['no-ts-ignore', /@ts-(ignore|expect-error|nocheck)/],
  ['unfinished', /\b(TODO|FIXME|XXX)\b|not implemented/],
  [
    'wall-clock',
    /(?<![.\w])(Date\.now\(|new Date\(\)|Math\.random\(|randomUUID\(|performance\.now\()/,
  ],
  ['real-timer', /(?<![.\w#])(setTimeout|setInterval|setImmediate)\(/],
  ['environment', /\bprocess\.env\b/],
];
const MAY_USE_TIME =
  /^src\/(clock|app|cli)\/|^src\/ports\/clock\.ts$|\.worker\.ts$|^src\/main\.ts$/;
const MAY_READ_ENVIRONMENT = /^src\/config\//;

function checkText({ path, text }: SourceFile, isTest: boolean): Violation[] {
  const violations: Violation[] = [];
  const report = (rule: string, detail: string): number => violations.push({ path, rule, detail });
  if (!STARTS_WITH_HEADER.test(text))
    report('header', 'no opening comment that says what the file is');
  const lines = text.split('\n');
  const limit = isTest ? 500 : 400;
  if (lines.length - 1 > limit) report('length', `${lines.length - 1} lines > ${limit}`);
  lines.forEach((line, index) => {
    if (line.length > 100 && !/https?:\/\//.test(line) && !isTest) {
      report('width', `line ${index + 1} has ${line.length} columns > 100`);
    }
  });
  if (isTest) return violations;
  const code = text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  for (const [rule, pattern] of CODE_RULES) {
    if ((rule === 'wall-clock' || rule === 'real-timer') && MAY_USE_TIME.test(path)) continue;
    if (rule === 'environment' && MAY_READ_ENVIRONMENT.test(path)) continue;
    const match = pattern.exec(code);
    if (match) report(rule, match[0].trim());
  }
  for (const match of code.matchAll(
    /\b(?:const|let|readonly)\s+(#?\w+)\s*:\s*(?:Observable|Subject|BehaviorSubject|ReplaySubject|ConnectableObservable)</g,
  )) {
    if (!match[1]?.endsWith('$')) report('dollar', `${match[1]} is an Observable without $`);
  }
  if (code.includes('as Approved<') && path !== 'src/risk/pre-trade.ts') {
    report('proof', 'only src/risk/pre-trade.ts makes Approved');
  }
  return violations;
}

function checkNames(files: readonly SourceFile[]): Violation[] {
  const seen = new Map<string, string>();
  const violations: Violation[] = [];
  for (const { path } of files) {
    const name = path.split('/').at(-1) ?? '';
    const other = seen.get(name);
    if (other !== undefined)
      violations.push({ path, rule: 'unique-name', detail: `also ${other}` });
    seen.set(name, path);
  }
  return violations;
}

/** All violations of the house rules in these files. `topLevel`: the names at the project's root. */
export function tidy(files: readonly SourceFile[], topLevel: readonly string[]): Violation[] {
  const sources = files.filter(({ path }) => /^(src|machines)\//.test(path));
  const tests = files.filter(({ path }) => /^(test|scripts)\//.test(path));
  return [
    ...topLevel
      .filter((name) => !TOP_LEVEL.test(name))
      .map((name) => ({ path: name, rule: 'top-level', detail: 'does not belong at the top' })),
    ...sources.flatMap(checkSource),
    ...sources.flatMap((file) => checkText(file, false)),
    ...tests.flatMap((file) => checkText(file, true)),
    ...checkNames(sources),
  ];
}
