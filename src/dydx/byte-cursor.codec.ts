/**
 * A reading position in the bytes of one frame: fixed text is compared eight bytes at a time, as
 * doubles. Every method moves past what it has read, or fails and leaves the rest to the slow way.
 *
 * Each frame is copied to one place first, which all cursors share: to ask a frame where in memory
 * it lies costs twice as much, and code that reads at one place for ever is shorter.
 */
import type { Grid } from './units.js';

const QUOTE = 0x22;
const ZERO = 0x30;
const DOT = 0x2e;
const BACKSLASH = 0x5c;
/** One bit, and the highest bit, of each of four bytes. */
const ONES = 0x0101_0101;
const HIGHS = 0x8080_8080 | 0;

/** Fixed ASCII text, prepared for comparing. Equal doubles are equal bytes: ASCII has no NaN. */
export class Pattern {
  readonly length: number;
  /** Eight bytes each, the last ones overlapping; of text that is at least so long. */
  readonly doubles: Float64Array;
  /** First and last four bytes of shorter text, overlapping, and what of them counts. */
  readonly first: number;
  readonly last: number;
  readonly mask: number;
  /** What `ByteCursor.hash` says where this text, of at least twelve bytes, stands. */
  readonly hash: number;

  constructor(text: string) {
    const bytes = new Uint8Array(Math.max(12, text.length));
    for (let index = 0; index < text.length; index += 1) bytes[index] = text.charCodeAt(index);
    const view = new DataView(bytes.buffer);
    this.length = text.length;
    this.doubles = Float64Array.from({ length: Math.ceil(text.length / 8) }, (_, index) =>
      view.getFloat64(Math.max(0, Math.min(index * 8, text.length - 8)), true),
    );
    this.first = view.getInt32(0, true);
    this.last = view.getInt32(Math.max(0, text.length - 4), true);
    this.mask = text.length >= 4 ? -1 : 2 ** (8 * text.length) - 1;
    this.hash = mixed(this.first, view.getInt32(4, true), view.getInt32(8, true));
  }
}

/** Four characters as `DataView.getInt32` reads them where they stand. */
export const littleEndian = (text: string): number => Buffer.from(text, 'latin1').readInt32LE(0);

/** Twelve bytes as sixteen bits. */
const mixed = (first: number, second: number, third: number): number =>
  Math.imul(Math.imul(Math.imul(first, 0x9e37_79b1) ^ second, 0x85eb_ca6b) ^ third, 0xc2b2_ae35) >>>
  16;

/** Node's own word for what `toString('latin1')` does after looking at its arguments. */
type Latin1Bytes = Buffer & { latin1Slice(start: number, end: number): string };

/** Longer frames, which are snapshots, are left to the slow way. */
const FRAME_MAX = 65_536;
/** What is read behind the end of a frame is compared with nothing. */
const SLACK = 16;
/** The frame that is being read. It holds until the next `open`. */
export const BYTES = Buffer.from(new ArrayBuffer(FRAME_MAX + SLACK)) as Latin1Bytes;
export const VIEW = new DataView(BYTES.buffer);
/** The frame whose bytes are there already for the next one who reads it. */
let held: Uint8Array | undefined;
/** 10⁰ to 10¹⁵, as many digits as are read. */
export const POWERS_OF_TEN = Float64Array.from({ length: 16 }, (_, exponent) => 10 ** exponent);

const isInteger = (value: number): boolean => Math.floor(value) === value;

/** `digits` × 10^`shift` ÷ `coefficient`, when that is a whole number and exact; else −1. */
export function countOf(digits: number, shift: number, coefficient: number): number {
  if (shift > 15 || shift < -15) return digits === 0 ? 0 : -1;
  const scaled =
    shift >= 0 ? digits * (POWERS_OF_TEN[shift] ?? 0) : digits / (POWERS_OF_TEN[-shift] ?? 1);
  const count = coefficient === 1 ? scaled : scaled / coefficient;
  return scaled <= Number.MAX_SAFE_INTEGER && isInteger(scaled) && isInteger(count) ? count : -1;
}

/** Whether one of four bytes is zero, which its highest bit then tells. */
const zeroByte = (word: number): number => (word - ONES) & ~word & HIGHS;

/** Whether four bytes hold a quote, a backslash, a control character, or what is not ASCII. */
const isSpecial = (word: number): boolean =>
  ((((word - 0x2020_2020) & ~word) | word) & HIGHS) !== 0 ||
  (zeroByte(word ^ 0x2222_2222) | zeroByte(word ^ 0x5c5c_5c5c)) !== 0;

export class ByteCursor {
  /** Position in the frame, which ends at `end`. */
  at = 0;
  end = 0;
  /** Of the last `fixed`. */
  decimals = 0;

  /** False when it is too long. `isReadAgain`: its bytes may stay where they are until then. */
  open(frame: Uint8Array, isReadAgain = false): boolean {
    const { length } = frame;
    const isThere = frame === held;
    this.at = 0;
    this.end = 0;
    held = undefined;
    if (length > FRAME_MAX) return false;
    if (!isThere || isReadAgain) BYTES.set(frame);
    if (isReadAgain) held = frame;
    this.end = length;
    return true;
  }

  get isAtEnd(): boolean {
    return this.at === this.end;
  }

  /** The byte here, or 0 behind the end. */
  peek(): number {
    return this.at < this.end ? (BYTES[this.at] ?? 0) : 0;
  }

  /** Whether the text, of at least eight bytes, stands here. */
  isAt({ doubles, length }: Pattern): boolean {
    const { at } = this;
    const next = at + length;
    if (next > this.end) return false;
    const last = doubles.length - 1;
    for (let index = 0; index < last; index += 1) {
      if (VIEW.getFloat64(at + index * 8, true) !== doubles[index]) return false;
    }
    return VIEW.getFloat64(next - 8, true) === doubles[last];
  }

  /** Past `length` bytes, at least eight, if they are these doubles, the last overlapping. */
  skipKnown(known: Float64Array, from: number, length: number): boolean {
    const { at } = this;
    const next = at + length;
    if (next > this.end) return false;
    let index = from;
    for (let offset = at; offset < next - 8; offset += 8, index += 1) {
      if (VIEW.getFloat64(offset, true) !== known[index]) return false;
    }
    if (VIEW.getFloat64(next - 8, true) !== known[index]) return false;
    this.at = next;
    return true;
  }

  /** The next twelve bytes as sixteen bits; 0 when fewer are left. */
  hash(): number {
    const { at } = this;
    if (at + 12 > this.end) return 0;
    return mixed(VIEW.getInt32(at, true), VIEW.getInt32(at + 4, true), VIEW.getInt32(at + 8, true));
  }

  /** Past the text, if it stands here. */
  skip(pattern: Pattern): boolean {
    const { length } = pattern;
    const next = this.at + length;
    if (next > this.end) return false;
    if (!(length < 8 ? this.#isShort(pattern) : this.isAt(pattern))) return false;
    this.at = next;
    return true;
  }

  /** Text of at most seven bytes; four are read at once, also where only the first ones count. */
  #isShort({ length, first, last, mask }: Pattern): boolean {
    const { at } = this;
    if (length >= 4) {
      return VIEW.getInt32(at, true) === first && VIEW.getInt32(at + length - 4, true) === last;
    }
    return (VIEW.getInt32(at, true) & mask) === first;
  }

  skipByte(byte: number): boolean {
    if (this.peek() !== byte) return false;
    this.at += 1;
    return true;
  }

  /** Eight bytes as a double, for comparing; 0 when fewer are left. */
  double(offset: number): number {
    const at = this.at + offset;
    return at + 8 <= this.end ? VIEW.getFloat64(at, true) : 0;
  }

  /** Past a whole number as `whole` reads it, which nobody wants to know. */
  skipWhole(): boolean {
    const { end, at: start } = this;
    let at = start;
    while (at < end && ((BYTES[at] ?? 0) - ZERO) >>> 0 <= 9) at += 1;
    this.at = at;
    const digits = at - start;
    return digits === 1 || (digits > 0 && digits <= 15 && BYTES[start] !== ZERO);
  }

  /** A whole number of at most 15 digits, without a leading zero; −1 if there is none. */
  whole(): number {
    const { end } = this;
    const start = this.at;
    let at = start;
    let value = 0;
    for (; at < end; at += 1) {
      const digit = (BYTES[at] ?? 0) - ZERO;
      if (digit >>> 0 > 9) break;
      value = value * 10 + digit;
    }
    this.at = at;
    const digits = at - start;
    if (digits === 0 || digits > 15) return -1;
    return digits > 1 && BYTES[start] === ZERO ? -1 : value;
  }

  /**
   * Whole units of plain decimal text up to its closing quote, which is passed too; −1 on any
   * doubt: off the grid, a sign, an exponent, above 15 digits.
   */
  units({ coefficient, decimals }: Grid): number {
    const digits = this.fixed();
    return digits < 0 ? -1 : countOf(digits, decimals - this.decimals, coefficient);
  }

  /**
   * The digits of plain decimal text up to its closing quote, which is passed too, as a whole
   * number; `decimals` tells how many of them stood behind the point. −1 above 15 digits.
   */
  fixed(): number {
    const { end } = this;
    const start = this.at;
    let at = start;
    let value = 0;
    let byte = 0;
    for (; at < end; at += 1) {
      byte = BYTES[at] ?? 0;
      const digit = byte - ZERO;
      if (digit >>> 0 > 9) break;
      value = value * 10 + digit;
    }
    let fraction = 0;
    if (byte === DOT && at > start) {
      const point = at;
      for (at += 1; at < end; at += 1) {
        byte = BYTES[at] ?? 0;
        const digit = byte - ZERO;
        if (digit >>> 0 > 9) break;
        value = value * 10 + digit;
      }
      fraction = at - point - 1;
      if (fraction === 0) return -1;
    }
    if (byte !== QUOTE || at >= end || at === start || at - start > 15) return -1;
    this.at = at + 1;
    this.decimals = fraction;
    return value;
  }

  /** Length of plain text up to a quote, without moving; −1 for escapes, controls, non-ASCII. */
  textLength(): number {
    const { end } = this;
    let at = this.at;
    for (; at + 4 <= end; at += 4) if (isSpecial(VIEW.getInt32(at, true))) break;
    for (; at < end; at += 1) {
      const byte = BYTES[at] ?? 0;
      if (byte === QUOTE) return at - this.at;
      if (byte < 0x20 || byte > 0x7f || byte === BACKSLASH) return -1;
    }
    return -1;
  }

  /** Past plain text and its closing quote. */
  skipText(): boolean {
    const length = this.textLength();
    if (length < 0) return false;
    this.at += length + 1;
    return true;
  }

  /** The bytes from one place to before another as text, without moving. */
  between(from: number, to: number): string {
    return BYTES.latin1Slice(from, to);
  }

  /** Plain text up to its closing quote, which is passed too. */
  text(): string | undefined {
    const length = this.textLength();
    if (length < 0) return undefined;
    const text = this.between(this.at, this.at + length);
    this.at += length + 1;
    return text;
  }
}
