/**
 * A recording run through layers 3 to 5 on its own time line: the frames' stamps move the clock,
 * and a turn ends where the stamp changes. The same recording gives the same report, to the byte.
 */
import type { Subscription } from 'rxjs';
import { HeapClock } from '../clock/heap.clock.js';
import { createFrameDecoder } from '../dydx/frame.codec.js';
import { readRecording } from '../journal/recording.store.js';
import type { MarketReport } from '../market/market-state.js';
import type { FrameCounts } from '../model/events.js';
import { unixMs, type UnixMs } from '../model/quantities.js';
import type { RecordedFrame } from '../ports/recording.js';
import { createSniper } from '../strategy/sniper.js';
import { Inbox } from './inbox.js';
import { MarketPipeline } from './market-pipeline.js';

export interface ReplayReport {
  readonly frames: FrameCounts;
  readonly from: number | null;
  readonly to: number | null;
  readonly markets: Readonly<Record<string, MarketReport>>;
  /** Changes of decision that lasted, and the entries among them. */
  readonly decisions: number;
  readonly entries: number;
  readonly deadLetters: Readonly<Record<string, number>>;
}

/** After the last frame time runs on for so long, for the decisions that are still settling. */
const EPILOGUE_MS = 1_000;

export const replayFile = (path: string): Promise<ReplayReport> => replay(readRecording(path));

export async function replay(frames: AsyncIterable<RecordedFrame>): Promise<ReplayReport> {
  let run: ReplayRun | undefined;
  for await (const frame of frames) {
    run ??= new ReplayRun(frame.receivedAt);
    run.take(frame);
  }
  return (run ?? new ReplayRun(unixMs(0))).end();
}

/** Its time line begins with the first frame. */
class ReplayRun {
  readonly #from: UnixMs;
  readonly #inbox: Inbox;
  readonly #pipeline: MarketPipeline;
  readonly #subscription: Subscription;
  #turn: UnixMs;
  #decisions = 0;
  #entries = 0;

  constructor(from: UnixMs) {
    const clock = new HeapClock(from);
    this.#from = from;
    this.#turn = from;
    this.#inbox = new Inbox({ clock, stamp: () => clock.now(), atTurnEnd: () => undefined });
    this.#pipeline = new MarketPipeline({
      decoder: createFrameDecoder(),
      strategy: createSniper(),
      scheduler: clock.scheduler,
      flush$: this.#inbox.flush$,
    });
    this.#subscription = this.#pipeline.decisions$.subscribe(({ type }) => {
      this.#decisions += 1;
      if (type === 'enter') this.#entries += 1;
    });
  }

  /** Stamps that go back are taken as now. */
  take({ receivedAt, data }: RecordedFrame): void {
    if (receivedAt > this.#turn) this.#inbox.flush(this.#turn);
    this.#turn = unixMs(Math.max(this.#turn, receivedAt));
    const frame = { data, at: this.#turn };
    this.#inbox.enter('frame', 'recording', () => this.#pipeline.frames$.next(frame), this.#turn);
  }

  end(): ReplayReport {
    this.#inbox.flush(this.#turn);
    const epilogue = unixMs(this.#turn + EPILOGUE_MS);
    this.#inbox.enter('tick', 'clock', () => undefined, epilogue);
    this.#subscription.unsubscribe();
    const { counts, fold, letters } = this.#pipeline;
    const markets = fold.markets.flatMap((market) => {
      const report = fold.report(market);
      return report === undefined ? [] : [[market, report] as const];
    });
    return {
      frames: counts,
      from: counts.received > 0 ? this.#from : null,
      to: counts.received > 0 ? this.#turn : null,
      markets: Object.fromEntries(markets),
      decisions: this.#decisions,
      entries: this.#entries,
      deadLetters: letters,
    };
  }
}
