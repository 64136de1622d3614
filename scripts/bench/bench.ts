/**
 * The figures of the data plane: `npm run bench [-- part … --quick --recording FILE]`. Prints a
 * table of figures, goals and measurements and writes it as JSON; ends with 1 when a goal is missed.
 */
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
const session =
  recording === undefined
    ? syntheticSession({
        frames: isQuick ? QUICK_FRAMES : FRAMES,
        markets: isQuick ? QUICK_MARKETS : MARKETS,
        framesPerSecond,
      })
    : await recordedSession(recording);
const rounds = isQuick ? 1 : Number(values.rounds);
const bytes = session.frames.reduce((sum, { length }) => sum + length, 0) / session.frames.length;
console.log(
  `${session.frames.length} frames of ${bytes.toFixed(0)} bytes, ${session.specs.length} markets`,
);

const rows: Row[] = [];
for (const name of wanted) {
  const part = PARTS[name] as Part;
  const found = await part({ session, rounds, framesPerSecond, isQuick });
  rows.push(...found);
  for (const { figure, measured } of found) console.log(`${name}: ${figure}: ${measured}`);
}
console.log('');
printTable(rows);
writeJson(values.json, rows, { ...values, parts: wanted });
console.log(`\nwritten to ${values.json}`);
process.exitCode = !isQuick && rows.some(({ passes }) => passes === false) ? 1 : 0;
