/** The parts that run in this process: ours against others' on the same frames, without network. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { batchEngine } from '../../src/app/engines.js';
import { BENCH } from './bench-places.js';
import { compete, timesAsLong, type Contestant, type Standing } from './bench-rounds.js';
import { syntheticSession, type Session } from './bench-session.js';
import { absent, judged, nanoseconds, times, told, type Row } from './bench-table.js';
import { ccxtContestant, loadCcxt } from './ccxt-contestant.js';
import {
  decodeAndBook,
  decodeAndFold,
  layersThreeToFive,
  LayersRun,
  parseOnly,
} from './our-side.js';
import { textbookRxjs } from './textbook-rxjs.js';

export interface EngineOptions {
  readonly session: Session;
  readonly rounds: number;
  readonly framesPerSecond: number;
  readonly isQuick: boolean;
}

const AGAINST_CCXT = 8;
const DECODE_AGAINST_PARSE = 3;
const LAYERS_AGAINST_PARSE = 2.5;
const AGAINST_RXJS = 50;
const AGAINST_RXPY = 300;
const MARKETS_250 = 1.5;
const MARKETS_1000 = 2.5;
/** One of 200 markets costs the plan's hub three filters a frame: this many suffice. */
const RXJS_FRAMES = 20_000;
const RXPY_FRAMES = 15_000;
const MARKETS_FRAMES = 500_000;
/** Where the number of markets is compared: the rate that the latency is measured at. */
const MARKETS_RATE = 20_000;
const BATCH_FRAMES = 60_000;
/** Every look at a market costs the same however many frames there were since the last one. */
const SLOWER_RATES = [5_000, 2_000];

const shown = (standings: readonly Standing[]): readonly Row[] =>
  standings.map(({ name, ns }) => told(`  ${name}`, ns, nanoseconds(ns)));

const noted = (standings: readonly Standing[]): string =>
  standings
    .map(({ ns }) => ns.toFixed(0))
    .join(' / ')
    .concat(' ns/frame');

export async function decodePart({ session, rounds }: EngineOptions): Promise<readonly Row[]> {
  const ccxt = await loadCcxt();
  const contestants = [parseOnly(session), decodeAndBook(session), decodeAndFold(session)];
  if (ccxt !== undefined) contestants.push(ccxtContestant(ccxt, session));
  const standings = compete(contestants, rounds);
  const [parse, book, fold, theirs] = standings;
  const figure = "decode + book + trades against ccxt's message path";
  return [
    theirs === undefined
      ? absent(figure, `≥ ${times(AGAINST_CCXT)}`, 'ccxt is not installed')
      : judged(figure, timesAsLong(theirs, fold), { atLeast: AGAINST_CCXT, show: times }),
    judged('decode + book against toString + JSON.parse', timesAsLong(parse, book), {
      atLeast: DECODE_AGAINST_PARSE,
      show: times,
    }),
    ...shown(standings),
  ];
}

export function layersPart({ session, rounds, isQuick }: EngineOptions): readonly Row[] {
  assertComplete(session);
  const ours = layersThreeToFive(session);
  const contestants = [parseOnly(session), ours];
  const isSynthetic = session.opening.length > 0;
  if (isSynthetic && !isQuick) {
    for (const framesPerSecond of SLOWER_RATES) {
      const { frames, specs } = session;
      const sizes = { frames: frames.length, markets: specs.length };
      const slower = syntheticSession({ ...sizes, framesPerSecond });
      contestants.push(layersThreeToFive(slower, `layers 3–5 at ${framesPerSecond} frames/s`));
    }
  }
  const standings = compete(contestants, isQuick ? 1 : Math.min(rounds, 5));
  const [parse, fast, ...slow] = standings;
  return [
    judged('layers 3–5 against toString + JSON.parse', timesAsLong(parse, fast), {
      atLeast: LAYERS_AGAINST_PARSE,
      show: times,
      note: noted(standings.slice(0, 2)),
    }),
    ...slow.map((one) => {
      const ratio = timesAsLong(parse, one);
      return told(`  ${one.name}`, ratio, `${times(ratio)} (${nanoseconds(one.ns)})`);
    }),
  ];
}

/** The callback-and-batch engine, which is the oracle and the fallback. */
export function batchPart({ session, rounds }: EngineOptions): readonly Row[] {
  const figure = 'layers 3–5 against the callback-and-batch engine';
  const short = { ...session, frames: session.frames.slice(0, BATCH_FRAMES) };
  const standings = compete(
    [layersThreeToFive(session), layersThreeToFive(short, 'batch', batchEngine)],
    Math.min(rounds, 3),
  );
  const [ours, batch] = standings;
  const ratio = timesAsLong(batch, ours);
  return [told(figure, ratio, `${times(ratio)} (${noted(standings)})`)];
}

/** The plan's own design, in RxJS in this process and in RxPY in another. */
export function planPart({ session, rounds, isQuick }: EngineOptions): readonly Row[] {
  const plan = textbookRxjs(session, isQuick ? 500 : RXJS_FRAMES);
  const standings = compete([layersThreeToFive(session), plan], Math.min(rounds, 3));
  const [ours, rxjs] = standings;
  const goal = `≥ ${times(AGAINST_RXPY)}`;
  const figure = "layers 3–5 against the plan's RxPY";
  const rxpy = isQuick ? 'left out' : rxpyNs(session);
  return [
    judged("layers 3–5 against the plan's RxJS", timesAsLong(rxjs, ours), {
      atLeast: AGAINST_RXJS,
      show: times,
      note: noted(standings),
    }),
    typeof rxpy === 'string'
      ? absent(figure, goal, rxpy)
      : judged(figure, rxpy / (ours?.ns ?? NaN), {
          atLeast: AGAINST_RXPY,
          show: times,
          note: nanoseconds(rxpy),
        }),
  ];
}

/** Debian's Python first: its packages are not seen by another one. */
function rxpyNs(session: Session): number | string {
  const hasRx = (python: string): boolean =>
    ['rx', 'reactivex'].some(
      (module) => spawnSync(python, ['-c', `import ${module}`], { stdio: 'ignore' }).status === 0,
    );
  const python = ['/usr/bin/python3', 'python3'].find(hasRx);
  if (python === undefined) return 'not present';
  const { opening, startMs, frames, stamps } = session;
  if (opening.length === 0) return 'only on the synthetic session';
  const folder = mkdtempSync(join(tmpdir(), 'perpetua-bench-'));
  try {
    const path = join(folder, 'frames');
    const lines = [
      ...opening.map((frame) => `${startMs} ${frame.toString()}`),
      ...frames
        .slice(0, RXPY_FRAMES)
        .map((frame, index) => `${stamps[index] ?? 0} ${frame.toString()}`),
    ];
    writeFileSync(path, lines.join('\n'));
    const script = join(BENCH, 'textbook_rxpy.py');
    const run = spawnSync(python, [script, path, String(opening.length)], { encoding: 'utf8' });
    return run.status === 0
      ? Number(run.stdout)
      : `failed: ${run.stderr.trim().split('\n').at(-1)}`;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export function marketsPart({ rounds, isQuick }: EngineOptions): readonly Row[] {
  const frames = isQuick ? 2_000 : MARKETS_FRAMES;
  const contestants = [10, 250, 1_000].map((markets): Contestant => {
    const session = syntheticSession({ frames, markets, framesPerSecond: MARKETS_RATE });
    assertComplete(session);
    return layersThreeToFive(session, `${markets} markets`);
  });
  const standings = compete(contestants, rounds);
  const [ten, many, thousand] = standings;
  const limits = { show: times, note: noted(standings) };
  return [
    judged('cost per frame, 250 markets over 10', timesAsLong(many, ten), {
      atMost: MARKETS_250,
      show: times,
    }),
    judged('cost per frame, 1,000 markets over 10', timesAsLong(thousand, ten), {
      ...limits,
      atMost: MARKETS_1000,
    }),
  ];
}

/** Speed counts only when every frame was taken in; and there must be something to decide on. */
function assertComplete(session: Session): void {
  const run = new LayersRun(session);
  run.play(session)(session.frames.length);
  if (session.opening.length > 0) run.assertComplete();
}
