/**
 * What the in-process parts are run on: frames with stamps and turns, as `ws` hands them over, many
 * in one buffer. From the seeded storm, or from a recording.
 */
import { seededRandom } from '../../src/clock/seeded-random.js';
import { createFrameDecoder } from '../../src/dydx/frame.codec.js';
import { readRecording } from '../../src/journal/recording.store.js';
import type { Candle } from '../../src/model/book.js';
import type { MarketSpec } from '../../src/model/market.js';
import { unixMs, type Steps, type Ticks, type UnixMs } from '../../src/model/quantities.js';
import type { Backfill } from '../../src/model/signal.js';
import { FrameStorm, type StormFrame } from './frame-storm.js';

export interface Session {
  readonly specs: readonly MarketSpec[];
  /** The venue's own words on each market, for clients that are not ours. */
  readonly parameters: readonly Readonly<Record<string, unknown>>[];
  /** Minute history for the signals; empty for a recording. */
  readonly backfills: readonly Backfill[];
  readonly startMs: UnixMs;
  /** The snapshots that come first; they are not measured. */
  readonly opening: readonly Buffer[];
  readonly frames: readonly Buffer[];
  readonly stamps: Float64Array;
  /** Index behind the last frame of each turn. */
  readonly turns: Uint32Array;
}

export interface SessionOptions {
  readonly frames: number;
  readonly markets: number;
  readonly framesPerSecond: number;
  readonly seed?: number;
}

export const START_MS = Date.UTC(2026, 10, 22, 9, 45, 0, 0);
const CHUNK_BYTES = 65_536;
const TURN_MIN = 8;
const TURN_MAX = 32;
const HISTORY_MINUTES = 60;
const MINUTE_MS = 60_000;

/** Buffers of 64 KiB, of which each frame is a part. With a limit, the oldest is used again. */
export class Packer {
  readonly #limit: number;
  readonly #chunks: Buffer[] = [];
  #chunk: Buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  #used = 0;

  constructor(limit = 0) {
    this.#limit = limit;
  }

  pack(text: string): Buffer {
    const length = Buffer.byteLength(text);
    if (length > CHUNK_BYTES) return Buffer.from(text);
    if (this.#used + length > CHUNK_BYTES) {
      if (this.#limit > 0) this.#chunks.push(this.#chunk);
      const reused = this.#chunks.length > this.#limit ? this.#chunks.shift() : undefined;
      this.#chunk = reused ?? Buffer.allocUnsafeSlow(CHUNK_BYTES);
      this.#used = 0;
    }
    const frame = this.#chunk.subarray(this.#used, this.#used + length);
    frame.write(text);
    this.#used += length;
    return frame;
  }
}

/** Numbers the frames of each connection as the server does. */
export class Numbering {
  readonly #storm: FrameStorm;
  readonly #ids: number[];

  constructor(storm: FrameStorm) {
    this.#storm = storm;
    this.#ids = storm.connectionIds.map(() => 0);
  }

  text({ connection, rest }: StormFrame, type?: string): string {
    const id = (this.#ids[connection] ?? 0) + 1;
    this.#ids[connection] = id;
    return `${this.#storm.head(connection, type)}${id}${rest}`;
  }
}

/** The same for the same options. */
export function syntheticSession(options: SessionOptions): Session {
  const { frames, markets, framesPerSecond, seed = 7 } = options;
  const storm = new FrameStorm({ seed, markets, framesPerSecond, startMs: START_MS });
  const numbering = new Numbering(storm);
  const packer = new Packer();
  const opening = storm.opening().map((frame) => packer.pack(numbering.text(frame, 'subscribed')));
  const stamps = new Float64Array(frames);
  const packed = Array.from({ length: frames }, (_, index) => {
    const frame = packer.pack(numbering.text(storm.next()));
    stamps[index] = storm.now;
    return frame;
  });
  const turns = turnsOf(frames, seed);
  sameStampInTurn(stamps, turns);
  const specs = specsIn(opening);
  return {
    specs,
    parameters: storm.markets.map(({ parameters }) => parameters),
    backfills: backfillsOf(specs, storm),
    startMs: unixMs(START_MS),
    opening,
    frames: packed,
    stamps,
    turns,
  };
}

/** Snapshots of markets open it; a turn ends where the stamp changes. */
export async function recordedSession(path: string): Promise<Session> {
  const packer = new Packer();
  const frames: Buffer[] = [];
  const stamps: number[] = [];
  const turns: number[] = [];
  let newest = 0;
  for await (const { data, receivedAt } of readRecording(path)) {
    if (receivedAt > newest && frames.length > 0) turns.push(frames.length);
    newest = Math.max(newest, receivedAt);
    frames.push(packer.pack(Buffer.from(data).toString()));
    stamps.push(newest);
  }
  turns.push(frames.length);
  const told = frames.filter((frame) => frame.includes('"subscribed"'));
  return {
    specs: specsIn(told),
    parameters: told.flatMap(parametersIn),
    backfills: [],
    startMs: unixMs(stamps[0] ?? 0),
    opening: [],
    frames,
    stamps: Float64Array.from(stamps),
    turns: Uint32Array.from(turns),
  };
}

export function specsIn(frames: readonly Buffer[]): readonly MarketSpec[] {
  const decoder = createFrameDecoder();
  return frames.flatMap((frame) => {
    const decoded = decoder.decode(frame, unixMs(0));
    if (decoded.type !== 'events') return [];
    return decoded.market.flatMap((event) => (event.type === 'specs' ? event.specs : []));
  });
}

function parametersIn(frame: Buffer): readonly Readonly<Record<string, unknown>>[] {
  const { contents } = JSON.parse(frame.toString()) as {
    readonly contents?: { readonly markets?: Readonly<Record<string, Record<string, unknown>>> };
  };
  return Object.values(contents?.markets ?? {});
}

function turnsOf(frames: number, seed: number): Uint32Array {
  const random = seededRandom(`turns/${seed}`);
  const turns: number[] = [];
  for (let end = 0; end < frames;) {
    end = Math.min(frames, end + TURN_MIN + random.integer(TURN_MAX - TURN_MIN + 1));
    turns.push(end);
  }
  return Uint32Array.from(turns);
}

/** What comes in one turn is received at one time. */
function sameStampInTurn(stamps: Float64Array, turns: Uint32Array): void {
  let begin = 0;
  for (const end of turns) {
    stamps.fill(stamps[end - 1] ?? 0, begin, end);
    begin = end;
  }
}

/** An hour of minutes around the price of the beginning: without it no signal is warm. */
export function backfillsOf(
  specs: readonly MarketSpec[],
  storm: FrameStorm,
  startMs = START_MS,
): readonly Backfill[] {
  const random = seededRandom('backfill');
  const firstMinute = startMs - (startMs % MINUTE_MS) - HISTORY_MINUTES * MINUTE_MS;
  return specs.map((spec, index) => {
    let close = storm.markets[index]?.mid ?? 0;
    const candles = Array.from({ length: HISTORY_MINUTES }, (_, minute): Candle => {
      const open = close;
      close += random.integer(21) - 10;
      return {
        startedAt: unixMs(firstMinute + minute * MINUTE_MS),
        open: open as Ticks,
        high: (Math.max(open, close) + 3) as Ticks,
        low: (Math.min(open, close) - 3) as Ticks,
        close: close as Ticks,
        volume: (1_000 + random.integer(9_000_000)) as Steps,
        trades: 1 + random.integer(90),
      };
    });
    return { spec, candles };
  });
}
