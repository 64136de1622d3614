/** The parts about memory: each in a process of its own, so that only its own memory is seen. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beside, ROOT } from './bench-places.js';
import { absent, judged, megabytes, percent, told, type Row } from './bench-table.js';
import type { PlaneLook } from './plane-child.js';

const PLANE_RSS = 150e6;
const SERVICE_RSS_MB = 256;
/** Of the memory after ten minutes. */
const GROWTH_MAX = 0.1;
const BYTES_PER_UPDATE = 1;
const RUN_FOR = '60s';

function answerOf(file: string, flags: readonly string[], argument: unknown): unknown {
  const args = [...flags, beside(file), JSON.stringify(argument)];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${file} ended with ${status}: ${stderr}`);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
}

/** An hour of virtual time of 250 markets. */
export function memoryPart(): readonly Row[] {
  const plan = { markets: 250, framesPerSecond: 1_000, minutes: 60, lookEvery: 10 };
  const looks = answerOf('plane-child', ['--expose-gc'], plan) as readonly PlaneLook[];
  const [first, last] = [looks[0], looks.at(-1)];
  const peak = Math.max(...looks.map(({ rss }) => rss));
  const [early, late] = [first?.heap ?? NaN, last?.heap ?? NaN];
  return [
    judged('RSS of the data plane, 250 markets, an hour of virtual time', peak, {
      atMost: PLANE_RSS,
      show: megabytes,
    }),
    judged('  growth of its heap from minute 10 to 60', late / early - 1, {
      atMost: GROWTH_MAX,
      show: percent,
      note: `${megabytes(early)} to ${megabytes(late)}`,
    }),
    told(
      '  RSS, and heap, every ten minutes',
      last?.rss ?? NaN,
      looks.map(({ rss, heap }) => `${megabytes(rss)}, ${megabytes(heap)}`).join('; '),
    ),
  ];
}

/** The whole service on its embedded exchange. */
export function servicePart(): readonly Row[] {
  const journal = mkdtempSync(join(tmpdir(), 'perpetua-bench-'));
  const program = join(ROOT, 'dist/src/main.js');
  const env = {
    PATH: process.env['PATH'],
    PERPETUA_JOURNAL_PATH: journal,
    PERPETUA_ADMIN_PORT: '0',
  };
  const args = [program, 'run', '--for', RUN_FOR, '--json'];
  const { stdout, status } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    env,
    maxBuffer: 64 * 1024 * 1024,
  });
  rmSync(journal, { recursive: true });
  const figure = `RSS of the whole service, perpetua run for ${RUN_FOR}`;
  if (status !== 0) return [absent(figure, `≤ ${SERVICE_RSS_MB} MB`, `ended with ${status}`)];
  const { rssMb } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as {
    readonly rssMb: number;
  };
  return [judged(figure, rssMb * 1e6, { atMost: SERVICE_RSS_MB * 1e6, show: megabytes })];
}

interface Allocated {
  readonly updates: number;
  readonly bytesPerUpdate: Readonly<Record<'book' | 'fold' | 'decode' | 'pipeline', number>>;
  readonly collections: number;
}

/** A nursery that a million updates do not fill, so that nothing is collected unseen. */
export function allocationsPart(): readonly Row[] {
  const flags = ['--expose-gc', '--min-semi-space-size=512', '--max-semi-space-size=512'];
  const { bytesPerUpdate, collections } = answerOf('allocations-child', flags, {}) as Allocated;
  if (collections > 0) throw new Error(`${collections} collections while measuring`);
  const show = (bytes: number): string => `${bytes.toFixed(2)} bytes/update`;
  const { decode, fold, book, pipeline } = bytesPerUpdate;
  return [
    judged('allocated per level update, scanner and book', decode + book, {
      atMost: BYTES_PER_UPDATE,
      show,
    }),
    told('  scanner, book, market stage', fold, `${show(decode)}, ${show(book)}, ${show(fold)}`),
    told('  with the frame and the pipeline around them', pipeline, show(pipeline)),
  ];
}
