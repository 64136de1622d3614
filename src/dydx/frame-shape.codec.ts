/**
 * What frames of one kind look like: fixed texts, and between them values. A shape is read in one
 * go, without a call for each piece; what does not look like it to the byte is left to others.
 */
import { BYTES, countOf, Pattern, VIEW, type ByteCursor } from './byte-cursor.codec.js';
import { assert } from '../model/result.js';
import type { Grid } from './units.js';

/** What may stand between two texts; all but `whole` and `mid` end with a quote, passed too. */
export type ValueKind =
  /** Plain decimal text, at most 15 digits: its digits as a number, and its decimal places. */
  | 'decimal'
  /** A whole number of at most 15 digits, without a leading zero. */
  | 'whole'
  /** Plain text without escapes. */
  | 'text'
  /** 24 hexadecimal digits. */
  | 'id'
  /** An ISO time of 24 characters, which is not looked at. */
  | 'time'
  /** `BUY` (0) or `SELL` (1). */
  | 'side'
  /** `null`, or plain text in quotes. */
  | 'mid';

const KINDS: readonly ValueKind[] = ['decimal', 'whole', 'text', 'id', 'time', 'side', 'mid'];
const [, WHOLE, TEXT, ID, TIME, SIDE] = [0, 1, 2, 3, 4, 5];
const VALUES_MAX = 16;
const DIGITS_MAX = 15;
const ID_LENGTH = 24;
const TIME_LENGTH = 24;
const TEXT_MIN = 8;
const QUOTE = 0x22;
const DOT = 0x2e;
const ZERO = 0x30;
const LETTER_A = 0x61;
const NULL = new Pattern('null');
const BUY = new Pattern('BUY"');
const SELL = new Pattern('SELL"');

export class Shape {
  /** By value: the length of the text before it, and its kind's place in the list. */
  readonly lengths: Uint8Array;
  readonly kinds: Uint8Array;
  /** All texts before values, eight bytes each, the last of each text overlapping. */
  readonly doubles: Float64Array;
  /** What follows the last value. */
  readonly end: Pattern;

  /**
   * Texts of at least eight bytes, each with the kind of what follows it; then any text. The first
   * one may be empty.
   */
  constructor(pieces: readonly (readonly [string, ValueKind])[], end: string) {
    const isShort = pieces.some(([text], place) => text.length < (place === 0 ? 0 : TEXT_MIN));
    assert(pieces.length <= VALUES_MAX && !isShort, 'Shape: too many values, or a short text');
    const patterns = pieces.filter(([text]) => text !== '').map(([text]) => new Pattern(text));
    this.lengths = Uint8Array.from(pieces, ([text]) => text.length);
    this.kinds = Uint8Array.from(pieces, ([, kind]) => KINDS.indexOf(kind));
    this.doubles = Float64Array.from(patterns.flatMap(({ doubles }) => [...doubles]));
    this.end = new Pattern(end);
  }
}

/** The values of the shape that was read last, by their place in it. */
export class ShapeReader {
  /** Digits, a side, or the length of a text. */
  readonly numbers = new Float64Array(VALUES_MAX);
  readonly decimals = new Uint8Array(VALUES_MAX);
  /** Where each value begins in the cursor's bytes. */
  readonly starts = new Uint32Array(VALUES_MAX);

  /** Past the shape and its end, if both stand here; else nothing is passed. */
  read(cursor: ByteCursor, shape: Shape): boolean {
    const before = cursor.at;
    const at = this.#values(cursor, shape);
    if (at >= 0) {
      cursor.at = at;
      if (cursor.skip(shape.end)) return true;
    }
    cursor.at = before;
    return false;
  }

  /** Whole units of the grid, of a decimal; −1 when it is off the grid. */
  count(place: number, { coefficient, decimals }: Grid): number {
    return countOf(this.numbers[place] ?? 0, decimals - (this.decimals[place] ?? 0), coefficient);
  }

  /** Behind the last value, or −1. */
  #values(cursor: ByteCursor, { kinds, lengths, doubles }: Shape): number {
    const { end } = cursor;
    let { at } = cursor;
    let from = 0;
    for (let place = 0; place < kinds.length; place += 1) {
      const length = lengths[place] ?? 0;
      const next = at + length;
      if (next > end) return -1;
      if (length > 0) {
        for (; at < next - 8; at += 8, from += 1) {
          if (VIEW.getFloat64(at, true) !== doubles[from]) return -1;
        }
        if (VIEW.getFloat64(next - 8, true) !== doubles[from]) return -1;
        from += 1;
      }
      this.starts[place] = next;
      const kind = kinds[place] ?? 0;
      at =
        kind <= WHOLE
          ? this.#number(cursor, place, kind === WHOLE)
          : this.#other(cursor, place, kind);
      if (at < 0) return -1;
    }
    return at;
  }

  /** Behind the number that begins here, or −1. */
  #number({ end }: ByteCursor, place: number, isWhole: boolean): number {
    const start = this.starts[place] ?? 0;
    let at = start;
    let value = 0;
    let byte = 0;
    let point = 0;
    for (; at < end; at += 1) {
      byte = BYTES[at] ?? 0;
      const digit = byte - ZERO;
      if (digit >>> 0 <= 9) value = value * 10 + digit;
      else if (byte === DOT && point === 0 && at > start && !isWhole) point = at;
      else break;
    }
    if (at === start || at - start > DIGITS_MAX || at >= end) return -1;
    this.numbers[place] = value;
    if (isWhole) return at - start > 1 && BYTES[start] === ZERO ? -1 : at;
    if (byte !== QUOTE || point === at - 1) return -1;
    this.decimals[place] = point === 0 ? 0 : at - point - 1;
    return at + 1;
  }

  /** Behind the value that begins here and its closing quote, or −1. */
  #other(cursor: ByteCursor, place: number, kind: number): number {
    const start = this.starts[place] ?? 0;
    cursor.at = start;
    switch (kind) {
      case ID: {
        const length = hexDigits(cursor, start);
        return length === ID_LENGTH && BYTES[start + length] === QUOTE ? start + 25 : -1;
      }
      case TIME:
        return BYTES[start + TIME_LENGTH] === QUOTE ? start + TIME_LENGTH + 1 : -1;
      case SIDE:
        this.numbers[place] = cursor.skip(BUY) ? 0 : 1;
        return this.numbers[place] === 0 || cursor.skip(SELL) ? cursor.at : -1;
      default:
        if (kind !== TEXT && cursor.skip(NULL)) return cursor.at;
        if (kind !== TEXT && !cursor.skipByte(QUOTE)) return -1;
        return cursor.skipText() ? cursor.at : -1;
    }
  }
}

function hexDigits({ end }: ByteCursor, start: number): number {
  let at = start;
  for (; at < end; at += 1) {
    const byte = BYTES[at] ?? 0;
    // A digit, or one of the six letters.
    if ((byte - ZERO) >>> 0 > 9 && (byte - LETTER_A) >>> 0 > 5) break;
  }
  return at - start;
}
