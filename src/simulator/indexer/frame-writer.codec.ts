/**
 * Text frames of one connection, gathered until the end of the turn and written as one piece: a
 * turn of the traders gives a socket hundreds of frames, and one write instead of hundreds is what
 * makes them cheap.
 */

const TEXT_FRAME = 0x81;

export interface FrameSink {
  /** Takes the bytes over: they are not touched again. */
  write(bytes: Uint8Array): void;
  /** Runs the work when the current turn of the event loop ends. */
  afterTurn(work: () => void): void;
}

export class FrameWriter {
  readonly #sink: FrameSink;
  #frames: string[] = [];
  #pending = 0;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /** Characters that wait for the end of the turn. */
  get pending(): number {
    return this.#pending;
  }

  write(frame: string): void {
    if (this.#frames.length === 0) this.#sink.afterTurn(() => this.flush());
    this.#frames.push(frame);
    this.#pending += frame.length;
  }

  /** Writes what waits now: before a close, which it must not overtake. */
  flush(): void {
    const frames = this.#frames;
    if (frames.length === 0) return;
    this.#frames = [];
    this.#pending = 0;
    const lengths = frames.map((frame) => Buffer.byteLength(frame, 'utf8'));
    const total = lengths.reduce((sum, length) => sum + length + headerLength(length), 0);
    const bytes = Buffer.allocUnsafe(total);
    let at = 0;
    for (const [index, frame] of frames.entries()) {
      at = writeHeader(bytes, at, lengths[index] ?? 0);
      at += bytes.write(frame, at, 'utf8');
    }
    this.#sink.write(bytes);
  }
}

const headerLength = (length: number): number => (length < 126 ? 2 : length < 65_536 ? 4 : 10);

/** Header of an unmasked, final text frame (RFC 6455, 5.2). Returns where the payload begins. */
function writeHeader(bytes: Buffer, at: number, length: number): number {
  bytes[at] = TEXT_FRAME;
  if (length < 126) {
    bytes[at + 1] = length;
    return at + 2;
  }
  if (length < 65_536) {
    bytes[at + 1] = 126;
    return bytes.writeUInt16BE(length, at + 2);
  }
  bytes[at + 1] = 127;
  return bytes.writeBigUInt64BE(BigInt(length), at + 2);
}
