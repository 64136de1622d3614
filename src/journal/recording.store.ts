/**
 * Recordings of raw frames: one line `{"receivedAt":<ms>,"frame":<the frame as it came>}` each, in
 * gzip or plain. Frames go in and come out byte for byte; one that is not a JSON object on a single
 * line is kept as `"base64":"…"` in place of `"frame":…`, so that bad input can be replayed too.
 */
import { createReadStream, createWriteStream, openSync, type WriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { constants, createGunzip, createGzip } from 'node:zlib';
import { PassThrough, Writable, type Transform } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { Failure } from '../model/result.js';
import { unixMs } from '../model/quantities.js';
import type { RecordedFrame, Recording } from '../ports/recording.js';

/** Longest line read: a frame of 4 MiB as base64 fits. */
const LINE_BYTES_MAX = 8 * 1024 * 1024;
/** Bytes that may wait for the disk; beyond, the recording ends: better short than with holes. */
const WAITING_BYTES_MAX = 64 * 1024 * 1024;
const HEAD_BYTES_MAX = 96;
const HEAD = /^\s*\{\s*"receivedAt"\s*:\s*(\d+(?:\.\d+)?)\s*,\s*"(frame|base64)"\s*:\s*/;
const LINE_FEED = 0x0a;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;

/** Frames in order. `warning` is set at the end, if the recording had been cut short. */
export interface RecordingReader extends AsyncIterable<RecordedFrame> {
  readonly warning: string | undefined;
}

/**
 * Streams a recording; gzip is told by its first bytes. A recording that ends in the middle (its
 * writer was killed) gives what it has, and a warning. Throws a terminal `Failure` that names file
 * and line for a line that is not one of ours and for damaged gzip.
 */
export function readRecording(path: string): RecordingReader {
  let warning: string | undefined;
  return {
    get warning() {
      return warning;
    },
    async *[Symbol.asyncIterator]() {
      warning = undefined;
      let number = 0;
      const source = await openBytes(path);
      for await (const { line, isEnded } of linesOf(source.bytes, path)) {
        number += 1;
        const frame = isEnded || isJson(line) ? parseLine(line) : undefined;
        if (frame !== undefined) yield frame;
        else if (isEnded) throw unreadable(path, number, excerptOf(line));
        else if (line.length > 0) warning = `${path}: ends within line ${number}`;
      }
      const isWhole = await source.isWhole();
      if (!isWhole) warning ??= `${path}: ends before its time, after line ${number}`;
    },
  };
}

interface ByteSource {
  readonly bytes: AsyncIterable<Buffer>;
  /** Whether the end was the proper one; asked after the last byte. */
  readonly isWhole: () => Promise<boolean>;
}

async function openBytes(path: string): Promise<ByteSource> {
  const edges = await readEdges(path);
  const file = createReadStream(path);
  if (!edges.isGzip) return { bytes: file, isWhole: () => Promise.resolve(true) };
  const gunzip = createGunzip({ finishFlush: constants.Z_SYNC_FLUSH });
  pipeline(file, gunzip).catch(() => undefined);
  let length = 0;
  async function* bytes(): AsyncGenerator<Buffer> {
    for await (const chunk of gunzip as AsyncIterable<Buffer>) {
      length += chunk.length;
      yield chunk;
    }
  }
  // Of several parts one after the other, the last four bytes tell the length of the last only;
  // and of one that was cut within its head, they are zeros.
  const isWhole = async (): Promise<boolean> =>
    (length > 0 && length % 2 ** 32 === edges.lengthTold) || (await endsProperly(path));
  return { bytes: bytes(), isWhole };
}

/** Reads it once more: a part of gzip without its end fails when nothing may be missing. */
async function endsProperly(path: string): Promise<boolean> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  return pipeline(createReadStream(path), createGunzip(), nowhere).then(
    () => true,
    () => false,
  );
}

/** The magic number at the start, and the length that gzip tells in its last four bytes. */
async function readEdges(path: string): Promise<{ isGzip: boolean; lengthTold: number }> {
  const file = await open(path).catch((cause: unknown) => {
    throw new Failure('recording.unreadable', `cannot open ${path}`, { retryable: false, cause });
  });
  try {
    const { size } = await file.stat();
    const start = await file.read(Buffer.alloc(2), 0, 2, 0);
    const end = await file.read(Buffer.alloc(4), 0, 4, Math.max(0, size - 4));
    return {
      isGzip: start.buffer[0] === 0x1f && start.buffer[1] === 0x8b,
      lengthTold: end.buffer.readUInt32LE(0),
    };
  } finally {
    await file.close();
  }
}

interface Line {
  readonly line: Buffer;
  /** False for a last line without a line feed: it may be incomplete. */
  readonly isEnded: boolean;
}

async function* linesOf(bytes: AsyncIterable<Buffer>, path: string): AsyncGenerator<Line> {
  let rest: Buffer[] = [];
  let restLength = 0;
  let number = 0;
  try {
    for await (const chunk of bytes) {
      let start = 0;
      let end = chunk.indexOf(LINE_FEED);
      for (; end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
        const piece = chunk.subarray(start, end);
        number += 1;
        yield { line: rest.length === 0 ? piece : Buffer.concat([...rest, piece]), isEnded: true };
        rest = [];
        restLength = 0;
        start = end + 1;
      }
      rest.push(chunk.subarray(start));
      restLength += chunk.length - start;
      if (restLength > LINE_BYTES_MAX) {
        throw unreadable(path, number + 1, `expected at most ${LINE_BYTES_MAX} bytes`);
      }
    }
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw unreadable(path, number + 1, 'damaged gzip', error);
  }
  yield { line: Buffer.concat(rest), isEnded: false };
}

function parseLine(line: Buffer): RecordedFrame | undefined {
  const head = HEAD.exec(line.toString('latin1', 0, HEAD_BYTES_MAX));
  const end = line.lastIndexOf(CLOSING_BRACE);
  if (head === null || end < head[0].length) return undefined;
  if (/\S/.test(line.toString('latin1', end + 1))) return undefined;
  const body = line.subarray(head[0].length, end);
  const receivedAt = unixMs(Number(head[1]));
  if (head[2] === 'frame') {
    const isObject = body[0] === OPENING_BRACE && body.at(-1) === CLOSING_BRACE;
    return isObject ? { receivedAt, data: body } : undefined;
  }
  const text = /^"([A-Za-z0-9+/]*={0,2})"\s*$/.exec(body.toString('latin1'));
  return text === null ? undefined : { receivedAt, data: Buffer.from(text[1] ?? '', 'base64') };
}

/** Asked of an unfinished last line only: a cut could leave braces that happen to match. */
function isJson(line: Buffer): boolean {
  try {
    JSON.parse(line.toString());
    return true;
  } catch {
    return false;
  }
}

const excerptOf = (line: Buffer): string =>
  `expected {"receivedAt":…,"frame":{…}}, was ${JSON.stringify(line.toString('latin1', 0, 80))}`;

const unreadable = (path: string, line: number, problem: string, cause?: unknown): Failure =>
  new Failure('recording.bad-line', `${path}:${line}: ${problem}`, { retryable: false, cause });

/**
 * Starts a new recording (mode 0600, never over an existing file), in gzip if its name ends with
 * `.gz`. Lines wait in memory while one batch is written. When the disk fails or 64 MiB wait, the
 * recording ends there: `onFailure` hears it once, later frames are ignored, and `close` rejects
 * with the same `Failure`.
 */
export function openRecording(
  path: string,
  onFailure: (failure: Failure) => void = () => undefined,
): Recording {
  return new FileRecording(createFile(path), path, onFailure);
}

function createFile(path: string): WriteStream {
  try {
    return createWriteStream(path, { fd: openSync(path, 'wx', 0o600) });
  } catch (cause) {
    const words = `cannot create ${path}: ${(cause as Error).message}`;
    throw new Failure('recording.unwritable', words, { retryable: false, cause });
  }
}

class FileRecording implements Recording {
  readonly #packer: Transform;
  readonly #path: string;
  readonly #onFailure: (failure: Failure) => void;
  readonly #finished: Promise<void>;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #isBusy = false;
  #isClosed = false;
  #failure: Failure | undefined;

  constructor(file: WriteStream, path: string, onFailure: (failure: Failure) => void) {
    this.#path = path;
    this.#onFailure = onFailure;
    this.#finished = finished(file).catch((cause: unknown) => this.#fail('was not written', cause));
    this.#packer = path.endsWith('.gz') ? createGzip() : new PassThrough();
    this.#packer.pipe(file);
  }

  write(frame: RecordedFrame): void {
    if (this.#isClosed || this.#failure !== undefined) return;
    const line = lineOf(frame);
    if (this.#waitingBytes + line.length > WAITING_BYTES_MAX) {
      this.#fail(`expected at most ${WAITING_BYTES_MAX} waiting bytes`);
      return;
    }
    this.#waiting.push(line);
    this.#waitingBytes += line.length;
    if (!this.#isBusy) this.#writeBatch();
  }

  async close(): Promise<void> {
    if (!this.#isClosed) {
      this.#isClosed = true;
      if (this.#waitingBytes > 0) this.#packer.write(this.#takeWaiting());
      this.#packer.end();
    }
    await this.#finished;
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** One write at a time: what comes meanwhile is the next batch. */
  #writeBatch(): void {
    this.#isBusy = true;
    this.#packer.write(this.#takeWaiting(), () => {
      this.#isBusy = false;
      if (this.#waitingBytes > 0 && !this.#isClosed) this.#writeBatch();
    });
  }

  #takeWaiting(): Buffer {
    const batch = Buffer.concat(this.#waiting, this.#waitingBytes);
    this.#waiting = [];
    this.#waitingBytes = 0;
    return batch;
  }

  #fail(problem: string, cause?: unknown): void {
    if (this.#failure !== undefined) return;
    const words = `${this.#path}: ${problem}`;
    this.#failure = new Failure('recording.ended', words, { retryable: false, cause });
    this.#onFailure(this.#failure);
  }
}

function lineOf({ receivedAt, data }: RecordedFrame): Buffer {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const isObjectOnOneLine =
    bytes[0] === OPENING_BRACE && bytes.at(-1) === CLOSING_BRACE && !bytes.includes(LINE_FEED);
  return isObjectOnOneLine
    ? Buffer.concat([
        Buffer.from(`{"receivedAt":${receivedAt},"frame":`),
        bytes,
        Buffer.from('}\n'),
      ])
    : Buffer.from(`{"receivedAt":${receivedAt},"base64":"${bytes.toString('base64')}"}\n`);
}
