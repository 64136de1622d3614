/** The import rules report what they forbid: violations are planted in a tree of their own. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const tree = mkdtempSync(join(tmpdir(), 'perpetua-imports-'));
let said = '';

const planted: Readonly<Record<string, string>> = {
  'tsconfig.json': '{}',
  'src/model/alone.ts': "import { a } from '../ports/port.js';\nexport const x = a;\n",
  'src/ports/port.ts': 'export const a = 1;\n',
  'src/ports/impl.ts': "import { b } from '../market/book.js';\nexport const x = b;\n",
  'src/market/book.ts': "import { s } from '../signals/score.js';\nexport const b = s;\n",
  'src/signals/score.ts': 'export const s = 1;\n',
  'src/collections/ring.ts': "import { a } from '../ports/port.js';\nexport const x = a;\n",
  'src/operators/scan.ts': "import { a } from '../ports/port.js';\nexport const x = a;\n",
  'src/app/root.ts': "import { m } from '../../machines/m.machine.js';\nexport const r = m;\n",
  'src/risk/limits.ts': "import { r } from '../app/root.js';\nexport const x = r;\n",
  'src/journal/rows.ts': "import { m } from '../../machines/m.machine.js';\nexport const x = m;\n",
  'src/simulator/wire.ts': "import { d } from '../dydx/wire.js';\nexport const x = d;\n",
  'src/dydx/wire.ts': 'export const d = 1;\n',
  'src/admin/door.ts': "import { k } from '../dydx/keys.js';\nexport const x = k;\n",
  'src/dydx/keys.ts': 'export const k = 1;\n',
  'src/config/one.ts': "import { two } from './two.js';\nexport const one = two;\n",
  'src/config/two.ts': "import { one } from './one.js';\nexport const two = one;\n",
  'machines/m.machine.ts': "import { a } from '../src/ports/port.js';\nexport const m = a;\n",
};

beforeAll(() => {
  for (const [path, text] of Object.entries(planted)) {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), text);
  }
  const { stderr } = spawnSync(
    process.execPath,
    [
      '--import',
      join(root, 'node_modules/tsx/dist/loader.mjs'),
      join(root, 'scripts/check-imports.ts'),
      'src',
      'machines',
    ],
    { cwd: tree, encoding: 'utf8' },
  );
  said = stderr;
});
afterAll(() => rmSync(tree, { recursive: true }));

it.each([
  ['model-is-alone', 'src/model/alone.ts'],
  ['ports-know-the-model', 'src/ports/impl.ts'],
  ['collections-know-the-model', 'src/collections/ring.ts'],
  ['operators-know-collections', 'src/operators/scan.ts'],
  ['stages-do-not-know-each-other', 'src/market/book.ts'],
  ['only-the-top-knows-app', 'src/risk/limits.ts'],
  ['only-app-knows-machines', 'src/journal/rows.ts'],
  ['machines-are-pure', 'machines/m.machine.ts'],
  ['the-simulator-reads-the-wire-itself', 'src/simulator/wire.ts'],
  ['the-admin-reaches-no-key', 'src/admin/door.ts'],
  ['no-cycles', 'src/config/one.ts'],
])('the rule %s reports a violation in %s', (rule, path) => {
  expect(said).toContain(`${rule}: ${path} →`);
});

it('the rules report nothing that is allowed', () => {
  expect(said).not.toContain('src/app/root.ts →');
});
