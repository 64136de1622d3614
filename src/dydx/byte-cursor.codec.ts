/**
 * A reading position in the bytes of one frame: fixed text is compared eight bytes at a time, as
 * doubles. Every method moves past what it has read, or fails and leaves the rest to the slow way.
 */
import type { Grid } from './units.js';

const QUOTE = 0x22;
const COMMA = 0x2c;
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
  readonly #second: number;

  constructor(text: string) {
    const bytes = new Uint8Array(Math.max(8, text.length));
    for (let index = 0; index < text.length; index += 1) bytes[index] = text.charCodeAt(index);
    const view = new DataView(bytes.buffer);
    this.length = text.length;
    this.doubles = Float64Array.from({ length: Math.ceil(text.length / 8) }, (_, index) =>
      view.getFloat64(Math.max(0, Math.min(index * 8, text.length - 8)), true),
    );
    this.first = view.getInt32(0, true);
    this.last = view.getInt32(Math.max(0, text.length - 4), true);
    this.mask = text.length >= 4 ? -1 : 2 ** (8 * text.length) - 1;
    this.#second = view.getInt32(4, true);
  }

  /** What `ByteCursor.hash` says where this text of at least eight bytes stands. */
  hash(mask: number): number {
    return mixed(this.first, this.#second) & mask;
  }
}

/** Four characters as `DataView.getInt32` reads them where they stand. */
export const littleEndian = (text: string): number => Buffer.from(text, 'latin1').readInt32LE(0);

/** Eight bytes as sixteen bits. */
const mixed = (first: number, second: number): number =>
  Math.imul(Math.imul(first, 0x9e37_79b1) ^ second, 0x85eb_ca6b) >>> 16;

/** Node's own word for what `toString('latin1')` does after looking at its arguments. */
type Latin1Bytes = Buffer & { latin1Slice(start: number, end: number): string };

const NO_BYTES = Buffer.alloc(0);
/** 10⁰ to 10¹⁵, as many digits as are read. */
export const POWERS_OF_TEN = Float64Array.from({ length: 16 }, (_, exponent) => 10 ** exponent);

const isInteger = (value: number): boolean => Math.floor(value) === value;

/** Whether one of four bytes is zero, which its highest bit then tells. */
const zeroByte = (word: number): number => (word - ONES) & ~word & HIGHS;

/** Whether four bytes hold a quote, a backslash, a control character, or what is not ASCII. */
const isSpecial = (word: number): boolean =>
  ((((word - 0x2020_2020) & ~word) | word) & HIGHS) !== 0 ||
  (zeroByte(word ^ 0x2222_2222) | zeroByte(word ^ 0x5c5c_5c5c)) !== 0;

export class ByteCursor {
  /** Position in the frame's buffer; the frame ends at `end`. */
  at = 0;
  end = 0;
  /** Of the last `fixed`. */
  decimals = 0;
  bytes: Buffer = NO_BYTES;
  #buffer: ArrayBufferLike = NO_BYTES.buffer;
  view: DataView = new DataView(NO_BYTES.buffer);

  /** Frames of one network read lie in one buffer: it is wrapped once. */
  open(frame: Uint8Array): void {
    const { buffer } = frame;
    if (this.#buffer !== buffer) {
      this.#buffer = buffer;
      this.view = new DataView(buffer);
      this.bytes = Buffer.from(buffer as ArrayBuffer);
    }
    this.at = frame.byteOffset;
    this.end = frame.byteOffset + frame.byteLength;
  }

  get isAtEnd(): boolean {
    return this.at === this.end;
  }

  /** The byte here, or 0 behind the end. */
  peek(): number {
    return this.at < this.end ? (this.bytes[this.at] ?? 0) : 0;
  }

  /** Whether the text, of at least eight bytes, stands here. */
  isAt({ doubles, length }: Pattern): boolean {
    const { view, at } = this;
    const next = at + length;
    if (next > this.end) return false;
    const last = doubles.length - 1;
    for (let index = 0; index < last; index += 1) {
      if (view.getFloat64(at + index * 8, true) !== doubles[index]) return false;
    }
    return view.getFloat64(next - 8, true) === doubles[last];
  }

  /** Past `length` bytes, at least eight, if they are these doubles, the last overlapping. */
  skipKnown(known: Float64Array, from: number, length: number): boolean {
    const view = this.view;
    const { at } = this;
    const next = at + length;
    if (next > this.end) return false;
    let index = from;
    for (let offset = at; offset < next - 8; offset += 8, index += 1) {
      if (view.getFloat64(offset, true) !== known[index]) return false;
    }
    if (view.getFloat64(next - 8, true) !== known[index]) return false;
    this.at = next;
    return true;
  }

  /** The next eight bytes as a number from 0 to `mask`, below 65,536; 0 when fewer are left. */
  hash(mask: number): number {
    const { at } = this;
    if (at + 8 > this.end) return 0;
    const view = this.view;
    return mixed(view.getInt32(at, true), view.getInt32(at + 4, true)) & mask;
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
    const view = this.view;
    const { at } = this;
    if (length >= 4) {
      return view.getInt32(at, true) === first && view.getInt32(at + length - 4, true) === last;
    }
    if (at + 4 <= this.bytes.length) return (view.getInt32(at, true) & mask) === first;
    for (let index = 0; index < length; index += 1) {
      if (view.getUint8(at + index) !== ((first >> (8 * index)) & 0xff)) return false;
    }
    return true;
  }

  skipByte(byte: number): boolean {
    if (this.peek() !== byte) return false;
    this.at += 1;
    return true;
  }

  /** Eight bytes as a double, for comparing; 0 when fewer are left. */
  double(offset: number): number {
    const at = this.at + offset;
    return at + 8 <= this.end ? this.view.getFloat64(at, true) : 0;
  }

  /** Past a whole number as `whole` reads it, which nobody wants to know. */
  skipWhole(): boolean {
    const { bytes, end, at: start } = this;
    let at = start;
    while (at < end && ((bytes[at] ?? 0) - ZERO) >>> 0 <= 9) at += 1;
    this.at = at;
    const digits = at - start;
    return digits === 1 || (digits > 0 && digits <= 15 && bytes[start] !== ZERO);
  }

  /** A whole number of at most 15 digits, without a leading zero; −1 if there is none. */
  whole(): number {
    const { bytes, end } = this;
    const start = this.at;
    let at = start;
    let value = 0;
    for (; at < end; at += 1) {
      const digit = (bytes[at] ?? 0) - ZERO;
      if (digit >>> 0 > 9) break;
      value = value * 10 + digit;
    }
    this.at = at;
    const digits = at - start;
    if (digits === 0 || digits > 15) return -1;
    return digits > 1 && bytes[start] === ZERO ? -1 : value;
  }

  /**
   * Whole units of plain decimal text up to its closing quote, which is passed too; −1 on any
   * doubt: off the grid, a sign, an exponent, above 15 digits.
   */
  units({ coefficient, decimals }: Grid): number {
    const digits = this.fixed();
    if (digits < 0) return -1;
    const fraction = this.decimals;
    const shift = decimals - fraction;
    if (shift > 15 || shift < -15) return digits === 0 ? 0 : -1;
    const scaled =
      shift >= 0 ? digits * (POWERS_OF_TEN[shift] ?? 0) : digits / (POWERS_OF_TEN[-shift] ?? 1);
    const count = coefficient === 1 ? scaled : scaled / coefficient;
    return scaled <= Number.MAX_SAFE_INTEGER && isInteger(scaled) && isInteger(count) ? count : -1;
  }

  /**
   * The digits of plain decimal text up to its closing quote, which is passed too, as a whole
   * number; `decimals` tells how many of them stood behind the point. −1 above 15 digits.
   */
  fixed(): number {
    const { bytes, end } = this;
    const start = this.at;
    let at = start;
    let value = 0;
    let byte = 0;
    for (; at < end; at += 1) {
      byte = bytes[at] ?? 0;
      const digit = byte - ZERO;
      if (digit >>> 0 > 9) break;
      value = value * 10 + digit;
    }
    let fraction = 0;
    if (byte === DOT && at > start) {
      const point = at;
      for (at += 1; at < end; at += 1) {
        byte = bytes[at] ?? 0;
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

  /** Past a comma and a quote. */
  skipCommaQuote(): boolean {
    const { bytes, at } = this;
    if (bytes[at] !== COMMA || bytes[at + 1] !== QUOTE) return false;
    this.at = at + 2;
    return true;
  }

  /** Length of plain text up to a quote, without moving; −1 for escapes, controls, non-ASCII. */
  textLength(): number {
    const { bytes, end } = this;
    const view = this.view;
    let at = this.at;
    for (; at + 4 <= end; at += 4) if (isSpecial(view.getInt32(at, true))) break;
    for (; at < end; at += 1) {
      const byte = bytes[at] ?? 0;
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

  /** The next bytes as text, without moving. */
  slice(length: number): string {
    return (this.bytes as Latin1Bytes).latin1Slice(this.at, this.at + length);
  }

  /** Plain text up to its closing quote, which is passed too. */
  text(): string | undefined {
    const length = this.textLength();
    if (length < 0) return undefined;
    const text = this.slice(length);
    this.at += length + 1;
    return text;
  }
}
