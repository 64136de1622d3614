/** The data plane through hours of virtual time, with a look at its memory now and then. */
import { keepHeapSmall } from '../../src/app/small-heap.js';
import { backfillsOf, Numbering, Packer, specsIn, START_MS } from './bench-session.js';
import { collectGarbage } from './bench-rounds.js';
import { FrameStorm } from './frame-storm.js';
import { LayersRun } from './our-side.js';
import { unixMs } from '../../src/model/quantities.js';

export interface PlanePlan {
  readonly markets: number;
  readonly framesPerSecond: number;
  readonly minutes: number;
  readonly lookEvery: number;
}

export interface PlaneLook {
  readonly minute: number;
  readonly rss: number;
  /** After a full collection, with what arrays of numbers take beside the heap. */
  readonly heap: number;
}

keepHeapSmall();
const TURN_FRAMES = 16;
const SEED = 7;
const CHUNKS = 16;
const plan = JSON.parse(process.argv[2] ?? '') as PlanePlan;
const startMs = unixMs(START_MS);
const storm = new FrameStorm({ ...plan, seed: SEED, startMs });
const numbering = new Numbering(storm);
const opening = storm.opening().map((frame) => Buffer.from(numbering.text(frame, 'subscribed')));
/** More than one turn fills. */
const packer = new Packer(CHUNKS);
const specs = specsIn(opening);
const backfills = backfillsOf(specs, storm);
const ours = new LayersRun({ startMs, specs, backfills, opening, parameters: [] });
const looks: PlaneLook[] = [];
for (let minute = 1; minute <= plan.minutes; minute += 1) {
  while (storm.now < startMs + minute * 60_000) {
    const turn = Array.from({ length: TURN_FRAMES }, () =>
      packer.pack(numbering.text(storm.next())),
    );
    const at = unixMs(storm.now);
    ours.beginTurn(at);
    for (const frame of turn) ours.take(frame, at);
    ours.endTurn(at);
  }
  if (minute % plan.lookEvery !== 0) continue;
  const { rss } = process.memoryUsage();
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  looks.push({ minute, rss, heap: heapUsed + arrayBuffers });
}
ours.assertComplete();
console.log(JSON.stringify(looks));
