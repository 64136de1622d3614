/**
 * The figures of the data plane: `npm run bench [-- part … --quick --recording FILE]`. Prints a
 * table of figures, goals and measurements and writes it as JSON; ends with 1 when a goal is missed.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { BENCH } from './bench-places.js';
import { recordedSession, syntheticSession } from './bench-session.js';
import { printTable, writeJson, type Row } from './bench-table.js';
import {
  batchPart,
  decodePart,
  layersPart,
  marketsPart,
  planPart,
  type EngineOptions,
} from './engine-parts.js';
import { allocationsPart, memoryPart, servicePart } from './memory-parts.js';
import { latencyPart, pacedPart, socketsPart } from './socket-parts.js';

type Part = (options: EngineOptions) => readonly Row[] | Promise<readonly Row[]>;

const PARTS: Readonly<Record<string, Part>> = {
  decode: decodePart,
  layers: layersPart,
  plan: planPart,
  batch: batchPart,
  markets: marketsPart,
  sockets: socketsPart,
  latency: latencyPart,
  paced: pacedPart,
  memory: memoryPart,
  service: servicePart,
  allocations: allocationsPart,
};
/** Without sockets, child processes and anybody else's package. */
const QUICK_PARTS = ['decode', 'layers', 'plan', 'markets'];
const FRAMES = 500_000;
const QUICK_FRAMES = 2_000;
const MARKETS = 200;
const QUICK_MARKETS = 20;
const ROUNDS = 7;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    recording: { type: 'string' },
    rounds: { type: 'string', default: String(ROUNDS) },
    /** Frames per second of virtual time: the rate that the latency is measured at. */
    rate: { type: 'string', default: '20000' },
    json: { type: 'string', default: join(BENCH, 'results/bench.json') },
  },
});
const unknown = positionals.filter((name) => !Object.hasOwn(PARTS, name));
if (unknown.length > 0) {
  console.error(`no such part: ${unknown.join(', ')}; there are ${Object.keys(PARTS).join(', ')}`);
  process.exit(2);
}

const { quick: isQuick, recording } = values;
const framesPerSecond = Number(values.rate);
const wanted = positionals.length > 0 ? positionals : isQuick ? QUICK_PARTS : Object.keys(PARTS);
const rounds = isQuick ? 1 : Number(values.rounds);

async function runHere(names: readonly string[]): Promise<readonly Row[]> {
  const session =
    recording === undefined
      ? syntheticSession({
          frames: isQuick ? QUICK_FRAMES : FRAMES,
          markets: isQuick ? QUICK_MARKETS : MARKETS,
          framesPerSecond,
        })
      : await recordedSession(recording);
  const { frames, specs } = session;
  const bytes = frames.reduce((sum, { length }) => sum + length, 0) / frames.length;
  console.log(`${frames.length} frames of ${bytes.toFixed(0)} bytes, ${specs.length} markets`);
  const found: Row[] = [];
  for (const name of names) {
    const part = PARTS[name] as Part;
    found.push(...(await part({ session, rounds, framesPerSecond, isQuick })));
  }
  return found;
}

/** In a process of its own: what others were compiled for and left behind costs it nothing. */
function runApart(name: string): readonly Row[] {
  const folder = mkdtempSync(join(tmpdir(), 'perpetua-bench-'));
  try {
    const json = join(folder, 'rows.json');
    const source = recording === undefined ? [] : ['--recording', recording];
    const flags = ['--rounds', values.rounds, '--rate', values.rate, '--json', json, ...source];
    const self = process.argv[1] ?? '';
    spawnSync(process.execPath, [...process.execArgv, self, name, ...flags], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    return (JSON.parse(readFileSync(json, 'utf8')) as { readonly rows: readonly Row[] }).rows;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const rows: Row[] = [];
for (const names of isQuick ? [wanted] : wanted.map((name) => [name])) {
  const [name = ''] = names;
  const found = isQuick || wanted.length === 1 ? await runHere(names) : runApart(name);
  rows.push(...found);
  for (const { figure, measured } of found) console.log(`${name}: ${figure}: ${measured}`);
}
console.log('');
printTable(rows);
writeJson(values.json, rows, { ...values, parts: wanted });
console.log(`\nwritten to ${values.json}`);
process.exitCode = !isQuick && rows.some(({ passes }) => passes === false) ? 1 : 0;
